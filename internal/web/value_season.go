package web

import "siyu/internal/sheet"

// SeasonView is what festivals do to the orders of everybody, as known on the day
// of a backtest's cut.
type SeasonView struct {
	Effects []EffectView // none: nothing was looked at
	Days    int          // orders were known for
	Seen    bool         // any effect is more than an assumption
	// Miss is how far the tracking curve with festivals was off on average, as a share
	// of all orders that came; Plain the same without.
	Miss, Plain float64
	// Predicted is the curve with festivals, Without the one without: a number for each
	// of Tracking, which is one of them.
	Predicted, Without []float64
}

// CalendarView is whether forecasts of customers follow the calendar, as the weekly
// backtest chose by days before its cut.
type CalendarView struct {
	Used    bool
	Origins int // days it was judged from; 0: it was not
	// RPS is of customers' orders and Miss how far totals scatter, on the log scale,
	// beyond what they are off alike, with the calendar; the others without.
	RPS, PlainRPS, Miss, PlainMiss float64
	Seen                           int  // festivals in the history
	Against                        bool // they went by as any other day
}

// EffectView is what one festival does: Factor times the orders of the weeks
// around it.
type EffectView struct {
	Festival          string
	Factor, Low, High float64 // central 80 %
	Prior             float64 // share that is still assumed, 0..1
	Times             int     // that it was seen
}

// Better tells whether the curve with festivals was nearer to what came.
func (s SeasonView) Better() bool { return s.Miss < s.Plain }

// Both tells whether the curve is known with festivals and without; backtests stored by
// an older version of this program have one of them.
func (s SeasonView) Both() bool {
	return len(s.Without) > 0 && len(s.Without) == len(s.Predicted)
}

// Drawn names the curve that is drawn.
func (b BacktestView) Drawn() string {
	switch {
	case !b.Season.Both():
		return "backtest.predicted"
	case b.Calendar.Used:
		return "season.predicted"
	}
	return "season.without"
}

func (v *visit) valueFestivalsFile() error {
	found, err := v.Value.Backtest(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.text("season.festival"), v.lang.text("season.factor"), v.lang.text("first.low"), v.lang.text("first.high"), v.lang.text("season.times"), v.lang.text("season.prior")}}
	for _, e := range found.Season.Effects {
		t.rows = append(t.rows, []sheet.Cell{sheet.Text(v.lang.word("festival", e.Festival)), decimal(e.Factor), decimal(e.Low), decimal(e.High), whole(e.Times), decimal(e.Prior)})
	}
	return v.tableFile("festivals.csv", t)
}
