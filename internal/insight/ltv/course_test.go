package ltv

import (
	"math"
	"math/rand/v2"
	"testing"

	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// strongTempo is that of strong festivals after a day.
func strongTempo(until btyd.Day) *Tempo {
	c := Calendar{Days: 365}
	for f, factor := range strongFestivals() {
		c.Effects = append(c.Effects, Effect{Festival: f, Factor: factor})
	}
	return tempoOf(c, until)
}

func TestTheCourseIsTheTempo(t *testing.T) {
	for _, until := range []btyd.Day{dayIn(2026, 10, 20), dayIn(2026, 11, 1), dayIn(2026, 1, 1)} {
		tempo := strongTempo(until)
		course := tempo.course()
		for _, days := range []int{1, 7, 22, 30, 100, 365, 700, courseYears * seasonYear} {
			weeks := stats.WeeksOfDays(days)
			near(t, "usual weeks", course.Within(float64(weeks)), float64(tempo.within(0, weeks)), 1e-9)
		}
	}
	if (*Tempo)(nil).course() != nil {
		t.Error("no tempo has a course")
	}
}

// festiveContacts become known every day of two years; some buy, each at an own
// time, sooner while festivals last. The result has how many of those who had not
// bought by a day did within a month.
func festiveContacts(learner *Learner, until btyd.Day) (waiting []*profile.Customer, came int) {
	random, course := rand.New(rand.NewPCG(5, 12)), strongTempo(dayIn(2024, 1, 1))
	clock := course.course()
	for i := range 12_000 {
		since := dayIn(2024, 1, 1) + btyd.Day(random.IntN(int(until-dayIn(2024, 1, 1))))
		c := &profile.Customer{ID: id.Customer(i + 1), FirstSeen: past.StartOf(since)}
		// Usual weeks until the first order.
		after, day := 8*random.ExpFloat64(), since
		if random.Float64() < .5 {
			from := clock.Within(float64(stats.WeeksOfDays(int(since - course.From))))
			for day <= until+30 && clock.Within(float64(stats.WeeksOfDays(int(day-course.From))))-from < after {
				day++
			}
			if day <= until {
				note(c, past.StartOf(day)+1, 5000)
			}
		} else {
			day = until + 1000
		}
		learner.Add(c, past.StartOf(until+1))
		if c.Orders.Count == 0 {
			waiting = append(waiting, c)
			if day <= until+30 {
				came++
			}
		}
	}
	return waiting, came
}

func TestFirstOrdersFollowTheCalendarWhereItIsInForce(t *testing.T) {
	until := dayIn(2026, 10, 20)
	learner := NewLearner()
	waiting, came := festiveContacts(learner, until)
	m := learner.Model(learner.History(Choice{}))
	if m.First.Course != nil {
		t.Fatal("nothing was chosen")
	}
	expected := func(f FirstOrders) (sum float64) {
		for _, c := range waiting {
			contact, known := contactOf(past.View{Customer: c, At: past.StartOf(until + 1), Orders: past.StartOf(until + 1)})
			sum += f.Chance(contact, known, float64(stats.WeeksOfDays(30)))
		}
		return sum
	}
	plain := expected(m.First)
	bent := m.First
	bent.Course = strongTempo(until).course()
	said := expected(bent)
	if off, without := math.Abs(math.Log(said/float64(came))), math.Abs(math.Log(plain/float64(came))); off > .15 || off > without/2 {
		t.Errorf("%d first orders came, %.0f were said, without festivals %.0f", came, said, plain)
	}
	c := Contact{}
	if a, b := bent.Never(c), m.First.Never(c); math.Abs(a.Value-b.Value) > 1e-9 {
		t.Errorf("%v never buy, without festivals %v", a, b)
	}
	if a, b := bent.Chances(c, 0, 52), bent.Chance(c, 0, 52); math.Abs(a.Value-b) > 1e-12 {
		t.Errorf("%v and %v", a, b)
	}
}

func TestNightsGiveFirstOrdersTheCalendarOfTheChoice(t *testing.T) {
	until := dayIn(2026, 10, 20)
	learner := NewLearner()
	random := rand.New(rand.NewPCG(6, 1))
	for i := range 400 {
		c := &profile.Customer{ID: id.Customer(i + 1), FirstSeen: past.StartOf(until - 900)}
		for day := until - btyd.Day(random.IntN(900)); day <= until; day += btyd.Day(1 + random.IntN(60)) {
			note(c, past.StartOf(day)+1, 5000)
		}
		learner.Add(c, past.StartOf(until+1))
	}
	choice := Choice{Members: []string{"pnbd"}, K: 1}
	choice.Calendar.Used = true
	m := learner.Model(learner.History(choice))
	if len(m.First.Course) == 0 || len(m.First.Course) != len(m.Orders.Tempo.course()) {
		t.Fatalf("%+v", m.First.Course)
	}
	fresh := &profile.Customer{ID: 9000, FirstSeen: past.StartOf(until)}
	v := past.View{Customer: fresh, At: past.StartOf(until + 1), Orders: past.StartOf(until + 1)}
	month := m.Over(v, stats.WeeksOfDays(30))
	plain := m
	plain.First.Course = nil
	if before := plain.Over(v, stats.WeeksOfDays(30)); month.Orders <= before.Orders {
		t.Errorf("%v orders within a month with a festival, %v without", month.Orders, before.Orders)
	}
	if year, before := m.Of(v), plain.Of(v); math.Abs(math.Log(year.Orders/before.Orders)) > .1 {
		t.Errorf("a year brings %v orders, without festivals %v", year.Orders, before.Orders)
	}
}

func TestDiscountedForecastsFollowTheCalendarWhereItIsInForce(t *testing.T) {
	until := dayIn(2026, 10, 20)
	log := festiveCustomers(dayIn(2024, 1, 1), until, strongFestivals())
	choice := Choice{Name: "pnbd", Members: []string{"pnbd"}, K: 1}
	choice.Calendar.Used = true
	study := studyOf(log, choice, until, 30)
	rate := btyd.Continuous(.1)
	_, err := study.Predict(PredictSpec{Discount: rate}, func(p *Prediction) error {
		if p.DiscountedOrders > p.Orders || p.DiscountedOrders < .99*p.Orders || p.ResidualOrders < p.DiscountedOrders {
			t.Fatalf("%+v", p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
