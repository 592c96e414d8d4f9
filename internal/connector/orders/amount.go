package orders

import (
	"math"
	"strconv"
	"strings"

	"siyu/internal/money"
	"siyu/internal/sheet"
)

// fenOf reads an amount in yuan; nothing is rounded.
func fenOf(text string) (money.Fen, error) {
	if fen, ok := plainFen(text); ok {
		return fen, nil
	}
	return money.Parse(sheet.Narrow(text))
}

// plainFen reads "123", "123.4" and "123.45", the form of nearly every cell,
// without the work that the other forms need.
func plainFen(text string) (money.Fen, bool) {
	const safe = 15 // digits that cannot overflow
	if text == "" || len(text) > safe {
		return 0, false
	}
	n, decimals := int64(0), -1
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
			if decimals >= 0 {
				decimals++
			}
		case c == '.' && decimals < 0 && i > 0:
			decimals = 0
		default:
			return 0, false
		}
	}
	switch decimals {
	case -1, 0:
		return money.Fen(n * 100), true
	case 1:
		return money.Fen(n * 10), true
	case 2:
		return money.Fen(n), true
	}
	return 0, false
}

// sharedFen reads an item's share of an amount, which ERPs compute to four and
// more decimals. It is rounded to the fen; rounded tells that it was.
func sharedFen(text string) (fen money.Fen, rounded bool, err error) {
	if fen, err = fenOf(text); err == nil {
		return fen, false, nil
	}
	const most = 1e12 // fen; above it a float64 may miss the fen
	yuan, parseErr := strconv.ParseFloat(strings.ReplaceAll(sheet.Narrow(text), ",", ""), 64)
	if parseErr != nil || math.Abs(yuan*100) > most || math.IsNaN(yuan) {
		return 0, false, err
	}
	return money.Fen(math.Round(yuan * 100)), true, nil
}

// quantityOf reads a number of pieces. Goods sold by weight (0.75) are one
// piece.
func quantityOf(text string) (int, bool) {
	const most = 1_000_000
	number, err := strconv.ParseFloat(strings.ReplaceAll(sheet.Narrow(text), ",", ""), 64)
	if err != nil || !(number > 0) || number > most {
		return 0, false
	}
	if number != math.Trunc(number) {
		return 1, true
	}
	return int(number), true
}
