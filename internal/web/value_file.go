package web

import (
	"strconv"
	"time"

	"siyu/internal/insight"
	"siyu/internal/measurement/cohort"
	"siyu/internal/sheet"
)

// table is what a file holds.
type table struct {
	header []string
	rows   [][]sheet.Cell
}

func (v *visit) tableFile(name string, t table) error {
	return v.download(name, texts(t.header...), func(write func(...sheet.Cell) error) error {
		for _, row := range t.rows {
			if err := write(row...); err != nil {
				return err
			}
		}
		return nil
	})
}

func whole(n int) sheet.Cell { return sheet.Number(strconv.Itoa(n)) }

func decimal(v float64) sheet.Cell { return sheet.Number(strconv.FormatFloat(v, 'f', 4, 64)) }

// yuanOrNone leaves the cell empty where there is nothing to say.
func yuanOrNone(e insight.Estimate, fen float64) sheet.Cell {
	if e.Evidence == insight.NotMeasurable {
		return sheet.Text("")
	}
	return inYuan(fen)
}

func (l *locale) sumHeader() []string {
	return []string{
		l.text("worth.customers"), l.text("worth.related"), l.text("worth.buyers"), l.text("worth.bought_yuan"), l.text("worth.measured"), l.text("worth.orders"),
		l.text("worth.each_yuan"), l.text("worth.each_low"), l.text("worth.each_high"), l.text("worth.total_yuan"), l.text("worth.total_low"), l.text("worth.total_high"),
		l.text("worth.basis"), l.text("worth.as_of_day"),
	}
}

// sumCells writes a group as sumHeader heads it.
func (v *visit) sumCells(s cohort.Sum, each, total insight.Estimate) []sheet.Cell {
	return []sheet.Cell{
		whole(s.Customers), whole(s.Related), whole(s.Buyers), inYuan(float64(s.Bought)), whole(s.Measured), decimal(s.Orders),
		yuanOrNone(each, each.Value), yuanOrNone(each, each.Low), yuanOrNone(each, each.High),
		yuanOrNone(total, total.Value), yuanOrNone(total, total.Low), yuanOrNone(total, total.High),
		sheet.Text(v.lang.word("worth_basis", string(basisOf(&s)))), sheet.Text(each.AsOf.In(v.Zone).Format(time.DateOnly)),
	}
}

func (v *visit) valueCohortsFile() error {
	page, err := v.cohorts()
	if err != nil {
		return err
	}
	t := table{header: append([]string{v.lang.text("worth.month")}, v.lang.sumHeader()...)}
	for _, r := range page.Rows {
		each, total := r.Each, r.Total
		if r.Early {
			each.Evidence, total.Evidence = insight.NotMeasurable, insight.NotMeasurable
		}
		t.rows = append(t.rows, append(texts(v.lang.month(r.Month)), v.sumCells(r.Sum, each, total)...))
	}
	return v.tableFile("cohorts.csv", t)
}

// valueHeatFile is what customers bought by the end of each month of their
// cohort's age.
func (v *visit) valueHeatFile() error {
	page, err := v.cohorts()
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.text("worth.month"), v.lang.text("worth.customers"), v.lang.text("worth.age"), v.lang.text("worth.bought_each_yuan")}}
	for _, r := range page.Rows {
		for age, c := range r.Heat {
			if c.Known {
				t.rows = append(t.rows, []sheet.Cell{sheet.Text(v.lang.month(r.Month)), whole(r.Customers), whole(age), inYuan(c.Fen)})
			}
		}
	}
	return v.tableFile("heat.csv", t)
}

// whisker is a value with its interval in a chart, fen.
type whisker struct {
	Label string  `json:"label"`
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	N     int     `json:"n"`
}

func whiskerOf(label string, each insight.Estimate, n int) whisker {
	return whisker{Label: label, Value: each.Value, Low: each.Low, High: each.High, N: n}
}

func (v *visit) valueCohortsChart() error {
	page, err := v.cohorts()
	if err != nil {
		return err
	}
	points := []whisker{}
	for i := len(page.Rows) - 1; i >= 0; i-- {
		if r := page.Rows[i]; !r.Early && r.Each.Evidence != insight.NotMeasurable {
			points = append(points, whiskerOf(v.lang.month(r.Month), r.Each, r.Measured))
		}
	}
	return v.json(points)
}

// mostWhiskers is how many groups a chart holds before it turns into a wall.
const mostWhiskers = 15

func (v *visit) valueGroupsChart() error {
	page, err := v.groups()
	if err != nil {
		return err
	}
	points := []whisker{}
	for _, r := range page.Rows {
		if r.known() && len(points) < mostWhiskers {
			points = append(points, whiskerOf(r.Label, r.Each, r.Measured))
		}
	}
	return v.json(points)
}

func (v *visit) valueGroupsFile() error {
	page, err := v.groups()
	if err != nil {
		return err
	}
	t := table{header: append([]string{v.lang.word("worth_by", page.By)}, v.lang.sumHeader()...)}
	for _, r := range page.Rows {
		t.rows = append(t.rows, append(texts(r.Label), v.sumCells(r.Sum, r.Each, r.Total)...))
	}
	return v.tableFile("groups.csv", t)
}

// valueMovedFile is what referrals move between groups, in yuan.
func (v *visit) valueMovedFile() error {
	page, err := v.groups()
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.word("worth_by", page.By), v.lang.text("moved.own_yuan"), v.lang.text("moved.referred"), v.lang.text("moved.given_yuan"),
		v.lang.text("moved.referrers"), v.lang.text("moved.received_yuan"), v.lang.text("moved.after_yuan")}}
	for _, r := range page.Moves {
		t.rows = append(t.rows, []sheet.Cell{sheet.Text(r.Label), inYuan(r.Value), whole(r.Referred), inYuan(r.Given), whole(r.Referrers), inYuan(r.Received), inYuan(r.AfterReferrals())})
	}
	return v.tableFile("moved.csv", t)
}

// share is a bar of the chart of values.
type share struct {
	Label string  `json:"label"`
	Share float64 `json:"share"`
	N     int     `json:"n"`
}

func (v *visit) valueBandsChart() error {
	page, err := v.cohorts()
	if err != nil {
		return err
	}
	points := []share{}
	for _, b := range page.Values {
		points = append(points, share{b.Label, b.Share, b.Customers})
	}
	return v.json(points)
}

func (v *visit) valueBandsFile() error {
	page, err := v.cohorts()
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.text("worth.band"), v.lang.text("worth.customers"), v.lang.text("worth.share"), v.lang.text("worth.total_yuan")}}
	for _, b := range page.Values {
		t.rows = append(t.rows, []sheet.Cell{sheet.Text(b.Label), whole(b.Customers), decimal(b.Share), inYuan(b.Value)})
	}
	return v.tableFile("values.csv", t)
}

// tracked is a point of the tracking curve.
type tracked struct {
	Week      float64 `json:"week"`
	Actual    float64 `json:"actual"`
	Predicted float64 `json:"predicted"`
}

func (v *visit) valueTrackingChart() error {
	found, err := v.Value.Backtest(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	points := []tracked{}
	for _, p := range found.Tracking {
		points = append(points, tracked(p))
	}
	return v.json(points)
}

func (v *visit) valueTrackingFile() error {
	found, err := v.Value.Backtest(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.text("backtest.week"), v.lang.text("backtest.actual")}}
	both := found.Season.Both()
	if both {
		t.header = append(t.header, v.lang.text("season.without"), v.lang.text("season.predicted"))
	} else {
		t.header = append(t.header, v.lang.text("backtest.predicted"))
	}
	for i, p := range found.Tracking {
		row := []sheet.Cell{decimal(p.Week), decimal(p.Actual)}
		if both {
			row = append(row, decimal(found.Season.Without[i]), decimal(found.Season.Predicted[i]))
		} else {
			row = append(row, decimal(p.Predicted))
		}
		t.rows = append(t.rows, row)
	}
	return v.tableFile("tracking.csv", t)
}

// decile is a point of the calibration plot: orders of one customer.
type decile struct {
	Decile   int     `json:"decile"`
	Expected float64 `json:"expected"`
	Actual   float64 `json:"actual"`
	N        int     `json:"n"`
}

func (v *visit) valueCalibrationChart() error {
	found, err := v.Value.Backtest(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	points := []decile{}
	for i, d := range found.Deciles {
		points = append(points, decile{i + 1, d.Expected, d.Actual, d.Customers})
	}
	return v.json(points)
}

func (v *visit) valueCalibrationFile() error {
	found, err := v.Value.Backtest(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.text("backtest.decile"), v.lang.text("worth.customers"), v.lang.text("backtest.expected_each"), v.lang.text("backtest.actual_each"),
		v.lang.text("backtest.none_expected"), v.lang.text("backtest.none_actual"), v.lang.text("backtest.coverage")}}
	for i, d := range found.Deciles {
		t.rows = append(t.rows, []sheet.Cell{whole(i + 1), whole(d.Customers), decimal(d.Expected), decimal(d.Actual), decimal(d.NoneExpected), decimal(d.None), decimal(d.Coverage80)})
	}
	return v.tableFile("calibration.csv", t)
}

func (v *visit) valueScoresFile() error {
	found, err := v.Value.Backtest(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.text("backtest.model"), v.lang.text("backtest.inner"), v.lang.text("backtest.rps"), v.lang.text("backtest.bias"), v.lang.text("backtest.coverage"), v.lang.text("backtest.auc")}}
	for _, s := range found.Scores {
		t.rows = append(t.rows, []sheet.Cell{sheet.Text(v.lang.word("forecast", s.Name)), decimal(s.Inner), decimal(s.RPS), decimal(s.Bias), decimal(s.Coverage80), decimal(s.AUC)})
	}
	return v.tableFile("scores.csv", t)
}

func (v *visit) valueCyclesFile() error {
	found, err := v.Value.Cycles(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.word("worth_by", byLine), v.lang.text("cycle.days"), v.lang.text("cycle.from"), v.lang.text("cycle.gaps"), v.lang.text("cycle.open"), v.lang.text("cycle.watched"), v.lang.text("cycle.back")}}
	for _, name := range []string{"cycle.returners", "cycle.half", "cycle.most", "cycle.near_all"} {
		t.header = append(t.header, v.lang.text(name), v.lang.text("first.low"), v.lang.text("first.high"))
	}
	for _, c := range found.Lines {
		row := []sheet.Cell{sheet.Text(v.lang.lineName(c.Name)), decimal(c.Days), sheet.Text(v.lang.word("cycle_from", c.From)), whole(c.Gaps), whole(c.Open), whole(c.Watched), decimal(c.Back.Value)}
		for _, w := range []WaitView{c.Returners, c.Half, c.Most, c.NearAll} {
			row = append(row, w.cells()...)
		}
		t.rows = append(t.rows, row)
	}
	return v.tableFile("cycles.csv", t)
}

// cells leaves empty what is not known.
func (w WaitView) cells() []sheet.Cell {
	cells := []sheet.Cell{sheet.Text(""), sheet.Text(""), sheet.Text("")}
	if w.Reached {
		cells[0], cells[1] = decimal(w.Days), decimal(w.Low)
	}
	if w.Reached && !w.Open {
		cells[2] = decimal(w.High)
	}
	return cells
}

// lineName names a product line; orders do not always tell one.
func (l *locale) lineName(name string) string {
	if name == "" {
		return l.word("worth_none", byLine)
	}
	return name
}
