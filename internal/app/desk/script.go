package desk

import (
	"context"
	"fmt"
	"slices"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/web"
)

// mostScripts of one purpose are offered: they are read on a phone.
const mostScripts = 3

// Scripts implements web.Scripts.
func (d *Desk) Scripts(ctx context.Context, scope org.Scope, c id.Customer) (list web.ScriptList, err error) {
	state, err := d.visible(ctx, scope, c)
	if err != nil {
		return list, err
	}
	known, err := d.known(ctx, []id.Customer{state.ID})
	if err != nil {
		return list, err
	}
	names, err := d.customerNames(ctx, []id.Customer{state.ID})
	if err != nil {
		return list, err
	}
	speaker := scope.Staff
	if speaker == 0 {
		speaker = newest(state)
	}
	called, err := d.staffNames(ctx, []id.Staff{speaker})
	if err != nil {
		return list, err
	}
	own := known[state.ID]
	if list.NoSale, err = d.noSale(ctx, state, &own); err != nil {
		return list, err
	}
	documents := d.Brand.Documents()
	line, _ := documents.Catalog.Line(own.DueLine)
	for _, purpose := range sayable(list.NoSale) {
		found := documents.Library.For(purpose, line.Code)
		for _, m := range found[:min(len(found), mostScripts)] {
			list.Scripts = append(list.Scripts, web.Script{Purpose: purpose, Text: content.Fill(m.Text, names[state.ID], called[speaker]), Files: m.Files})
		}
	}
	return list, nil
}

// noSale returns why nothing may be sold to a customer beside the plan, "" if something
// may: what plans ask, of the same state.
func (d *Desk) noSale(ctx context.Context, c *profile.Customer, known *insight.Customer) (decision.Because, error) {
	held, err := d.DB.Holdout(ctx, flow.Whom{List: []id.Customer{c.ID}})
	if err != nil {
		return "", err
	}
	switch {
	case c.RefusesMarketing():
		return decision.BecauseRefused, nil
	case held[c.ID]:
		return decision.BecauseHoldout, nil
	case c.Complains():
		return decision.BecauseComplaint, nil
	}
	now := d.Clock.Now()
	orders, err := d.Orders(ctx, now)
	if err != nil {
		return "", err
	}
	sale := decision.Sale{Profile: c, Insight: known, Now: now, OrdersAsOf: orders.Of(c)}
	return d.Brand.Documents().Rules.RefuseSale(sale), nil
}

// sayable returns for which purposes a member may write to a customer beside the plan, by
// why nothing may be sold: serving always; asking those who may be contacted and compared
// with nobody; reminding those to whom plans would sell. Offers are the plan's.
func sayable(noSale decision.Because) []event.Purpose {
	switch noSale {
	case decision.BecauseRefused, decision.BecauseHoldout:
		return []event.Purpose{event.Serve}
	case "":
		return []event.Purpose{event.Serve, event.Ask, event.Remind}
	}
	return []event.Purpose{event.Serve, event.Ask}
}

// ScriptSaid implements web.Scripts.
func (d *Desk) ScriptSaid(ctx context.Context, by web.Asker, s web.ScriptSaid) error {
	state, err := d.visible(ctx, by.Scope, s.Customer)
	if err != nil {
		return err
	}
	switch {
	case by.Scope.Staff == 0:
		return fault.New(fault.Denied, "record a text that was sent: the account is no member's")
	case !slices.Contains(sayable(""), s.Purpose) || s.Once == "":
		return fault.New(fault.Invalid, "record a text that was sent: expected a purpose that scripts have and the page it stood on, got %q", s.Purpose)
	}
	fact, err := event.New(event.Customer(state.ID), d.Clock.Now(), event.FromConsole, id.Hash("script", s.Once), event.TouchDelivered{
		Staff: by.Scope.Staff, Channel: event.OneToOne, Purpose: s.Purpose, Service: s.Purpose == event.Serve,
	})
	if err != nil {
		return err
	}
	if _, err := d.Log.Append(ctx, fact); err != nil {
		return fmt.Errorf("record a text that was sent: %w", err)
	}
	return d.Turn(ctx)
}
