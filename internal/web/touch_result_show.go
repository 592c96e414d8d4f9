package web

import (
	"net/url"
	"slices"
	"strings"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/id"
)

type sentPage struct {
	Sent    []SentGroup
	Next    string
	Columns int
}

type sentMembersPage struct {
	SentMembersPage
	Columns int
}

func (v *visit) touchSent() error {
	found, err := v.Results.Sent(v.r.Context(), v.seat.Scope, v.r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	page := sentPage{Sent: found.Sent, Columns: 6}
	if found.Next != "" {
		page.Next = "/touch/sent?after=" + url.QueryEscape(found.Next)
	}
	if v.partial() {
		return v.part("touch_sent", "rows", page)
	}
	return v.showTouch("sent", page)
}

func (v *visit) touchSentMembers() error {
	first, known := id.Parse[int64](v.r.PathValue("first"))
	if !known {
		return fault.New(fault.NotFound, "mass messages: no such number")
	}
	found, err := v.Results.SentMembers(v.r.Context(), v.seat.Scope, first, v.r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	page := sentMembersPage{found, 6}
	if found.Next != "" {
		page.Next = "/touch/sent/" + id.Text(first) + "?after=" + url.QueryEscape(found.Next)
	}
	if v.partial() {
		return v.part("touch_sent_members", "rows", page)
	}
	return v.showTouch("sent_members", page)
}

// resultPage is what became of a mass message, narrowed to one outcome.
type resultPage struct {
	ResultView
	Meets   *Meeting // of what has not left, nil while it is added up
	At      string   // address of the page
	State   string
	Reason  string
	Next    string // page of customers
	Columns int
}

// Shown tells whether the customers are those of the outcome.
func (p resultPage) Shown(o MassOutcome) bool { return p.State == o.State && p.Reason == o.Because }

// To returns the address of the customers of an outcome.
func (p resultPage) To(o MassOutcome) string {
	return p.At + "?" + url.Values{"state": {o.State}, "because": {o.Because}}.Encode()
}

// touchBatch shows a batch that waits for approval, or what became of it.
func (v *visit) touchBatch() error {
	batch, err := v.number("id")
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	q := ResultQuery{After: query.Get("after")}
	if state := query.Get("state"); slices.Contains([]string{"underway", "delivered", "failed", "withdrawn"}, state) {
		q.State, q.Because = state, query.Get("because")
	}
	found, err := v.Results.Result(v.r.Context(), v.seat.Scope, batch, q)
	if err != nil {
		return err
	}
	if found.Stage == PostApproval {
		return v.showBatch(batch)
	}
	page := resultPage{ResultView: found, At: "/touch/batches/" + id.Text(batch), State: q.State, Reason: q.Because, Columns: 3}
	if found.After != "" {
		page.Next = page.At + "?" + url.Values{"state": {q.State}, "because": {q.Because}, "after": {found.After}}.Encode()
	}
	if v.partial() {
		return v.part("touch_result", "rows", page)
	}
	if found.Stage == PostPlanned || found.Stage == PostHeld {
		if page.Meets, err = v.batchMeeting(batch); err != nil {
			return err
		}
	}
	return v.showTouch("result", page)
}

func (v *visit) touchAgain() error {
	batch, err := v.number("id")
	if err != nil {
		return err
	}
	next, _, err := v.Results.SendAgain(v.r.Context(), v.asker(), batch)
	if err != nil {
		return err
	}
	v.redirect("/touch/batches/" + id.Text(next) + "?done=missed_again")
	return nil
}

// massReason says why a mass message did not reach a customer, or did not leave; ""
// where there is nothing to say.
func (l *locale) massReason(because string) string {
	if because == "" || strings.HasPrefix(because, "listed_") {
		return ""
	}
	if sop.Because(because).StopName() != "" {
		return l.text("detail.stopped")
	}
	for _, family := range []string{"detail.", "because.", "post_reason."} {
		if said, known := l.lookup(family + because); known {
			return said
		}
	}
	return l.text("post_reason.other")
}
