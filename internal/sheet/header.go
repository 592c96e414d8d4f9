package sheet

import (
	"strconv"
	"strings"
)

// Header names the columns of a table.
type Header struct {
	Line  int
	Names []string // as in the file; the second column of a name is name#2
	index map[string]int
}

// HeaderOf reads a row as column names. Trailing columns without a name are
// dropped, others are named by their position: column#3.
func HeaderOf(row Row) Header {
	names := row.Cells()
	for len(names) > 0 && names[len(names)-1] == "" {
		names = names[:len(names)-1]
	}
	h := Header{Line: row.Line, Names: names, index: make(map[string]int, len(names))}
	seen := make(map[string]int, len(names))
	for i, name := range names {
		if name == "" {
			name = "column#" + strconv.Itoa(i+1)
		}
		key := FoldName(name)
		seen[key]++
		if n := seen[key]; n > 1 {
			name += "#" + strconv.Itoa(n)
		}
		names[i] = name
		if _, taken := h.index[FoldName(name)]; !taken {
			h.index[FoldName(name)] = i
		}
	}
	return h
}

// Index returns the position of the column with this name, compared as
// FoldName compares, or -1.
func (h Header) Index(name string) int {
	if i, ok := h.index[FoldName(name)]; ok {
		return i
	}
	return -1
}

// Name returns the name of the i-th column, or its position where it has none.
func (h Header) Name(i int) string {
	if i >= 0 && i < len(h.Names) {
		return h.Names[i]
	}
	return "column#" + strconv.Itoa(i+1)
}

// Surplus returns the position of the first cell that holds something beyond
// the last column, or -1. Such a row is shifted and cannot be trusted.
func (h Header) Surplus(row Row) int {
	for i := len(h.Names); i < row.Len(); i++ {
		if row.Cell(i) != "" {
			return i
		}
	}
	return -1
}

// FoldName returns the form in which column names are compared: narrow, lower
// case, without spaces, line breaks and a leading asterisk (required marks).
func FoldName(name string) string {
	name = strings.ToLower(Narrow(Clean(name)))
	name = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n', 0xA0:
			return -1
		}
		return r
	}, name)
	return strings.TrimLeft(name, "*")
}

// headerShare is how much of the widest row a header must fill when no name is
// recognised; title lines above a table have one or two cells.
const headerShare = 0.8

// FindHeader returns the position of the header among the first rows of a
// table: the row with the most recognised names or, where none is recognised,
// the first that is about as wide as the widest. It returns -1 for no rows.
// recognise is asked with names as FoldName gives them.
func FindHeader(rows []Row, recognise func(name string) bool) int {
	best, bestKnown, widest := -1, 0, 0
	for i, row := range rows {
		known := 0
		for _, cell := range row.cells {
			if name := FoldName(cell); name != "" && recognise(name) {
				known++
			}
		}
		if known > bestKnown {
			best, bestKnown = i, known
		}
		widest = max(widest, filled(row))
	}
	if best >= 0 {
		return best
	}
	for i, row := range rows {
		if float64(filled(row)) >= headerShare*float64(widest) {
			return i
		}
	}
	return -1
}

func filled(row Row) int {
	n := 0
	for _, cell := range row.cells {
		if Clean(cell) != "" {
			n++
		}
	}
	return n
}
