package sheet

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// csvSource splits rows itself, because encoding/csv lets one lost quote
// swallow the rest of a file, has no bound on the length of a row, and refuses
// the ="..." cells of Chinese exports.
type csvSource struct {
	content   io.Reader
	delimiter byte
	lineEnd   byte
	limits    Limits
	notable   [256]bool // of bytes, for plain

	window     []byte // bytes read but not yet returned are window[start:]
	start      int
	ended      bool
	line       int
	openQuotes int
	spans      []span
	cells      []string
}

// span is a cell within its row: [from, to), quotes taken off.
type span struct {
	from, to int
	quotes   bool // holds doubled quotes
}

const readBytes = 256 << 10

// maxOpenQuotes bounds the work on a file whose quotes are wrong throughout:
// each lost quote costs a search of up to Limits.RowBytes.
const maxOpenQuotes = 100

func openCSV(content io.Reader, head []byte, options Options) (*Reader, error) {
	found, mark, err := detectEncoding(head)
	if options.Encoding != "" {
		if found != options.Encoding {
			mark = 0
		}
		found, err = options.Encoding, nil
	}
	if err != nil {
		return nil, err
	}
	if _, err := io.CopyN(io.Discard, content, int64(mark)); err != nil {
		return nil, err
	}
	sample := head[mark:]
	if found != UTF8 {
		sample = []byte(decodeSample(sample, found))
	}
	delimiter := options.Delimiter
	if delimiter == 0 {
		delimiter = detectDelimiter(sample)
	}
	end := lineEnd(sample)
	source := &csvSource{
		content: found.decoded(content), delimiter: delimiter, lineEnd: end,
		limits: options.Limits, notable: notable(delimiter, end), line: 1,
	}
	info := Info{Kind: CSV, Encoding: found, Delimiter: delimiter, Epoch: Epoch1900}
	return &Reader{info: info, source: source}, nil
}

func (s *csvSource) close() error { return nil }

func (s *csvSource) next() (Row, error) {
	for {
		row, err := s.row()
		if err != nil || row.Damage != "" || !blank(row.cells) {
			return row, err
		}
	}
}

// row cuts the next row, blank or not, out of the window.
func (s *csvSource) row() (Row, error) {
	for {
		found := s.scan(s.window[s.start:])
		switch {
		case found.end >= 0:
			return s.cut(found)
		case len(s.window)-s.start > s.limits.RowBytes:
			return s.skipLine()
		case s.ended:
			return Row{}, io.EOF
		}
		if err := s.read(); err != nil {
			return Row{}, err
		}
	}
}

// scanned is what one look at the window found.
type scanned struct {
	end    int // bytes of the row with its line end; -1 if more must be read
	damage Damage
}

// scan looks for the end of the row that starts data and notes its cells.
func (s *csvSource) scan(data []byte) scanned {
	s.spans = s.spans[:0]
	stop := bytes.IndexByte(data, s.lineEnd)
	end := stop + 1
	if stop < 0 {
		if !s.ended || len(data) == 0 {
			return scanned{end: -1}
		}
		stop, end = len(data), len(data)
	}
	if bytes.IndexByte(data[:stop], '"') < 0 {
		s.splitPlain(data[:stop])
		return scanned{end: end}
	}
	return s.scanQuoted(data)
}

func (s *csvSource) splitPlain(line []byte) {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	from := 0
	for {
		i := bytes.IndexByte(line[from:], s.delimiter)
		if i < 0 {
			break
		}
		s.spans = append(s.spans, span{from: from, to: from + i})
		from += i + 1
	}
	s.spans = append(s.spans, span{from: from, to: len(line)})
}

// scanQuoted reads a row that has quotes cell by cell. A quote that turns out
// never to be closed makes the first physical line a damaged row, so that the
// lines it would have swallowed are read on their own.
func (s *csvSource) scanQuoted(data []byte) scanned {
	at := 0
	for {
		cell, after, state := s.scanCell(data, at)
		switch state {
		case cellUnfinished:
			if !s.ended && len(data) <= s.limits.RowBytes {
				return scanned{end: -1}
			}
			return s.literal(data)
		case cellRunaway:
			return s.literal(data)
		}
		s.spans = append(s.spans, cell)
		if after >= len(data) {
			return scanned{end: len(data)}
		}
		if data[after] == s.lineEnd {
			return scanned{end: after + 1}
		}
		at = after + 1
	}
}

// literal takes the first physical line as it stands, without quoting.
func (s *csvSource) literal(data []byte) scanned {
	s.spans = s.spans[:0]
	stop := bytes.IndexByte(data, s.lineEnd)
	end := stop + 1
	if stop < 0 {
		if !s.ended {
			return scanned{end: -1}
		}
		stop, end = len(data), len(data)
	}
	s.splitPlain(data[:stop])
	return scanned{end: end, damage: OpenQuote}
}

type cellState int

const (
	cellWhole cellState = iota
	cellUnfinished
	cellRunaway
)

// scanCell reads the cell that starts at data[at]; after is the position of
// the separator or line end behind it, or len(data).
func (s *csvSource) scanCell(data []byte, at int) (cell span, after int, state cellState) {
	open := at
	for open < len(data) && (data[open] == ' ' || data[open] == '\t') && data[open] != s.delimiter {
		open++
	}
	formula := open+1 < len(data) && data[open] == '=' && data[open+1] == '"'
	if formula {
		open++
	}
	if open >= len(data) && !s.ended {
		return span{}, 0, cellUnfinished
	}
	if open >= len(data) || data[open] != '"' {
		return s.scanBare(data, at)
	}
	cell, after, state = s.scanInside(data, open+1)
	if formula && state == cellWhole {
		cell = span{from: open - 1, to: cell.to + 1} // Clean takes ="..." off
	}
	return cell, after, state
}

func (s *csvSource) scanBare(data []byte, at int) (span, int, cellState) {
	for i := at; i < len(data); i++ {
		if data[i] == s.delimiter || data[i] == s.lineEnd {
			return span{from: at, to: trimReturn(data, at, i)}, i, cellWhole
		}
	}
	if !s.ended {
		return span{}, 0, cellUnfinished
	}
	return span{from: at, to: trimReturn(data, at, len(data))}, len(data), cellWhole
}

// scanInside reads a quoted cell from behind its opening quote. A quote within
// the text that is neither doubled nor at the end is taken as text, unless the
// text already spans lines: then the opening quote is the lost one.
func (s *csvSource) scanInside(data []byte, from int) (span, int, cellState) {
	cell := span{from: from}
	for i := from; ; {
		j := bytes.IndexByte(data[i:], '"')
		if j < 0 {
			return span{}, 0, cellUnfinished
		}
		i += j
		end := i + 1
		for end < len(data) && (data[end] == ' ' || data[end] == '\t' || data[end] == '\r') && data[end] != s.delimiter && data[end] != s.lineEnd {
			end++
		}
		switch {
		case end >= len(data) && !s.ended:
			return span{}, 0, cellUnfinished
		case end >= len(data) || data[end] == s.delimiter || data[end] == s.lineEnd:
			cell.to = i
			return cell, end, cellWhole
		case data[i+1] == '"':
			cell.quotes = true
			i += 2
		case bytes.IndexByte(data[from:i], s.lineEnd) >= 0:
			return span{}, 0, cellRunaway
		default:
			i++
		}
	}
}

func trimReturn(data []byte, from, to int) int {
	if to > from && data[to-1] == '\r' {
		return to - 1
	}
	return to
}

// cut makes the found row and moves the window behind it.
func (s *csvSource) cut(found scanned) (Row, error) {
	data := s.window[s.start : s.start+found.end]
	row := Row{Line: s.line, Damage: found.damage}
	s.line += bytes.Count(data, []byte{s.lineEnd})
	s.start += found.end
	if found.damage == OpenQuote {
		if s.openQuotes++; s.openQuotes > maxOpenQuotes {
			return Row{}, invalid("sheet.quotes", "line %d: more than %d lines have a quote that is never closed; expected quotes in pairs", row.Line, maxOpenQuotes)
		}
	}
	if len(data) > s.limits.RowBytes {
		return Row{Line: row.Line, Damage: TooLong}, nil
	}
	if len(s.spans) > s.limits.Columns {
		s.spans = s.spans[:s.limits.Columns]
		row.Damage = TooMany
	}
	text := string(data)
	if row.Damage == "" && !utf8.ValidString(text) {
		row.Damage = NotInCoding
	}
	s.cells = s.cells[:0]
	for _, c := range s.spans {
		cell := text[c.from:c.to]
		if c.quotes {
			cell = strings.ReplaceAll(cell, `""`, `"`)
		}
		s.cells = append(s.cells, cell)
	}
	row.cells = s.cells
	return row, nil
}

// skipLine throws away a row beyond the limit up to its line end.
func (s *csvSource) skipLine() (Row, error) {
	row := Row{Line: s.line, Damage: TooLong}
	for {
		if stop := bytes.IndexByte(s.window[s.start:], s.lineEnd); stop >= 0 {
			s.start += stop + 1
			s.line++
			return row, nil
		}
		s.start = len(s.window)
		if s.ended {
			return row, nil
		}
		if err := s.read(); err != nil {
			return Row{}, err
		}
	}
}

// read moves what is left to the front of the window and fills it up.
func (s *csvSource) read() error {
	left := copy(s.window, s.window[s.start:])
	s.window, s.start = s.window[:left], 0
	if cap(s.window)-left < readBytes {
		grown := make([]byte, left, 2*cap(s.window)+readBytes)
		copy(grown, s.window)
		s.window = grown
	}
	n, err := s.content.Read(s.window[left:cap(s.window)])
	s.window = s.window[:left+n]
	if errors.Is(err, io.EOF) {
		s.ended, err = true, nil
	}
	return err
}
