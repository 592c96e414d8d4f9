package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	Out             string  `required:"" placeholder:"FILE" help:"Where to write the customers, as csv. Low and high bound at least 80 % of what is likely of orders, about 80 % of value."`
	Distribution    string  `placeholder:"FILE" help:"Where to write the distributions of orders, as csv: id,k,cdf for k = 0, 1, ... until cdf is at least .9999."`
	Discount        float64 `placeholder:"RATE" help:"Also tell discounted orders and value, at a rate per year such as 0.1: of the weeks ahead, and, where Pareto/NBD is among the chosen, of the whole future."`
}

// Validate refuses names nobody knows, impossible horizons and rates.
func (c *ltvPredictCmd) Validate() error {
	err := errors.Join(c.modelFlag.Validate(), c.weeksFlag.Validate())
	if !(c.Discount >= 0 && c.Discount <= 10) {
		err = errors.Join(err, fmt.Errorf("--discount %v: expected a rate per year such as 0.1", c.Discount))
	}
	for _, pair := range [][2]string{{c.Out, c.Transactions}, {c.Out, c.Distribution}, {c.Distribution, c.Transactions}} {
		if sameFile(pair[0], pair[1]) {
			err = errors.Join(err, fmt.Errorf("%s: expected another file for each of --transactions, --out and --distribution", pair[0]))
		}
	}
	return err
}

// sameFile tells that two paths lead to one regular file, or would.
func sameFile(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	one, errOne := os.Stat(a)
	other, errOther := os.Stat(b)
	if errOne == nil && errOther == nil {
		return one.Mode().IsRegular() && os.SameFile(one, other)
	}
	return filepath.Clean(a) == filepath.Clean(b)
}

// ltvPrediction is the answer of siyu ltv predict.
type ltvPrediction struct {
	Customers int      `json:"customers"`
	Chosen    string   `json:"chosen"`
	Members   []string `json:"members"`
	Weeks     int      `json:"weeks"`
	Calendar  bool     `json:"calendar"` // festivals are in the forecast
	// Prior: the Repeats until the day are too few to learn from, so that what is
	// usual of brands speaks; else Repeats is 0.
	Prior   bool `json:"prior"`
	Repeats int  `json:"repeats"`
	// Judged is how many days ahead the choice was judged; 0: it was not.
	Judged int `json:"inner_days"`
	// SpendPrior: no repeat order had an amount, so that amounts are what is usual
	// around the mean order.
	SpendPrior bool `json:"spend_prior"`
	Returns    int  `json:"returns"` // customer days with a negative net amount, left out
	// LastOrder is the day of the file's last order, so many days before --until.
	LastOrder string `json:"last_order"`
	After     int    `json:"days_after"`
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
	if err := c.judgeable(orders.log, c.Until.Day, out); err != nil {
		return err
	}
	study := ltv.NewStudy(orders.log, c.names(), c.Until.Day, c.days())
	result := ltvPrediction{Customers: study.Customers(), Returns: orders.log.Returns, Chosen: study.Choice.Name, Members: study.Choice.Members, Weeks: c.Weeks, Calendar: study.Choice.Calendar.Used,
		Prior: study.Choice.Prior, Repeats: study.Choice.Repeats, Judged: study.Choice.Judged}
	spec := ltv.PredictSpec{Discount: btyd.Continuous(c.Discount), CDF: c.Distribution != ""}
	if orders.hasAmounts {
		spend := study.Spend()
		spec.Spend, result.SpendPrior = &spend.Spend, spend.Prior
	}
	result.LastOrder, result.After = c.ends(orders.log, "--until", c.Until.Day, out)
	if result.Totals, err = c.write(study, spec); err != nil {
		return err
	}
	result.Seconds = watch.Now().Sub(start).Seconds()
	return out.give(result, func(w io.Writer) {
		fmt.Fprintf(w, "%d customers; %s expects %.0f orders in %d weeks (80 %%: %.0f to %.0f)\n",
			result.Customers, chosenInWords(study.Choice), result.Orders, c.Weeks, result.Low, result.High)
		if v := result.ValueTotal; v != nil {
			fmt.Fprintf(w, "They are worth %.6g (80 %%: %.6g to %.6g).\n", v.Value, v.ValueLow, v.ValueHigh)
		}
		writeLimits(w, study.Choice, c.days())
		if result.SpendPrior {
			fmt.Fprintln(w, "No repeat order had an amount: amounts are assumed around the mean order.")
		}
	})
}

// write writes both files. Neither appears before it is whole.
func (c *ltvPredictCmd) write(study *ltv.Study, spec ltv.PredictSpec) (totals ltv.Totals, err error) {
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
	err = errors.Join(customers.write([]byte(strings.Join(predictionColumns(spec), ",")+"\n")), distributions.write([]byte("id,k,cdf\n")))
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
	texts         [][]byte      // what is shared: one growing text would be copied again and again
	text          []byte        // the one of these at hand
	own           []byte        // what is not kept for others
	shared        []sharedCells // by pattern
	id            []byte
}

// Shared texts are filled up to textBytes each, and no more are kept than
// mostTexts: what is known of every customer may fill more memory than it takes
// time to put into words again.
const (
	textBytes = 1 << 20
	mostTexts = 48
)

// sharedCells are where in the text of a number the cells begin, where those
// before and after the amounts, the discounted and the residual orders end, each
// with a comma before it; then the rest of a whole line, of customers who share
// that too, and what follows the id in the lines of the distribution.
type sharedCells struct {
	number, begin, before, after, discounted, residual, whole, cdf int32
}

func (s *predictionPages) add(p *ltv.Prediction) error {
	shared := s.sharedBy(p)
	s.id = appendCell(s.id[:0], p.Customer)
	lines := append(s.customers.lines, s.id...)
	if p.Alike {
		lines = append(lines, s.text[shared.residual:shared.whole]...)
	} else {
		lines = s.rest(lines, p, shared)
	}
	if err := s.customers.write(lines); err != nil || s.distributions.file == nil {
		return err
	}
	return s.distribute(s.text[shared.whole:shared.cdf])
}

// sharedBy returns the cells of the customer's pattern and takes their text at
// hand.
func (s *predictionPages) sharedBy(p *ltv.Prediction) sharedCells {
	for len(s.shared) <= p.Pattern {
		s.shared = append(s.shared, sharedCells{})
	}
	shared := s.shared[p.Pattern]
	if shared.cdf > 0 {
		s.text = s.texts[shared.number]
		return shared
	}
	last := len(s.texts) - 1
	if last < 0 || len(s.texts[last]) > textBytes {
		if last+1 == mostTexts {
			s.text = s.own[:0]
			shared = s.share(p)
			s.own = s.text
			return shared
		}
		s.texts = append(s.texts, make([]byte, 0, textBytes+textBytes/64))
		last++
	}
	s.text = s.texts[last]
	shared = s.share(p)
	shared.number = int32(last)
	s.texts[last], s.shared[p.Pattern] = s.text, shared
	return shared
}

// rest appends a line from behind the id.
func (s *predictionPages) rest(line []byte, p *ltv.Prediction, shared sharedCells) []byte {
	line = append(line, s.text[shared.begin:shared.before]...)
	line = s.amount(line, p.Value)
	line = s.amount(line, p.ValueLow)
	line = s.amount(line, p.ValueHigh)
	line = s.amount(line, p.PerOrder)
	line = append(line, s.text[shared.before:shared.after]...)
	if s.spec.Discount > 0 {
		line = s.amount(append(line, s.text[shared.after:shared.discounted]...), p.DiscountedOrders*p.PerOrder)
		line = append(line, s.text[shared.discounted:shared.residual]...)
		if p.ResidualOrders > 0 {
			line = s.amount(line, p.ResidualOrders*p.PerOrder)
		} else {
			line = append(line, ',')
		}
	}
	return append(line, '\n')
}

// distribute writes the lines of one distribution.
func (s *predictionPages) distribute(shared []byte) error {
	lines := s.distributions.lines
	for len(shared) > 0 {
		end := bytes.IndexByte(shared, '\n') + 1
		lines = append(append(lines, s.id...), shared[:end]...)
		shared = shared[end:]
	}
	return s.distributions.write(lines)
}

// amount appends a cell, empty where there are no amounts.
func (s *predictionPages) amount(line []byte, v float64) []byte {
	if line = append(line, ','); s.spec.Spend == nil {
		return line
	}
	return appendNumber(line, v)
}

// share adds the cells of a pattern to the text.
func (s *predictionPages) share(p *ltv.Prediction) sharedCells {
	shared := sharedCells{begin: int32(len(s.text))}
	shared.before = s.cells(p.Alive, p.Orders, float64(p.OrdersLow), float64(p.OrdersHigh))
	shared.after = s.cells(float64(p.Summary.Frequency), float64(p.Summary.Recency), float64(p.Summary.Age))
	shared.discounted = s.cells(p.DiscountedOrders)
	if p.ResidualOrders > 0 {
		shared.residual = s.cells(p.ResidualOrders)
	} else {
		s.text = append(s.text, ',')
		shared.residual = int32(len(s.text))
	}
	if p.Alike {
		s.text = s.rest(s.text, p, shared)
	}
	shared.whole = int32(len(s.text))
	for k, cdf := range p.CDF {
		s.cells(float64(k), cdf)
		s.text = append(s.text, '\n')
	}
	shared.cdf = int32(len(s.text))
	return shared
}

// cells adds the numbers to the text, a comma before each, and returns where
// they end.
func (s *predictionPages) cells(numbers ...float64) int32 {
	for _, v := range numbers {
		s.text = appendNumber(append(s.text, ','), v)
	}
	return int32(len(s.text))
}

// table is a csv file that appears under its name when it is whole; without a
// name it is nothing. What is no regular file - a pipe, a device - is written to
// as it is.
type table struct {
	path   string
	file   *os.File
	direct bool
	lines  []byte // still to be written
}

// writeBytes is how much is written at once.
const writeBytes = 1 << 18

func newTable(path string) (*table, error) {
	t := &table{path: path}
	if path == "" {
		return t, nil
	}
	t.lines = make([]byte, 0, writeBytes+writeBytes/16)
	found, err := os.Stat(path)
	if t.direct = err == nil && !found.Mode().IsRegular(); t.direct {
		if t.file, err = os.OpenFile(path, os.O_WRONLY, 0); err != nil {
			return nil, fmt.Errorf("writing: %w", err)
		}
		return t, nil
	}
	if t.file, err = os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*"); err != nil {
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	return t, nil
}

// write takes lines that begin with those still to be written.
func (t *table) write(lines []byte) error {
	t.lines = lines
	if len(lines) < writeBytes {
		return nil
	}
	return t.flush()
}

func (t *table) flush() error {
	lines := t.lines
	t.lines = t.lines[:0]
	if t.file == nil {
		return nil
	}
	if _, err := t.file.Write(lines); err != nil {
		return fmt.Errorf("writing %s: %w", t.path, err)
	}
	return nil
}

// keep completes the file and gives it its name.
func (t *table) keep() error {
	if t.file == nil {
		return nil
	}
	if err := t.flush(); err != nil {
		return err
	}
	var err error
	if t.direct {
		err = t.file.Close()
	} else if err = errors.Join(t.file.Chmod(0o644), t.file.Close()); err == nil {
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
	if t.file == nil {
		return
	}
	_ = t.file.Close()
	if !t.direct {
		_ = os.Remove(t.file.Name())
	}
}
