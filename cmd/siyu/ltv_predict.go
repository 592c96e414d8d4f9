package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"siyu/internal/clock"
	"siyu/internal/insight/ltv"
	"siyu/internal/stats/btyd"
)

type ltvPredictCmd struct {
	transactionFile `embed:""`
	modelFlag       `embed:""`
	weeksFlag       `embed:""`
	jsonFlag        `embed:""`
	Until           dayFlag `required:"" placeholder:"DATE" help:"Last day to use, inclusive."`
	Out             string  `required:"" placeholder:"FILE" help:"Where to write the customers, as csv. Low and high bound at least 80 % of what is likely."`
	Distribution    string  `placeholder:"FILE" help:"Where to write the distributions of orders, as csv: id,k,cdf for k = 0, 1, ... until cdf is at least .9999."`
	Discount        float64 `placeholder:"RATE" help:"Also tell discounted orders and value, at a rate per year such as 0.1: of the weeks ahead, and, where Pareto/NBD is among the chosen, of the whole future."`
}

// Validate refuses names nobody knows, impossible horizons and rates.
func (c *ltvPredictCmd) Validate() error {
	err := errors.Join(c.modelFlag.Validate(), c.weeksFlag.Validate())
	if c.Discount < 0 || c.Discount > 10 {
		err = errors.Join(err, fmt.Errorf("--discount %v: expected a rate per year such as 0.1", c.Discount))
	}
	return err
}

// ltvPrediction is the answer of siyu ltv predict.
type ltvPrediction struct {
	Customers int      `json:"customers"`
	Chosen    string   `json:"chosen"`
	Members   []string `json:"members"`
	Weeks     int      `json:"weeks"`
	ltv.Totals
	Seconds float64 `json:"seconds"`
}

// Run writes the files and answers with an ltvPrediction.
func (c *ltvPredictCmd) Run(out *answer) error {
	watch := clock.System{}
	start := watch.Now()
	orders, err := c.read()
	if err != nil {
		return err
	}
	study, err := c.study(orders, studyOf{c.names(), c.Until.Day, c.days()})
	if err != nil {
		return err
	}
	result := ltvPrediction{Customers: study.Customers(), Chosen: study.Choice.Name, Members: study.Choice.Members, Weeks: c.Weeks}
	if result.Totals, err = c.write(study, orders.hasAmounts); err != nil {
		return err
	}
	result.Seconds = watch.Now().Sub(start).Seconds()
	return out.give(result, func(w io.Writer) {
		fmt.Fprintf(w, "%d customers; %s expects %.0f orders in %d weeks (80 %%: %.0f to %.0f)\n",
			result.Customers, chosenInWords(study.Choice), result.Orders, c.Weeks, result.Low, result.High)
	})
}

// write writes both files. Neither appears before it is whole.
func (c *ltvPredictCmd) write(study *ltv.Study, hasAmounts bool) (totals ltv.Totals, err error) {
	spec := ltv.PredictSpec{Discount: btyd.Continuous(c.Discount), CDF: c.Distribution != ""}
	if hasAmounts {
		spend, _ := btyd.FitSpend(study.Summaries())
		spec.Spend = &spend
	}
	customers, err := newTable(c.Out)
	if err != nil {
		return totals, err
	}
	defer customers.discard()
	distributions, err := newTable(c.Distribution)
	if err != nil {
		return totals, err
	}
	defer distributions.discard()
	customers.write(predictionColumns(spec)...)
	distributions.write("id", "k", "cdf")
	totals, err = study.Predict(spec, func(p ltv.Prediction) error {
		customers.write(predictionCells(p, spec)...)
		for k, cdf := range p.CDF {
			distributions.write(p.Customer, strconv.Itoa(k), decimal(cdf))
		}
		return errors.Join(customers.rows.Error(), distributions.rows.Error())
	})
	if err != nil {
		return totals, err
	}
	return totals, errors.Join(customers.keep(), distributions.keep())
}

func predictionColumns(spec ltv.PredictSpec) []string {
	columns := []string{"id", "p_alive", "expected_orders", "expected_orders_low", "expected_orders_high",
		"expected_value", "expected_value_low", "expected_value_high", "expected_amount", "repeats", "weeks_to_last", "weeks"}
	if spec.Discount > 0 {
		columns = append(columns, "discounted_orders", "discounted_value", "residual_orders", "residual_value")
	}
	return columns
}

// predictionCells leaves amounts empty where there are none.
func predictionCells(p ltv.Prediction, spec ltv.PredictSpec) []string {
	amount := func(v float64) string {
		if spec.Spend == nil {
			return ""
		}
		return decimal(v)
	}
	cells := []string{p.Customer, decimal(p.Alive), decimal(p.Orders), strconv.Itoa(p.OrdersLow), strconv.Itoa(p.OrdersHigh),
		amount(p.Value), amount(p.ValueLow), amount(p.ValueHigh), amount(p.PerOrder),
		strconv.Itoa(p.Summary.Frequency), decimal(float64(p.Summary.Recency)), decimal(float64(p.Summary.Age))}
	if spec.Discount > 0 {
		cells = append(cells, decimal(p.DiscountedOrders), amount(p.DiscountedOrders*p.PerOrder), residual(p.ResidualOrders), "")
		if p.ResidualOrders > 0 {
			cells[len(cells)-1] = amount(p.ResidualOrders * p.PerOrder)
		}
	}
	return cells
}

// residual is empty where no chosen model tells it.
func residual(orders float64) string {
	if orders == 0 {
		return ""
	}
	return decimal(orders)
}

// decimal writes seven digits, more than any forecast is good for.
func decimal(v float64) string { return strconv.FormatFloat(v, 'g', 7, 64) }

// table is a csv file that appears under its name when it is whole; without a
// name it is nothing.
type table struct {
	path string
	file *os.File
	out  *bufio.Writer
	rows *csv.Writer
}

func newTable(path string) (*table, error) {
	t := &table{path: path, rows: csv.NewWriter(io.Discard)}
	if path == "" {
		return t, nil
	}
	var err error
	if t.file, err = os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*"); err != nil {
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	t.out = bufio.NewWriterSize(t.file, 1<<16)
	t.rows = csv.NewWriter(t.out)
	return t, nil
}

// write adds a row; the first failure is told by rows.Error.
func (t *table) write(cells ...string) {
	if t.file != nil {
		_ = t.rows.Write(cells)
	}
}

// keep completes the file and gives it its name.
func (t *table) keep() error {
	if t.file == nil {
		return nil
	}
	t.rows.Flush()
	err := errors.Join(t.rows.Error(), t.out.Flush(), t.file.Chmod(0o644), t.file.Close())
	if err == nil {
		err = os.Rename(t.file.Name(), t.path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", t.path, err)
	}
	t.file = nil
	return nil
}

// discard removes what was not kept.
func (t *table) discard() {
	if t.file != nil {
		_ = errors.Join(t.file.Close(), os.Remove(t.file.Name()))
	}
}
