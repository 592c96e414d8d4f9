package export

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"siyu/internal/fault"
	"siyu/internal/sheet"
)

// Table is an opened file whose columns are mapped. Reader stands before the
// first line below the column names.
type Table struct {
	Reader  *sheet.Reader
	Mapping Mapping
	Guesses []Guess
}

// Asked says as what a file is to be read.
type Asked struct {
	Schema   Schema
	Format   string   // name of a format, "" or "auto": recognise it
	Override Override // of the mapping
	Sheet    sheet.Options
}

// headerRows is how far down the header is looked for.
const headerRows = 30

// Open opens a file, finds its header below any title lines and maps its
// columns. The error has the code fault.Invalid where the file or what was
// asked is to blame. The caller closes Reader.
func Open(path string, asked Asked) (Table, error) {
	reader, err := sheet.Open(path, asked.Sheet)
	if err != nil {
		return Table{}, fmt.Errorf("opening %s: %w", filepath.Base(path), err)
	}
	t, err := mapTable(reader, asked)
	if err != nil {
		return Table{}, errors.Join(fmt.Errorf("reading %s: %w", filepath.Base(path), err), reader.Close())
	}
	return t, nil
}

func mapTable(reader *sheet.Reader, asked Asked) (Table, error) {
	header, err := findHeader(reader, asked.Override)
	if err != nil {
		return Table{}, err
	}
	format, guesses := Recognise(header)
	if asked.Format != "" && asked.Format != "auto" {
		named, ok := FormatNamed(asked.Format)
		if !ok {
			return Table{}, fault.New(fault.Invalid, "no format %q; expected auto, %s or one of %s", asked.Format, Generic, formatNames())
		}
		format = named
	}
	mapping, err := asked.Schema.mapColumns(header, format, asked.Override)
	return Table{Reader: reader, Mapping: mapping, Guesses: guesses}, err
}

// findHeader reads up to the column names.
func findHeader(reader *sheet.Reader, override Override) (header sheet.Header, err error) {
	rows, err := reader.Peek(headerRows)
	if err != nil {
		return header, err
	}
	recognise := recogniser()
	named := map[string]bool{}
	for _, names := range override.Columns {
		for _, name := range names {
			named[sheet.FoldName(name)] = true
		}
	}
	at := sheet.FindHeader(rows, func(name string) bool { return named[name] || recognise(name) })
	if at < 0 {
		return header, fault.New(fault.Invalid, "the file is empty; expected a line with column names")
	}
	if rows[at].Damage != "" {
		return header, fault.New(fault.Invalid, "line %d: the column names cannot be read: %s", rows[at].Line, rows[at].Damage)
	}
	header = sheet.HeaderOf(rows[at])
	for range at + 1 {
		if _, err := reader.Next(); err != nil {
			return header, err
		}
	}
	return header, nil
}

func formatNames() string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// Digest returns the SHA-256 of a file's content.
func Digest(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", filepath.Base(path), err)
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return nil, fmt.Errorf("reading %s: %w", filepath.Base(path), err)
	}
	return sum.Sum(nil), nil
}

// Outline shows how a file would be read.
type Outline struct {
	Format  string
	Headers []string
	Mapping map[Field][]string // columns of each field
	Cells   [][]string         // the first rows as they stand in the file, for the eyes of whoever brought it
}

// outlined is how many rows an Outline shows.
const outlined = 5

// Outline reads the first rows.
func (t Table) Outline() (Outline, error) {
	o := Outline{Format: t.Mapping.Format.Name, Headers: t.Mapping.Header.Names, Mapping: t.Mapping.Names()}
	for range outlined {
		row, err := t.Reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return o, err
		}
		o.Cells = append(o.Cells, row.Cells())
	}
	return o, nil
}
