// Package sheet reads and writes tables of text: csv in the encodings and
// dialects that shop systems export, xlsx, and formula-safe exports.
//
// Reading is streaming: memory does not grow with the number of rows. Nothing
// is repaired silently; what cannot be read safely is reported with line,
// column, value and what was expected.
package sheet

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"

	"siyu/internal/fault"
)

// Kind is a file format.
type Kind string

// The formats that can be read and written.
const (
	CSV  Kind = "csv"
	XLSX Kind = "xlsx"
)

// Info says how a file is being read.
type Info struct {
	Kind      Kind
	Encoding  Encoding // of a csv
	Delimiter byte     // of a csv
	Epoch     Epoch    // of date serial numbers
	Sheet     string   // name of the xlsx worksheet
}

// Limits bound what one file may cost. A zero field means the default.
type Limits struct {
	RowBytes     int   // longest csv row; default 1 MiB
	Columns      int   // most cells of a row; default 16384, as in Excel
	ArchiveBytes int64 // largest xlsx file; default 256 MiB
	SheetBytes   int64 // largest unpacked worksheet or string table; default 4 GiB
	PartBytes    int64 // all other unpacked parts of an xlsx; default 64 MiB
}

// Options override what would be detected. The zero value detects all.
type Options struct {
	Encoding  Encoding
	Delimiter byte
	Sheet     string // worksheet to read; default the first
	Limits    Limits
}

// Reader gives the rows of one table in file order. It is not safe for
// concurrent use.
type Reader struct {
	info   Info
	ahead  []Row
	source source
	file   io.Closer
}

type source interface {
	// next returns the next row that is not blank, or io.EOF. The row is
	// valid until the next call.
	next() (Row, error)
	close() error
}

// Open opens a csv or xlsx file by its content, not its name. Errors about
// the content have the code fault.Invalid. The caller closes the Reader.
func Open(path string, options Options) (*Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	stat, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	reader, err := New(file, stat.Size(), options)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	reader.file = file
	return reader, nil
}

// New is Open for content that is already at hand; size is its length in
// bytes. Closing the Reader does not close the content.
func New(content io.ReaderAt, size int64, options Options) (*Reader, error) {
	options.Limits = options.Limits.orDefault()
	head := make([]byte, min(size, sampleBytes))
	n, err := content.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	head = head[:n]
	if err := refuseForeign(head); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return openXLSX(content, size, options)
	}
	return openCSV(io.NewSectionReader(content, 0, size), head, options)
}

// Info returns how the file is being read.
func (r *Reader) Info() Info { return r.info }

// Peek returns up to n next rows and leaves them to be read.
func (r *Reader) Peek(n int) ([]Row, error) {
	for len(r.ahead) < n {
		row, err := r.source.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		row.cells = slices.Clone(row.cells)
		r.ahead = append(r.ahead, row)
	}
	return r.ahead[:min(n, len(r.ahead))], nil
}

// Next returns the next row that is not blank. It returns io.EOF after the
// last one. The row is valid until the next call; strings taken from it stay
// valid.
func (r *Reader) Next() (Row, error) {
	if len(r.ahead) > 0 {
		row := r.ahead[0]
		r.ahead = r.ahead[1:]
		return row, nil
	}
	return r.source.next()
}

// Close releases the file.
func (r *Reader) Close() error {
	err := r.source.close()
	if r.file != nil {
		err = errors.Join(err, r.file.Close())
	}
	return err
}

func (l Limits) orDefault() Limits {
	if l.RowBytes == 0 {
		l.RowBytes = 1 << 20
	}
	if l.Columns == 0 {
		l.Columns = 16384
	}
	if l.ArchiveBytes == 0 {
		l.ArchiveBytes = 256 << 20
	}
	if l.SheetBytes == 0 {
		l.SheetBytes = 4 << 30
	}
	if l.PartBytes == 0 {
		l.PartBytes = 64 << 20
	}
	return l
}

// refuseForeign recognises files that carry the name of a table but are
// something else: the old binary Excel format (also used for password-protected
// xlsx) and the web pages that some systems save as .xls.
func refuseForeign(head []byte) error {
	if bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) {
		return invalid("sheet.binary_excel", "the file is in the old Excel format (.xls) or protected by a password; expected .xlsx or .csv")
	}
	if bytes.HasPrefix(head, []byte("\x1F\x8B")) {
		return invalid("sheet.gzip", "the file is compressed (gzip); unpack it first")
	}
	start := bytes.ToLower(bytes.TrimLeft(head[:min(len(head), 512)], "\xEF\xBB\xBF \t\r\n"))
	for _, tag := range []string{"<html", "<!doctype html", "<table", "<?xml"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return invalid("sheet.web_page", "the file is a web page or XML document, not a table; open it in Excel and save it as .xlsx")
		}
	}
	return nil
}

func invalid(key, format string, args ...any) error {
	return fault.WithKey(fault.Invalid, key, fault.New(fault.Invalid, format, args...))
}
