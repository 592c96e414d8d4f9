package web

import (
	"strconv"

	"siyu/internal/fault"
	"siyu/internal/insight"
	"siyu/internal/measurement/cohort"
	"siyu/internal/money"
	"siyu/internal/sheet"
)

// PendingView is turnover of which some may still come back.
type PendingView struct {
	Days     int              // of orders at most so old; 0: too few refunds to tell
	Turnover money.Fen        // of them, net of what came back already
	Coming   insight.Estimate // fen, of it
}

// Share returns the expected part of the turnover that comes back.
func (p PendingView) Share() float64 { return p.Coming.Value / max(1, float64(p.Turnover)) }

// NewcomersView is by what is told how often customers order after their first order.
type NewcomersView struct {
	// Name and Models are the purchase models that tell how it goes on after Weeks,
	// which is how long enough of the brand's customers were watched.
	Name   string
	Models []string
	Weeks  int // 0: none were, the models tell all of it
}

// RateView is how often the buyers of a group buy again over what is usual.
type RateView struct {
	Repeats, Usual   float64 // repeat orders that came, and that were to be expected
	Value, Low, High float64 // factor with its central 80 %
	Prior            float64 // share of it that is still 1, 0..1
	// Forecast is the factor that forecasts hold, 0 where they hold none, and
	// ForecastPrior the share of it that is still 1.
	Forecast, ForecastPrior float64
}

// BulkView is what stands out among a customer's orders.
type BulkView struct {
	Orders  int       // bulk for what was bought; 0: none
	From    money.Fen // amount from which on the largest is
	Largest money.Fen
}

// factor writes a factor: ×1.12.
func factor(v float64) string { return "×" + strconv.FormatFloat(v, 'f', 2, 64) }

// rateRow is one group's rate as a page shows it.
type rateRow struct {
	Label string
	Early bool // younger than one purchase cycle
	RateView
}

// Few tells whether the factor says nothing yet.
func (r rateRow) Few() bool { return r.Early || r.Prior > mostPrior }

// mostPrior is from which share of the prior on a factor says nothing.
const mostPrior = .9

// storeRates returns the stores with how often their customers buy again.
func (v *visit) storeRates(w WorthView) []rateRow {
	var rows []rateRow
	for i, s := range w.Sums.Stores {
		if i < len(w.StoreRates) {
			rows = append(rows, rateRow{Label: v.groupLabel(byStore, s.Key, w.Names), RateView: w.StoreRates[i]})
		}
	}
	return rows
}

// orderRates returns the months of first order, latest first.
func (v *visit) orderRates(w WorthView) []rateRow {
	var rows []rateRow
	for i := min(len(w.Sums.Order), len(w.OrderRates)) - 1; i >= 0; i-- {
		if month := w.Sums.Order[i].Month; month != cohort.Earlier {
			rows = append(rows, rateRow{Label: v.lang.month(month), Early: tooEarly(month, w), RateView: w.OrderRates[i]})
		}
	}
	return rows
}

// valueRatesFile is the rates of stores, or of months of first order.
func (v *visit) valueRatesFile() error {
	by := v.r.URL.Query().Get("by")
	if by != string(byStore) && by != string(byOrder) {
		return fault.New(fault.NotFound, "no rates by %q", by)
	}
	page, err := v.worth("groups", WorthQuery{})
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.text("first.group"), v.lang.text("rate.repeats"), v.lang.text("rate.usual"), v.lang.text("rate.factor"), v.lang.text("first.low"), v.lang.text("first.high"), v.lang.text("first.prior"), v.lang.text("rate.forecast"), v.lang.text("rate.forecast_prior")}}
	var rows []rateRow
	switch {
	case !page.View.Exists:
	case by == string(byStore):
		rows = v.storeRates(page.View)
	default:
		rows = v.orderRates(page.View)
	}
	for _, r := range rows {
		cells := []sheet.Cell{sheet.Text(r.Label), decimal(r.Repeats), decimal(r.Usual), sheet.Text(""), sheet.Text(""), sheet.Text(""), decimal(r.Prior), sheet.Text(""), sheet.Text("")}
		if !r.Few() {
			cells[3], cells[4], cells[5] = decimal(r.Value), decimal(r.Low), decimal(r.High)
		}
		if r.Forecast > 0 {
			cells[7], cells[8] = decimal(r.Forecast), decimal(r.ForecastPrior)
		}
		t.rows = append(t.rows, cells)
	}
	return v.tableFile("rates.csv", t)
}
