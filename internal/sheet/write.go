package sheet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Cell is one value to be written. Its zero value is an empty cell.
type Cell struct {
	text   string
	number bool
}

// Text returns a cell that no program will run as a formula, whoever wrote the
// text: one that begins like a formula gets a leading apostrophe, which Clean
// takes off again.
func Text(text string) Cell {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
	if formula(text) {
		text = "'" + text
	}
	return Cell{text: text}
}

// Number returns a numeric cell, or a Text if decimal is not a plain number
// such as "-12.30".
func Number(decimal string) Cell {
	if _, err := strconv.ParseFloat(decimal, 64); err != nil || strings.Trim(decimal, "-0123456789.") != "" {
		return Text(decimal)
	}
	return Cell{text: decimal, number: true}
}

// formula reports whether a spreadsheet program might run the text: it begins,
// behind any spaces, with = + - @ or their full-width forms, or with a tab or
// line break, which some programs drop before they look. An apostrophe counts
// too, so that reading back gives the same text.
func formula(text string) bool {
	if text == "" {
		return false
	}
	if strings.ContainsRune("\t\r\n'", rune(text[0])) {
		return true
	}
	for _, r := range text {
		switch r {
		case ' ', 0xA0, 0x3000, 0x200B, 0xFEFF:
			continue
		case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '﹢', '﹣', '﹦', '﹫', '−':
			return true
		}
		return false
	}
	return false
}

// Writer writes one table. Close completes the file; without it there is none, and
// Drop removes what a large one has put aside on the disk. After Close Drop does
// nothing.
type Writer interface {
	Write(cells ...Cell) error
	Close() error
	Drop()
}

// NewWriter returns a Writer of the given kind. A csv is UTF-8 with a byte
// order mark, which Excel needs to show Chinese, and \r\n line ends (RFC 4180).
func NewWriter(out io.Writer, kind Kind) (Writer, error) {
	switch kind {
	case CSV:
		w := &csvWriter{out: bufio.NewWriter(out)}
		_, err := w.out.WriteString("\uFEFF")
		return w, err
	case XLSX:
		book := excelize.NewFile()
		stream, err := book.NewStreamWriter(book.GetSheetName(0))
		if err != nil {
			return nil, fmt.Errorf("starting an xlsx: %w", err)
		}
		return &xlsxWriter{out: out, book: book, stream: stream}, nil
	}
	return nil, invalid("sheet.kind", "format %q; expected csv or xlsx", kind)
}

type csvWriter struct{ out *bufio.Writer }

func (w *csvWriter) Write(cells ...Cell) error {
	_, err := w.out.WriteString(Line(cells...))
	return err
}

// Line returns the cells as one line of a csv, with its line end, for files
// that are appended to.
func Line(cells ...Cell) string {
	var line strings.Builder
	for i, cell := range cells {
		if i > 0 {
			line.WriteByte(',')
		}
		if !strings.ContainsAny(cell.text, ",\"\r\n\t;| ") {
			line.WriteString(cell.text)
			continue
		}
		line.WriteByte('"')
		line.WriteString(strings.ReplaceAll(cell.text, `"`, `""`))
		line.WriteByte('"')
	}
	line.WriteString("\r\n")
	return line.String()
}

func (w *csvWriter) Close() error { return w.out.Flush() }

func (w *csvWriter) Drop() {}

type xlsxWriter struct {
	out    io.Writer
	book   *excelize.File
	stream *excelize.StreamWriter
	line   int
}

// longestCell is Excel's limit of characters in a cell.
const longestCell = 32767

func (w *xlsxWriter) Write(cells ...Cell) error {
	w.line++
	values := make([]any, len(cells))
	for i, cell := range cells {
		values[i] = cell.text
		if number, err := strconv.ParseFloat(cell.text, 64); cell.number && err == nil {
			values[i] = number
		} else if runes := []rune(cell.text); len(runes) > longestCell {
			return &Problem{Line: w.line, Column: strconv.Itoa(i + 1), Value: Masked(cell.text), Expected: "at most 32767 characters"}
		}
	}
	at, err := excelize.CoordinatesToCellName(1, w.line)
	if err != nil {
		return fmt.Errorf("line %d: %w", w.line, err)
	}
	return w.stream.SetRow(at, values)
}

func (w *xlsxWriter) Close() error {
	err := w.stream.Flush()
	if err == nil {
		err = w.book.Write(w.out)
	}
	return errors.Join(err, w.book.Close())
}

func (w *xlsxWriter) Drop() { _ = w.book.Close() } // whoever drops a file has an error to tell already
