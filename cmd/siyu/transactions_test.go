package main

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestAmountsReadFromBytesAreThoseReadFromText(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	texts := []string{"", "-", ".", "-.", "1.", ".5", "-0", "+3", "1e3", "1_000", "0x10", "Inf", "nan", "1.2.3", "--1", "1-", "999999999999999", "9999999999999999",
		"0.000000000000001", "1,000.50", "¥3", "1 ", "123456789012345.", "00000000000000012"}
	for range 20_000 {
		texts = append(texts, strconv.FormatFloat((random.Float64()-.3)*math.Pow(10, float64(random.IntN(14)-3)), 'f', random.IntN(8), 64))
	}
	read := 0
	for _, text := range texts {
		got, ok := plainAmount([]byte(text))
		if !ok {
			continue
		}
		want, err := amountOf(text)
		if err != nil || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%q is %v, want %v, %v", text, got, want, err)
		}
		read++
	}
	if read < len(texts)*3/4 {
		t.Errorf("%d of %d were plain", read, len(texts))
	}
}
