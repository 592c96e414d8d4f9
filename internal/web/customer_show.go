package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/sheet"
)

type customerPage struct {
	CustomerView
	Parts    []partView
	Lines    map[id.Line]string
	Timeline timelinePage
	Curve    ValueCurve
	Line     []lineChoice // what a recorded need can be about
	Decides  bool         // may merge and un-merge
}

// partView is need, trust or exposure as a bar with its reasons.
type partView struct {
	Part     insight.Part
	Estimate insight.Estimate
	Bar      bar
	Rank     Rank
}

type lineChoice struct {
	ID   id.Line
	Name string
}

type timelinePage struct {
	Customer id.Customer
	Records  bool
	Entries  []entryView
	Next     string
	Lines    map[id.Line]string
}

// entryView is an entry with the mark that the timeline shows it by.
type entryView struct {
	TimelineEntry
	Mark string // "buy", "talk", "touch", "bad", ""
}

const timelineRows = 20

func (v *visit) customerShow() error {
	ctx := v.r.Context()
	customer, err := v.customerID()
	if err != nil {
		return err
	}
	known, err := v.Customers.Customer(ctx, v.seat.Scope, customer)
	if err != nil {
		return err
	}
	if known.ID != customer {
		v.redirect("/customers/" + id.Text(known.ID))
		return nil
	}
	page := customerPage{CustomerView: known, Parts: partsOf(known), Decides: decider(v.seat)}
	if page.Lines, err = v.Directory.Lines(ctx); err != nil {
		return err
	}
	page.Line = choices(page.Lines)
	records := v.r.URL.Query().Get("records") != ""
	if page.Timeline, err = v.timeline(TimelineQuery{Customer: customer, Records: records, Limit: timelineRows}); err != nil {
		return err
	}
	page.Timeline.Lines = page.Lines
	if page.Curve, err = v.Customers.ValueCurve(ctx, v.seat.Scope, customer); err != nil {
		return err
	}
	title := cmp.Or(known.Name, v.lang.text("customer.nameless"))
	return v.show("customer", Page{Title: title, Menu: "customers", Data: page})
}

func (v *visit) customerID() (id.Customer, error) {
	customer, ok := id.Parse[id.Customer](v.r.PathValue("id"))
	if !ok {
		return 0, fault.New(fault.NotFound, "no customer at this address")
	}
	return customer, nil
}

// partsOf draws the three parts on one scale, so that their lengths compare.
func partsOf(c CustomerView) []partView {
	views := []partView{
		{Part: insight.Need, Estimate: c.Known.Need, Rank: c.Rank.Need},
		{Part: insight.Trust, Estimate: c.Known.Trust, Rank: c.Rank.Trust},
		{Part: insight.Exposure, Estimate: c.Known.Exposure, Rank: c.Rank.Exposure},
	}
	const leastReach = 0.5 // eta: below this, differences would look larger than they are
	reach := leastReach
	for _, p := range views {
		if p.Estimate.Evidence != insight.NotMeasurable {
			reach = max(reach, math.Abs(p.Estimate.Value), math.Abs(p.Estimate.Low), math.Abs(p.Estimate.High))
		}
	}
	for i, p := range views {
		views[i].Bar = barOf(p.Estimate.Value, p.Estimate.Low, p.Estimate.High, reach*1.05)
	}
	return views
}

// Nearly all customers are so many that percent would say all of them, though
// the customer is one of them.
const nearlyAll = .995

// place writes where a part stands among the brand's customers, by the side on
// which more of them are.
func (l *locale) place(r Rank) string {
	switch {
	case !r.Known:
		return ""
	case max(r.Less, r.More) < 1-nearlyAll:
		return l.text("parts.like_most")
	case r.Less >= nearlyAll:
		return l.text("parts.above_most")
	case r.More >= nearlyAll:
		return l.text("parts.below_most")
	case r.Less >= r.More:
		return l.text("parts.above", "Share", l.percent(r.Less))
	}
	return l.text("parts.below", "Share", l.percent(r.More))
}

// Owned tells whether some member holds the customer.
func (p customerPage) Owned() bool {
	return slices.ContainsFunc(p.Owners, func(o Owner) bool { return o.Until.IsZero() })
}

func choices(lines map[id.Line]string) []lineChoice {
	var all []lineChoice
	for line, name := range lines {
		all = append(all, lineChoice{line, name})
	}
	slices.SortFunc(all, func(a, b lineChoice) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func (v *visit) customerTimeline() error {
	customer, err := v.customerID()
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	page, err := v.timeline(TimelineQuery{
		Customer: customer, Records: query.Get("records") != "", After: query.Get("after"), Limit: timelineRows,
	})
	if err != nil {
		return err
	}
	if page.Lines, err = v.Directory.Lines(v.r.Context()); err != nil {
		return err
	}
	if query.Get("after") != "" {
		return v.part("customer", "entries", page)
	}
	return v.part("customer", "timeline", page)
}

func (v *visit) timeline(q TimelineQuery) (timelinePage, error) {
	found, err := v.Customers.Timeline(v.r.Context(), v.seat.Scope, q)
	if err != nil {
		return timelinePage{}, err
	}
	page := timelinePage{Customer: q.Customer, Records: q.Records}
	for _, e := range found.Entries {
		page.Entries = append(page.Entries, entryView{e, markOf(e.Kind)})
	}
	if found.Next != "" {
		more := url.Values{"after": {found.Next}}
		if q.Records {
			more.Set("records", "1")
		}
		page.Next = "/customers/" + id.Text(q.Customer) + "/timeline?" + more.Encode()
	}
	return page, nil
}

func markOf(kind event.Kind) string {
	switch kind {
	case event.KindOrderPaid:
		return "buy"
	case event.KindNeedExpressed, event.KindReferralStayed, event.KindComplaintClosed, event.KindRelationAdded:
		return "talk"
	case event.KindTouchDelivered, event.KindMassReceived:
		return "touch"
	case event.KindComplaintOpened, event.KindRelationEnded, event.KindOrderRefunded, event.KindMarketingRefused, event.KindTouchFailed:
		return "bad"
	}
	return ""
}

func (v *visit) customerValue() error {
	curve, err := v.curve()
	if err != nil {
		return err
	}
	return v.json(curve.Points)
}

// json answers a script of a page.
func (v *visit) json(answer any) error {
	body, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("write an answer to a script: %w", err)
	}
	v.w.Header().Set("Content-Type", "application/json")
	_, _ = v.w.Write(body) // a client that went away has nobody left to tell
	return nil
}

func (v *visit) curve() (ValueCurve, error) {
	customer, err := v.customerID()
	if err != nil {
		return ValueCurve{}, err
	}
	return v.Customers.ValueCurve(v.r.Context(), v.seat.Scope, customer)
}

func (v *visit) customerValueFile() error {
	curve, err := v.curve()
	if err != nil {
		return err
	}
	header := texts(v.lang.text("curve.weeks"), v.lang.word("curve", string(curve.Basis)), v.lang.text("curve.low"), v.lang.text("curve.high"))
	return v.download("value.csv", header, func(write func(...sheet.Cell) error) error {
		for _, p := range curve.Points {
			if err := write(sheet.Number(fmt.Sprint(p.Weeks)), inYuan(p.Value), inYuan(p.Low), inYuan(p.High)); err != nil {
				return err
			}
		}
		return nil
	})
}

// inYuan writes fen as a spreadsheet reads money.
func inYuan(fen float64) sheet.Cell { return sheet.Number(fmt.Sprintf("%.2f", fen/100)) }

func (v *visit) customerRecord() error {
	customer, err := v.customerID()
	if err != nil {
		return err
	}
	if err := v.record(customer); err != nil {
		return err
	}
	return v.backTo(customer, "record")
}

// record records what the form says about a customer.
func (v *visit) record(customer id.Customer) error {
	record := Record{Customer: customer, Kind: RecordKind(v.r.FormValue("kind")), Note: v.r.FormValue("note")}
	record.Line, _ = id.Parse[id.Line](v.r.FormValue("line"))
	switch record.Kind {
	case RecordComplaint, RecordSolved:
	case RecordNote, RecordNeed:
		if record.Note == "" && record.Line == 0 {
			return fault.WithKey(fault.Invalid, "error.record_empty", fmt.Errorf("record %s: nothing said", record.Kind))
		}
	default:
		return fault.New(fault.Invalid, "record: unknown kind")
	}
	const maxNote = 2000 // bytes, as Record promises
	if len(record.Note) > maxNote {
		return fault.WithKey(fault.Invalid, "error.note_long", fmt.Errorf("record %s: %d bytes", record.Kind, len(record.Note)))
	}
	return v.Records.Record(v.r.Context(), v.asker(), record)
}

func (v *visit) backTo(customer id.Customer, done string) error {
	v.redirect("/customers/" + id.Text(customer) + "?done=" + done)
	return nil
}

func (v *visit) customerMarketing() error {
	customer, err := v.customerID()
	if err != nil {
		return err
	}
	allowed := v.r.FormValue("allowed") == "yes"
	if err := v.Records.SetMarketing(v.r.Context(), v.asker(), customer, allowed); err != nil {
		return err
	}
	if allowed {
		return v.backTo(customer, "marketing_on")
	}
	return v.backTo(customer, "marketing_off")
}

func (v *visit) customerMerge() error {
	customer, other, err := v.pair()
	if err != nil {
		return err
	}
	if err := v.Records.Merge(v.r.Context(), v.asker(), other, customer); err != nil {
		return err
	}
	return v.backTo(customer, "merge")
}

func (v *visit) customerUnmerge() error {
	customer, other, err := v.pair()
	if err != nil {
		return err
	}
	if err := v.Records.Unmerge(v.r.Context(), v.asker(), customer, other); err != nil {
		return err
	}
	return v.backTo(customer, "unmerge")
}

func (v *visit) pair() (customer, other id.Customer, err error) {
	if customer, err = v.customerID(); err != nil {
		return 0, 0, err
	}
	other, ok := id.Parse[id.Customer](v.r.FormValue("other"))
	if !ok {
		return 0, 0, fault.New(fault.Invalid, "merge: no other customer named")
	}
	return customer, other, nil
}
