package world

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"siyu/internal/clock"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// till is a shop system whose orders leave it as files.
type till struct {
	name      string
	franchise bool // whose stores use it
	headers   func() []string
	row       func(w *World, o *order, until time.Time, cells *cells)
	encode    func(io.Writer) io.Writer
}

func tills() []till {
	return []till{
		{"youzan-orders", false, youzanHeaders, (*World).youzanRow, withBOM},
		{"keruyun-orders", true, keruyunHeaders, (*World).keruyunRow, asGBK},
	}
}

const (
	// exportOverlap is by how much a file reaches back before its period:
	// whoever exports by hand would rather have an order twice than lose one.
	exportOverlap = 24 * time.Hour
	// longestFile is the longest period of one file; shop systems limit what
	// can be exported at once.
	longestFile = 190 * 24 * time.Hour
	dateInName  = "20060102"
)

// WriteExport writes the order files of the period from (inclusive) to
// (exclusive) into dir and returns their paths: one file per shop system and
// half year, named after system and period, complete the moment it appears.
// Besides the period's orders a file repeats those of the day before it and
// those refunded in the period, as shops see them at its end.
func (w *World) WriteExport(dir string, from, to time.Time) ([]string, error) {
	var paths []string
	for _, t := range tills() {
		for start := from; start.Before(to); start = start.Add(longestFile) {
			end := to
			if start.Add(longestFile).Before(to) {
				end = start.Add(longestFile)
			}
			path := filepath.Join(dir, fmt.Sprintf("%s-%s-%s.csv", t.name,
				start.In(clock.Shanghai).Format(dateInName), end.Add(-time.Second).In(clock.Shanghai).Format(dateInName)))
			if err := writeFile(path, t.encode, func(out io.Writer) error { return w.writeRows(out, t, start, end) }); err != nil {
				return paths, fmt.Errorf("writing order export %s: %w", path, err)
			}
			paths = append(paths, path)
		}
	}
	return paths, nil
}

// writeFile writes beside the final name and renames, so that whoever
// watches the folder never reads half a file.
func writeFile(path string, encode func(io.Writer) io.Writer, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".export-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	buffer := bufio.NewWriter(file)
	if err = write(encode(buffer)); err == nil {
		err = buffer.Flush()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func (w *World) writeRows(out io.Writer, t till, from, to time.Time) error {
	lines := csv.NewWriter(out)
	headers := t.headers()
	if err := lines.Write(headers); err != nil {
		return err
	}
	c := newCells(headers)
	for i := range w.orders {
		o := &w.orders[i]
		if w.brand.Stores[o.store].Franchise != t.franchise || !o.belongs(from, to) {
			continue
		}
		c.clear()
		t.row(w, o, to, c)
		if err := lines.Write(c.row); err != nil {
			return err
		}
	}
	lines.Flush()
	return lines.Error()
}

// belongs reports whether the order stands in the file of the period.
func (o *order) belongs(from, to time.Time) bool {
	if !o.at.Before(to) {
		return false
	}
	return !o.at.Before(from.Add(-exportOverlap)) || !o.refunded.Before(from) && o.refunded.Before(to)
}

// refundedBy reports whether the refund had happened by then.
func (o *order) refundedBy(t time.Time) bool { return o.refund > 0 && o.refunded.Before(t) }

// cells is one row addressed by header; the first of equal headers counts.
type cells struct {
	row []string
	at  map[string]int
}

func newCells(headers []string) *cells {
	c := &cells{row: make([]string, len(headers)), at: map[string]int{}}
	for i, h := range headers {
		if _, taken := c.at[h]; !taken {
			c.at[h] = i
		}
	}
	return c
}

func (c *cells) clear() { clear(c.row) }

func (c *cells) set(header, value string) { c.row[c.at[header]] = value }

// withBOM begins with the byte-order mark that Windows spreadsheets want. An
// error of the writer shows again at its next use.
func withBOM(out io.Writer) io.Writer {
	_, _ = io.WriteString(out, "\ufeff")
	return out
}

// asGBK encodes as Chinese Windows programs do.
func asGBK(out io.Writer) io.Writer {
	return transform.NewWriter(out, simplifiedchinese.GBK.NewEncoder())
}

// yuan writes fen as shops do.
func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

const (
	dateTime = "2006-01-02 15:04:05"
	dateOnly = "2006-01-02"
)

// shownPhone returns the buyer's phone as the till shows it: in full, with
// stars, or not at all.
func (w *World) shownPhone(o *order, hidden string) string {
	full := w.people[o.person].phone
	switch {
	case !o.masked:
		return full
	case o.serial%3 == 0:
		return hidden
	default:
		return full[:3] + "****" + full[7:]
	}
}
