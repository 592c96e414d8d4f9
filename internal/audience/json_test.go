package audience_test

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
)

func TestARuleComesBackFromJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := audiencetest.Rules(4).Draw(t, "rule")
		data, err := audience.Marshal(&rule)
		if err != nil {
			t.Skip(err)
		}
		back, err := audience.Unmarshal(data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		again, err := audience.Marshal(&back)
		if err != nil || string(again) != string(data) {
			t.Fatalf("%s came back as %s: %v", data, again, err)
		}
		if was, is := audience.Normal(rule), audience.Normal(back); !reflect.DeepEqual(was, is) {
			t.Fatalf("%s came back as %+v", data, back)
		}
	})
}

func TestJSONHoldsWhatPeopleMean(t *testing.T) {
	rule := all(
		over(90, ask("orders", audience.AtLeast, 2)),
		over(365, ask("turnover", audience.Between, 9_990, 1_000_000)),
		ask("repurchase", audience.AtLeast, 350), ask("alive", audience.Less, 355), ask("trust", audience.More, -20),
		ask("due", audience.Next, 7), ask("first_order", audience.Since, 20_588), ask("last_touch", audience.Never),
		said("stage", audience.OneOf, "mature"), said("tags", audience.AllOf, "et_1", "et_2"),
		anyOf(ask("store", audience.OneOf, 9_007_199_254_740_993), not(ask("groups", audience.Known))),
	)
	want := `{"version":1,"rule":{"all":[` +
		`{"field":"orders","window":90,"is":">=","values":[2]},` +
		`{"field":"turnover","window":365,"is":"between","values":[9990,1000000]},` +
		`{"field":"repurchase","is":">=","values":[0.35]},{"field":"alive","is":"<","values":[0.355]},{"field":"trust","is":">","values":[-0.20]},` +
		`{"field":"due","is":"next","values":[7]},{"field":"first_order","is":"since","values":["2026-05-15"]},{"field":"last_touch","is":"never"},` +
		`{"field":"stage","is":"in","values":["mature"]},{"field":"tags","is":"all_of","values":["et_1","et_2"]},` +
		`{"any":[{"field":"store","is":"in","values":["9007199254740993"]},{"not":{"field":"groups","is":"known"}}]}]}}`
	got, err := audience.Marshal(&rule)
	if err != nil || string(got) != want {
		t.Errorf("%s\nexpected\n%s\n%v", got, want, err)
	}
	everybody, err := audience.Marshal(&audience.Rule{})
	if err != nil || string(everybody) != `{"version":1,"rule":{"all":[]}}` {
		t.Errorf("%s, %v", everybody, err)
	}
}

func TestBadJSONIsRefusedWhereItIsBad(t *testing.T) {
	for doc, want := range map[string]struct {
		path    string
		mistake audience.Mistake
	}{
		``:                                                {"", audience.NotJSON},
		`[]`:                                              {"", audience.NotJSON},
		`{"version":1,"rule":{`:                           {"", audience.NotJSON},
		`{"version":1,"rule":{}} {}`:                      {"", audience.NotJSON},
		`{"rule":{"all":[]}}`:                             {"version", audience.Version},
		`{"version":2,"rule":{}}`:                         {"version", audience.Version},
		`{"version":1,"rule":{}}`:                         {"", audience.SeveralParts},
		`{"version":1,"rule":null}`:                       {"", audience.NotJSON},
		`{"version":1}`:                                   {"", audience.NotJSON},
		`{"version":1,"rule":{"all":null}}`:               {"all", audience.NotJSON},
		`{"version":1,"rule":{"any":[]}}`:                 {"", audience.EmptyAny},
		`{"version":1,"rule":{"all":[],"any":[]}}`:        {"", audience.SeveralParts},
		`{"version":1,"rule":{"All":[]}}`:                 {"All", audience.NotAMember},
		`{"version":1,"rule":{"all":[],"all":[]}}`:        {"all", audience.NotAMember},
		`{"version":1,"rule":{"not":{"all":[],"why":1}}}`: {"not.why", audience.NotAMember},
		`{"version":1,"rule":{"field":"orders","is":"=","values":["2"]}}`:                               {"values[0]", audience.ValueKind},
		`{"version":1,"rule":{"field":"orders","is":"=","values":[2.5]}}`:                               {"values[0]", audience.ValueKind},
		`{"version":1,"rule":{"field":"orders","is":"=","values":[1e3]}}`:                               {"values[0]", audience.ValueKind},
		`{"version":1,"rule":{"field":"orders","is":"=","values":2}}`:                                   {"values", audience.NotJSON},
		`{"version":1,"rule":{"field":"orders","is":"=","window":null,"values":[2]}}`:                   {"window", audience.NotJSON},
		`{"version":1,"rule":{"field":"alive","is":">","values":[0.3555]}}`:                             {"values[0]", audience.ValueKind},
		`{"version":1,"rule":{"field":"store","is":"in","values":[5]}}`:                                 {"values[0]", audience.ValueKind},
		`{"version":1,"rule":{"field":"store","is":"in","values":["07x"]}}`:                             {"values[0]", audience.ValueKind},
		`{"version":1,"rule":{"field":"due","is":"since","values":["2026-02-30"]}}`:                     {"values[0]", audience.ValueKind},
		`{"version":1,"rule":{"field":"stage","is":"in","values":["mature","asleep"]}}`:                 {"values[1]", audience.UnknownWord},
		`{"version":1,"rule":{"any":[{"field":"mood","is":"=","values":[1]}]}}`:                         {"any[0].field", audience.UnknownField},
		`{"version":1,"rule":` + strings.Repeat(`{"not":`, 20) + `{"all":[]}` + strings.Repeat(`}`, 21): {strings.TrimPrefix(strings.Repeat(".not", 16), "."), audience.TooDeep},
	} {
		_, err := audience.Unmarshal([]byte(doc))
		flaws := audience.FlawsOf(err)
		if len(flaws) == 0 || flaws[0].Path != want.path || flaws[0].Mistake != want.mistake {
			t.Errorf("%s: %v, expected %s at %q", doc, err, want.mistake, want.path)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"version":1,"rule":{"all":[{"field":"orders","window":90,"is":">=","values":[2]},{"not":{"field":"city","is":"in","values":["x"]}}]}}`))
	f.Add([]byte(`{"version":1,"rule":{"any":[{"field":"trust","is":"between","values":[-0.2,0.5]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		rule, err := audience.Unmarshal(data)
		if err != nil {
			return
		}
		if _, err := audience.Marshal(&rule); err != nil {
			t.Errorf("%s was read but cannot be written: %v", data, err)
		}
	})
}
