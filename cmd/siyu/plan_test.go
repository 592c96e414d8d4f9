package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const dayInstance = `{
 "staff": [{"id": "amy", "hours": 1}, {"id": "bo"}],
 "channels": [{"id": "call", "quota": 9}, {"id": "message", "quota": 1}],
 "customers": [
  {"id": "c1", "staff": "amy", "actions": [{"id": "serve", "channel": "call", "hours": 0.5, "value": 10}, {"id": "remind", "channel": "message", "value": 6}]},
  {"id": "c2", "staff": "amy", "actions": [{"channel": "call", "hours": 1, "value": 12}, {"channel": "message", "value": 8}]},
  {"id": "c3", "staff": "bo", "actions": [{"channel": "message", "value": 3}, {"channel": "call", "hours": 2, "value": 1}]}
 ]
}`

func TestPlanSolveFindsTheBestOfASmallDay(t *testing.T) {
	byLines := `{"staff": [{"id": "amy", "hours": 1}, {"id": "bo"}], "channels": [{"id": "call", "quota": [9]}, {"id": "message", "quota": 1}]}
{"id": "c1", "staff": "amy", "actions": [{"id": "serve", "channel": "call", "hours": 0.5, "value": 10}, {"id": "remind", "channel": "message", "value": 6}]}

{"id": "c2", "staff": "amy", "actions": [{"channel": "call", "hours": 1, "value": 12}, {"channel": "message", "value": 8}]}
{"id": "c3", "staff": "bo", "actions": [{"channel": "message", "value": 3}, {"channel": "call", "hours": 2, "value": 1}]}
`
	head, customers, _ := strings.Cut(dayInstance, ` "customers"`)
	customersFirst := `{"customers"` + strings.TrimSuffix(customers, "\n}") + ",\n" + strings.TrimSuffix(strings.TrimPrefix(head, "{"), ",\n") + "}"
	for name, text := range map[string]string{"day.json": dayInstance, "lines.jsonl": byLines, "customers first.json": customersFirst} {
		t.Run(name, func(t *testing.T) {
			actions := filepath.Join(t.TempDir(), "actions.jsonl")
			code, stdout, stderr := said(t, "plan", "solve", "--json", "--instance", fileWith(t, name, text), "--out", actions)
			if code != 0 {
				t.Fatalf("exits %d: %s", code, stderr)
			}
			var got planSolved
			document(t, stdout, &got)
			if math.Abs(got.Objective-19) > 1e-6 || !got.Optimal || got.Violated != 0 || got.Bound < 19 || got.Customers != 3 || got.Actions != 3 {
				t.Errorf("%+v", got)
			}
			if len(got.Prices.Staff) != 2 || len(got.Prices.Channels) != 2 || got.Prices.Staff[1].Capacity != nil || got.Prices.Channels[1].Price <= 0 {
				t.Errorf("prices %+v", got.Prices)
			}
			raw, err := os.ReadFile(actions)
			if err != nil {
				t.Fatal(err)
			}
			var first planAction
			if lines := strings.Split(strings.TrimSpace(string(raw)), "\n"); len(lines) != 3 || json.Unmarshal([]byte(lines[0]), &first) != nil ||
				first != (planAction{"c1", 1, "serve", "call", "amy", .5, 10}) {
				t.Errorf("actions:\n%s", raw)
			}
		})
	}
}

func TestPlanSolveRefusesHostileFilesByPlace(t *testing.T) {
	const head = `{"staff":[{"id":"amy"}],"channels":[{"id":"call"}],"customers":`
	for text, want := range map[string]string{
		"":         "the file ends: expected a JSON object",
		"[1]":      "value [: expected a JSON object",
		"{\n\"x\"": "line 2: x",
		`{"staff":[{"id":"amy"},{"id":"amy"}],"channels":[]}`:                                 `staff[1].id: value "amy": expected ids that differ`,
		`{"staff":[{"id":"amy","hours":-1}],"channels":[]}`:                                   "staff[0].hours: value -1: expected 0 or more",
		`{"days":2,"staff":[{"id":"amy","hours":[1,2,3]}],"channels":[]}`:                     "staff[0].hours: 3 numbers: expected one, or one for each of 2 days",
		`{"staff":[{"hours":1}],"channels":[]}`:                                               "staff[0].id: missing",
		`{"days":99,"staff":[],"channels":[]}`:                                                "days: value 99: expected 1 to 31",
		`{"colour":1}`:                                                                        `unknown field "colour"`,
		head + "\n" + `[{"id":"c","actions":[{"channel":"mail","value":1}]}]}`:                `line 2: customers[0].actions[0].channel: value "mail": expected the id of one of 1 channels`,
		head + "[\n" + `{"id":"c"},` + "\n" + `{"id":"c"}]}`:                                  `line 3: customers[1]: id "c": expected ids that differ`,
		head + `[{"id":"c","actions":[{"channel":"call"}]}]}`:                                 "customers[0].actions[0].value: missing",
		head + `[{"id":"c","actions":[{"channel":"call","value":1,"hours":1}]}]}`:             "hours: value 1: expected 0 for a customer without staff",
		head + `[{"id":"c","staff":"amy","actions":[{"channel":"call","value":1,"day":0}]}]}`: "actions[0].day: value 0: expected 1 to 1",
		head + `[{"id":"c","actions":[{"channel":"call","value":"ten"}]}]}`:                   "value is a string: expected a number",
		head + `[{"id":"c","actions":[{"channel":"call","value":1e999}]}]}`:                   "expected a number",
		head + `[{"id":"c","most":0}]}`:                                                       "customers[0].most: value 0: expected 1 or more",
		head + `[{"id":"c","colour":1}]}`:                                                     `customers[0]: json: unknown field "colour"`,
		head + `[{"id":"c"}`:                                                                  "the file ends",
		head + `[],"days":2}`:                                                                 `"days" after the customers`,
	} {
		code, stdout, stderr := said(t, "plan", "solve", "--json", "--instance", fileWith(t, "hostile.json", text))
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) || !strings.Contains(stderr, "hostile.json") {
			t.Errorf("%s\nexits %d, answers %q, says %s\nwant %s", text, code, stdout, stderr, want)
		}
	}
}
