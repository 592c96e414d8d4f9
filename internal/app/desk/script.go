package desk

import (
	"context"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/web"
)

// mostScripts of one purpose are offered: they are read on a phone.
const mostScripts = 3

// Scripts implements web.Scripts.
func (d *Desk) Scripts(ctx context.Context, scope org.Scope, c id.Customer) ([]web.Script, error) {
	state, err := d.visible(ctx, scope, c)
	if err != nil {
		return nil, err
	}
	known, err := d.known(ctx, []id.Customer{state.ID})
	if err != nil {
		return nil, err
	}
	names, err := d.customerNames(ctx, []id.Customer{state.ID})
	if err != nil {
		return nil, err
	}
	speaker := scope.Staff
	if speaker == 0 {
		speaker = newest(state)
	}
	called, err := d.staffNames(ctx, []id.Staff{speaker})
	if err != nil {
		return nil, err
	}
	documents := d.Brand.Documents()
	line, _ := documents.Catalog.Line(known[state.ID].DueLine)
	var scripts []web.Script
	for _, purpose := range sayable(state, known[state.ID]) {
		found := documents.Library.For(purpose, line.Code)
		for _, m := range found[:min(len(found), mostScripts)] {
			scripts = append(scripts, web.Script{Purpose: purpose, Text: content.Fill(m.Text, names[state.ID], called[speaker]), Files: m.Files})
		}
	}
	return scripts, nil
}

// sayable returns for which purposes a member may write to the customer out of
// the plan: serving always, asking those who may be contacted, reminding those
// who trust and have no complaint open. Offers are the plan's.
func sayable(c *profile.Customer, known insight.Customer) []event.Purpose {
	switch {
	case c.RefusesMarketing():
		return []event.Purpose{event.Serve}
	case c.Complains() || known.Limiting == insight.Trust:
		return []event.Purpose{event.Serve, event.Ask}
	}
	return []event.Purpose{event.Serve, event.Ask, event.Remind}
}
