package sheet

import (
	"archive/zip"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// memoryPart is the unpacked size from which a worksheet or string table is
// read from a temporary file instead of memory.
const memoryPart = 8 << 20

// xlsxSource reads one worksheet row by row.
type xlsxSource struct {
	book   *excelize.File
	rows   *excelize.Rows
	limits Limits
	line   int
}

func openXLSX(content io.ReaderAt, size int64, options Options) (*Reader, error) {
	if err := checkArchive(content, size, options.Limits); err != nil {
		return nil, err
	}
	book, err := excelize.OpenReader(io.NewSectionReader(content, 0, size), excelize.Options{
		UnzipSizeLimit:    options.Limits.SheetBytes + options.Limits.PartBytes,
		UnzipXMLSizeLimit: memoryPart,
	})
	if err != nil {
		return nil, invalid("sheet.xlsx", "reading the xlsx: %w", err)
	}
	reader, err := readBook(book, options)
	if err != nil {
		return nil, errors.Join(err, book.Close())
	}
	return reader, nil
}

func readBook(book *excelize.File, options Options) (*Reader, error) {
	sheets := book.GetSheetList()
	if len(sheets) == 0 {
		return nil, invalid("sheet.xlsx", "the xlsx has no worksheet")
	}
	name := options.Sheet
	if name == "" {
		name = sheets[0]
	}
	if !slices.Contains(sheets, name) {
		return nil, invalid("sheet.worksheet", "the xlsx has no worksheet %q; expected one of %s", name, strings.Join(sheets, ", "))
	}
	epoch := Epoch1900
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil && *props.Date1904 {
		epoch = Epoch1904
	}
	rows, err := book.Rows(name)
	if err != nil {
		return nil, invalid("sheet.xlsx", "reading worksheet %q: %w", name, err)
	}
	source := &xlsxSource{book: book, rows: rows, limits: options.Limits}
	return &Reader{info: Info{Kind: XLSX, Epoch: epoch, Sheet: name}, source: source}, nil
}

// checkArchive refuses archives that would unpack to more than the limits. A
// size that the archive understates is caught while unpacking: archive/zip
// stops at the stated size.
func checkArchive(content io.ReaderAt, size int64, limits Limits) error {
	if size > limits.ArchiveBytes {
		return invalid("sheet.too_large", "the xlsx has %d bytes; expected at most %d (save it as csv, which has no such limit)", size, limits.ArchiveBytes)
	}
	archive, err := zip.NewReader(content, size)
	if err != nil {
		return invalid("sheet.xlsx", "reading the xlsx: %w", err)
	}
	var parts uint64
	for _, part := range archive.File {
		if part.UncompressedSize64 > uint64(limits.SheetBytes) {
			return invalid("sheet.zip_bomb", "a part of the xlsx unpacks to %d bytes; expected at most %d", part.UncompressedSize64, limits.SheetBytes)
		}
		if !streamed(part.Name) || part.UncompressedSize64 <= memoryPart {
			parts += part.UncompressedSize64
		}
		if parts > uint64(limits.PartBytes) {
			return invalid("sheet.zip_bomb", "styles, pictures and other parts of the xlsx unpack to more than %d bytes; expected a plain table", limits.PartBytes)
		}
	}
	return nil
}

func streamed(part string) bool {
	part = strings.ToLower(part)
	return strings.HasPrefix(part, "xl/worksheets/sheet") || part == "xl/sharedstrings.xml"
}

func (s *xlsxSource) next() (Row, error) {
	for s.rows.Next() {
		s.line++
		cells, err := s.rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return Row{}, invalid("sheet.xlsx", "line %d: %w", s.line, err)
		}
		if blank(cells) {
			continue
		}
		row := Row{Line: s.line, cells: cells}
		if len(cells) > s.limits.Columns {
			row.cells, row.Damage = cells[:s.limits.Columns], TooMany
		}
		for i := range row.cells {
			row.cells[i] = asShown(row.cells[i])
		}
		return row, nil
	}
	if err := s.rows.Error(); err != nil {
		return Row{}, invalid("sheet.xlsx", "line %d: %w", s.line+1, err)
	}
	return Row{}, io.EOF
}

// shownDigits are the significant digits that Excel shows and computes with;
// it stores 19.9 as 19.899999999999999.
const shownDigits = 15

// asShown rounds a stored binary fraction to the digits Excel shows. Whole
// numbers and texts stay as they are.
func asShown(raw string) string {
	point := strings.IndexByte(raw, '.')
	if point < 0 || len(raw) <= shownDigits || strings.Trim(raw, "-0123456789.Ee+") != "" {
		return raw
	}
	value, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return raw
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(value, 'g', shownDigits, 64), 64)
	if err != nil || strings.ContainsAny(raw, "eE") && (rounded >= 1e15 || rounded <= -1e15) {
		return raw
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

func (s *xlsxSource) close() error { return errors.Join(s.rows.Close(), s.book.Close()) }
