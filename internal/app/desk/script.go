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
	if list.NoSale, err = d.noSale(ctx, state, &own, speaker); err != nil {
		return list, err
	}
	documents := d.Brand.Documents()
	line, _ := documents.Catalog.Line(own.DueLine)
	for _, purpose := range sayable(list.NoSale) {
		asks := func(m content.Material) bool { return m.Kind == content.Survey } // it is its link, which these have none of
		found := slices.DeleteFunc(documents.Library.For(purpose, line.Code), asks)
		for _, m := range found[:min(len(found), mostScripts)] {
			list.Scripts = append(list.Scripts, web.Script{Purpose: purpose, Text: content.Fill(m.Text, names[state.ID], called[speaker]), Files: m.Files})
		}
	}
	return list, nil
}

// noSale returns why a member may not sell to a customer beside the plan, "" if that may
// be: what plans ask, of the same state.
func (d *Desk) noSale(ctx context.Context, c *profile.Customer, known *insight.Customer, member id.Staff) (decision.Because, error) {
	whom := flow.Whom{List: []id.Customer{c.ID}}
	held, err := d.DB.Holdout(ctx, whom)
	if err != nil {
		return "", err
	}
	underway, err := d.DB.Underway(ctx, whom)
	if err != nil {
		return "", err
	}
	now, rules := d.Clock.Now(), d.Brand.Documents().Rules
	orders, err := d.Orders(ctx, now)
	if err != nil {
		return "", err
	}
	inDoubt, pending := underway[c.ID]
	standing := decision.Standing{Profile: c, Held: held[c.ID], Limiting: known.Limiting, InDoubt: inDoubt}
	contact := decision.Intent{Staff: member, Purpose: event.Ask, Channel: event.OneToOne, Planned: now, Day: d.today()}
	switch because := rules.Recheck(standing, contact); {
	case because != "":
		return because, nil
	case pending:
		return decision.BecausePending, nil
	case !known.Bears(rules.MaxFatigue):
		return decision.BecauseFatigue, nil
	}
	because := rules.RefuseSale(decision.Sale{Profile: c, Insight: known, Now: now, OrdersAsOf: orders.Of(c)})
	if because == "" && !rules.Due(known, now) {
		because = decision.BecauseNotDue
	}
	return because, nil
}

// sayable returns for which purposes a member may write to a customer beside the plan, by
// why nothing may be sold: nothing to who complains, whom the answer to the complaint
// awaits; serving to whom plans leave alone, for it uses up no budget; asking the others;
// reminding those to whom plans would sell. Offers are the plan's.
func sayable(noSale decision.Because) []event.Purpose {
	switch noSale {
	case decision.BecauseComplaint, decision.BecauseGone:
		return nil
	case decision.BecauseRefused, decision.BecauseHoldout, decision.BecauseInDoubt, decision.BecausePending, decision.BecauseFatigue,
		decision.BecauseBudgetDay, decision.BecauseBudgetWeek, decision.BecauseBudgetMonth:
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
