package main

import (
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
	Model []string `default:"auto" placeholder:"NAME" help:"Models, separated by commas: auto (all), bgnbd, pooled."`
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
	return f.Model
}

type ltvFitCmd struct {
	transactionFile `embed:""`
	modelFlag       `embed:""`
	jsonFlag        `embed:""`
	Until           dayFlag `required:"" placeholder:"DATE" help:"Last day to use, inclusive."`
}

// ltvFit is the answer of siyu ltv fit.
type ltvFit struct {
	Models    []ltvModel `json:"models"`
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
}

type ltvSpend struct {
	P             float64 `json:"p"`
	Q             float64 `json:"q"`
	V             float64 `json:"v"`
	LogLikelihood float64 `json:"log_likelihood"`
	Converged     bool    `json:"converged"`
	AtBorder      bool    `json:"at_border"`
	Repeaters     int     `json:"repeaters"`
}

// Run fits the models and answers with an ltvFit.
func (c *ltvFitCmd) Run(out *answer) error {
	orders, err := c.read()
	if err != nil {
		return err
	}
	customers := orders.log.Summaries(c.Until.Day)
	if len(customers) == 0 {
		return fault.New(fault.Invalid, "%s: no orders until %s", c.Transactions, c.Until.Time().Format(time.DateOnly))
	}
	tuples := btyd.Compress(customers)
	result := ltvFit{Customers: len(customers), Tuples: len(tuples), Returns: orders.log.Returns}
	for _, name := range c.names() {
		result.Models = append(result.Models, fitTimed(name, tuples, clock.System{}))
	}
	if orders.hasAmounts {
		result.Spend = fitSpend(customers)
	}
	return out.give(result, func(w io.Writer) { writeFit(w, result) })
}

func fitTimed(name string, tuples []btyd.Tuple, watch clock.Clock) ltvModel {
	start := watch.Now()
	_, fit := ltv.FitModel(name, tuples)
	m := ltvModel{Name: name, LogLikelihood: fit.LogLikelihood, Converged: fit.Converged, AtBorder: fit.AtBorder,
		Seconds: watch.Now().Sub(start).Seconds(), Params: map[string]float64{}, StdErrors: map[string]float64{}}
	for _, p := range fit.Parameters {
		m.Params[p.Name], m.StdErrors[p.Name] = p.Value, p.Error
	}
	return m
}

func fitSpend(customers []btyd.Summary) *ltvSpend {
	spend, fit := btyd.FitSpend(customers)
	s := &ltvSpend{P: spend.P, Q: spend.Q, V: spend.V, LogLikelihood: fit.LogLikelihood, Converged: fit.Converged, AtBorder: fit.AtBorder}
	for _, c := range customers {
		if c.Frequency > 0 && c.Monetary > 0 {
			s.Repeaters++
		}
	}
	return s
}

func writeFit(w io.Writer, fit ltvFit) {
	fmt.Fprintf(w, "%d customers, %d patterns of buying\n", fit.Customers, fit.Tuples)
	for _, m := range fit.Models {
		fmt.Fprintf(w, "\n%s  log-likelihood %.4f%s\n", m.Name, m.LogLikelihood, doubts(m.Converged, m.AtBorder))
		for _, name := range slices.Sorted(maps.Keys(m.Params)) {
			fmt.Fprintf(w, "  %-6s %12.6g  +- %.3g\n", name, m.Params[name], m.StdErrors[name])
		}
	}
	if s := fit.Spend; s != nil {
		fmt.Fprintf(w, "\nspend  log-likelihood %.4f%s, %d repeat buyers\n  p %.6g  q %.6g  v %.6g\n",
			s.LogLikelihood, doubts(s.Converged, s.AtBorder), s.Repeaters, s.P, s.Q, s.V)
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

type ltvBacktestCmd struct {
	transactionFile `embed:""`
	modelFlag       `embed:""`
	jsonFlag        `embed:""`
	Cut             dayFlag `required:"" placeholder:"DATE" help:"Last day the models may see, inclusive."`
	End             dayFlag `required:"" placeholder:"DATE" help:"Last day they are judged on, inclusive."`
}

// Validate refuses an empty horizon.
func (c *ltvBacktestCmd) Validate() error {
	if c.End.Day <= c.Cut.Day {
		return fmt.Errorf("--end %s: expected a day after --cut %s", c.End.Time().Format(time.DateOnly), c.Cut.Time().Format(time.DateOnly))
	}
	return c.modelFlag.Validate()
}

// Run judges the models and answers with an ltv.Backtest.
func (c *ltvBacktestCmd) Run(out *answer) error {
	orders, err := c.read()
	if err != nil {
		return err
	}
	result := ltv.RunBacktest(orders.log, c.names(), c.Cut.Day, c.End.Day)
	if result.Customers == 0 {
		return fault.New(fault.Invalid, "%s: no orders until %s", c.Transactions, c.Cut.Time().Format(time.DateOnly))
	}
	return out.give(result, func(w io.Writer) { writeBacktest(w, result) })
}

func writeBacktest(w io.Writer, b ltv.Backtest) {
	fmt.Fprintf(w, "%d customers. Orders after the cut: %.0f; %s expected %.0f (80 %%: %.0f to %.0f)\n\n",
		b.Customers, b.ActualTotal, b.Chosen, b.PredictedTotal, b.TotalLow, b.TotalHigh)
	fmt.Fprintln(w, "model          rps  deviance    bias  cover80     mae    rmse   hit10  capt10  spearm     auc")
	for _, s := range b.Models {
		fmt.Fprintf(w, "%-10s %7.4f %9.4f %+6.1f%% %7.1f%% %7.4f %7.4f %7.3f %7.3f %7.3f %7.3f\n",
			s.Name, s.RPS, s.Deviance, 100*s.Bias, 100*s.Coverage80, s.MAE, s.RMSE, s.Hit10, s.Capture10, s.Spearman, s.AUC)
	}
}
