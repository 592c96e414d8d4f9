package audience_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"siyu/internal/audience"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// happened is a fact of a story: on a date, at noon of the business day.
type happened struct {
	on   string
	what event.Body
}

// told folds a story and returns the customer's row on 14 May 2026.
func told(t *testing.T, facts ...happened) audience.Row {
	t.Helper()
	c := &profile.Customer{ID: 1}
	for i, h := range facts {
		at, err := time.ParseInLocation("2006-01-02 15:04", h.on+" 12:00", time.FixedZone("business", 8*60*60))
		if err != nil {
			t.Fatal(err)
		}
		f, err := event.New(event.Customer(1), at, event.FromConsole, id.Hash(fmt.Sprint(i)), h.what)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
	return audience.NewRow(audience.Subject{Profile: c, Store: 77}, day("2026-05-14"))
}

func TestEachFieldHasItsStory(t *testing.T) {
	added := func(on string, staff id.Staff) happened {
		return happened{on, event.RelationAdded{Staff: staff, State: "parcel card"}}
	}
	ended := func(on string, staff id.Staff, by event.EndedBy) happened {
		return happened{on, event.RelationEnded{Staff: staff, By: by}}
	}
	paid := func(on string, order id.Order, line id.Line) happened {
		return happened{on, event.OrderPaid{Order: order, Shop: "s", Store: 8, Amount: 10_000, Items: []event.OrderItem{{Line: line}}}}
	}
	wrote := func(on string, in bool) happened { return happened{on, event.MessageExchanged{Staff: 5, Inbound: in}} }
	touched := func(on string) happened {
		return happened{on, event.TouchDelivered{Staff: 5, Channel: event.MassSend, Purpose: event.Remind}}
	}
	described := happened{"2026-05-01", event.CustomerDescribed{BirthMonth: 2, BirthDay: 29, City: "Hangzhou", Level: "gold", Campaign: "spring"}}
	code := func(text string) int64 { return int64(id.CodeOf(text)) }
	for _, c := range []struct {
		story  string
		facts  []happened
		values map[string]int64
	}{
		{"nothing happened", nil, map[string]int64{"relation": 0, "owner": 0, "orders": 0, "last_touch": 0, "birthday": 0, "store": 77}},
		{"added by two, the first owns", []happened{added("2026-05-02", 6), added("2026-05-01", 5)},
			map[string]int64{"relation": 1, "owner": 5, "since": day("2026-05-01"), "first_seen": day("2026-05-01"), "staff_count": 2, "channel": code("parcel card")}},
		{"not confirmed yet", []happened{{"2026-05-01", event.RelationAdded{Staff: 5, Half: true}}}, map[string]int64{"relation": 2, "staff_count": 0}},
		{"deleted by the customer", []happened{added("2026-05-01", 5), ended("2026-05-09", 5, event.ByCustomer)},
			map[string]int64{"relation": 3, "lost_on": day("2026-05-09"), "owner": 0, "since": 0, "staff_count": 0}},
		{"staff left", []happened{added("2026-05-01", 5), ended("2026-05-09", 5, event.ByStaff)}, map[string]int64{"relation": 4, "lost_on": 0}},
		{"refused, then allowed", []happened{{"2026-05-01", event.MarketingRefused{}}, {"2026-05-02", event.MarketingAllowed{}}}, map[string]int64{"consent": 1}},
		{"refused", []happened{{"2026-05-01", event.MarketingRefused{}}}, map[string]int64{"consent": 2}},
		{"complained", []happened{{"2026-05-01", event.ComplaintOpened{}}}, map[string]int64{"complaint": 1}},
		{"complained, was answered", []happened{{"2026-05-01", event.ComplaintOpened{}}, {"2026-05-02", event.ComplaintClosed{}}}, map[string]int64{"complaint": 2}},
		{"described by the shop", []happened{described},
			map[string]int64{"birthday": 229, "city": code("Hangzhou"), "level": code("gold"), "campaign": code("spring")}},
		{"bought three times, one refunded", []happened{paid("2025-12-01", 1, 1), paid("2026-05-01", 2, 1), paid("2026-05-14", 3, 1), {"2026-05-03", event.OrderRefunded{Order: 2, Refunded: 10_000}}},
			map[string]int64{"orders": 2, "orders/7": 1, "orders/90": 1, "orders/180": 2, "turnover": 20_000, "turnover/30": 10_000,
				"first_order": day("2025-12-01"), "last_order": day("2026-05-14")}},
		{"a week is seven days, today included", []happened{paid("2026-05-07", 1, 1), paid("2026-05-08", 2, 1)}, map[string]int64{"orders/7": 1, "orders/30": 2}},
		{"contacted, answered in time", []happened{touched("2026-05-01"), wrote("2026-05-03", true), touched("2026-05-10"), wrote("2026-05-10", false)},
			map[string]int64{"touches": 2, "touches/7": 1, "last_touch": day("2026-05-10"), "last_answer": day("2026-05-03"),
				"messages_in": 1, "messages_out/7": 1, "last_message_in": day("2026-05-03"), "last_message_out": day("2026-05-10")}},
		{"answered too late", []happened{touched("2026-05-01"), wrote("2026-05-06", true)}, map[string]int64{"last_answer": 0, "last_message_in": day("2026-05-06")}},
		{"looked at a line", []happened{{"2026-05-01", event.NeedExpressed{Line: 3, How: "browsed"}}}, map[string]int64{"last_need": day("2026-05-01")}},
		{"opened content", []happened{{"2026-05-13", event.ContentOpened{Content: 7, Touch: 1}}, {"2026-03-01", event.ContentOpened{Content: 8}}},
			map[string]int64{"openings": 2, "openings/7": 1, "openings/90": 2, "last_opened": day("2026-05-13"), "last_touch": 0}},
		{"liked a moment", []happened{{"2026-05-01", event.MomentReacted{Staff: 5}}, {"2026-01-01", event.MomentReacted{Staff: 5}}}, map[string]int64{"reactions": 2, "reactions/30": 1}},
		{"brought somebody who stayed", []happened{{"2026-05-01", event.ReferralStayed{Referred: 9}}}, map[string]int64{"referrals": 1}},
		{"joined two groups, left one", []happened{{"2026-05-01", event.GroupJoined{Group: 1}}, {"2026-05-01", event.GroupJoined{Group: 2}}, {"2026-05-02", event.GroupLeft{Group: 1}}},
			map[string]int64{"group_count": 1}},
	} {
		row := told(t, c.facts...)
		for column, want := range c.values {
			if got := valueOf(row, column); got != want {
				t.Errorf("%s: %s is %d, expected %d", c.story, column, got, want)
			}
		}
	}
	refs := map[string][]int64{
		"tags": {code("et1"), code(id.Text(id.Tag(12)))}, "groups": {2}, "staff": {5}, "lines": {3}, "asked": {4}, "stores": {8},
	}
	row := told(t, added("2026-05-01", 5), added("2026-05-01", 6), ended("2026-05-02", 6, event.ByStaff), paid("2026-05-01", 1, 3),
		happened{"2026-05-01", event.RelationTagged{Staff: 5, Tags: []string{"et1"}}}, happened{"2026-05-01", event.RelationTagged{Staff: 6, Tags: []string{"et2"}}},
		happened{"2026-05-01", event.CustomerTagged{Tag: 12}}, happened{"2026-05-01", event.CustomerTagged{Tag: 13}}, happened{"2026-05-02", event.CustomerUntagged{Tag: 13}},
		happened{"2026-05-01", event.GroupJoined{Group: 1}}, happened{"2026-05-01", event.GroupJoined{Group: 2}}, happened{"2026-05-02", event.GroupLeft{Group: 1}},
		happened{"2026-05-01", event.NeedExpressed{Line: 4, How: "asked"}})
	for field, want := range refs {
		slices.Sort(want)
		if got := row.Refs[audience.RefsAt(field)]; !slices.Equal(got, want) {
			t.Errorf("%s are %v, expected %v", field, got, want)
		}
	}
}

// valueOf returns a column by its name: orders, orders/90.
func valueOf(row audience.Row, column string) int64 {
	field, days, _ := strings.Cut(column, "/")
	window, _ := strconv.Atoi(days) // 0, ever, where there is none
	return row.Values[audience.ColumnAt(field, window)]
}

func TestWhatIsUnderstoodIsInTheRow(t *testing.T) {
	k := &insight.Customer{Stage: insight.Declining, Limiting: insight.Trust, Fatigue: 0.0504, NextDue: time.Date(2026, 5, 20, 23, 0, 0, 0, time.UTC),
		Value: insight.Estimate{Value: 12_345.4}, Repurchase: insight.Estimate{Value: 0.3555}, Alive: insight.Estimate{Value: math.NaN()},
		Need: insight.Estimate{Value: -0.204}, Trust: insight.Estimate{Value: 0.2}, Exposure: insight.Estimate{Value: 0}}
	row := audience.NewRow(audience.Subject{Profile: &profile.Customer{ID: 1}, Insight: k}, day("2026-05-14"))
	for column, want := range map[string]int64{"stage": 4, "limiting": 2, "fatigue": 50, "due": day("2026-05-21"), "value": 12_345,
		"repurchase": 356, "alive": 0, "need": -20, "trust": 20, "exposure": 0} {
		if got := valueOf(row, column); got != want {
			t.Errorf("%s is %d, expected %d", column, got, want)
		}
	}
	row = audience.NewRow(audience.Subject{Profile: &profile.Customer{ID: 1}}, day("2026-05-14"))
	if valueOf(row, "stage") != 0 || valueOf(row, "limiting") != 0 || valueOf(row, "due") != 0 {
		t.Error("something is known of a customer nobody has looked at")
	}
}

func TestEveryWordOfAFieldIsOneThatRowsCanHold(t *testing.T) {
	f, _ := audience.FieldOf("stage")
	for _, stage := range insight.Stages() {
		if !slices.Contains(f.Words, string(stage)) {
			t.Errorf("stage %s cannot be asked for", stage)
		}
	}
	if len(f.Words) != len(insight.Stages()) {
		t.Errorf("stages %v, words %v", insight.Stages(), f.Words)
	}
}

func TestARowSaysWhenPassingDaysChangeIt(t *testing.T) {
	row := told(t, happened{"2026-04-20", event.OrderPaid{Order: 1, Amount: 100}}, happened{"2026-05-10", event.TouchDelivered{Staff: 5}})
	if want := day("2026-05-17"); row.Moves != want { // the touch leaves the week first
		t.Errorf("moves on %d, expected %d", row.Moves, want)
	}
	if still := told(t, happened{"2020-01-01", event.OrderPaid{Order: 1, Amount: 100}}); still.Moves != 0 {
		t.Errorf("moves on %d though nothing leaves a window", still.Moves)
	}
}
