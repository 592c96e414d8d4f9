package decision_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"siyu/internal/catalog"
	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/profile"
)

// Stories are written for operators: who the customers are, what happened,
// and what must be planned. Money is in fen, "need=900/100" is a lever with
// its gain and cost.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/story/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("stories: %v, %v", files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range strings.Split(string(raw), "\n\n") {
			title, lines, _ := strings.Cut(strings.TrimSpace(text), "\n")
			t.Run(strings.TrimPrefix(title, "# "), func(t *testing.T) {
				t.Parallel()
				newStory().run(t, lines)
			})
		}
	}
}

type story struct {
	brief    decision.Brief
	cases    []decision.Case
	ordersAt time.Duration
	facts    int
}

func newStory() *story {
	s := &story{brief: brief()}
	s.brief.Given = map[id.Staff]decision.Load{}
	s.brief.Org = org.Org{}
	return s
}

func brief() decision.Brief {
	return decision.Brief{
		Settings: decision.Defaults(), Salt: "story",
		Catalog: catalog.Catalog{Lines: []catalog.Line{{ID: id.LineOf("tea"), Code: "tea"}}},
		Library: content.Library{Materials: []content.Material{
			{Code: "serve.any", Purpose: event.Serve, Text: "serve"}, {Code: "ask.any", Purpose: event.Ask, Text: "ask"},
			{Code: "remind.tea", Purpose: event.Remind, Line: "tea", Text: "tea"}, {Code: "remind.any", Purpose: event.Remind, Text: "any"},
		}},
	}
}

func (s *story) run(t *testing.T, text string) {
	t.Helper()
	var plan decision.Plan
	planned := false
	for _, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		switch words[0] {
		case "settings":
			s.set(t, args(words[1:]))
		case "staff":
			s.addStaff(t, words[1], args(words[2:]))
		case "customer":
			s.addCustomer(t, words[1], args(words[2:]))
		case "at":
			s.brief.Now = when(t, words[1])
			s.brief.Day = clock.Day(s.brief.Now, clock.Shanghai)
			plan, planned = s.plan(), true
		case "want":
			if !planned {
				t.Fatalf("%s: stands before the plan", line)
			}
			s.want(t, plan, words[1:])
		case "price":
			s.wantPrice(t, plan, words[1], args(words[2:]))
		default:
			s.happened(t, words)
		}
	}
	if len(plan.Actions)+len(plan.Withheld) != len(s.cases) {
		t.Errorf("%d planned + %d withheld, %d customers", len(plan.Actions), len(plan.Withheld), len(s.cases))
	}
}

func (s *story) plan() decision.Plan {
	for i := range s.cases {
		s.cases[i].OrdersAsOf = s.brief.Now.Add(-s.ordersAt)
	}
	return decision.Make(s.brief, slices.Values(s.cases))
}

func (s *story) set(t *testing.T, a map[string]string) {
	t.Helper()
	for key, value := range a {
		switch key {
		case "day":
			s.brief.Settings.Budget.Day = number(t, value)
		case "quota":
			s.brief.Settings.Quota = decision.QuotaMode(value)
		case "confirmations":
			s.brief.Settings.MaxConfirmations = number(t, value)
		case "orders_age":
			age, err := time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
			s.ordersAt = age
		case "cap_hands":
			s.brief.Settings.Caps.OneToOne = number(t, value)
		case "cap_sends":
			s.brief.Settings.Caps.MassSends = number(t, value)
		case "mass_week":
			s.brief.Settings.ChannelBudget.MassSend = decision.Budget{Day: 1, Week: number(t, value), Month: 31}
		case "promise":
			state, material, _ := strings.Cut(value, "/")
			s.brief.Settings.Promises = []decision.Promise{{State: state, Days: 14, Material: material}}
			s.brief.Library.Materials = append(s.brief.Library.Materials, content.Material{Code: material, Purpose: event.Remind, Text: "gift"})
		case "library":
			s.brief.Library = content.Library{}
		default:
			t.Fatalf("unknown setting %s", key)
		}
	}
}

func (s *story) addStaff(t *testing.T, name string, a map[string]string) {
	t.Helper()
	_, inactive := a["inactive"]
	_, noContact := a["no_contact"]
	member := org.Staff{ID: staffID(name), Corp: "ww", UserID: name, Store: 1, Active: !inactive, Contact: !noContact}
	if a["capacity"] != "" {
		member.Capacity = number(t, a["capacity"])
	}
	if a["given"] != "" {
		s.brief.Given[member.ID] = decision.Load{OneToOne: number(t, a["given"])}
	}
	s.brief.Org.Staff = append(s.brief.Org.Staff, member)
}

func (s *story) addCustomer(t *testing.T, name string, a map[string]string) {
	t.Helper()
	c := decision.Case{Profile: &profile.Customer{ID: customerID(name)}, Insight: &insight.Customer{ID: customerID(name)}}
	s.cases = append(s.cases, c)
	s.fact(t, name, when(t, "2025-01-01"), event.RelationAdded{Staff: staffID(a["staff"])})
	_, s.cases[len(s.cases)-1].Held = a["held"]
	_, s.cases[len(s.cases)-1].InDoubt = a["in_doubt"]
	_, s.cases[len(s.cases)-1].Pending = a["pending"]
	k := c.Insight
	k.Limiting = insight.Part(a["limiting"])
	for _, part := range []insight.Part{insight.Need, insight.Trust, insight.Exposure} {
		if a[string(part)] != "" {
			k.Levers = append(k.Levers, lever(t, part, strings.Split(a[string(part)], "/")))
		}
	}
	if a["due"] != "" {
		k.NextDue = when(t, a["due"])
	}
	if a["line"] != "" {
		k.DueLine = id.LineOf(a["line"])
	}
	if _, unmeasured := a["unmeasured"]; unmeasured {
		k.Value.Evidence = insight.NotMeasurable
	}
	if a["fatigue"] != "" {
		k.Loss, _ = strconv.ParseFloat(a["fatigue"], 64)
		k.LossGrade = insight.Grade(a["known"])
	}
}

// lever reads gain, cost, and what lasts beyond the next purchase, expected and at least.
func lever(t *testing.T, part insight.Part, of []string) insight.Lever {
	t.Helper()
	l := insight.Lever{Part: part, Gain: float64(number(t, of[0])), Cost: float64(number(t, of[1]))}
	if len(of) > 2 {
		l.Lasting = float64(number(t, of[2]))
	}
	if len(of) > 3 {
		l.LastingLow = float64(number(t, of[3]))
	}
	return l
}

func (s *story) happened(t *testing.T, words []string) {
	t.Helper()
	at, a := when(t, words[0]), args(words[3:])
	var body event.Body
	switch event.Kind(words[1]) {
	case event.KindMarketingRefused:
		body = event.MarketingRefused{By: "customer"}
	case event.KindMarketingAllowed:
		body = event.MarketingAllowed{By: "customer"}
	case event.KindComplaintOpened:
		body = event.ComplaintOpened{}
	case event.KindComplaintClosed:
		body = event.ComplaintClosed{}
	case event.KindNeedExpressed:
		body = event.NeedExpressed{Line: id.LineOf(a["line"]), How: "asked"}
	case event.KindRelationAdded:
		body = event.RelationAdded{Staff: staffID(a["staff"]), State: a["state"]}
	case event.KindTouchDelivered:
		body = event.TouchDelivered{Staff: staffID(a["staff"]), Channel: event.Channel(a["channel"]), Purpose: event.Purpose(a["purpose"])}
	case event.KindMessageExchanged:
		body = event.MessageExchanged{Staff: staffID(a["staff"]), Inbound: true}
	default:
		t.Fatalf("unknown line %v", words)
	}
	s.fact(t, words[2], at, body)
}

func (s *story) fact(t *testing.T, name string, at time.Time, body event.Body) {
	t.Helper()
	s.facts++
	fact, err := event.New(event.Customer(customerID(name)), at, event.FromConsole, id.Hash(strconv.Itoa(s.facts)), body)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.cases {
		if c.Profile.ID == customerID(name) {
			if err := c.Profile.Apply(fact); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("nobody is called %s", name)
}

func (s *story) want(t *testing.T, plan decision.Plan, words []string) {
	t.Helper()
	got := map[string]string{"answer": "none"}
	for _, a := range plan.Actions {
		if a.Customer == customerID(words[1]) {
			got = map[string]string{
				"answer": "action", "purpose": string(a.Purpose), "channel": string(a.Channel), "material": a.Material,
				"staff": s.staffName(a.Staff), "line": s.lineCode(a.Line), "probability": fmt.Sprintf("%.3f", a.Probability),
				"gain": fmt.Sprintf("%.0f", a.Gain.Value), "from": a.From.Format("2006-01-02T15:04"), "until": a.Until.Format("2006-01-02T15:04"),
			}
		}
	}
	for _, w := range plan.Withheld {
		if w.Customer == customerID(words[1]) {
			got = map[string]string{
				"answer": "withheld", "because": string(w.Because), "purpose": string(w.Purpose), "gain": fmt.Sprintf("%.0f", w.Gain),
			}
		}
	}
	if got["answer"] != words[0] {
		t.Errorf("%s: got %v, want %v", words[1], got, words)
	}
	for key, value := range args(words[2:]) {
		if got[key] != value {
			t.Errorf("%s: %s is %q, want %q", words[1], key, got[key], value)
		}
	}
}

func (s *story) wantPrice(t *testing.T, plan decision.Plan, name string, want map[string]string) {
	t.Helper()
	price := plan.Prices.Staff[staffID(name)]
	for key, got := range map[string]float64{"contact": price.Contact, "hour": price.Hour, "confirmation": price.Confirmation} {
		if want[key] != fmt.Sprintf("%.0f", got) {
			t.Errorf("%s: one more %s is worth %g, want %s", name, key, got, want[key])
		}
	}
}

func (s *story) staffName(staff id.Staff) string {
	for _, member := range s.brief.Org.Staff {
		if member.ID == staff {
			return member.UserID
		}
	}
	return ""
}

func (s *story) lineCode(line id.Line) string {
	found, _ := s.brief.Catalog.Line(line)
	return found.Code
}

func args(words []string) map[string]string {
	a := map[string]string{}
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		a[key] = value
	}
	return a
}

func when(t *testing.T, text string) time.Time {
	t.Helper()
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04"} {
		if at, err := time.ParseInLocation(layout, text, clock.Shanghai); err == nil {
			return at
		}
	}
	t.Fatalf("not a time: %s", text)
	return time.Time{}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func staffID(name string) id.Staff       { return id.StaffOf("ww", name) }
func customerID(name string) id.Customer { return id.CustomerOf("ww", name) }
