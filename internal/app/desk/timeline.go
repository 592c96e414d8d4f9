package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/vault"
	"siyu/internal/web"
)

// recordKinds are facts about what is known, not about what happened with the
// customer.
var recordKinds = []event.Kind{
	event.KindCustomerSeen, event.KindCustomerIdentified, event.KindCustomerMerged, event.KindCustomerUnmerged,
	event.KindRelationTagged, event.KindCustomerTagged, event.KindCustomerUntagged, event.KindMarketingRefused, event.KindMarketingAllowed,
	event.KindCustomerDescribed, event.KindCustomerReferred, event.KindCustomerStayed, event.KindRapportJudged,
}

// Timeline implements web.Customers.
func (d *Desk) Timeline(ctx context.Context, scope org.Scope, q web.TimelineQuery) (web.TimelinePage, error) {
	state, err := d.visible(ctx, scope, q.Customer)
	if err != nil {
		return web.TimelinePage{}, err
	}
	before, err := parseSeq(q.After)
	if err != nil {
		return web.TimelinePage{}, err
	}
	page, shown, err := d.timeline(ctx, state.ID, before, q)
	if err != nil {
		return page, err
	}
	return page, d.nameCalls(ctx, page.Entries, shown)
}

// timeline returns a page before a position, and the fact behind each of its lines.
func (d *Desk) timeline(ctx context.Context, c id.Customer, before int64, q web.TimelineQuery) (page web.TimelinePage, shown []event.Fact, err error) {
	for len(page.Entries) < q.Limit {
		facts, err := d.newestFacts(ctx, c, before, 200)
		if err != nil || len(facts) == 0 {
			return page, shown, err
		}
		for _, f := range facts {
			before = f.Seq
			if slices.Contains(recordKinds, f.Kind) != q.Records {
				continue
			}
			entry, err := d.entry(ctx, f)
			if err != nil {
				return page, nil, err
			}
			page.Entries, shown = append(page.Entries, entry), append(shown, f)
			if len(page.Entries) == q.Limit {
				page.Next = strconv.FormatInt(before, 10)
				return page, shown, nil
			}
		}
	}
	return page, shown, nil
}

func parseSeq(after string) (int64, error) {
	if after == "" {
		return 0, nil
	}
	seq, err := strconv.ParseInt(after, 10, 64)
	if err != nil || seq <= 0 {
		return 0, notFound("page")
	}
	return seq, nil
}

// newestFacts returns facts about a customer, and about those it answers for,
// before a position, newest first.
func (d *Desk) newestFacts(ctx context.Context, c id.Customer, before int64, limit int) ([]event.Fact, error) {
	aliases, err := d.DB.AliasesOf(ctx, []id.Customer{c})
	if err != nil {
		return nil, fmt.Errorf("look up aliases: %w", err)
	}
	var subjects []event.Subject
	for _, one := range aliases[c] {
		subjects = append(subjects, event.Customer(one))
	}
	return d.DB.FactsBefore(ctx, subjects, before, limit)
}

// entry turns a fact into a line of the timeline.
func (d *Desk) entry(ctx context.Context, f event.Fact) (web.TimelineEntry, error) {
	e := web.TimelineEntry{At: f.At, Kind: f.Kind}
	if f.Kind == event.KindNoteTaken {
		return d.note(ctx, f)
	}
	if f.Kind.Concluded() {
		return d.crowdEntry(ctx, f)
	}
	if f.Kind == event.KindContentOpened {
		return d.openedEntry(ctx, f)
	}
	if f.Kind == event.KindSurveyAnswered {
		return d.surveyEntry(ctx, f)
	}
	if f.Kind == event.KindRelationTagged || f.Kind == event.KindCustomerTagged || f.Kind == event.KindCustomerUntagged {
		return d.tagEntry(ctx, f)
	}
	read, ok := entries[f.Kind]
	if !ok {
		return e, nil
	}
	staff, group, err := read(d, f, &e)
	if err != nil {
		return e, err
	}
	if staff != 0 {
		names, err := d.staffNames(ctx, []id.Staff{staff})
		if err != nil {
			return e, err
		}
		e.Staff = names[staff]
	}
	if group != 0 {
		groups, err := d.DB.LoadGroups(ctx, []id.Group{group})
		if err != nil {
			return e, err
		}
		e.Group = groups[0].Name
	}
	return e, nil
}

// note reads the text of a note from the vault; an erased one stays a line
// without text.
func (d *Desk) note(ctx context.Context, f event.Fact) (web.TimelineEntry, error) {
	body, err := event.Read[event.NoteTaken](f)
	if err != nil {
		return web.TimelineEntry{}, err
	}
	e := web.TimelineEntry{At: f.At, Kind: web.KindNote, By: body.By}
	notes, err := d.Vault.Of(ctx, []event.Subject{f.Subject}, []vault.Field{vault.Note})
	if err != nil {
		return e, err
	}
	for _, n := range notes {
		if n.Part == body.Part {
			e.Note = n.Text
		}
	}
	return e, nil
}

// crowdEntry names the audience that the customer entered or left.
func (d *Desk) crowdEntry(ctx context.Context, f event.Fact) (web.TimelineEntry, error) {
	e := web.TimelineEntry{At: f.At, Kind: f.Kind}
	var body struct{ Audience int64 }
	if err := json.Unmarshal(f.Body, &body); err != nil {
		return e, fmt.Errorf("read fact %d (%s): %w", f.Seq, f.Kind, err)
	}
	a, err := d.DB.Audience(ctx, body.Audience)
	e.Detail = a.Name
	return e, err
}

// entries fill a line from the body and name the member and group involved.
var entries = map[event.Kind]func(*Desk, event.Fact, *web.TimelineEntry) (id.Staff, id.Group, error){
	event.KindRelationAdded: line(func(_ *Desk, b event.RelationAdded, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.Detail = b.State
		return b.Staff, 0
	}),
	event.KindRelationEnded: line(func(_ *Desk, b event.RelationEnded, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.By = string(b.By)
		return b.Staff, 0
	}),
	event.KindTransferFailed: line(func(_ *Desk, b event.TransferFailed, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.Detail = b.Reason
		return b.Staff, 0
	}),
	event.KindGroupJoined: line(func(_ *Desk, b event.GroupJoined, _ *web.TimelineEntry) (id.Staff, id.Group) { return 0, b.Group }),
	event.KindGroupLeft:   line(func(_ *Desk, b event.GroupLeft, _ *web.TimelineEntry) (id.Staff, id.Group) { return 0, b.Group }),
	event.KindOrderPaid: line(func(d *Desk, b event.OrderPaid, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.Amount, e.Shop, e.Store = b.Amount, b.Shop, d.Brand.StoreName(b.Store)
		for _, item := range b.Items {
			if item.Line != 0 && !slices.Contains(e.Lines, item.Line) {
				e.Lines = append(e.Lines, item.Line)
			}
		}
		return 0, 0
	}),
	event.KindOrderRefunded: line(func(_ *Desk, b event.OrderRefunded, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.Amount = b.Refunded
		return 0, 0
	}),
	event.KindMessageExchanged: line(func(_ *Desk, b event.MessageExchanged, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.By, e.Detail = "staff", b.Form
		if b.Inbound {
			e.By = "customer"
		}
		return b.Staff, b.Group
	}),
	event.KindMomentReacted: line(func(_ *Desk, b event.MomentReacted, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.Detail = "like"
		if b.Comment {
			e.Detail = "comment"
		}
		return b.Staff, 0
	}),
	event.KindTouchDelivered: line(func(_ *Desk, b event.TouchDelivered, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.Channel, e.Purpose = b.Channel, b.Purpose
		return b.Staff, 0
	}),
	event.KindMassReceived: line(func(_ *Desk, b event.MassReceived, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.Channel, e.Purpose = event.MassElsewhere, b.Purpose
		return b.Staff, 0
	}),
	event.KindTouchFailed: line(func(_ *Desk, b event.TouchFailed, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.Channel, e.Detail = b.Channel, b.Reason
		return b.Staff, 0
	}),
	event.KindComplaintOpened: line(func(_ *Desk, b event.ComplaintOpened, _ *web.TimelineEntry) (id.Staff, id.Group) { return b.Staff, 0 }),
	event.KindComplaintClosed: line(func(_ *Desk, b event.ComplaintClosed, _ *web.TimelineEntry) (id.Staff, id.Group) { return b.Staff, 0 }),
	event.KindNeedExpressed: line(func(_ *Desk, b event.NeedExpressed, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.Detail = b.How
		if b.Line != 0 {
			e.Lines = []id.Line{b.Line}
		}
		return 0, 0
	}),
	event.KindMarketingRefused: line(func(_ *Desk, b event.MarketingRefused, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.By = b.By
		return 0, 0
	}),
	event.KindMarketingAllowed: line(func(_ *Desk, b event.MarketingAllowed, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.By = b.By
		return 0, 0
	}),
	event.KindRapportJudged: line(func(_ *Desk, b event.RapportJudged, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.Detail, e.By = string(b.Rapport), b.By
		return b.Staff, 0
	}),
	event.KindCustomerIdentified: line(func(_ *Desk, b event.CustomerIdentified, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.Detail = string(b.Identity)
		return 0, 0
	}),
	event.KindCustomerMerged: line(func(_ *Desk, b event.CustomerMerged, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.Detail = string(b.Identity)
		return 0, 0
	}),
	event.KindCustomerUnmerged: line(func(_ *Desk, b event.CustomerUnmerged, e *web.TimelineEntry) (id.Staff, id.Group) {
		e.By = b.By
		return 0, 0
	}),
}

func line[B event.Body](fill func(*Desk, B, *web.TimelineEntry) (id.Staff, id.Group)) func(*Desk, event.Fact, *web.TimelineEntry) (id.Staff, id.Group, error) {
	return func(d *Desk, f event.Fact, e *web.TimelineEntry) (id.Staff, id.Group, error) {
		body, err := event.Read[B](f)
		if err != nil {
			return 0, 0, err
		}
		staff, group := fill(d, body, e)
		return staff, group, nil
	}
}
