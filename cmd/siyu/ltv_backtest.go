package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"siyu/internal/insight/ltv"
)

type ltvBacktestCmd struct {
	transactionFile `embed:""`
	modelFlag       `embed:""`
	jsonFlag        `embed:""`
	Cut             dayFlag `required:"" placeholder:"DATE" help:"Last day the models may see, inclusive."`
	End             dayFlag `required:"" placeholder:"DATE" help:"Last day they are judged on, inclusive."`
	Origins         int     `placeholder:"N" help:"Repeat the backtest from N cuts, this one and earlier ones, each as many days ahead; tells how often the intervals hold the total."`
	Step            int     `default:"28" placeholder:"DAYS" help:"Days between those cuts. Default: 28."`
}

// Validate refuses an empty horizon and impossible origins.
func (c *ltvBacktestCmd) Validate() error {
	err := c.modelFlag.Validate()
	if c.End.Day <= c.Cut.Day {
		err = errors.Join(err, fmt.Errorf("--end %s: expected a day after --cut %s", c.End.Time().Format(time.DateOnly), c.Cut.Time().Format(time.DateOnly)))
	}
	if c.Origins < 0 || c.Step < 1 {
		err = errors.Join(err, fmt.Errorf("--origins %d, --step %d: expected at least 0 and 1", c.Origins, c.Step))
	}
	return err
}

// ltvBacktest is the answer of siyu ltv backtest.
type ltvBacktest struct {
	ltv.Backtest
	// LastOrder is the day of the file's last order, so many days before --end.
	LastOrder string `json:"last_order"`
	After     int    `json:"days_after"`
}

// Run judges the models and answers with an ltvBacktest.
func (c *ltvBacktestCmd) Run(out *answer) error {
	orders, err := c.read()
	if err != nil {
		return err
	}
	if err := c.judgeable(orders.log, c.Cut.Day, out); err != nil {
		return err
	}
	result := ltvBacktest{Backtest: ltv.RunBacktest(orders.log, c.names(), c.Cut.Day, c.End.Day)}
	result.LastOrder, result.After = c.ends(orders.log, "--end", c.End.Day, out)
	if !orders.hasAmounts {
		result.Spend = nil
	}
	if c.Origins > 0 {
		result.Rolling = ltv.RunRolling(orders.log, c.names(), ltv.RollingSpec{Cut: c.Cut.Day, End: c.End.Day, Origins: c.Origins, Step: c.Step, First: &result.Backtest})
	}
	return out.give(result, func(w io.Writer) { writeBacktest(w, result.Backtest, int(c.End.Day-c.Cut.Day)) })
}

func writeBacktest(w io.Writer, b ltv.Backtest, days int) {
	fmt.Fprintf(w, "%d customers. Orders after the cut: %.0f; %s expected %.0f (80 %%: %.0f to %.0f)\n",
		b.Customers, b.ActualTotal, chosenInWords(b.Choice), b.PredictedTotal, b.TotalLow, b.TotalHigh)
	writeLimits(w, b.Choice, days)
	fmt.Fprintln(w, "\nmodel          rps  deviance    bias  cover80     mae    rmse   hit10  capt10  spearm     auc")
	for _, s := range b.Models {
		bias := "-"
		if b.ActualTotal > 0 {
			bias = fmt.Sprintf("%+.1f%%", 100*s.Bias)
		}
		fmt.Fprintf(w, "%-10s %7.4f %9.4f %7s %7.1f%% %7.4f %7.4f %7.3f %7.3f %7.3f %7.3f\n",
			s.Name, s.RPS, s.Deviance, bias, 100*s.Coverage80, s.MAE, s.RMSE, s.Hit10, s.Capture10, s.Spearman, s.AUC)
	}
	fmt.Fprintln(w, "\ntenth  orders expected  actual  no order expected  actual  in the 80 %")
	for i, d := range b.Calibration {
		fmt.Fprintf(w, "%5d  %15.3f %7.3f  %16.1f%% %6.1f%%  %10.1f%%\n", i+1, d.Expected, d.Actual, 100*d.NoneExpected, 100*d.None, 100*d.Coverage80)
	}
	if s := b.Spend; s != nil {
		fmt.Fprintf(w, "\namount of an order, %d customers: crps %.4g, without their own orders %.4g; mean absolute error %.4g, of the own mean %.4g; rank correlation with the number of orders %.3f (%d repeat buyers, p = %.2g)\n",
			s.Customers, s.CRPS, s.Pooled, s.MAE, s.OwnMean, s.Dependence, s.Spenders, s.DependenceP)
		v := s.Value
		fmt.Fprintf(w, "value of %d customers: %.1f%% within their interval of about 80 %%, %.1f%% under, %.1f%% over; of the %d whose interval begins above nothing %.1f%% within; total %.6g, expected %.6g (80 %%: %.6g to %.6g)\n",
			v.Customers, 100*v.Coverage80, 100*v.Below, 100*v.Above, v.Bounded, 100*v.BoundedCoverage, v.Actual, v.Predicted, v.Low, v.High)
	}
	if b.Rolling != nil {
		writeRolling(w, *b.Rolling)
	}
}

func writeRolling(w io.Writer, r ltv.Rolling) {
	fmt.Fprintf(w, "\n%d cuts; the 80 %% interval held the total in %.0f %%\n\n", len(r.Origins), 100*r.Held)
	fmt.Fprintln(w, "cut         customers     actual  predicted        low       high     rps  chosen")
	for _, o := range r.Origins {
		fmt.Fprintf(w, "%s  %9d %10.0f %10.0f %10.0f %10.0f %7.4f  %s\n", o.Cut, o.Customers, o.ActualTotal, o.PredictedTotal, o.TotalLow, o.TotalHigh, o.RPS, o.Chosen)
	}
	fmt.Fprintln(w, "\nmodel          rps  error of total  cover80")
	for _, m := range r.Models {
		fmt.Fprintf(w, "%-10s %7.4f %14.1f%% %7.1f%%\n", m.Name, m.RPS, 100*m.TotalError, 100*m.Coverage80)
	}
}
