package cohort

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/money"
	"siyu/internal/profile"
)

var now = time.Date(2026, 3, 12, 4, 0, 0, 0, time.UTC)

const day = event.Instant(24 * 60 * 60 * 1000)

// person is a customer as a night meets one.
type person struct {
	state profile.Customer
	known insight.Customer
	owner Owner
}

func anyPerson(t *rapid.T) person {
	ago := func(name string) event.Instant {
		return event.At(now) - event.Instant(rapid.IntRange(0, 1100).Draw(t, name))*day
	}
	p := person{owner: Owner{Staff: id.Staff(rapid.IntRange(0, 5).Draw(t, "staff"))}}
	p.owner.Store = id.Store(p.owner.Staff / 2)
	for range rapid.IntRange(0, 3).Draw(t, "relations") {
		r := profile.Relation{Staff: 1, Since: ago("since"), AddWay: rapid.SampledFrom([]int{1, 3, 10}).Draw(t, "way"), State: rapid.SampledFrom([]string{"", "live", "video"}).Draw(t, "code")}
		if rapid.Bool().Draw(t, "ended") {
			r.Until = event.At(now)
		}
		p.state.Relations = append(p.state.Relations, r)
	}
	p.state.Described.Campaign = rapid.SampledFrom([]string{"", "春茶节", "gift"}).Draw(t, "campaign")
	o := &p.state.Orders
	for range rapid.IntRange(0, 6).Draw(t, "orders") {
		order := profile.Order{At: ago("ordered"), Amount: money.Fen(rapid.IntRange(1, 50_000).Draw(t, "amount"))}
		if rapid.Bool().Draw(t, "with line") {
			order.Lines = []id.Line{id.Line(rapid.IntRange(1, 12).Draw(t, "line"))}
		}
		o.Recent = append(o.Recent, order)
		o.Count, o.Turnover = o.Count+1, o.Turnover+order.Amount
		if o.First == 0 || order.At < o.First {
			o.First = order.At
		}
		o.Last = max(o.Last, order.At)
	}
	if o.Count > 0 && rapid.Bool().Draw(t, "older orders") {
		o.Count, o.Turnover, o.First = o.Count+10, o.Turnover+70_000, o.First-50*day
	}
	p.known.Stage = rapid.SampledFrom(insight.Stages()).Draw(t, "stage")
	value := float64(rapid.IntRange(0, 3_000_000).Draw(t, "value"))
	p.known.Value = insight.Estimate{Value: value, Unit: insight.Fen, Evidence: rapid.SampledFrom([]insight.Evidence{insight.Fitted, insight.Prior, insight.NotMeasurable}).Draw(t, "evidence")}
	p.known.Expected.Value, p.known.Variance, p.known.Margin = float64(rapid.IntRange(0, 50).Draw(t, "expected")), value*value, rapid.SampledFrom([]float64{0, .4, 1}).Draw(t, "margin")
	return p
}

// same compares sums; amounts add up in another order.
func same(t *rapid.T, what string, got, want Sum) {
	t.Helper()
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), 1) }
	if !near(got.Orders, want.Orders) || !near(got.Value, want.Value) || !near(got.Variance, want.Variance) {
		t.Fatalf("%s: %+v, want %+v", what, got, want)
	}
	got.Orders, got.Value, got.Variance = want.Orders, want.Value, want.Variance
	if got != want {
		t.Fatalf("%s: %+v, want %+v", what, got, want)
	}
}

func cohortsOf(cohorts []Cohort, beside Sum) Sum {
	for i := range cohorts {
		beside.Add(&cohorts[i].Sum)
	}
	return beside
}

func groupsOf(groups []Group) (sum Sum) {
	for i := range groups {
		sum.Add(&groups[i].Sum)
	}
	return sum
}

func TestEveryDivisionAddsUpToTheSumOverCustomers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.SliceOfN(rapid.Custom(anyPerson), 0, 60).Draw(t, "people")
		tally := NewTally(now, now)
		var want, measured Sum
		for i := range people {
			p := &people[i]
			tally.Add(&p.state, &p.known, p.owner)
			of := cellOf(&p.state, &p.known)
			one := of.sum()
			want.Add(&one)
			if one.Measured > 0 {
				measured.Add(&one)
			}
		}
		whole := tally.Whole()
		var parts []*Sums
		for _, s := range tally.Stores() {
			parts = append(parts, s)
		}
		merged := Merge(parts)
		for name, s := range map[string]*Sums{"whole": whole, "stores together": merged} {
			same(t, name, s.All, want)
			same(t, name+" by contact", cohortsOf(s.Contact, s.NoContact), want)
			same(t, name+" by first order", cohortsOf(s.Order, s.NoOrder), want)
			same(t, name+" by way", groupsOf(s.Ways), want)
			same(t, name+" by code", groupsOf(s.Codes), want)
			same(t, name+" by line", groupsOf(s.Lines), want)
			same(t, name+" by campaign", groupsOf(s.Campaigns), want)
			n, value := 0, 0.
			for _, b := range s.Values {
				n, value = n+b.Customers, value+b.Value
			}
			if n != measured.Customers || math.Abs(value-measured.Value) > 1 {
				t.Fatalf("%s: %d customers worth %v in bands, want %d worth %v", name, n, value, measured.Customers, measured.Value)
			}
		}
		same(t, "by store", groupsOf(whole.Stores), want)
		same(t, "stores together by store", groupsOf(merged.Stores), want)
		same(t, "by member", groupsOf(merged.Staff), want)
		for _, c := range whole.Order {
			sum := money.Fen(0)
			for _, bought := range c.Ages {
				sum += bought
			}
			if c.Month != Earlier && sum != c.Bought {
				t.Fatalf("cohort %s bought %d by age, %d in all", c.Month.Text(), sum, c.Bought)
			}
		}
	})
}

func TestSumsComeBackFromTheirDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tally := NewTally(now, now)
		for _, p := range rapid.SliceOfN(rapid.Custom(anyPerson), 1, 30).Draw(t, "people") {
			tally.Add(&p.state, &p.known, p.owner)
		}
		want := tally.Whole()
		document, err := json.Marshal(want)
		got := new(Sums)
		if err == nil {
			err = json.Unmarshal(document, got)
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, %v\nwant %+v", got, err, want)
		}
	})
}

func TestACohortIsTheCalendarMonthOfTheBusinessZone(t *testing.T) {
	tally := NewTally(now, now)
	add := func(since time.Time) {
		c := profile.Customer{Relations: []profile.Relation{{Since: event.At(since)}}}
		tally.Add(&c, &insight.Customer{}, Owner{})
	}
	add(time.Date(2026, 1, 31, 15, 59, 0, 0, time.UTC)) // 23:59 in China
	add(time.Date(2026, 1, 31, 16, 0, 0, 0, time.UTC))  // 00:00 of 1 February
	add(time.Date(2024, 3, 31, 12, 0, 0, 0, time.UTC))
	add(time.Date(2024, 4, 1, 12, 0, 0, 0, time.UTC))
	add(now.AddDate(0, 2, 0)) // a clock that is ahead
	got := ""
	for _, c := range tally.Whole().Contact {
		if c.Month == Earlier {
			got += "earlier "
		} else {
			got += c.Month.Text() + " "
		}
	}
	if got != "earlier 2024-04 2026-01 2026-02 2026-03 " {
		t.Errorf("cohorts %s", got)
	}
	if ends := MonthOf(event.At(now)).Ends().Time(); !ends.Equal(time.Date(2026, 3, 31, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("March ends at %s", ends)
	}
}

func TestWhatACohortBoughtStandsUnderItsAge(t *testing.T) {
	at := func(month time.Month, d int) event.Instant {
		return event.At(time.Date(2026, month, d, 4, 0, 0, 0, time.UTC))
	}
	c := profile.Customer{Relations: []profile.Relation{{Since: at(1, 10)}}}
	c.Orders = profile.Orders{Count: 4, First: at(1, 2), Turnover: 1500, Refunded: 100, Recent: []profile.Order{
		{At: at(1, 2), Amount: 200}, {At: at(1, 20), Amount: 300}, {At: at(3, 1), Amount: 1000, Refunded: 100},
	}}
	tally := NewTally(now, now)
	tally.Add(&c, &insight.Customer{}, Owner{})
	if got := tally.Whole().Contact[0].Ages; !reflect.DeepEqual(got, []money.Fen{500, 0, 900}) {
		t.Errorf("bought by age %v", got)
	}
}

func TestATotalCarriesCustomersAndTheCommonShock(t *testing.T) {
	s := Sum{Measured: 400, Fitted: 400, Value: 1e6, Variance: 400 * 1e8}
	for _, shock := range []float64{0, .12} {
		total := s.Total(Outlook{Shock: shock})
		spread := 1.2815515655446004 * math.Sqrt(.2*.2+shock*shock)
		if math.Abs(math.Log(total.High/1e6)-spread) > 1e-12 || math.Abs(math.Log(1e6/total.Low)-spread) > 1e-12 || total.Evidence != insight.Fitted {
			t.Errorf("shock %v: %+v", shock, total)
		}
		if each := s.Each(Outlook{Shock: shock}); each.Value != 2500 || each.High != total.High/400 {
			t.Errorf("each %+v", each)
		}
	}
	few := Sum{Measured: Fewest - 1, Value: 1e6}
	if e := few.Total(Outlook{}); e.Evidence != insight.NotMeasurable {
		t.Errorf("of %d customers: %+v", few.Measured, e)
	}
}

func TestAVarianceThatIsNoNumberSpoilsNoSum(t *testing.T) {
	tally := NewTally(now, now)
	for _, variance := range []float64{math.NaN(), math.Inf(1), 100} {
		tally.Add(&profile.Customer{}, &insight.Customer{Value: insight.Estimate{Value: 10}, Variance: variance}, Owner{})
	}
	if got := tally.Whole().All.Variance; got != 25*100+25*100+100 {
		t.Errorf("variance %v", got)
	}
}

func TestTheBestFifthIsFoundInTheBands(t *testing.T) {
	s := Sums{Values: []Band{{From: 0, Customers: 80, Value: 200}, {From: 1000, Customers: 10, Value: 300}, {From: 2000, Customers: 10, Value: 500}}}
	if got := s.Top(.2); math.Abs(got-.8) > 1e-12 {
		t.Errorf("the best fifth brings %v", got)
	}
	if got := s.Top(.15); math.Abs(got-.65) > 1e-12 {
		t.Errorf("the best 15 %% bring %v", got)
	}
	if got := new(Sums).Top(.2); got != 0 {
		t.Errorf("nobody brings %v", got)
	}
}

func TestBandsBeginAtOneTwoAndFive(t *testing.T) {
	tally := NewTally(now, now)
	for _, value := range []float64{0, 99, 100, 199.9, 200, 1e8, 1e12} {
		tally.Add(&profile.Customer{}, &insight.Customer{Value: insight.Estimate{Value: value}}, Owner{})
	}
	got := fmt.Sprint(tally.Whole().Values)
	if want := "[{0 2 99} {100 2 299.9} {200 1 200} {1e+08 2 1.0001e+12}]"; got != want {
		t.Errorf("bands %s, want %s", got, want)
	}
}

func TestManyCodesAreToldAsOthers(t *testing.T) {
	tally := NewTally(now, now)
	for i := range 3 * mostCodes {
		c := profile.Customer{Relations: []profile.Relation{{Since: event.At(now), State: id.Text(id.Store(i % (mostCodes + 5)))}}}
		tally.Add(&c, &insight.Customer{}, Owner{})
	}
	codes := tally.Whole().Codes
	if last := codes[len(codes)-1]; len(codes) != mostCodes+1 || last.Key != Others || groupsOf(codes).Customers != 3*mostCodes {
		t.Errorf("%d codes, the last %+v", len(codes), last)
	}
}

// BenchmarkAdd is what one customer costs a night.
func BenchmarkAdd(b *testing.B) {
	people := rapid.SliceOfN(rapid.Custom(anyPerson), 4096, 4096).Example(1)
	for i := range people {
		people[i].owner = Owner{Staff: id.Staff(i%2000 + 1), Store: id.Store(i%500 + 1)}
	}
	tally := NewTally(now, now)
	for i := 0; b.Loop(); i++ {
		p := &people[i%len(people)]
		tally.Add(&p.state, &p.known, p.owner)
	}
}
