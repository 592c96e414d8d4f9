package brand_test

import (
	"encoding/json"
	"testing"
	"time"

	"siyu/internal/app/brand"
	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
)

func TestRulesOlderThanASettingHaveItsDefaultAndAZeroIsKept(t *testing.T) {
	ctx, c := t.Context(), clock.NewVirtual(time.Date(2026, 11, 2, 9, 0, 0, 0, clock.Shanghai))
	db, err := storage.Open(ctx, storage.Config{URL: storagetest.SQLite(t)})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	// What a brand stored before these rules and texts were there.
	var rules, general map[string]any
	raw, err := json.Marshal(decision.Defaults())
	must(t, err)
	must(t, json.Unmarshal(raw, &rules))
	for _, name := range []string{"LowTrust", "SilentAfter", "DaysAhead", "ChannelBudget", "Caps", "Weekdays", "Promises"} {
		if _, known := rules[name]; !known {
			t.Fatalf("settings have no %s", name)
		}
		delete(rules, name)
	}
	rules["Budget"] = decision.Budget{Day: 2, Week: 3, Month: 9}
	general = map[string]any{"name": "old", "salt": "0123456789abcdef", "link_floor": .6, "contact_cost": 200}
	for name, document := range map[string]any{brand.RulesDoc: rules, brand.GeneralDoc: general} {
		_, err := db.SetSetting(ctx, storage.NewSetting{Name: name, Document: document, At: c.Now(), Account: "old"})
		must(t, err)
	}
	b, err := brand.Open(ctx, db, c)
	must(t, err)
	is, want := b.Documents().Rules, decision.Defaults()
	if is.DaysAhead != want.DaysAhead || is.SilentAfter != want.SilentAfter || is.LowTrust != want.LowTrust || is.Budget.Week != 3 {
		t.Errorf("of rules that are older: %+v", is)
	}
	if is.ChannelBudget != (decision.ChannelBudget{}) || is.Caps != (decision.Caps{}) || is.Weekdays != nil || is.Promises != nil {
		t.Errorf("what nobody limited is limited: %+v", is)
	}
	if g := b.Documents().General; g.HaltTitle == "" || g.HaltText == "" || g.LossTitle == "" || g.ReferralDays == 0 {
		t.Errorf("texts that are older than a message: %+v", g)
	}
	is.DaysAhead, is.SilentAfter, is.LowTrust = 0, 0, decision.Budget{}
	must(t, b.Set(ctx, brand.RulesDoc, is, "lead"))
	must(t, b.Reload(ctx))
	if is := b.Documents().Rules; is.DaysAhead != 0 || is.SilentAfter != 0 || is.LowTrust != (decision.Budget{}) {
		t.Errorf("what a person set to 0: %+v", is)
	}
	document, err := brand.ReadDocument(brand.RulesDoc, []byte(`{"Version": 1, "SilentAfter": 0}`))
	must(t, err)
	if is := document.(decision.Settings); is.DaysAhead != want.DaysAhead || is.SilentAfter != 0 {
		t.Errorf("read from a file: %+v", is)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
