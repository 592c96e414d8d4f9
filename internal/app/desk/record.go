package desk

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/profile"
	"siyu/internal/vault"
	"siyu/internal/web"
)

var _ web.Records = (*Desk)(nil)

// maxNote is how long a note may be, in bytes.
const maxNote = 2000

// Record implements web.Records.
func (d *Desk) Record(ctx context.Context, by web.Asker, r web.Record) error {
	state, err := d.visible(ctx, by.Scope, r.Customer)
	if err != nil {
		return err
	}
	note := strings.TrimSpace(r.Note)
	if len(note) > maxNote {
		return fault.WithKey(fault.Invalid, "error.note_long", fmt.Errorf("a note has at most %d bytes, this has %d", maxNote, len(note)))
	}
	var bodies []event.Body
	switch r.Kind {
	case web.RecordNote:
		if note == "" {
			return fault.WithKey(fault.Invalid, "error.note_empty", fmt.Errorf("an empty note"))
		}
	case web.RecordComplaint:
		bodies = append(bodies, event.ComplaintOpened{})
	case web.RecordSolved:
		bodies = append(bodies, event.ComplaintClosed{})
	case web.RecordNeed:
		bodies = append(bodies, event.NeedExpressed{Line: r.Line, How: "asked"})
	default:
		return fault.New(fault.Invalid, "unknown kind of record %q", r.Kind)
	}
	if note != "" {
		part := rand.Text()
		if err := d.Vault.Put(ctx, []vault.Entry{{Subject: event.Customer(state.ID), Field: vault.Note, Part: part, Text: note}}); err != nil {
			return err
		}
		bodies = append(bodies, event.NoteTaken{Part: part, By: by.Account})
	}
	return d.tell(ctx, by, "record."+string(r.Kind), state, bodies...)
}

// Judge implements web.Records.
func (d *Desk) Judge(ctx context.Context, by web.Asker, c id.Customer, rapport event.Rapport) error {
	state, err := d.visible(ctx, by.Scope, c)
	if err != nil {
		return err
	}
	return d.tell(ctx, by, "rapport.judged", state, event.RapportJudged{Rapport: rapport, Staff: by.Scope.Staff, By: by.Account})
}

// SetMarketing implements web.Records.
func (d *Desk) SetMarketing(ctx context.Context, by web.Asker, c id.Customer, allowed bool) error {
	state, err := d.visible(ctx, by.Scope, c)
	if err != nil {
		return err
	}
	if allowed {
		return d.tell(ctx, by, "marketing.allowed", state, event.MarketingAllowed{By: by.Account})
	}
	return d.tell(ctx, by, "marketing.refused", state, event.MarketingRefused{By: by.Account})
}

// Merge implements web.Records.
func (d *Desk) Merge(ctx context.Context, by web.Asker, from, into id.Customer) error {
	gone, err := d.visible(ctx, by.Scope, from)
	if err != nil {
		return err
	}
	stays, err := d.visible(ctx, by.Scope, into)
	if err != nil {
		return err
	}
	if gone.ID == stays.ID {
		return fault.WithKey(fault.Conflict, "error.same_customer", fmt.Errorf("both are one customer already"))
	}
	return d.tell(ctx, by, "customer.merged", gone, event.CustomerMerged{Into: stays.ID})
}

// Unmerge implements web.Records.
func (d *Desk) Unmerge(ctx context.Context, by web.Asker, c, from id.Customer) error {
	stays, err := d.visible(ctx, by.Scope, c)
	if err != nil {
		return err
	}
	aliases, err := d.DB.AliasesOf(ctx, []id.Customer{stays.ID})
	if err != nil {
		return err
	}
	for _, one := range aliases[stays.ID] {
		if one == from && from != stays.ID {
			return d.tell(ctx, by, "customer.unmerged", &profile.Customer{ID: from}, event.CustomerUnmerged{From: stays.ID, By: by.Account})
		}
	}
	return notFound("merged customer")
}

// tell appends what a person did as facts and carries them through the house.
func (d *Desk) tell(ctx context.Context, by web.Asker, did string, about *profile.Customer, bodies ...event.Body) error {
	now := d.Clock.Now()
	facts := make([]event.Fact, 0, len(bodies))
	for _, body := range bodies {
		key := id.Hash("console", rand.Text()) // saying the same twice is two facts
		f, err := event.New(event.Customer(about.ID), now, event.FromConsole, key, body)
		if err != nil {
			return err
		}
		facts = append(facts, f)
	}
	if _, err := d.Log.Append(ctx, facts...); err != nil {
		return err
	}
	if err := d.audit(ctx, by, did, id.Text(about.ID)); err != nil {
		return err
	}
	return d.Turn(ctx)
}
