package ltv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// studyOf is NewStudy with a choice that was made before.
func studyOf(log *btyd.Log, choice Choice, until btyd.Day, days int) *Study {
	s := &Study{Choice: choice, Horizon: stats.WeeksOfDays(days), fitter: choice.fitter(days)}
	s.panel = s.fitter.paced(newPanel(log, panelOf{until: until, window: windowBefore(log, until, days)}))
	return s
}

// festiveCustomers is a brand whose customers buy at their own rates, stop, and
// buy more or less while festivals last.
func festiveCustomers(first, last btyd.Day, factors map[Festival]float64) *btyd.Log {
	random, ledger := rand.New(rand.NewPCG(11, 6)), btyd.NewLedger()
	for i := range 3000 {
		rate := .03 * math.Exp(.7*random.NormFloat64())
		for day := first + btyd.Day(random.IntN(int(last-first))); day <= last; day++ {
			busy := 1.0
			if f, festive := festivalOf(day); festive && factors != nil {
				busy = factors[f]
			}
			if random.Float64() < rate*busy {
				ledger.Add(strconv.Itoa(i), day, 10+10*random.Float64())
				if random.Float64() < .04 {
					break
				}
			}
		}
	}
	return ledger.Close()
}

func strongFestivals() map[Festival]float64 {
	return map[Festival]float64{SpringRush: 1.3, SpringRest: .5, MidYear: 2, Doubles: 2.8}
}

func TestABrandWithFestivalsIsForecastByThem(t *testing.T) {
	cut, end := dayIn(2026, 10, 20), dayIn(2026, 11, 16)
	log := festiveCustomers(dayIn(2024, 1, 1), end, strongFestivals())
	b := RunBacktest(log, usualMembers(), cut, end)
	c := b.Choice.Calendar
	if !c.Used || c.Origins < calendarOrigins || c.RPS >= c.Plain || c.Miss >= c.PlainMiss {
		t.Fatalf("%+v", c)
	}
	if b.ActualTotal < b.TotalLow || b.ActualTotal > b.TotalHigh {
		t.Errorf("actual %v outside %v to %v", b.ActualTotal, b.TotalLow, b.TotalHigh)
	}
	plain := b.Plain()
	last := len(plain) - 1
	without, with := math.Abs(plain[last].Predicted/b.ActualTotal-1), math.Abs(b.PredictedTotal/b.ActualTotal-1)
	if with > .12 || with > without/2 {
		t.Errorf("the total is %.3f off, without festivals %.3f", with, without)
	}
	near(t, "end of the tracking curve over the total", b.Tracking[last].Predicted/b.PredictedTotal, 1, .02)
	s := b.Season(log, cut)
	for i, p := range plain {
		if s.Without[i] != p.Predicted || s.Predicted[i] != b.Tracking[i].Predicted {
			t.Errorf("in week %.0f the curve is %v, without festivals %v, told as %v and %v", p.Week, b.Tracking[i].Predicted, p.Predicted, s.Predicted[i], s.Without[i])
		}
	}
	if math.Abs(s.Without[last]/s.Predicted[last]-1) < .02 || s.Miss >= s.Plain {
		t.Errorf("with festivals %.3f off, without %.3f; %v orders and %v", s.Miss, s.Plain, s.Predicted[last], s.Without[last])
	}
	choice := b.Choice
	choice.Calendar.Used = false
	even, _ := studyOf(log, choice, cut, int(end-cut)).judge(usualMembers(), end)
	if bent, plain := scoreOf(t, b, b.Chosen).RPS, scoreOf(t, even, b.Chosen).RPS; bent >= plain {
		t.Errorf("rps of customers %.4f, without festivals %.4f", bent, plain)
	}
}

func TestABrandWithoutFestivalsIsForecastAsWithoutACalendar(t *testing.T) {
	for name, log := range map[string]*btyd.Log{"three years": festiveCustomers(dayIn(2024, 1, 1), dayIn(2026, 12, 10), nil),
		"one year": festiveCustomers(dayIn(2025, 9, 1), dayIn(2026, 12, 10), nil), "dying out": drifting(2000, 4)} {
		first, last, _ := log.Span()
		cut := max(first+300, last-50)
		b := RunBacktest(log, usualMembers(), cut, last)
		if b.Choice.Calendar.Used {
			t.Errorf("%s: %+v", name, b.Choice.Calendar)
		}
		never := b.Choice
		never.Calendar = CalendarChoice{}
		same, _ := studyOf(log, never, cut, int(last-cut)).judge(usualMembers(), last)
		if b.PredictedTotal != same.PredictedTotal && math.Abs(b.PredictedTotal/same.PredictedTotal-1) > 1e-4 {
			t.Errorf("%s: %v, without a calendar %v", name, b.PredictedTotal, same.PredictedTotal)
		}
		a, _ := json.Marshal(NewHistory(log, b.Choice).Until(cut, 50, 0))
		z, _ := json.Marshal(NewHistory(log, never).Until(cut, 50, 0))
		if string(a) != string(z) {
			t.Errorf("%s: nightly models differ from those without a calendar", name)
		}
	}
}

func TestNightlyModelsFollowTheCalendarWhereItWasChosen(t *testing.T) {
	log := festiveCustomers(dayIn(2024, 1, 1), dayIn(2026, 11, 16), strongFestivals())
	choice := everyModel()
	even := NewHistory(log, choice)
	choice.Calendar.Used = true
	festive := NewHistory(log, choice)
	c := Case{Summary: btyd.Summary{Frequency: 3, Recency: 20, Age: 25}, Recent: 1}
	for _, w := range []struct {
		until        btyd.Day
		lower, upper float64
	}{{dayIn(2026, 10, 20), 1.4, 2.8}, {dayIn(2026, 8, 1), .7, 1}} {
		bent, plain := festive.Until(w.until, 30, 0), even.Until(w.until, 30, 0)
		got, usual := bent.Of(c), plain.Of(c)
		if more := got.Expected / usual.Expected; more < w.lower || more > w.upper {
			t.Errorf("%s: %.3f times the orders without a calendar", w.until.Time(), more)
		}
		if one := bent.Over(c, bent.Horizon()); math.Abs(one.Expected/got.Expected-1) > 1e-7 || math.Abs(one.None()-got.None) > 1e-8 {
			t.Errorf("%v, none %v; one by one %v, none %v", got.Expected, got.None, one.Expected, one.None())
		}
		text, err := json.Marshal(bent)
		var back Forecaster
		if err != nil || json.Unmarshal(text, &back) != nil || back.Of(c) != got || back.Over(c, 20).Expected != bent.Over(c, 20).Expected {
			t.Errorf("kept and read again it says %+v, not %+v: %v", back.Of(c), got, err)
		}
		weeks := stats.WeeksOfDays(30)
		if said := bent.usually(c, weeks).Expected; math.Abs(said-plain.usually(c, weeks).Expected) > .25*said {
			t.Errorf("without festivals of its own %v, plain %v", said, plain.usually(c, weeks).Expected)
		}
	}
}

func TestAFestivalIsUsualTimeOfItsOwn(t *testing.T) {
	c := Calendar{Days: 365}
	for _, f := range Festivals() {
		c.Effects = append(c.Effects, Effect{Festival: f, Factor: 1 + float64(len(f))/10})
	}
	for _, span := range [][2]btyd.Day{{dayIn(2026, 1, 20), dayIn(2026, 3, 1)}, {dayIn(2025, 6, 7), dayIn(2026, 11, 3)}, {dayIn(2026, 7, 1), dayIn(2026, 7, 2)}} {
		sum := 0.
		for day := span[0] + 1; day <= span[1]; day++ {
			if f, festive := festivalOf(day); festive {
				sum += 1 + float64(len(f))/10
			} else {
				sum++
			}
		}
		near(t, "mean of days one by one", c.Over(span[0], span[1]), sum/float64(span[1]-span[0]), 1e-12)
	}
	t1 := tempoOf(c, dayIn(2026, 10, 20))
	near(t, "two stretches together", float64(t1.within(0, 4)+t1.within(4, 5)), float64(t1.within(0, 9)), 1e-12)
	if (*Tempo)(nil).within(3, 5) != 5 {
		t.Error("no tempo bends nothing")
	}
}

func TestFactorsOfAnInnerDayKnowNothingLater(t *testing.T) {
	until := dayIn(2026, 10, 20)
	log := festiveCustomers(dayIn(2024, 1, 1), until, strongFestivals())
	first, _, _ := log.Span()
	found := tempiBefore(ordersByDay(log, first, until), lookingBack(log, until, 40))
	if len(found) < calendarOrigins {
		t.Fatalf("%d inner days", len(found))
	}
	for _, p := range found {
		then := NewTempo(log, p.From)
		if p.Usual != then.Usual || p.From+btyd.Day(p.days) > until {
			t.Errorf("%s: %v, known then %v", p.From.Time(), p.Usual, then.Usual)
		}
		if assumed := p.From-dayIn(2024, 1, 1) < leastCalendar-40; assumed && p.Calendar.Seen() {
			t.Errorf("%s: effects are estimated from less than two years", p.From.Time())
		}
	}
}
