package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

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
		spend, _ := btyd.FitSpend(study.Spenders())
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
	pages := predictionPages{spec: spec, customers: customers, distributions: distributions}
	err = errors.Join(customers.write(strings.Join(predictionColumns(spec), ",")), distributions.write("id,k,cdf"))
	if err != nil {
		return totals, err
	}
	if totals, err = study.Predict(spec, pages.add); err != nil {
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

// predictionPages writes predictions. What customers share is put into words
// once: a million customers have a hundred thousand patterns.
type predictionPages struct {
	spec          ltv.PredictSpec
	customers     *table
	distributions *table
	shared        []sharedCells // by pattern
	line          []byte
}

// sharedCells are the cells before and after the amounts, and what follows the
// id in the lines of the distribution.
type sharedCells struct {
	before, after, discounted, residual string
	cdf                                 []string
}

func (s *predictionPages) add(p ltv.Prediction) error {
	for len(s.shared) <= p.Pattern {
		s.shared = append(s.shared, sharedCells{})
	}
	shared := &s.shared[p.Pattern]
	if shared.before == "" {
		*shared = s.share(p)
	}
	id := csvCell(p.Customer)
	s.line = append(append(s.line[:0], id...), shared.before...)
	s.line = s.amount(s.line, p.Value)
	s.line = s.amount(s.line, p.ValueLow)
	s.line = s.amount(s.line, p.ValueHigh)
	s.line = s.amount(s.line, p.PerOrder)
	s.line = append(s.line, shared.after...)
	if s.spec.Discount > 0 {
		s.line = s.amount(append(s.line, shared.discounted...), p.DiscountedOrders*p.PerOrder)
		s.line = append(s.line, shared.residual...)
		if p.ResidualOrders > 0 {
			s.line = s.amount(s.line, p.ResidualOrders*p.PerOrder)
		} else {
			s.line = append(s.line, ',')
		}
	}
	err := s.customers.write(string(s.line))
	for _, cells := range shared.cdf {
		err = errors.Join(err, s.distributions.write(id+cells))
	}
	return err
}

// amount appends a cell, empty where there are no amounts.
func (s *predictionPages) amount(line []byte, v float64) []byte {
	if line = append(line, ','); s.spec.Spend == nil {
		return line
	}
	return strconv.AppendFloat(line, v, 'g', digits, 64)
}

func (s *predictionPages) share(p ltv.Prediction) sharedCells {
	shared := sharedCells{
		before:     cells(p.Alive, p.Orders, float64(p.OrdersLow), float64(p.OrdersHigh)),
		after:      cells(float64(p.Summary.Frequency), float64(p.Summary.Recency), float64(p.Summary.Age)),
		discounted: cells(p.DiscountedOrders), residual: ","}
	if p.ResidualOrders > 0 {
		shared.residual = cells(p.ResidualOrders)
	}
	for k, cdf := range p.CDF {
		shared.cdf = append(shared.cdf, cells(float64(k), cdf))
	}
	return shared
}

// digits is more than any forecast is good for.
const digits = 7

// cells returns the numbers, a comma before each.
func cells(numbers ...float64) string {
	var line []byte
	for _, v := range numbers {
		line = strconv.AppendFloat(append(line, ','), v, 'g', digits, 64)
	}
	return string(line)
}

// csvCell quotes a text that would break a line (RFC 4180).
func csvCell(text string) string {
	if !strings.ContainsAny(text, ",\"\r\n") && text == strings.TrimSpace(text) {
		return text
	}
	return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
}

// table is a csv file that appears under its name when it is whole; without a
// name it is nothing.
type table struct {
	path string
	file *os.File
	out  *bufio.Writer
}

func newTable(path string) (*table, error) {
	t := &table{path: path}
	if path == "" {
		return t, nil
	}
	var err error
	if t.file, err = os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*"); err != nil {
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	t.out = bufio.NewWriterSize(t.file, 1<<16)
	return t, nil
}

// write adds a line.
func (t *table) write(line string) error {
	if t.file == nil {
		return nil
	}
	if _, err := t.out.WriteString(line); err != nil {
		return fmt.Errorf("writing %s: %w", t.path, err)
	}
	return t.out.WriteByte('\n')
}

// keep completes the file and gives it its name.
func (t *table) keep() error {
	if t.file == nil {
		return nil
	}
	err := errors.Join(t.out.Flush(), t.file.Chmod(0o644), t.file.Close())
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
