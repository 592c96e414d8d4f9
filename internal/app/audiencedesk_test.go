package app

import (
	"testing"
	"time"

	"siyu/internal/app/desk"
	"siyu/internal/audience"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

var (
	asking = web.Asker{Account: "lin", Scope: org.All()}
	lead   = web.Asker{Account: "wang", Scope: org.All()}
	buyers = audience.Rule{Ask: &audience.Condition{Field: "orders", Is: audience.AtLeast, Values: []audience.Value{{Number: 1}}}}
	all    = audience.Rule{All: []audience.Rule{}}
)

func within(number int64) audience.Rule {
	return audience.Rule{Ask: &audience.Condition{Field: audience.AudienceField, Is: audience.OneOf, Values: []audience.Value{{Number: number}}}}
}

// crowdedHouse is a planned house that answers questions about everybody.
func crowdedHouse(t *testing.T) *house {
	t.Helper()
	h := plannedHouse(t, "")
	if err := h.KeepAudiences(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) saved(f web.AudienceForm) int64 {
	h.t.Helper()
	f.Kind = web.Dynamic
	number, err := h.desk.SaveAudience(h.t.Context(), asking, f)
	if err != nil {
		h.t.Fatal(err)
	}
	return number
}

func (h *house) exported(number int64) error {
	_, err := h.desk.ExportAudience(h.t.Context(), asking, number, "csv")
	return err
}

// approve lets a lead approve the one export that waits.
func (h *house) approve() {
	h.t.Helper()
	list, err := h.desk.ExportRequests(h.t.Context(), org.All())
	if err != nil || len(list) != 1 {
		h.t.Fatalf("%d exports wait, %v", len(list), err)
	}
	if err := h.desk.AnswerExport(h.t.Context(), asking, list[0].ID, true); fault.CodeOf(err) != fault.Conflict {
		h.t.Errorf("who asked approves: %v", err)
	}
	if err := h.desk.AnswerExport(h.t.Context(), lead, list[0].ID, true); err != nil {
		h.t.Fatal(err)
	}
}

func TestAnApprovalIsForTheCustomersThatWereAskedFor(t *testing.T) {
	h := crowdedHouse(t)
	if _, err := h.db.SetSetting(t.Context(), storage.NewSetting{Name: desk.AudienceDoc, Document: desk.AudienceSettings{ExportLimit: 10}, At: monday, Account: "wang"}); err != nil {
		t.Fatal(err)
	}
	refused := func(when string, err error) {
		t.Helper()
		if fault.KeyOf(err) != "error.export_approval" {
			t.Errorf("%s: %v", when, err)
		}
	}
	number := h.saved(web.AudienceForm{Name: "buyers", Rule: buyers})
	refused("without a word", h.exported(number))
	h.approve()
	if err := h.exported(number); err != nil {
		t.Errorf("approved: %v", err)
	}
	refused("a second time", h.exported(number))
	h.approve()
	h.clock.Set(h.clock.Now().Add(time.Minute))
	h.saved(web.AudienceForm{Number: number, Version: 1, Name: "buyers", Rule: all})
	refused("of another rule", h.exported(number))
	h.approve()
	h.clock.Set(h.clock.Now().Add(8 * 24 * time.Hour))
	refused("after a week", h.exported(number))
}

func TestAnAudienceThatIsReadStaysAndReadsInNoCircle(t *testing.T) {
	h := crowdedHouse(t)
	inner := h.saved(web.AudienceForm{Name: "inner", Rule: buyers})
	outer := h.saved(web.AudienceForm{Name: "outer", Rule: within(inner)})
	_, err := h.desk.SaveAudience(t.Context(), asking, web.AudienceForm{Number: inner, Version: 1, Name: "inner", Kind: web.Dynamic, Rule: within(outer)})
	if fault.KeyOf(err) != "error.audience_cycle" {
		t.Errorf("a circle: %v", err)
	}
	if err := h.desk.ArchiveAudience(t.Context(), asking, inner, 1); fault.KeyOf(err) != "error.audience_used" {
		t.Errorf("one that is read was archived: %v", err)
	}
	if err := h.desk.ArchiveAudience(t.Context(), asking, outer, 1); err != nil {
		t.Error(err)
	}
	if err := h.desk.ArchiveAudience(t.Context(), asking, inner, 1); err != nil {
		t.Error(err)
	}
}

func TestAStoreLearnsNothingOfOthersFromAudiences(t *testing.T) {
	h := crowdedHouse(t)
	number := h.saved(web.AudienceForm{Name: "everybody", Rule: all})
	for name, c := range map[string]struct {
		scope org.Scope
		want  int
	}{"the brand": {org.All(), acquaintances}, "another store": {org.Scope{Stores: []id.Store{99}}, 0}} {
		look, err := h.desk.Look(t.Context(), c.scope, &all)
		if err != nil || look.Size != c.want || look.Among != c.want || (len(look.First) > 0) != (c.want > 0) {
			t.Errorf("%s looks at %d of %d, %v", name, look.Size, look.Among, err)
		}
		overlap, err := h.desk.Overlap(t.Context(), c.scope, &all, &all)
		if err != nil || overlap.Both != c.want || overlap.A != c.want {
			t.Errorf("%s: overlap %+v, %v", name, overlap, err)
		}
		view, err := h.desk.Audience(t.Context(), c.scope, number)
		if err != nil || view.Size != c.want || (len(view.Days) > 0) != (c.want > 0) {
			t.Errorf("%s sees %d with a history of %d days, %v", name, view.Size, len(view.Days), err)
		}
		named, err := h.desk.Values(t.Context(), c.scope, web.ValueQuery{Field: audience.AudienceField})
		if err != nil || len(named) != 1 || named[0].Count != c.want {
			t.Errorf("%s: audiences to name %v, %v", name, named, err)
		}
		channels, err := h.desk.Values(t.Context(), c.scope, web.ValueQuery{Field: "channel"})
		if err != nil || (len(channels) > 0) != (c.want > 0) {
			t.Errorf("%s: channels %v, %v", name, channels, err)
		}
	}
}
