package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
	"siyu/internal/insight/ltv"
	"siyu/internal/stats/btyd"
)

// ltvCmd is the analyst's room: it needs no database.
type ltvCmd struct {
	Fit      ltvFitCmd      `cmd:"" help:"Fit purchase models to a log of orders. Example: siyu ltv fit --transactions orders.csv --until 2025-06-30 --json"`
	Backtest ltvBacktestCmd `cmd:"" help:"Judge purchase models on orders they have not seen. Example: siyu ltv backtest --transactions orders.csv --cut 2025-03-31 --end 2025-09-30"`
	Predict  ltvPredictCmd  `cmd:"" help:"Tell what every customer is expected to buy. Example: siyu ltv predict --transactions orders.csv --until 2025-06-30 --weeks 26 --out customers.csv"`
}

// dayFlag is a calendar day on the command line.
type dayFlag struct{ btyd.Day }

// UnmarshalText reads "2025-06-30".
func (d *dayFlag) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("%q: expected a date such as 2025-06-30", text)
	}
	d.Day = btyd.DayOf(t)
	return nil
}

// modelFlag is a list of model names.
type modelFlag struct {
	Model []string `default:"auto" placeholder:"NAME" help:"Models, separated by commas: bgnbd, mbgnbd, pnbd, mbgcnbdk, glm, recent, pooled; auto (all). A choice among them or their equal mixture is made by an inner backtest; recent and pooled are rules to compare with, chosen only if nothing else is named."`
}

// Validate refuses names nobody knows.
func (f modelFlag) Validate() error {
	for _, name := range f.Model {
		if name != ltv.Automatic && !ltv.Named(name) {
			return fmt.Errorf("model %q: expected %s or %s", name, ltv.Automatic, strings.Join(ltv.ModelNames(), ", "))
		}
	}
	return nil
}

func (f modelFlag) names() []string {
	if len(f.Model) == 0 || slices.Contains(f.Model, ltv.Automatic) {
		return ltv.ModelNames()
	}
	var names []string
	for _, name := range f.Model {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

type ltvFitCmd struct {
	transactionFile `embed:""`
	modelFlag       `embed:""`
	weeksFlag       `embed:""`
	jsonFlag        `embed:""`
	Until           dayFlag `required:"" placeholder:"DATE" help:"Last day to use, inclusive."`
}

// weeksFlag is a horizon.
type weeksFlag struct {
	Weeks int `default:"26" placeholder:"N" help:"Weeks ahead that are forecast; the choice among models is made for them. Default: 26."`
}

// Validate refuses horizons that no history can tell anything about.
func (f weeksFlag) Validate() error {
	const most = 520
	if f.Weeks < 1 || f.Weeks > most {
		return fmt.Errorf("--weeks %d: expected 1 to %d", f.Weeks, most)
	}
	return nil
}

func (f weeksFlag) days() int { return 7 * f.Weeks }

// ltvFit is the answer of siyu ltv fit.
type ltvFit struct {
	Models    []ltvModel `json:"models"` // none where nobody bought
	Chosen    string     `json:"chosen"`
	Choice    ltv.Choice `json:"choice"`
	Spend     *ltvSpend  `json:"spend"` // null where the file has no amounts
	Customers int        `json:"customers"`
	Tuples    int        `json:"tuples"`
	Returns   int        `json:"returns"` // customer days with a negative net amount, left out
}

type ltvModel struct {
	Name          string             `json:"name"`
	Params        map[string]float64 `json:"params"`
	StdErrors     map[string]float64 `json:"std_errors"`
	LogLikelihood float64            `json:"log_likelihood"`
	Converged     bool               `json:"converged"`
	AtBorder      bool               `json:"at_border"`
	Seconds       float64            `json:"seconds"`
	// ExpectedNew is how many repeat orders a new customer places within
	// --weeks; null where the model does not tell.
	ExpectedNew *float64 `json:"expected_new"`
}

type ltvSpend struct {
	P             float64 `json:"p"`
	Q             float64 `json:"q"`
	V             float64 `json:"v"`
	LogLikelihood float64 `json:"log_likelihood"`
	Converged     bool    `json:"converged"`
	AtBorder      bool    `json:"at_border"`
	Repeaters     int     `json:"repeaters"`
	// Prior: no repeat order had an amount, so that what is usual around the mean
	// order is assumed.
	Prior bool `json:"prior"`
}

// Validate refuses names nobody knows and impossible horizons.
func (c *ltvFitCmd) Validate() error {
	return errors.Join(c.modelFlag.Validate(), c.weeksFlag.Validate())
}

// Run fits the models and answers with an ltvFit.
func (c *ltvFitCmd) Run(out *answer) error {
	orders, err := c.read()
	if err != nil {
		return err
	}
	if err := c.judgeable(orders.log, c.Until.Day, out); err != nil {
		return err
	}
	c.ends(orders.log, "--until", c.Until.Day, out)
	study := ltv.NewStudy(orders.log, c.names(), c.Until.Day, c.days())
	result := ltvFit{Models: []ltvModel{}, Customers: study.Customers(), Tuples: study.Patterns(), Returns: orders.log.Returns, Chosen: study.Choice.Name, Choice: study.Choice}
	if study.Customers() > 0 {
		for _, name := range study.Fitting(c.names()) {
			result.Models = append(result.Models, fitTimed(study, name, clock.System{}))
		}
	}
	if orders.hasAmounts {
		result.Spend = spendOf(study.Spend())
	}
	return out.give(result, func(w io.Writer) { writeFit(w, result, c.days()) })
}

// judgeable says why nothing can be learned from the orders until a day: such a
// file is wrong use. One of nothing but returns is not: it has no customers, and
// out is told so.
func (f transactionFile) judgeable(log *btyd.Log, until btyd.Day, out *answer) error {
	first, _, ok := log.Span()
	switch {
	case log.Customers() == 0:
		return fault.New(fault.Invalid, "%s: expected rows below the header, there are none", f.Transactions)
	case !ok:
		out.say("%s: nobody bought: the amounts of all %d customer days are negative, and a return is no order", f.Transactions, log.Returns)
	case first > until:
		return fault.New(fault.Invalid, "%s: no orders until %s, the first is of %s", f.Transactions, until.Time().Format(time.DateOnly), first.Time().Format(time.DateOnly))
	}
	return nil
}

// fewDays without an order are usual, so that nothing is said of them.
const fewDays = 7

// ends returns the day of the last order of the log, and how many days that is
// before the last that a flag names. Of more than a few out is told: what came in
// them the file may not hold, and it looks as if nobody bought.
func (f transactionFile) ends(log *btyd.Log, flag string, last btyd.Day, out *answer) (day string, before int) {
	_, latest, ok := log.Span()
	if !ok {
		return "", 0
	}
	day, before = latest.Time().Format(time.DateOnly), max(0, int(last-latest))
	if before > fewDays {
		out.say("%s: the last order is of %s, %d days before %s: what came after it is not in the file, and is taken for nothing", f.Transactions, day, before, flag)
	}
	return day, before
}

func fitTimed(study *ltv.Study, name string, watch clock.Clock) ltvModel {
	start := watch.Now()
	fitted := study.Fit(name)
	fit := fitted.Fit
	m := ltvModel{Name: name, LogLikelihood: fit.LogLikelihood, Converged: fit.Converged, AtBorder: fit.AtBorder,
		Seconds: watch.Now().Sub(start).Seconds(), Params: map[string]float64{}, StdErrors: map[string]float64{}}
	for _, p := range fit.Parameters {
		m.Params[p.Name], m.StdErrors[p.Name] = p.Value, p.Error
	}
	if orders, ok := fitted.ExpectedNew(study.Horizon); ok {
		m.ExpectedNew = &orders
	}
	return m
}

func spendOf(f ltv.SpendFit) *ltvSpend {
	return &ltvSpend{P: f.P, Q: f.Q, V: f.V, LogLikelihood: f.LogLikelihood, Converged: f.Converged, AtBorder: f.AtBorder,
		Repeaters: f.Spenders, Prior: f.Prior}
}

func writeFit(w io.Writer, fit ltvFit, days int) {
	fmt.Fprintf(w, "%d customers, %d patterns of buying; chosen: %s\n", fit.Customers, fit.Tuples, chosenInWords(fit.Choice))
	writeLimits(w, fit.Choice, days)
	for _, m := range fit.Models {
		fmt.Fprintf(w, "\n%s  log-likelihood %.4f%s\n", m.Name, m.LogLikelihood, doubts(m.Converged, m.AtBorder))
		for _, name := range slices.Sorted(maps.Keys(m.Params)) {
			fmt.Fprintf(w, "  %-12s %12.6g  +- %.3g\n", name, m.Params[name], m.StdErrors[name])
		}
		if m.ExpectedNew != nil {
			fmt.Fprintf(w, "  a new customer's repeat orders: %.4g\n", *m.ExpectedNew)
		}
	}
	switch s := fit.Spend; {
	case s == nil:
	case s.Prior:
		fmt.Fprintf(w, "\nspend  no repeat order had an amount: assumed around the mean order\n  p %.6g  q %.6g  v %.6g\n", s.P, s.Q, s.V)
	default:
		fmt.Fprintf(w, "\nspend  log-likelihood %.4f%s, %d repeat buyers\n  p %.6g  q %.6g  v %.6g\n",
			s.LogLikelihood, doubts(s.Converged, s.AtBorder), s.Repeaters, s.P, s.Q, s.V)
	}
}

// chosenInWords names the model, or the members of the mixture, and the calendar
// where it is followed.
func chosenInWords(c ltv.Choice) string {
	words := c.Name
	if len(c.Members) > 1 {
		words = "the equal mixture of " + strings.Join(c.Members, ", ")
	}
	if c.Calendar.Used {
		words += " with the calendar"
	}
	return words
}

// writeLimits says what the choice could not rest on.
func writeLimits(w io.Writer, c ltv.Choice, days int) {
	switch {
	case c.Prior:
		fmt.Fprintf(w, "%d repeat orders: too few to learn from, what is usual of brands speaks.\n", c.Repeats)
	case c.Judged > 0 && c.Judged < days:
		fmt.Fprintf(w, "Asked for %d days ahead, could be judged for %d: the history is too short for more.\n", days, c.Judged)
	}
}

func doubts(converged, atBorder bool) string {
	switch {
	case !converged:
		return " (not converged)"
	case atBorder:
		return " (at the border: held by a weak prior)"
	}
	return ""
}
