// Package money counts money in fen. There is no float anywhere in it.
package money

import (
	"fmt"
	"strconv"
	"strings"
)

// Fen is an amount of money in 1/100 yuan. Refunds are negative.
type Fen int64

// Yuan returns the amount with two decimals and no sign of currency: "12.30".
func (f Fen) Yuan() string {
	sign, v := "", int64(f)
	if v < 0 {
		sign, v = "-", -v
	}
	return fmt.Sprintf("%s%d.%02d", sign, v/100, v%100)
}

// Parse reads an amount in yuan as shop exports write it: "1,234.5", "¥12",
// "￥-3.00", "(3.00)" for a negative amount. More than two decimals are an
// error unless the rest are zeros, because nothing here may round silently.
func Parse(text string) (Fen, error) {
	s := strings.NewReplacer(",", "", "，", "", " ", "", "¥", "", "￥", "", "元", "").Replace(strings.TrimSpace(text))
	negative := false
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		negative, s = true, s[1:len(s)-1]
	}
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		negative, s = !negative, rest
	}
	whole, part, _ := strings.Cut(s, ".")
	part = strings.TrimRight(part, "0")
	if whole == "" && part == "" && !strings.Contains(s, "0") || len(part) > 2 {
		return 0, fmt.Errorf("amount %q: expected yuan with at most two decimals", text)
	}
	if whole == "" {
		whole = "0"
	}
	n, err := strconv.ParseUint(whole+(part + "00")[:2], 10, 53)
	if err != nil {
		return 0, fmt.Errorf("amount %q: expected yuan with at most two decimals", text)
	}
	if negative {
		return -Fen(n), nil
	}
	return Fen(n), nil
}
