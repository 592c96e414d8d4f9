package callback_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"testing"
	"time"

	"siyu/internal/connector/backfill"
	"siyu/internal/connector/callback"
	"siyu/internal/connector/intake"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
	"siyu/internal/vault"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
)

// realInbox is a vault's inbox and its store, as the product joins them.
type realInbox struct {
	*vault.Inbox
	vault.InboxStore
}

// keepIn replaces memory by a real database, vault and inbox.
func (s *shop) keepIn(path string) *eventlog.Log {
	s.t.Helper()
	db, err := storage.Open(s.t.Context(), storage.Config{URL: path})
	must(s.t, err)
	s.t.Cleanup(func() { must(s.t, db.Close()) })
	key, err := vault.NewKey(make([]byte, 32))
	must(s.t, err)
	log := eventlog.New(db, s.clock)
	s.door.Intake = &intake.Intake{Corp: s.corp, Log: log, Vault: vault.Open(db, key), Ledger: db, Clock: s.clock}
	inbox := vault.NewInbox(db, key)
	s.reader = callback.NewReader(callback.Config{
		Doors: map[id.Corp]callback.Door{s.corp: s.door}, Inbox: realInbox{inbox, db}, Welcomer: s.greeter,
		Settings: callback.DefaultSettings(), Clock: s.clock, Logger: slog.New(slog.DiscardHandler),
	})
	own := s.platform.Credentials(0)
	crypt, err := wecom.NewCrypt(s.corp, wecom.Secret(own.Token), wecom.Secret(own.AESKey))
	must(s.t, err)
	handler, err := wecom.NewCallbackHandler(callback.NewSink(inbox, s.reader.Wake), s.clock, crypt)
	must(s.t, err)
	hook := httptest.NewServer(handler)
	s.t.Cleanup(hook.Close)
	s.platform.SetCallback(0, hook.URL)
	return log
}

// standing folds the log into the relations that stand.
func standing(t *testing.T, log *eventlog.Log) map[string]bool {
	t.Helper()
	since, until := map[string]time.Time{}, map[string]time.Time{}
	_, err := log.Each(t.Context(), 0, func(f event.Fact) error {
		if body, err := event.Read[event.RelationAdded](f); err == nil {
			key := fmt.Sprint(f.Subject.ID, " ", body.Staff)
			since[key] = later(since[key], f.At)
		}
		if body, err := event.Read[event.RelationEnded](f); err == nil {
			key := fmt.Sprint(f.Subject.ID, " ", body.Staff)
			until[key] = later(until[key], f.At)
		}
		return nil
	})
	must(t, err)
	set := map[string]bool{}
	for key, at := range since {
		if at.After(until[key]) {
			set[key] = true
		}
	}
	return set
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func TestAfterLossDuplicationAndDisorderTheStateIsThePlatforms(t *testing.T) {
	s := open(t, func(c *simulator.Config) {
		c.Faults = simulator.Faults{Lose: 0.05, Duplicate: 0.3, Reorder: 0.3}
		c.Limits = simulator.Limits{PerMinute: -1, PerHour: -1}
	})
	log := s.keepIn(storagetest.SQLite(t))
	past := s.platform.Past(noon.AddDate(0, -1, 0))
	for i := range 60 {
		_, err := past.AddExternal(simulator.Profile{ExternalUserID: fmt.Sprintf("wm%02d", i), Name: "Name"})
		must(t, err)
	}
	dice := rand.New(rand.NewPCG(4, 2))
	for range 600 {
		s.clock.Set(s.clock.Now().Add(7 * time.Minute))
		staff, customer := []string{"anna", "ben"}[dice.IntN(2)], fmt.Sprintf("wm%02d", dice.IntN(60))
		h := s.platform.People()
		switch dice.IntN(4) { // some are impossible: the platform says so and nothing happens
		case 0, 1:
			_ = h.AddRelation(simulator.Friendship{UserID: staff, ExternalUserID: customer, AddWay: 1})
		case 2:
			_ = h.DeleteByCustomer(staff, customer)
		case 3:
			_ = h.DeleteByMember(staff, customer)
		}
		if dice.IntN(20) == 0 {
			_, err := s.reader.Turn(t.Context())
			must(t, err)
		}
	}
	s.clock.Set(s.clock.Now().Add(time.Hour))
	must(t, s.platform.Drain(t.Context()))
	for handled := 1; handled > 0; {
		var err error
		handled, err = s.reader.Turn(t.Context())
		must(t, err)
	}
	missed := len(difference(s.truth(), standing(t, log)))
	if missed == 0 {
		t.Error("no loss mattered: the test proves nothing")
	}
	must(t, backfill.New(s.door.Client, s.door.Intake, s.door.Tags, nothingSent{}).Reconcile(t.Context()))
	if rest := difference(s.truth(), standing(t, log)); len(rest) != 0 {
		t.Errorf("%d relations differ from the platform's after reconciliation, %d before", len(rest), missed)
	}
	if c := s.platform.PushCounters(); c.Lost == 0 || c.Duplicated == 0 || c.Reordered == 0 {
		t.Errorf("nothing went wrong on purpose: %+v", c)
	}
}

func (s *shop) truth() map[string]bool {
	set := map[string]bool{}
	for _, r := range s.platform.Relations() {
		if r.Bond == "added" {
			set[fmt.Sprint(int64(id.CustomerOf(s.corp, r.ExternalUserID)), " ", id.StaffOf(s.corp, r.UserID))] = true
		}
	}
	return set
}

func difference(a, b map[string]bool) (list []string) {
	for key := range a {
		if !b[key] {
			list = append(list, "missing "+key)
		}
	}
	for key := range b {
		if !a[key] {
			list = append(list, "too much "+key)
		}
	}
	return list
}

// nothingSent is a brand that never sent anything through Siyu.
type nothingSent struct{}

func (nothingSent) Own(context.Context, []string) (map[string]bool, error) { return nil, nil }

func (nothingSent) Unsettled(context.Context, id.Corp) (since time.Time, err error) {
	return since, nil
}
