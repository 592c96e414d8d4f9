package sheet

import (
	"fmt"
	"strings"
)

// Problem is one cell, or a whole row if Column is empty, that cannot be read.
type Problem struct {
	Line     int
	Column   string
	Value    string // masked: no phone number can be read from it
	Expected string
}

func (p *Problem) Error() string {
	if p.Column == "" {
		return fmt.Sprintf("line %d: expected %s", p.Line, p.Expected)
	}
	return fmt.Sprintf("line %d, column %s: value %q: expected %s", p.Line, p.Column, p.Value, p.Expected)
}

const (
	shownRunes = 40 // of a value in a report: enough to find it in the file
	keptDigits = 2  // at both ends of a run of digits, too few for a phone
	maskedRun  = 7  // digits in a row from which on a run may be a phone number
)

// Masked returns a value as it may stand in reports and logs: at most 40
// characters, of long runs of digits only the ends. Digits separated by single
// spaces or hyphens count as one run, full-width ones as digits.
func Masked(value string) string {
	runes := []rune(Narrow(strings.ToValidUTF8(value, "?")))
	if len(runes) > shownRunes*4 {
		runes = runes[:shownRunes*4]
	}
	for i := 0; i < len(runes); {
		end, digits := digitRun(runes, i)
		if digits >= maskedRun {
			hideMiddle(runes[i:end])
		}
		i = max(end, i+1)
	}
	if len(runes) > shownRunes {
		return string(runes[:shownRunes]) + "..."
	}
	return string(runes)
}

// digitRun returns the end of the run of digits that starts at i and how many
// digits it has.
func digitRun(runes []rune, i int) (end, digits int) {
	end = i
	for j := i; j < len(runes); j++ {
		switch {
		case runes[j] >= '0' && runes[j] <= '9':
			digits++
			end = j + 1
		case digits > 0 && (runes[j] == ' ' || runes[j] == '-' || runes[j] == '.') && j == end:
		default:
			return end, digits
		}
	}
	return end, digits
}

func hideMiddle(run []rune) {
	for i := keptDigits; i < len(run)-keptDigits; i++ {
		if run[i] >= '0' && run[i] <= '9' {
			run[i] = '*'
		}
	}
}
