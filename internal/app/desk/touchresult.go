package desk

import (
	"context"
	"slices"
	"strconv"
	"time"

	"siyu/internal/content"
	"siyu/internal/delivery"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

var _ web.MassResults = (*Desk)(nil)

// What a page of results shows.
const (
	sentRows   = 25 // of what was said on a day, and the rest of the last day
	resultRows = 50 // customers, or members
)

// Sent implements web.MassResults.
func (d *Desk) Sent(ctx context.Context, scope org.Scope, after string) (page web.SentPage, err error) {
	today := d.today()
	query := storage.SentQuery{Scope: scope, From: today.AddDate(0, 0, -web.SentDays), Until: today.AddDate(0, 0, web.SentDays), Groups: sentRows}
	if after != "" {
		if query.Until, err = parseSentCursor(after); err != nil {
			return page, err
		}
	}
	groups, err := d.DB.SentGroups(ctx, query)
	if err != nil || len(groups) == 0 {
		return page, err
	}
	if len(groups) >= sentRows {
		page.Next = id.Text(groups[len(groups)-1].Day.UnixMilli() - 1)
	}
	firsts := make([]int64, len(groups))
	for i := range groups {
		firsts[i] = groups[i].First
	}
	said, err := d.DB.DispatchesNamed(ctx, firsts)
	if err != nil {
		return page, err
	}
	texts := map[int64]string{}
	for i := range said {
		texts[said[i].ID] = said[i].Text
	}
	processes, err := d.DB.Processes(ctx)
	if err != nil {
		return page, err
	}
	for i := range groups {
		page.Sent = append(page.Sent, sentGroup(&groups[i], processes, texts[groups[i].First]))
	}
	return page, nil
}

func parseSentCursor(text string) (time.Time, error) {
	at, err := strconv.ParseInt(text, 36, 64)
	if err != nil {
		return time.Time{}, notFound("page")
	}
	return time.UnixMilli(at), nil
}

func sentGroup(g *storage.SentGroup, processes []flow.Process, text string) web.SentGroup {
	row := web.SentGroup{First: g.First, Day: g.Day, Purpose: g.Purpose, Text: text, Messages: g.Messages, Confirmed: g.Confirmed, From: g.From, Until: g.Until,
		MassTally: web.MassTally{Delivered: g.Customers[delivery.Delivered], Failed: g.Customers[delivery.Failed], Withdrawn: g.Customers[delivery.Withdrawn]}}
	for _, n := range g.Customers {
		row.Asked += n
	}
	if i := slices.IndexFunc(processes, func(p flow.Process) bool { return p.Number == g.Process }); i >= 0 {
		row.Process = processStep(&processes[i], g.Step)
	}
	return row
}

// processStep names a step of a process by its present title, where it still has it.
func processStep(p *flow.Process, step string) web.BatchStep {
	b := web.BatchStep{Name: p.Name, Version: p.Version, Title: p.Document.Title, Owner: p.Document.Owner, Paused: p.State == flow.ProcessPaused, Once: p.Document.OneOff != nil}
	if at := p.Document.Step(step); at >= 0 {
		b.Step = titleOf(&p.Document.Steps[at])
	}
	return b
}

// SentMembers implements web.MassResults.
func (d *Desk) SentMembers(ctx context.Context, scope org.Scope, first int64, after string) (page web.SentMembersPage, err error) {
	x, err := d.dispatch(ctx, scope, first)
	if err != nil {
		return page, err
	}
	key := storage.SentKey{Day: x.Day, Process: x.Process, Step: x.Step, Purpose: x.Purpose}
	switch {
	case x.Process != 0:
	case x.Material != "":
		key.Material = x.Material
	default:
		key.Send = x.Send
	}
	from := int64(0)
	if after != "" {
		var ok bool
		if from, ok = id.Parse[int64](after); !ok {
			return page, notFound("page")
		}
	}
	sent, err := d.DB.SentOf(ctx, scope, key, from, resultRows+1)
	if err != nil {
		return page, err
	}
	if len(sent) > resultRows {
		sent = sent[:resultRows]
		page.Next = id.Text(sent[resultRows-1].ID)
	}
	list := make([]int64, len(sent))
	for i := range sent {
		list[i] = sent[i].ID
	}
	outcomes, err := d.DB.MassOutcomes(ctx, list)
	if err != nil {
		return page, err
	}
	names, err := d.staffNames(ctx, staffOf(sent))
	if err != nil {
		return page, err
	}
	for i := range sent {
		page.Sent = append(page.Sent, d.sentRow(&sent[i], names[sent[i].Staff], outcomes[sent[i].ID]))
	}
	page.First, page.Day, page.Purpose, page.Text = first, x.Day, x.Purpose, x.Text
	if x.Process == 0 {
		return page, nil
	}
	processes, err := d.DB.Processes(ctx)
	if i := slices.IndexFunc(processes, func(p flow.Process) bool { return p.Number == x.Process }); i >= 0 {
		page.Process = processStep(&processes[i], x.Step)
	}
	return page, err
}

func (d *Desk) sentRow(x *delivery.Dispatch, staff string, outcomes []storage.MassOutcome) web.SentRow {
	row := web.SentRow{ID: x.ID, Staff: staff, Store: d.Brand.StoreName(x.Store), Purpose: x.Purpose, Text: x.Text, Stage: massStage(x), From: x.From, Until: x.Until}
	for _, o := range outcomes {
		row.Asked += o.N
		switch o.State {
		case delivery.Delivered:
			row.Delivered += o.N
		case delivery.Failed:
			row.Failed += o.N
		case delivery.Withdrawn:
			row.Withdrawn += o.N
		}
	}
	return row
}

// massStage says where a mass message stands, in the words of posts.
func massStage(x *delivery.Dispatch) web.PostStage {
	return stageOf(&delivery.PostSend{State: x.State, Task: x.Task, ApprovedBy: x.ApprovedBy})
}

// Result implements web.MassResults.
func (d *Desk) Result(ctx context.Context, scope org.Scope, batch int64, q web.ResultQuery) (v web.ResultView, err error) {
	x, err := d.dispatch(ctx, scope, batch)
	if err != nil {
		return v, err
	}
	if v.Stage = massStage(&x); v.Stage == web.PostApproval {
		return v, nil
	}
	outcomes, err := d.DB.MassOutcomes(ctx, []int64{x.ID})
	if err != nil {
		return v, err
	}
	staff, err := d.staffNames(ctx, []id.Staff{x.Staff})
	if err != nil {
		return v, err
	}
	v = web.ResultView{SentRow: d.sentRow(&x, staff[x.Staff], outcomes[x.ID]), Title: x.Title, Link: x.Link, Because: reasonOf(&x), CalledAt: x.Called, Before: x.ResendOf}
	if x.ApprovedBy != delivery.Automatic {
		v.Approver = x.ApprovedBy
	}
	if x.Task == delivery.Sending || x.Task == delivery.Confirmed {
		v.ConfirmedAt = x.TaskSince
	}
	if v.Files, err = d.namedFiles(ctx, content.FilesOf(x.Files)); err != nil {
		return v, err
	}
	for _, o := range outcomes[x.ID] {
		passes := delivery.MayPass(o.State, o.Because)
		v.Outcomes = append(v.Outcomes, web.MassOutcome{State: string(o.State), Because: o.Because, N: o.N, MayPass: passes})
		if passes && x.Over() {
			v.Again += o.N
		}
	}
	if err := d.addNext(ctx, &v); err != nil {
		return v, err
	}
	return v, d.addResults(ctx, &v, q)
}

// reasonOf returns why a mass message stands where it does, "" where there is nothing
// to say.
func reasonOf(x *delivery.Dispatch) string {
	if x.CancelFor != "" {
		return string(x.CancelFor)
	}
	return x.Because
}

// addNext names what took the place of the message: it can be sent again once.
func (d *Desk) addNext(ctx context.Context, v *web.ResultView) error {
	next, err := d.DB.DispatchesNamed(ctx, []int64{delivery.MissedID(v.ID), delivery.SuccessorID(v.ID)})
	for i := range next {
		v.Then = next[i].ID
		if v.Then == delivery.MissedID(v.ID) {
			v.Again = 0
			break
		}
	}
	return err
}

// addResults adds the page of customers, and of which process the message is.
func (d *Desk) addResults(ctx context.Context, v *web.ResultView, q web.ResultQuery) error {
	query := storage.MassTouchQuery{Dispatch: v.ID, State: delivery.TouchState(q.State), Because: q.Because, Limit: resultRows + 1}
	if q.After != "" {
		after, ok := id.Parse[int64](q.After)
		if !ok {
			return notFound("page")
		}
		query.After = after
	}
	touches, err := d.DB.MassTouches(ctx, query)
	if err != nil {
		return err
	}
	if len(touches) > resultRows {
		touches = touches[:resultRows]
		v.After = id.Text(touches[resultRows-1].ID)
	}
	customers := make([]id.Customer, len(touches))
	for i := range touches {
		customers[i] = touches[i].Customer
	}
	names, err := d.customerNames(ctx, customers)
	if err != nil {
		return err
	}
	for i := range touches {
		t := &touches[i]
		v.Customers = append(v.Customers, web.ResultRow{Customer: t.Customer, Name: names[t.Customer], State: string(t.State), Because: t.Because, At: t.At})
	}
	if len(touches) > 0 {
		v.Process, err = d.batchStep(ctx, &touches[0])
	}
	if v.Process.Paused && v.Stage == web.PostPlanned {
		v.Stage = web.PostHeld
	}
	return err
}

// batchStep returns the step of a process that a message to a customer is of; what is
// sent again is of the step that sent it first.
func (d *Desk) batchStep(ctx context.Context, t *delivery.Touch) (b web.BatchStep, err error) {
	first := t.TouchKey
	first.Occurrence = 0
	steps, err := d.DB.StepsOfTouches(ctx, []id.Customer{t.Customer}, []int64{first.ID()})
	if err != nil {
		return b, err
	}
	r, ours := steps[first.ID()]
	if !ours {
		return b, nil
	}
	p, step, err := d.step(ctx, &r)
	if err != nil {
		return b, err
	}
	processes, err := d.DB.Processes(ctx)
	for i := range processes {
		if processes[i].Number == r.Process {
			b = web.BatchStep{Name: processes[i].Name, Version: r.Version, Title: p.Title, Step: titleOf(step),
				Owner: processes[i].Document.Owner, Paused: processes[i].State == flow.ProcessPaused, Once: p.OneOff != nil}
		}
	}
	return b, err
}

// SendAgain implements web.MassResults.
func (d *Desk) SendAgain(ctx context.Context, by web.Asker, batch int64) (next int64, customers int, err error) {
	x, err := d.dispatch(ctx, by.Scope, batch)
	if err != nil {
		return 0, 0, err
	}
	gate := delivery.MissedGate{Gate: d.Gate(), Missed: d.DB}
	if customers, err = gate.ResendMissed(ctx, by.Account, x.ID); err != nil {
		return 0, 0, err
	}
	return delivery.MissedID(x.ID), customers, d.audit(ctx, by, "touch.missed_resent", strconv.FormatInt(x.ID, 10))
}
