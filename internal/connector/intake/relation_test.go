package intake_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/clock"
	"siyu/internal/connector/intake"
	"siyu/internal/connector/intake/intaketest"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
	"siyu/internal/wecom"
)

var noon = time.Date(2026, time.May, 15, 12, 0, 0, 0, clock.Shanghai)

type tester interface {
	Helper()
	Fatal(args ...any)
}

// book is an intake with everything it told.
type book struct {
	t      tester
	memory *intaketest.Memory
	intake *intake.Intake
}

func open(t tester) *book {
	m := intaketest.New()
	return &book{t: t, memory: m, intake: m.Intake("ww1", clock.NewVirtual(noon))}
}

// tells runs one committed batch and returns the facts that were new.
func (b *book) tells(source event.Source, do func(*intake.Batch) error) []event.Fact {
	b.t.Helper()
	before := len(b.memory.Facts(0))
	batch := b.intake.Begin(source)
	if err := do(batch); err != nil {
		b.t.Fatal(err)
	}
	if _, err := batch.Commit(ctx()); err != nil {
		b.t.Fatal(err)
	}
	return b.memory.Facts(before)
}

func (b *book) sees(since time.Time, change func(*wecom.Relation)) []event.Fact {
	b.t.Helper()
	r := wecom.Relation{
		Customer: wecom.Customer{ExternalUserID: "wm1", Name: "name", Type: wecom.ContactWeChat},
		Follow:   wecom.Follow{UserID: "anna", Created: wecom.Seconds(since.Unix()), AddWay: 1},
	}
	if change != nil {
		change(&r)
	}
	return b.tells(event.FromBackfill, func(batch *intake.Batch) error { return batch.Relation(ctx(), r, noon) })
}

func (b *book) compares(listed []string, at time.Time) (facts []event.Fact, unknown []string) {
	b.t.Helper()
	facts = b.tells(event.FromReconcile, func(batch *intake.Batch) (err error) {
		unknown, err = batch.Compare(ctx(), "anna", listed, at)
		return err
	})
	return facts, unknown
}

func (b *book) ends(by event.EndedBy, at time.Time) []event.Fact {
	b.t.Helper()
	return b.tells(event.FromCallback, func(batch *intake.Batch) error {
		return batch.End(ctx(), intake.Ending{UserID: "anna", ExternalUserID: "wm1", By: by, At: at})
	})
}

func kinds(facts []event.Fact) (list []event.Kind) {
	for _, f := range facts {
		list = append(list, f.Kind)
	}
	slices.Sort(list)
	return list
}

func only(t *testing.T, facts []event.Fact, want ...event.Kind) {
	t.Helper()
	slices.Sort(want)
	if got := kinds(facts); !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func TestARelationIsToldOnceAndItsDifferencesEachTime(t *testing.T) {
	b := open(t)
	only(t, b.sees(noon, nil), event.KindCustomerSeen, event.KindRelationAdded)
	only(t, b.sees(noon, nil))
	only(t, b.sees(noon, func(r *wecom.Relation) { r.Customer.UnionID = "u" }), event.KindCustomerIdentified)
	mobile := func(r *wecom.Relation) {
		r.Customer.UnionID, r.Follow.RemarkMobiles = "u", []string{"+86 138-1234-5678"}
	}
	only(t, b.sees(noon, mobile), event.KindCustomerIdentified)
	tagged := func(ids ...string) func(*wecom.Relation) {
		return func(r *wecom.Relation) { mobile(r); r.Follow.TagIDs = ids }
	}
	only(t, b.sees(noon, tagged("et2", "et1")), event.KindRelationTagged)
	only(t, b.sees(noon, tagged("et1", "et2")))
	only(t, b.sees(noon, tagged()), event.KindRelationTagged)
	only(t, b.sees(noon, tagged("et1", "et2")), event.KindRelationTagged) // the same tags, a second time
}

func TestTextsGoToTheVaultAndAnEmptiedRemarkIsEmptied(t *testing.T) {
	b := open(t)
	subject := event.Customer(id.CustomerOf("ww1", "wm1"))
	b.sees(noon, func(r *wecom.Relation) { r.Follow.Remark, r.Follow.RemarkMobiles = "vip", []string{"13812345678"} })
	if b.memory.Text(subject, vault.Remark, "ww1/anna") != "vip" || b.memory.Text(subject, vault.Phone, "ww1/anna/0") != "13812345678" ||
		b.memory.Text(subject, vault.Name, "") != "name" || b.memory.Text(subject, vault.UserID, "ww1") != "wm1" {
		t.Error("a text is missing")
	}
	b.sees(noon, nil)
	if got := b.memory.Text(subject, vault.Remark, "ww1/anna"); got != "" {
		t.Errorf("remark %q after it was emptied", got)
	}
}

func TestWhatVanishesFromTheListEndedByNobodyKnowsWhom(t *testing.T) {
	b := open(t)
	b.sees(noon.Add(-time.Hour), nil)
	facts, _ := b.compares(nil, noon)
	only(t, facts, event.KindRelationEnded)
	if body, err := event.Read[event.RelationEnded](facts[0]); err != nil || body.By != event.ByNobody || facts[0].Source != event.FromReconcile {
		t.Errorf("%+v, %v", body, err)
	}
	facts, _ = b.compares(nil, noon)
	only(t, facts)
	_, unknown := b.compares([]string{"wm1"}, noon)
	if !slices.Equal(unknown, []string{"wm1"}) {
		t.Errorf("back in the list, but %v is to be looked at", unknown)
	}
	only(t, b.sees(noon.Add(-time.Hour), nil), event.KindRelationAdded) // it had not ended
	facts, unknown = b.compares([]string{"wm1"}, noon)
	only(t, facts)
	if len(unknown) != 0 {
		t.Errorf("%v is to be looked at again", unknown)
	}
}

func TestARelationYoungerThanTheListIsNotMissed(t *testing.T) {
	b := open(t)
	b.sees(noon.Add(-time.Minute), nil)
	facts, _ := b.compares(nil, noon)
	only(t, facts)
	facts, _ = b.compares(nil, noon.Add(time.Hour))
	only(t, facts, event.KindRelationEnded)
}

func TestACustomerWhoDeletedUsStaysLostWhileTheListTrails(t *testing.T) {
	b := open(t)
	b.sees(noon.Add(-time.Hour), nil)
	only(t, b.ends(event.ByCustomer, noon.Add(-time.Minute)), event.KindRelationEnded)
	only(t, b.sees(noon.Add(-time.Hour), nil))
	only(t, b.sees(noon.Add(time.Minute), nil), event.KindRelationAdded) // added anew
}

func TestHalfAddedRelationsAreNotMissed(t *testing.T) {
	b := open(t)
	b.tells(event.FromCallback, func(batch *intake.Batch) error {
		return batch.Announce(ctx(), intake.Announced{UserID: "anna", ExternalUserID: "wm1", At: noon.Add(-time.Hour), Half: true})
	})
	facts, _ := b.compares(nil, noon)
	only(t, facts)
	only(t, b.sees(noon, nil), event.KindRelationAdded)
}

// However often and in whatever batches the same look is repeated, the log is
// the same.
func TestLookingAgainTellsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := open(t)
		list := rapid.SliceOf(rapid.Custom(relation)).Draw(t, "relations")
		tell := func(batch *intake.Batch) error {
			for _, r := range list {
				if err := batch.Relation(ctx(), r, noon); err != nil {
					return err
				}
			}
			return nil
		}
		b.tells(event.FromBackfill, tell)
		last := map[string]wecom.Relation{}
		for _, r := range list {
			last[r.Follow.UserID+" "+r.Customer.ExternalUserID] = r
		}
		for _, r := range last {
			if again := b.tells(event.FromReconcile, func(batch *intake.Batch) error { return batch.Relation(ctx(), r, noon) }); len(again) != 0 {
				t.Fatalf("looking again told %v of %+v", kinds(again), r)
			}
		}
	})
}

func relation(t *rapid.T) wecom.Relation {
	return wecom.Relation{
		Customer: wecom.Customer{ExternalUserID: fmt.Sprint("wm", rapid.IntRange(0, 3).Draw(t, "customer")), Name: rapid.String().Draw(t, "name")},
		Follow: wecom.Follow{
			UserID: rapid.SampledFrom([]string{"anna", "ben"}).Draw(t, "staff"), Created: wecom.Seconds(rapid.Int64Range(1, 5).Draw(t, "since")),
			Remark: rapid.String().Draw(t, "remark"), TagIDs: rapid.SliceOf(rapid.SampledFrom([]string{"et1", "et2", "et3"})).Draw(t, "tags"),
		},
	}
}
