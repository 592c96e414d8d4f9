package main

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestNumbersAreWrittenAsFormatGDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	numbers := []float64{0, math.Copysign(0, -1), 1, 10, 1e6, 9999998, 9999999, 9999999.5, 9999999.7, 1e7, 1.5, .001, .00099999995, .01, 99999.995, 123456.75, .5, 33, 28.42857142857143,
		math.NaN(), math.Inf(1), math.MaxFloat64, 5e-324, -3, 1234567.5, 1234566.5, .1234565, 2.0000005}
	for range 300_000 {
		v := math.Pow(10, 12*random.Float64()-4)
		if round := math.Pow(10, float64(random.IntN(9))); random.IntN(3) == 0 {
			v = math.Round(v*round) / round
		}
		numbers = append(numbers, v, math.Nextafter(v, 0), math.Round(v*2)/2)
	}
	for _, v := range numbers {
		if got, want := string(appendNumber(nil, v)), strconv.FormatFloat(v, 'g', digits, 64); got != want {
			t.Fatalf("%v is written %s, want %s", v, got, want)
		}
	}
}

func TestTextsAreQuotedWhereTheyWouldBreakALine(t *testing.T) {
	for _, text := range []string{"a", "", "a,b", `say "hi"`, "two\nlines", " a", "a ", "李雷", "a\tb"} {
		line := string(appendCell([]byte("x,"), []byte(text))) + ",y\n"
		row, err := csv.NewReader(strings.NewReader(line)).Read()
		if err != nil || len(row) != 3 || row[1] != text {
			t.Errorf("%q is written %q, read as %q, %v", text, line, row, err)
		}
	}
}
