package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"siyu/internal/fault"
	"siyu/internal/stats/allocation"
)

// instanceReader reads a planning instance, as docs/plan.md describes it: one JSON
// document, or a head and then one customer after the other. It hands on customer
// after customer and keeps none.
type instanceReader struct {
	path     string
	decoder  *json.Decoder
	lines    *lineCounter
	head     instanceHead
	limits   allocation.Limits
	staff    map[string]int
	channels map[string]int
	count    int
	do       func(instanceCustomer, allocation.Customer) error
	offers   []allocation.Offer
}

// instanceHead is what customers share.
type instanceHead struct {
	Days     *int              `json:"days"`
	Rest     int               `json:"rest"`
	Staff    []instanceStaff   `json:"staff"`
	Channels []instanceChannel `json:"channels"`
}

type instanceStaff struct {
	ID    string  `json:"id"`
	Hours perDays `json:"hours"`
}

type instanceChannel struct {
	ID    string  `json:"id"`
	Quota perDays `json:"quota"`
}

// perDays is one number for all days, or one for each; nil: no limit.
type perDays []float64

// UnmarshalJSON implements json.Unmarshaler.
func (p *perDays) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		return json.Unmarshal(text, (*[]float64)(p))
	}
	if string(text) == "null" {
		return nil
	}
	var one float64
	err := json.Unmarshal(text, &one)
	*p = perDays{one}
	return err
}

type instanceCustomer struct {
	ID      string           `json:"id"`
	Staff   string           `json:"staff"`
	Most    *int             `json:"most"`
	Actions []instanceAction `json:"actions"`
}

type instanceAction struct {
	ID      string   `json:"id"`
	Channel string   `json:"channel"`
	Day     *int     `json:"day"`
	Hours   float64  `json:"hours"`
	Value   *float64 `json:"value"`
}

// readInstance calls do with every customer of the file, in its order, and returns
// what they share. The first thing that cannot be is an error with where it stands,
// its value and what was expected.
func readInstance(path string, begin func(allocation.Limits), do func(instanceCustomer, allocation.Customer) error) (*instanceReader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%w", err)
	}
	lines := &lineCounter{from: bufio.NewReaderSize(file, 1<<20)}
	r := &instanceReader{path: path, lines: lines, decoder: json.NewDecoder(lines), do: do}
	r.decoder.DisallowUnknownFields()
	return r, errors.Join(r.read(begin), file.Close())
}

func (r *instanceReader) read(begin func(allocation.Limits)) error {
	late, err := r.readDocument(begin)
	if err != nil {
		return err
	}
	if late != nil { // customers that stood before what they share
		r.decoder = json.NewDecoder(bytes.NewReader(late))
		r.decoder.DisallowUnknownFields()
		r.lines = nil
		return r.readList()
	}
	for {
		switch err := r.readCustomer(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// readDocument reads the first document. It returns customers that stood in it
// before what they share.
func (r *instanceReader) readDocument(begin func(allocation.Limits)) (late json.RawMessage, err error) {
	if err := r.expect(json.Delim('{'), "a JSON object with staff and channels"); err != nil {
		return nil, err
	}
	begun := false
	for r.decoder.More() {
		key, err := r.decoder.Token()
		if err != nil {
			return nil, r.wrong("", err)
		}
		known := r.head.Staff != nil && r.head.Channels != nil
		switch {
		case key == "customers" && known:
			if err := r.share(); err != nil {
				return nil, err
			}
			begun = true
			begin(r.limits)
			if err := r.readList(); err != nil {
				return nil, err
			}
			continue
		case key == "customers":
			err = r.decoder.Decode(&late)
		case begun:
			return nil, r.says("%q after the customers: expected before them", key)
		default:
			err = r.headField(fmt.Sprint(key))
		}
		if err != nil {
			return nil, r.wrong(fmt.Sprint(key), err)
		}
	}
	if err := r.expect(json.Delim('}'), "the end of the object"); err != nil || begun {
		return nil, err
	}
	if err := r.share(); err != nil {
		return nil, err
	}
	begin(r.limits)
	return late, nil
}

func (r *instanceReader) headField(key string) error {
	switch key {
	case "days":
		return r.decoder.Decode(&r.head.Days)
	case "rest":
		return r.decoder.Decode(&r.head.Rest)
	case "staff":
		r.head.Staff = []instanceStaff{}
		return r.decoder.Decode(&r.head.Staff)
	case "channels":
		r.head.Channels = []instanceChannel{}
		return r.decoder.Decode(&r.head.Channels)
	}
	return fmt.Errorf("unknown field %q: expected days, rest, staff, channels or customers", key)
}

// share makes the rows.
func (r *instanceReader) share() error {
	l := &r.limits
	l.Days, l.Rest, l.Staff, l.Channels = 1, r.head.Rest, len(r.head.Staff), len(r.head.Channels)
	if r.head.Days != nil {
		l.Days = *r.head.Days
	}
	if l.Days < 1 || l.Days > allocation.MostDays {
		return r.says("days: value %d: expected 1 to %d", l.Days, allocation.MostDays)
	}
	l.Hours, l.Quota = make([]float64, l.Staff*l.Days), make([]float64, l.Channels*l.Days)
	r.staff, r.channels = map[string]int{}, map[string]int{}
	for i, s := range r.head.Staff {
		hours, err := r.row(fmt.Sprintf("staff[%d]", i), "hours", s.ID, s.Hours)
		if err != nil {
			return err
		}
		if _, twice := r.staff[s.ID]; twice {
			return r.says("staff[%d].id: value %q: expected ids that differ", i, s.ID)
		}
		r.staff[s.ID] = i
		copy(l.Hours[i*l.Days:], hours)
	}
	for i, c := range r.head.Channels {
		quota, err := r.row(fmt.Sprintf("channels[%d]", i), "quota", c.ID, c.Quota)
		if err != nil {
			return err
		}
		if _, twice := r.channels[c.ID]; twice {
			return r.says("channels[%d].id: value %q: expected ids that differ", i, c.ID)
		}
		r.channels[c.ID] = i
		for d, q := range quota {
			l.Quota[d*l.Channels+i] = q
		}
	}
	if err := l.Validate(); err != nil {
		return r.says("%v", err)
	}
	return nil
}

// row returns a capacity for each day.
func (r *instanceReader) row(where, what, id string, given perDays) ([]float64, error) {
	if id == "" {
		return nil, r.says("%s.id: missing: expected a text", where)
	}
	row := make([]float64, r.limits.Days)
	for d := range row {
		switch {
		case given == nil:
			row[d] = math.Inf(1)
		case len(given) == 1:
			row[d] = given[0]
		case len(given) == len(row):
			row[d] = given[d]
		default:
			return nil, r.says("%s.%s: %d numbers: expected one, or one for each of %d days", where, what, len(given), len(row))
		}
		if row[d] < 0 {
			return nil, r.says("%s.%s: value %g: expected 0 or more", where, what, row[d])
		}
	}
	return row, nil
}

func (r *instanceReader) readList() error {
	if err := r.expect(json.Delim('['), "a list of customers"); err != nil {
		return err
	}
	for r.decoder.More() {
		if err := r.readCustomer(); err != nil {
			return err
		}
	}
	return r.expect(json.Delim(']'), "the end of the list")
}

func (r *instanceReader) readCustomer() error {
	c := instanceCustomer{}
	if err := r.decoder.Decode(&c); errors.Is(err, io.EOF) {
		return err
	} else if err != nil {
		return r.wrong(fmt.Sprintf("customers[%d]", r.count), err)
	}
	known, err := r.customer(c)
	if err != nil {
		return err
	}
	if err := r.do(c, known); err != nil {
		return r.wrong(fmt.Sprintf("customers[%d]", r.count), err)
	}
	r.count++
	return nil
}

func (r *instanceReader) customer(c instanceCustomer) (allocation.Customer, error) {
	where := fmt.Sprintf("customers[%d]", r.count)
	known := allocation.Customer{Staff: allocation.NoStaff, Most: 1}
	if c.ID == "" {
		return known, r.says("%s.id: missing: expected a text", where)
	}
	if c.Most != nil {
		if known.Most = *c.Most; known.Most < 1 {
			return known, r.says("%s.most: value %d: expected 1 or more", where, known.Most)
		}
	}
	if c.Staff != "" {
		at, ok := r.staff[c.Staff]
		if !ok {
			return known, r.says("%s.staff: value %q: expected the id of one of %d staff", where, c.Staff, len(r.staff))
		}
		known.Staff = at
	}
	r.offers = r.offers[:0]
	for k, a := range c.Actions {
		o, err := r.offer(fmt.Sprintf("%s.actions[%d]", where, k), a)
		if err != nil {
			return known, err
		}
		if o.Hours > 0 && c.Staff == "" {
			return known, r.says("%s.actions[%d].hours: value %g: expected 0 for a customer without staff", where, k, o.Hours)
		}
		r.offers = append(r.offers, o)
	}
	known.Offers = r.offers
	return known, nil
}

func (r *instanceReader) offer(where string, a instanceAction) (o allocation.Offer, err error) {
	var ok bool
	if o.Channel, ok = r.channels[a.Channel]; !ok {
		return o, r.says("%s.channel: value %q: expected the id of one of %d channels", where, a.Channel, len(r.channels))
	}
	if a.Day != nil {
		if o.Day = *a.Day - 1; o.Day < 0 || o.Day >= r.limits.Days {
			return o, r.says("%s.day: value %d: expected 1 to %d", where, *a.Day, r.limits.Days)
		}
	}
	if o.Hours = a.Hours; a.Hours < 0 {
		return o, r.says("%s.hours: value %g: expected 0 or more", where, a.Hours)
	}
	if a.Value == nil {
		return o, r.says("%s.value: missing: expected a number", where)
	}
	if o.Value = *a.Value; math.Abs(o.Value) > math.MaxFloat32 {
		return o, r.says("%s.value: value %g: expected a number up to %g", where, o.Value, math.MaxFloat32)
	}
	return o, nil
}

func (r *instanceReader) expect(want json.Delim, what string) error {
	got, err := r.decoder.Token()
	switch {
	case errors.Is(err, io.EOF):
		return r.says("the file ends: expected %s", what)
	case err != nil:
		return r.wrong("", err)
	case got != want:
		return r.says("value %v: expected %s", got, what)
	}
	return nil
}

// wrong says where reading failed and why.
func (r *instanceReader) wrong(where string, err error) error {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		if kind.Field != "" {
			where += "." + kind.Field
		}
		return r.says("%s: value is a %s: expected %s", where, kind.Value, jsonWord(kind.Type.Kind().String()))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return r.says("%s: the file ends in the middle", where)
	case where == "":
		return r.says("%v", err)
	}
	return r.says("%s: %v", where, err)
}

// jsonWord says what a file should hold where we keep a kind of Go.
func jsonWord(kind string) string {
	switch kind {
	case "int", "int64":
		return "a whole number"
	case "float64":
		return "a number"
	case "string":
		return "a text"
	case "slice":
		return "a list"
	}
	return "an object"
}

func (r *instanceReader) says(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if r.lines == nil {
		return fault.New(fault.Invalid, "%s: %s", r.path, text)
	}
	return fault.New(fault.Invalid, "%s: line %d: %s", r.path, r.lines.at(r.decoder.InputOffset()), text)
}

// lineCounter remembers where lines end in what was read ahead.
type lineCounter struct {
	from io.Reader
	read int64
	ends []int64 // of lines that were not asked about yet
	line int
}

// Read implements io.Reader.
func (l *lineCounter) Read(into []byte) (int, error) {
	n, err := l.from.Read(into)
	for i, c := range into[:n] {
		if c == '\n' {
			l.ends = append(l.ends, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err
}

// at returns the number of the line of a place, counted from 1.
func (l *lineCounter) at(offset int64) int {
	before := 0
	for before < len(l.ends) && l.ends[before] < offset {
		before++
	}
	l.line, l.ends = l.line+before, l.ends[before:]
	return l.line + 1
}
