package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"siyu/internal/fault"
	"siyu/internal/sheet"
	"siyu/internal/stats/btyd"
)

// transactionFile names a table of orders and its columns, as flags.
type transactionFile struct {
	Transactions string `required:"" type:"existingfile" placeholder:"FILE" help:"Orders, csv or xlsx: one row for each order, with a header. Several orders of a customer on one day count as one."`
	ID           string `name:"id" placeholder:"COL" help:"Column of the customer. Default: id, cust or customer_id."`
	Date         string `placeholder:"COL" help:"Column of the date. Default: date."`
	Amount       string `placeholder:"COL" help:"Column of the amount. Default: amount, if there is one."`
}

// transactions are orders as read from a file.
type transactions struct {
	log        *btyd.Log
	hasAmounts bool
}

// thrifty is how much, in per cent, the heap may grow before it is collected,
// once the orders are read. They are a few large blocks without pointers, so
// that collecting often costs little; millions of them would otherwise take
// twice their room. While they are read the heap is small and grows: collecting
// often would do nothing but cost.
const thrifty = 25

// read returns the orders of the file. The first row that cannot be read is
// an error with line, column, value and what was expected.
func (f transactionFile) read() (transactions, error) {
	reader, err := sheet.Open(f.Transactions, sheet.Options{})
	if err != nil {
		return transactions{}, f.wrong(err)
	}
	t, err := f.readRows(reader)
	debug.SetGCPercent(thrifty)
	if err := errors.Join(err, reader.Close()); err != nil {
		return transactions{}, f.wrong(err)
	}
	return t, nil
}

func (f transactionFile) wrong(err error) error {
	return fault.New(fault.Invalid, "%s: %w", f.Transactions, err)
}

func (f transactionFile) readRows(reader *sheet.Reader) (transactions, error) {
	first, err := reader.Next()
	if errors.Is(err, io.EOF) {
		return transactions{}, errors.New("expected a header and rows, the file is empty")
	}
	if err != nil {
		return transactions{}, err
	}
	columns, err := f.columns(sheet.HeaderOf(first))
	if err != nil {
		return transactions{}, err
	}
	rows := transactionRows{columns: columns, epoch: reader.Info().Epoch, ledger: btyd.NewLedger(), days: map[string]btyd.Day{}}
	if err := rows.addAll(reader); err != nil {
		return transactions{}, err
	}
	return transactions{log: rows.ledger.Close(), hasAmounts: columns.amount >= 0}, nil
}

// transactionColumns are positions in the header; amount is -1 without one.
type transactionColumns struct {
	header                 sheet.Header
	customer, date, amount int
}

func (f transactionFile) columns(h sheet.Header) (transactionColumns, error) {
	c := transactionColumns{header: h}
	var err error
	if c.customer, err = findColumn(h, "customer", "--id", f.ID, "id", "cust", "customer_id"); err != nil {
		return c, err
	}
	if c.date, err = findColumn(h, "date", "--date", f.Date, "date"); err != nil {
		return c, err
	}
	if f.Amount == "" && h.Index("amount") < 0 {
		c.amount = -1
		return c, nil
	}
	c.amount, err = findColumn(h, "amount", "--amount", f.Amount, "amount")
	return c, err
}

// findColumn returns the position of the column named by the flag, or else of
// the first of the usual names.
func findColumn(h sheet.Header, what, flag, name string, usual ...string) (int, error) {
	if name != "" {
		usual = []string{name}
	}
	for _, n := range usual {
		i := h.Index(n)
		if again := h.Index(n + "#2"); name == "" && i >= 0 && again >= 0 {
			return 0, fmt.Errorf("line %d: two columns are named %s: expected one, or %s %s or %s %s", h.Line, h.Names[i], flag, h.Names[i], flag, h.Names[again])
		}
		if i >= 0 {
			return i, nil
		}
	}
	return 0, fmt.Errorf("line %d: no column for the %s: expected %s, or %s COL; the columns are %s",
		h.Line, what, strings.Join(usual, ", "), flag, strings.Join(h.Names, ", "))
}

// transactionRows adds rows to a ledger.
type transactionRows struct {
	columns transactionColumns
	epoch   sheet.Epoch
	ledger  *btyd.Ledger
	usual   usualDays
	days    map[string]btyd.Day // texts already read; a log has few distinct days
}

// daysKept bounds days, for logs whose dates carry seconds.
const daysKept = 1 << 14

func (r *transactionRows) addAll(reader *sheet.Reader) error {
	var cells [][]byte
	for {
		line, found, ok := reader.Plain(cells[:0])
		if cells = found; ok {
			if err := r.addPlain(line, cells); err != nil {
				return err
			}
			continue
		}
		row, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = r.add(row)
		}
		if err != nil {
			return err
		}
	}
}

// addPlain is add for a row that is at hand as bytes, with a day that was read
// before.
func (r *transactionRows) addPlain(line int, cells [][]byte) error {
	if c := r.columns; max(c.customer, c.date, c.amount) < len(cells) && len(cells) <= len(c.header.Names) && len(cells[c.customer]) > 0 {
		day, known := r.usual.day(cells[c.date])
		if !known {
			day, known = r.days[string(cells[c.date])]
		}
		amount := 0.0
		if c.amount >= 0 && known {
			amount, known = plainAmount(cells[c.amount])
		}
		if known {
			r.ledger.AddID(cells[c.customer], day, amount)
			return nil
		}
	}
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = string(cell)
	}
	return r.add(sheet.RowOf(line, texts...))
}

func (r *transactionRows) add(row sheet.Row) error {
	if row.Damage != "" {
		return &sheet.Problem{Line: row.Line, Expected: "cells, found " + string(row.Damage)}
	}
	if i := r.columns.amount; i >= 0 && r.columns.header.Surplus(row) >= 0 && beforeComma.MatchString(row.Cell(i)) && afterComma.MatchString(row.Cell(i+1)) {
		return &sheet.Problem{Line: row.Line, Column: r.columns.header.Name(i), Value: row.Cell(i) + "," + row.Cell(i+1),
			Expected: "an amount such as 1000.00; with a comma it needs quotes around it"}
	}
	customer := row.Cell(r.columns.customer)
	if customer == "" {
		return r.problem(row, r.columns.customer, "the customer's id")
	}
	day, err := r.day(row)
	if err != nil {
		return err
	}
	amount := 0.0
	if r.columns.amount >= 0 {
		if amount, err = amountOf(row.Cell(r.columns.amount)); err != nil {
			return r.problem(row, r.columns.amount, "an amount such as 12.50")
		}
	}
	r.ledger.Add(customer, day, amount)
	return nil
}

func (r *transactionRows) day(row sheet.Row) (btyd.Day, error) {
	text := row.Cell(r.columns.date)
	if day, known := r.days[text]; known {
		return day, nil
	}
	at, err := sheet.Time(text, r.epoch, time.UTC)
	if err != nil {
		at, err = earlyDay(text)
	}
	if err != nil {
		return 0, r.problem(row, r.columns.date, "a date such as 2025-06-30")
	}
	day := btyd.DayOf(at)
	r.usual.keep(text, day)
	if len(r.days) < daysKept {
		r.days[strings.Clone(text)] = day
	}
	return day, nil
}

// earlyDay reads days before those of shop orders, written 1968-01-31: a study
// may go back as long as it likes.
func earlyDay(text string) (time.Time, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err == nil && (at.Year() < firstEarly || at.Year() >= firstUsual) {
		err = strconv.ErrRange
	}
	return at, err
}

// firstEarly is a year before which a date is a typing error.
const firstEarly = 1900

// usualDays are days already read that are written 2025-06-30, by place.
type usualDays []btyd.Day

// Years in which dates are kept by place, and places of a year.
const (
	firstUsual = 1970
	lastUsual  = 2100
	yearPlaces = 12 * 31
)

// usualPlace returns the place of a text such as 2025-06-30; ok is false for
// texts of another form.
func usualPlace[T string | []byte](text T) (place int, ok bool) {
	if len(text) != len("2006-01-02") || text[4] != '-' || text[7] != '-' {
		return 0, false
	}
	pair := func(i int) int {
		a, b := text[i]-'0', text[i+1]-'0'
		if a > 9 || b > 9 {
			return -1e6
		}
		return 10*int(a) + int(b)
	}
	year, month, day := 100*pair(0)+pair(2), pair(5), pair(8)
	return (year-firstUsual)*yearPlaces + (month-1)*31 + day - 1,
		year >= firstUsual && year <= lastUsual && month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// day returns the day that was kept for a text. The first day there is, the
// zero day, is never found.
func (u usualDays) day(text []byte) (btyd.Day, bool) {
	place, ok := usualPlace(text)
	if !ok || place >= len(u) {
		return 0, false
	}
	return u[place], u[place] != 0
}

func (u *usualDays) keep(text string, day btyd.Day) {
	if place, ok := usualPlace(text); ok {
		if *u == nil {
			*u = make(usualDays, (lastUsual-firstUsual+1)*yearPlaces)
		}
		(*u)[place] = day
	}
}

func (r *transactionRows) problem(row sheet.Row, column int, expected string) error {
	return &sheet.Problem{Line: row.Line, Column: r.columns.header.Name(column),
		Value: shown(row.Cell(column)), Expected: expected}
}

// An amount such as 1,000.00 without quotes is torn in two cells like these, and
// its row has more cells than the header.
var (
	beforeComma = regexp.MustCompile(`^-?\d{1,3}$`)
	afterComma  = regexp.MustCompile(`^\d{3}(\.\d+)?$`)
)

// dateLike is a text that a date was meant by: a phone number is written in
// another way.
var dateLike = regexp.MustCompile(`^\d{1,4}([-/.])\d{1,2}([-/.])\d{1,4}([ T][\d:.]{1,18}(Z| ?[+-]\d{2}:?\d{2})?)?$`)

// shown returns a text as an error may show it.
func shown(text string) string {
	if dateLike.MatchString(text) {
		return text
	}
	return sheet.Masked(text)
}

// exactDigits is how many decimal digits are whole numbers of float64; a power
// of ten of as many is one too, so that their quotient is the nearest number.
const exactDigits = 15

// plainAmount reads an amount such as -12.50 as amountOf does; ok is false for
// all that is longer or written in another way.
func plainAmount(text []byte) (amount float64, ok bool) {
	sign, digits := 1.0, text
	if len(text) > 0 && text[0] == '-' {
		sign, digits = -1, text[1:]
	}
	whole, power, point, read := 0, 1, false, 0
	for _, b := range digits {
		if b == '.' && !point {
			point = true
			continue
		}
		if b < '0' || b > '9' || read == exactDigits {
			return 0, false
		}
		whole, read = 10*whole+int(b-'0'), read+1
		if point {
			power *= 10
		}
	}
	return sign * float64(whole) / float64(power), read > 0
}

// mostAmount is beyond any order in any currency; squares of it can be summed.
const mostAmount = 1e15

// amountOf reads an amount in any currency, with or without thousands commas.
func amountOf(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		v, err = strconv.ParseFloat(strings.NewReplacer(",", "", "¥", "", "￥", "", "$", "", "€", "", "£", "").Replace(text), 64)
	}
	if err == nil && !(math.Abs(v) <= mostAmount) {
		err = strconv.ErrRange
	}
	return v, err
}
