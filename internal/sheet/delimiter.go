package sheet

import (
	"bytes"
	"strings"
)

// sampleLines of a file decide about its delimiter, which is one of delimiters.
const (
	sampleLines = 50
	delimiters  = ",\t;|"
)

// detectDelimiter returns the separator that splits the most sample records
// into the same number of cells, weighted by that number, of those that stand in
// more than half as many records as the most frequent one; a comma if none does.
func detectDelimiter(sample []byte) byte {
	most := 0
	for i := range len(delimiters) {
		in, _ := agreement(sample, delimiters[i])
		most = max(most, in)
	}
	best, bestScore := byte(','), 0
	for i := range len(delimiters) {
		if in, score := agreement(sample, delimiters[i]); 2*in > most && score > bestScore {
			best, bestScore = delimiters[i], score
		}
	}
	return best
}

// agreement returns in how many records the separator stands, and records x
// separators of the most common count outside quotes. A quoted cell may go over
// several lines.
func agreement(sample []byte, delimiter byte) (in, score int) {
	recordsWith := map[int]int{}
	for rest, record := sample, 0; record < sampleLines && len(rest) > 0; record++ {
		var count int
		count, rest = separators(rest, delimiter)
		recordsWith[count]++
	}
	for count, records := range recordsWith {
		if count > 0 {
			in += records
		}
		score = max(score, count*records)
	}
	return in, score
}

// separators counts those of the first record and returns what follows it. A
// quote opens a cell only at its beginning.
func separators(sample []byte, delimiter byte) (n int, rest []byte) {
	quoted, begins := false, true
	for i := 0; i < len(sample); i++ {
		b := sample[i]
		switch {
		case quoted:
			if b != '"' {
				continue
			}
			if i+1 < len(sample) && sample[i+1] == '"' {
				i++
				continue
			}
			quoted = false
		case b == '"' && begins:
			quoted = true
		case b == '\n':
			return n, sample[i+1:]
		case b == delimiter:
			n++
		}
		begins = strings.IndexByte(delimiters, b) >= 0 // whichever it is, the quotes are the same
	}
	return n, nil
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
