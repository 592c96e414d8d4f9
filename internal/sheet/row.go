package sheet

import (
	"strings"
	"unicode"
)

// Row is one row of a table.
type Row struct {
	// Line is where the row begins, counted from 1: the physical line of a
	// csv, the row number of an xlsx.
	Line int
	// Damage says why the cells cannot be trusted, empty if they can.
	Damage Damage

	cells []string
}

// Damage is a reason why the cells of a row cannot be trusted.
type Damage string

// The kinds of damage.
const (
	OpenQuote   Damage = "a quote that is never closed"
	TooLong     Damage = "a row longer than the limit"
	TooMany     Damage = "more cells than the limit"
	NotInCoding Damage = "bytes that are not in the encoding of the file"
)

// RowOf returns a row made of these cells.
func RowOf(line int, cells ...string) Row { return Row{Line: line, cells: cells} }

// Len returns the number of cells.
func (r Row) Len() int { return len(r.cells) }

// Cell returns the i-th cell, counted from 0, as Clean gives it. It is empty
// beyond the end of a row that is too short.
func (r Row) Cell(i int) string {
	if i < 0 || i >= len(r.cells) {
		return ""
	}
	return Clean(r.cells[i])
}

// Cells returns all cells as Clean gives them.
func (r Row) Cells() []string {
	out := make([]string, len(r.cells))
	for i := range r.cells {
		out[i] = Clean(r.cells[i])
	}
	return out
}

// Clean takes off what shop systems and Excel put around a value to keep it a
// text: ="...", a leading tab or apostrophe, surrounding spaces of every width,
// NUL and zero-width characters. The value itself is not changed.
func Clean(cell string) string {
	if plain(cell) {
		return cell
	}
	cell = strings.Map(dropInvisible, cell)
	cell = strings.TrimSpace(cell)
	if inner, ok := strings.CutPrefix(cell, "="); ok && len(inner) >= 2 && inner[0] == '"' && inner[len(inner)-1] == '"' {
		cell = strings.ReplaceAll(inner[1:len(inner)-1], `""`, `"`)
	}
	cell = strings.TrimPrefix(cell, "'")
	return strings.TrimSpace(cell)
}

// plain reports whether nothing in the cell can need cleaning, so that the
// usual cell costs one look at each byte.
func plain(cell string) bool {
	if cell == "" {
		return true
	}
	first, last := cell[0], cell[len(cell)-1]
	if first <= ' ' || first == '=' || first == '\'' || last <= ' ' {
		return false
	}
	for i := 0; i < len(cell); i++ {
		switch cell[i] {
		case 0, 0xC2, 0xE2, 0xE3, 0xEF: // NUL, or the first byte of a space or invisible sign
			return false
		}
	}
	return true
}

func dropInvisible(r rune) rune {
	switch r {
	case 0, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202A, 0x202C, 0x2060, 0xFEFF:
		return -1
	}
	return r
}

// Narrow turns full-width digits, letters and signs into their usual forms.
// It is for numbers, codes and header names; people's texts stay as they are.
func Narrow(text string) string {
	if strings.IndexFunc(text, wide) < 0 {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			return r - 0xFEE0
		case r == 0x3000:
			return ' '
		}
		return r
	}, text)
}

func wide(r rune) bool { return r >= 0xFF01 && r <= 0xFF5E || r == 0x3000 }

// blank reports whether a row holds nothing but separators.
func blank(cells []string) bool {
	for _, c := range cells {
		if strings.IndexFunc(c, func(r rune) bool { return !unicode.IsSpace(r) && r != 0 }) >= 0 {
			return false
		}
	}
	return true
}
