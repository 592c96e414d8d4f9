package sheet

// Plain appends the cells of the next row to cells, without making texts of
// them: nearly every row of a log of orders is digits between commas, and there
// are millions. They are what Row.Cell would return, and valid until the next
// row is read. ok is false where the next row may be more than that - quotes,
// signs beyond ASCII, spaces to take off, another kind of file, the end; then
// nothing has been read and Next tells what it is.
func (r *Reader) Plain(cells [][]byte) (line int, found [][]byte, ok bool) {
	s, isCSV := r.source.(*csvSource)
	if !isCSV || len(r.ahead) > 0 {
		return 0, cells, false
	}
	return s.plain(cells)
}

func (s *csvSource) plain(cells [][]byte) (line int, found [][]byte, ok bool) {
	data, already := s.window[s.start:], len(cells)
	from, filled := 0, false
	for i, b := range data {
		if !s.notable[b] {
			continue
		}
		if b != s.delimiter && b != s.lineEnd {
			if b == '\r' {
				continue // stands before a line end, or Clean is needed
			}
			break
		}
		end := i
		if b == s.lineEnd && end > from && data[end-1] == '\r' {
			end--
		}
		cell := data[from:end:end]
		if wrapped(cell) || len(cells)-already == s.limits.Columns {
			break
		}
		cells, filled, from = append(cells, cell), filled || len(cell) > 0, i+1
		if b == s.delimiter {
			continue
		}
		if !filled || from > s.limits.RowBytes {
			break
		}
		s.start += from
		s.line++
		return s.line - 1, cells, true
	}
	return 0, cells[:already], false
}

// notable returns the bytes that end a cell or may need more than that: no
// others occur within plain cells.
func notable(delimiter, lineEnd byte) (found [256]bool) {
	for b := range found {
		found[b] = b < ' ' || b >= 0x7F
	}
	found['"'], found[delimiter], found[lineEnd] = true, true, true
	return found
}

// wrapped tells that Clean may take something off an ASCII cell.
func wrapped(cell []byte) bool {
	if len(cell) == 0 {
		return false
	}
	first, last := cell[0], cell[len(cell)-1]
	return first <= ' ' || first == '=' || first == '\'' || last <= ' '
}
