package ltv

import (
	"slices"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Backtest is the outcome of judging models on days they were not fitted on.
type Backtest struct {
	Models         []Score  `json:"models"`
	Chosen         string   `json:"chosen"`  // by an inner backtest before the cut
	Members        []string `json:"members"` // of the mixture, if one was chosen
	Choice         Choice   `json:"choice"`
	Customers      int      `json:"customers"`
	ActualTotal    float64  `json:"actual_total"`
	PredictedTotal float64  `json:"predicted_total"`
	TotalLow       float64  `json:"total_low"` // central 80 % with the shock
	TotalHigh      float64  `json:"total_high"`
	// Calibration and Tracking are of the chosen.
	Calibration []Decile   `json:"calibration"`
	Tracking    []Tracked  `json:"tracking"`
	Spend       *SpendTest `json:"spend"`   // null where there are no amounts
	Rolling     *Rolling   `json:"rolling"` // null unless asked for

	total pastTotal // of the choice
	plain []Tracked // Tracking without the calendar, nil where that is the same
}

// Plain returns the tracking curve as it is at the usual pace.
func (b *Backtest) Plain() []Tracked {
	if b.plain != nil {
		return b.plain
	}
	return b.Tracking
}

// Tracked compares the orders of everybody from the cut up to some week.
type Tracked struct {
	Week      float64 `json:"week"`
	Actual    float64 `json:"actual"`
	Predicted float64 `json:"predicted"`
}

// Trial says what a backtest is about.
type Trial struct {
	// Cut is the last day that is known, End the last that is judged.
	Cut, End btyd.Day
	Judged   []string // names of models
	// Choosable are those of them among which, and whose mixtures, the inner
	// backtest chooses. The simple rules among them are scored there too, but chosen
	// only where there is nothing else.
	Choosable []string
}

// RunBacktest fits the named models on what happened up to and including cut
// and judges them on the orders after it, up to and including end, of the
// customers first seen by the cut.
func RunBacktest(log *btyd.Log, names []string, cut, end btyd.Day) Backtest {
	return Trial{Cut: cut, End: end, Judged: names, Choosable: names}.Run(log)
}

// Run is RunBacktest for the trial.
func (t Trial) Run(log *btyd.Log) Backtest {
	study := NewStudy(log, t.Choosable, t.Cut, int(t.End-t.Cut))
	b, judged := study.judge(t.Judged, t.End)
	tempo := study.fitter.tempoAt(study.panel)
	b.Tracking, b.Spend = study.track(judged, t.End, tempo), study.judgeSpend(judged, t.End)
	if tempo != nil {
		b.plain = study.track(judged, t.End, nil)
	}
	return b
}

// judged is what a backtest knows of its models.
type judged struct {
	models  []Fitted
	members []int
}

// judge scores the models and the choice on the orders up to and including
// end.
func (s *Study) judge(names []string, end btyd.Day) (Backtest, judged) {
	b := Backtest{Chosen: s.Choice.Name, Choice: s.Choice, Customers: len(s.panel.cases)}
	names = s.Fitting(names)
	j := judged{models: s.fitAll(names)}
	for _, name := range s.Choice.Members {
		j.members = append(j.members, slices.Index(names, name))
	}
	runs := make([]*run, len(names))
	for i, name := range names {
		runs[i] = newRun(name, b.Customers)
	}
	chosen := runs[j.members[0]]
	if s.Choice.Name == Mixture {
		b.Members = s.Choice.Members
		chosen = newRun(Mixture, b.Customers)
		runs = append(runs, chosen)
	}
	chosen.watched()
	placed := s.panel.placed(end)
	ahead := newOutcome(j.models)
	var mix btyd.Forecast
	own := make([]btyd.Forecast, len(j.members))
	s.panel.each(j.models, func(i int, forecasts []btyd.Forecast) {
		ahead.add(forecasts, placed[i])
		for m, f := range forecasts {
			runs[m].add(f, placed[i])
		}
		if s.Choice.Name == Mixture {
			for n, m := range j.members {
				own[n] = forecasts[m]
			}
			mix = mixed(own, mix.CDF)
			chosen.add(mix, placed[i])
		}
	})
	for _, r := range runs {
		r.finish(placed)
		b.Models = append(b.Models, r.score)
	}
	b.Calibration = chosen.deciles(placed)
	t := ahead.mixedTotal(j.members)
	b.ActualTotal, b.PredictedTotal = ahead.actual, t.mean
	b.TotalLow, b.TotalHigh = t.interval(s.Choice.Shock)
	b.total = pastTotal{t, ahead.actual}
	return b, j
}

// Points of the tracking curve, and how many customers the forecast's shape is
// taken from; its end is the total of all.
const (
	trackingPoints    = 13
	trackingCustomers = 20_000
)

// track returns the curve of orders after the cut, forecast by the chosen and
// actual, at the tempo.
func (s *Study) track(j judged, end btyd.Day, tempo *Tempo) []Tracked {
	p := s.fitter.paced(newPanel(s.panel.log, panelOf{until: s.panel.until, window: s.panel.window, most: trackingCustomers}))
	if len(p.cases) == 0 {
		return nil
	}
	share := float64(len(s.panel.cases)) / float64(len(p.cases)) / float64(len(j.members))
	days := int(end - s.panel.until)
	points := min(trackingPoints, days)
	curve := make([]Tracked, 0, points)
	actual := s.placedByDay(days)
	for i := 1; i <= points; i++ {
		day := i * days / points
		t := Tracked{Week: float64(stats.WeeksOfDays(day)), Actual: actual[day]}
		for _, m := range j.members {
			t.Predicted += share * j.models[m].total(p, tempo.within(0, stats.WeeksOfDays(day)))
		}
		curve = append(curve, t)
	}
	return curve
}

// placedByDay returns the orders of everybody within 0, 1, ... days after the
// study's day.
func (s *Study) placedByDay(days int) []float64 {
	sums := make([]float64, days+1)
	for _, c := range s.panel.cases {
		for _, o := range s.panel.log.Orders(int(c.Customer)) {
			if ahead := int(o.Day - s.panel.until); ahead > 0 && ahead <= days {
				sums[ahead]++
			}
		}
	}
	for d := 1; d <= days; d++ {
		sums[d] += sums[d-1]
	}
	return sums
}
