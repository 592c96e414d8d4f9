package sheet

import "bytes"

// sampleLines of a file decide about its delimiter.
const sampleLines = 50

// detectDelimiter returns the separator that splits the most sample lines into
// the same number of cells, weighted by that number; a comma if none does.
func detectDelimiter(sample []byte) byte {
	best, bestScore := byte(','), 0
	for _, candidate := range []byte{',', '\t', ';', '|'} {
		if score := agreement(sample, candidate); score > bestScore {
			best, bestScore = candidate, score
		}
	}
	return best
}

// agreement returns lines x separators of the most common count of separators
// outside quotes.
func agreement(sample []byte, delimiter byte) int {
	linesWith := map[int]int{}
	rest := sample
	for line := 0; line < sampleLines && len(rest) > 0; line++ {
		var one []byte
		one, rest, _ = bytes.Cut(rest, []byte{'\n'})
		linesWith[separators(one, delimiter)]++
	}
	best := 0
	for count, lines := range linesWith {
		best = max(best, count*lines)
	}
	return best
}

func separators(line []byte, delimiter byte) int {
	n, quoted := 0, false
	for _, b := range line {
		switch {
		case b == '"':
			quoted = !quoted
		case b == delimiter && !quoted:
			n++
		}
	}
	return n
}

// lineEnd returns the byte that ends lines: a carriage return only in files
// that have almost nothing else.
func lineEnd(sample []byte) byte {
	feeds := bytes.Count(sample, []byte{'\n'})
	returns := bytes.Count(sample, []byte{'\r'})
	if returns > 2*feeds {
		return '\r'
	}
	return '\n'
}
