package webtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"siyu/internal/audience"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

var _ web.OneOffs = (*Brand)(nil)

// One-off messages of a full brand: a draft that is reviewed, one that members do by
// hand and that waits for a second person, one whose mass messages wait for approval,
// one that is over, and a draft of the store's own account.
const (
	DraftSend    = "send-draft"
	SecondSend   = "send-second"
	ApprovalSend = "send-approval"
	OverSend     = "send-over"
	StoreSend    = "send-store"
)

func (b *Brand) fillSends() {
	stages := []web.OneOffStage{web.OneOffDraft, web.OneOffSecond, web.OneOffApproval, web.OneOffOver, web.OneOffDraft}
	for i, name := range []string{DraftSend, SecondSend, ApprovalSend, OverSend, StoreSend} {
		f := web.OneOffForm{Audience: 1, Title: cut(b.text("春茶到店通知")), Channel: sop.Mass, Purpose: event.Ask, Texts: []string{cut(b.text("春茶到了，要不要给你留一份？")), cut(b.text("新到的春茶，想先尝哪一款？"))},
			Link: "https://shop.example/spring", At: b.now.Add(26 * time.Hour), Days: 2, Executor: sop.ByRelation, Stops: web.OneOffStops(), GoalDays: 14}
		if name == SecondSend {
			f.Channel, f.Minutes, f.Texts = sop.Private, 3, f.Texts[:1]
		}
		v := web.OneOffView{OneOffRow: b.sendRow(f, org.All())}
		if name == StoreSend {
			v.OneOffRow = b.sendRow(f, org.Scope{Stores: []id.Store{b.storeOfKeeper()}})
		}
		v.Name, v.Stage, v.By, v.Version = name, stages[i], LeadAccount, 1
		switch v.Stage {
		case web.OneOffDraft, web.OneOffSecond:
			v.Review = b.review(f.Channel)
			v.Files = []content.File{b.picture("spring.png", 60, 120, 60)}
		default:
			b.sendOutcome(&v)
		}
		b.sends = append(b.sends, v)
	}
}

func (b *Brand) sendOutcome(v *web.OneOffView) {
	v.At, v.Until = b.now.Add(-2*time.Hour), b.now.Add(9*time.Hour)
	v.Followed = sop.Line{Entered: 1550, Given: 1240, Withheld: 310, Done: 900, OnTime: 870, Late: 30, Failed: 12, Unmade: 4,
		Because: map[sop.Because]int{sop.Because(decision.BecauseHoldout): 120, sop.Because(decision.BecauseBudgetWeek): 150, sop.BecauseGone: 40}}
	if v.Stage == web.OneOffApproval {
		v.Batches, v.Reaches, v.Waiting = []int64{1, 2}, 640, 2
		return
	}
	v.Results = sop.Results([]sop.Count{{Version: 1, Step: sop.RunStep, Figure: sop.GoalReached, N: 212}, {Version: 1, Step: sop.RunStep, Figure: sop.GoalMissed, N: 1028},
		{Version: 1, Step: sop.RunStep, Figure: sop.GoalReached, Held: true, N: 12}, {Version: 1, Step: sop.RunStep, Figure: sop.GoalMissed, Held: true, N: 108}})
	for _, s := range b.staff[:3] {
		v.Staff = append(v.Staff, web.ProcessLine{Name: s.Name, Staff: s.ID, Store: b.storeName(s.Store), Line: sop.Line{Given: 410, Done: 300, OnTime: 290, Late: 10, Unmade: 2}})
	}
}

func (b *Brand) storeOfKeeper() id.Store { return b.stores[0].ID }

func (b *Brand) review(how sop.Channel) *web.OneOffReview {
	r := &web.OneOffReview{Done: true, AsOf: b.now, Customers: 1550, Given: 1240, Held: 120, Short: 1, NeedsDays: 3, Confirmings: 6,
		Withheld: map[sop.Because]int{sop.Because(decision.BecauseHoldout): 120, sop.Because(decision.BecauseBudgetWeek): 150, sop.BecauseGone: 40}}
	for i, s := range b.staff[:3] {
		m := web.OneOffMember{Name: s.Name, Store: b.storeName(s.Store), Customers: 410 - i, Left: 40, Short: i == 0}
		if how == sop.Mass {
			m.Confirmations, m.Left = 2, i+1
		}
		r.Members = append(r.Members, m)
		r.Samples = append(r.Samples, web.OneOffSample{Customer: b.customers[i].ID, Name: b.customers[i].Name, Staff: s.Name, Text: b.text("春茶到了，要不要给你留一份？")})
	}
	return r
}

// sendRow is what a form becomes.
func (b *Brand) sendRow(f web.OneOffForm, scope org.Scope) web.OneOffRow {
	p := sop.Process{Name: "send-1", Title: sop.Text{ZH: f.Title}, Subject: sop.OfCustomer, Clock: sop.Calendar, Again: sop.Once, Executor: f.Executor,
		Trigger: sop.Trigger{Dates: []sop.Day{sop.DayOf(f.At)}, Rule: &sop.Rule{Rule: web.OneOffRule(audience.Rule{}, scope)}}, OneOff: &sop.OneOff{Audience: int(f.Audience), Now: f.Now, Days: f.Days}}
	if !scope.Everything {
		p.OneOff.Stores = []int{int(scope.Stores[0])}
	}
	for _, s := range f.Stops {
		p.Stop = append(p.Stop, sop.Stop{Name: string(s), If: sop.Condition{Did: s}})
	}
	if f.GoalDays > 0 {
		p.Goal = &sop.Goal{If: sop.Condition{Did: sop.Bought}, Within: sop.Span(time.Duration(f.GoalDays) * 24 * time.Hour)}
	}
	step := sop.Step{Name: "send", Channel: f.Channel, Purpose: f.Purpose, At: sop.Offset{Timed: true, Clock: 10 * time.Hour}, Within: sop.Span(11 * time.Hour)}
	for _, text := range f.Texts {
		step.Content = append(step.Content, sop.Variant{Text: sop.Text{ZH: text}, Link: f.Link})
	}
	p.Steps = []sop.Step{step}
	row := web.OneOffRow{Document: p, Audience: "", At: f.At, Until: f.At.Add(11 * time.Hour), Stage: web.OneOffDraft, Version: 1}
	if len(b.crowds.stored) > 0 {
		row.Audience = b.crowds.stored[0].Name
	}
	return row
}

func (b *Brand) seesSend(scope org.Scope, v *web.OneOffView) bool {
	return scope.Everything || scope.Staff == 0 && len(v.Document.OneOff.Stores) > 0 && scope.Sees(id.Store(v.Document.OneOff.Stores[0]))
}

func (b *Brand) send(scope org.Scope, name string) (*web.OneOffView, error) {
	i := slices.IndexFunc(b.sends, func(v web.OneOffView) bool { return v.Name == name })
	if i < 0 || !b.seesSend(scope, &b.sends[i]) {
		return nil, fault.New(fault.NotFound, "no such one-off message")
	}
	return &b.sends[i], b.Fail
}

// OneOffs implements web.OneOffs.
func (b *Brand) OneOffs(_ context.Context, scope org.Scope, _ string) (page web.OneOffPage, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.sends {
		if b.seesSend(scope, &b.sends[i]) {
			page.Rows = append(page.Rows, b.sends[i].OneOffRow)
		}
	}
	return page, b.Fail
}

// OneOff implements web.OneOffs.
func (b *Brand) OneOff(_ context.Context, by web.Asker, name string) (web.OneOffView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v, err := b.send(by.Scope, name)
	if err != nil {
		return web.OneOffView{}, err
	}
	found := *v
	if found.Review != nil && found.Channel() != sop.Mass {
		found.Approval = b.sendApproval(by, v)
	}
	if found.Stage == web.OneOffPlanned && found.Channel() == sop.Mass && found.Ahead == 0 {
		found.Approval = b.aheadApproval(by)
	}
	return found, nil
}

func (b *Brand) sendApproval(by web.Asker, v *web.OneOffView) web.ApprovalView {
	return b.approvable(by, &web.BatchView{Batch: web.Batch{ID: 1, Store: b.storeName(b.storeOfKeeper()), Customers: v.Review.Customers}})
}

// OneOffForm implements web.OneOffs.
func (b *Brand) OneOffForm(_ context.Context, by web.Asker, name string) (f web.OneOffForm, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v, err := b.send(by.Scope, name)
	if err != nil {
		return f, err
	}
	if v.Review == nil {
		return f, fault.WithKey(fault.Conflict, "error.send_state", errors.New("it has started"))
	}
	p, step := &v.Document, &v.Document.Steps[0]
	f = web.OneOffForm{Name: name, Version: v.Version, Title: p.Title.ZH, Audience: int64(p.OneOff.Audience), Channel: step.Channel, Purpose: step.Purpose, Link: step.Content[0].Link,
		At: v.At, Days: p.OneOff.Days, Executor: p.Executor, Stops: web.OneOffStops(), GoalDays: 14, Files: v.Files, Minutes: int(step.Minutes)}
	for i := range step.Content {
		f.Texts = append(f.Texts, step.Content[i].Text.ZH)
	}
	return f, nil
}

// KeepFiles implements web.OneOffs.
func (b *Brand) KeepFiles(_ context.Context, f web.OneOffForm) ([]content.File, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.postFiles(web.PostForm{Files: f.Files, Brought: f.Brought})
}

// SaveOneOff implements web.OneOffs.
func (b *Brand) SaveOneOff(_ context.Context, by web.Asker, f web.OneOffForm) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	flaws := web.OneOffFlaws(f)
	if !slices.ContainsFunc(b.crowds.stored, func(a web.AudienceView) bool { return a.Number == f.Audience }) {
		flaws.Add("audience", "error.send_audience")
	}
	if err := flaws.Err(); err != nil {
		return "", err
	}
	name := f.Name
	if name == "" {
		name = fmt.Sprint("send-", len(f.Key)) // keys of forms are as long as each other
	}
	i := slices.IndexFunc(b.sends, func(v web.OneOffView) bool { return v.Name == name })
	if i >= 0 && f.Name == "" {
		return name, nil
	}
	if f.Now {
		f.At = b.now
	}
	v := web.OneOffView{OneOffRow: b.sendRow(f, by.Scope), Files: f.Files, Review: b.reviewOrNone(f.Channel)}
	v.Name, v.By, v.Version = name, by.Account, f.Version+1
	if f.Now {
		v.At = time.Time{}
	}
	if i >= 0 {
		b.sends[i] = v
	} else {
		b.sends = append(b.sends, v)
	}
	b.did(by, "send.saved", name)
	return name, b.Fail
}

func (b *Brand) reviewOrNone(how sop.Channel) *web.OneOffReview {
	if len(b.customers) == 0 {
		return &web.OneOffReview{Done: true, AsOf: b.now}
	}
	return b.review(how)
}

// StartOneOff implements web.OneOffs.
func (b *Brand) StartOneOff(_ context.Context, by web.Asker, s web.OneOffStart) (done web.ApprovalDone, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v, err := b.send(by.Scope, s.Name)
	switch {
	case err != nil || v.Review == nil:
		return done, err
	case v.Version != s.Version:
		return done, fault.WithKey(fault.Conflict, "error.form_stale", errors.New("another version"))
	}
	if v.Channel() != sop.Mass {
		switch a := b.sendApproval(by, v); {
		case a.Why != "":
			done.Left = []web.ApprovalLeft{{Batch: 1, ApprovalView: a}}
			return done, nil
		case a.Number != 0 && a.Number != s.Typed:
			done.Typed, done.Number = []int64{1}, a.Number
			return done, nil
		}
	}
	v.Review, v.Stage = nil, web.OneOffPlanned
	b.did(by, "send.started", s.Name)
	return done, nil
}

// ApproveOneOff implements web.OneOffs.
func (b *Brand) ApproveOneOff(_ context.Context, by web.Asker, s web.OneOffStart) (done web.ApprovalDone, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v, err := b.send(by.Scope, s.Name)
	if err != nil {
		return done, err
	}
	if v.Version != s.Version || v.Stage != web.OneOffPlanned || v.Ahead > 0 {
		return done, fault.WithKey(fault.Conflict, "error.form_stale", errors.New("another version"))
	}
	switch a := b.aheadApproval(by); {
	case a.Why != "":
		done.Left = []web.ApprovalLeft{{Batch: 1, ApprovalView: a}}
	case a.Number != 0 && a.Number != s.Typed:
		done.Typed, done.Number = []int64{1}, a.Number
	default:
		v.Ahead = aheadReach
	}
	return done, nil
}

// aheadReach is how many customers a planned mass message would reach.
const aheadReach = 1550

func (b *Brand) aheadApproval(by web.Asker) web.ApprovalView {
	return b.approvable(by, &web.BatchView{Batch: web.Batch{ID: 1, Store: b.storeName(b.storeOfKeeper()), Customers: aheadReach}})
}

// SetOneOff implements web.OneOffs.
func (b *Brand) SetOneOff(_ context.Context, by web.Asker, name string, to web.ProcessState) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	v, err := b.send(by.Scope, name)
	switch {
	case err != nil:
		return err
	case v.Stage == web.OneOffOver || v.Stage == web.OneOffEnded || v.Review != nil && to != web.ProcessRetired:
		return fault.WithKey(fault.Conflict, "error.send_state", errors.New("it is over"))
	case v.Review != nil:
		b.sends = slices.DeleteFunc(b.sends, func(o web.OneOffView) bool { return o.Name == name })
	default:
		v.Stage = map[web.ProcessState]web.OneOffStage{web.ProcessActive: web.OneOffRunning, web.ProcessPaused: web.OneOffPaused, web.ProcessRetired: web.OneOffEnded}[to]
	}
	b.did(by, "send."+string(to), name)
	return nil
}
