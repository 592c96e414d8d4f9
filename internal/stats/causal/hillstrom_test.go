package causal

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// mailing is Hillstrom's e-mail experiment of 2008: 64,000 customers of a
// shop, a third each mailed for men's or women's goods or not at all.
type mailing struct {
	outcome    map[string]map[string][]float64 // by segment and measure
	covariates map[string][][]float64          // by segment
}

func hillstrom(t *testing.T) mailing {
	t.Helper()
	path := filepath.Join(os.Getenv("SIYU_DATA"), "methods", "hillstrom.csv")
	file, err := os.Open(path)
	if os.Getenv("SIYU_DATA") == "" || err != nil {
		t.Skip("SKIPPED: needs methods/hillstrom.csv in the folder named by SIYU_DATA")
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	m := mailing{map[string]map[string][]float64{}, map[string][][]float64{}}
	for _, row := range rows[1:] {
		segment := row[at["segment"]]
		if m.outcome[segment] == nil {
			m.outcome[segment] = map[string][]float64{}
		}
		for _, name := range []string{"visit", "conversion", "spend"} {
			m.outcome[segment][name] = append(m.outcome[segment][name], number(t, row[at[name]]))
		}
		m.covariates[segment] = append(m.covariates[segment], []float64{
			number(t, row[at["recency"]]), number(t, row[at["history"]]), number(t, row[at["mens"]]), number(t, row[at["womens"]]), number(t, row[at["newbie"]]),
			is(row[at["zip_code"]], "Rural"), is(row[at["zip_code"]], "Urban"), is(row[at["channel"]], "Web"), is(row[at["channel"]], "Phone"),
		})
	}
	return m
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func is(text, wanted string) float64 {
	if text == wanted {
		return 1
	}
	return 0
}

// The figures were computed from the same file outside this program, to the
// digits given.
func TestHillstromsMailingsComeOutToThreeDecimals(t *testing.T) {
	m := hillstrom(t)
	none := m.outcome["No E-Mail"]
	for _, want := range []struct {
		segment, measure string
		ate, z, cut      float64 // percentage points or dollars; cut in per cent
		unit             float64
	}{
		{"Mens E-Mail", "visit", 7.659, 22.6, 2.9, 100},
		{"Mens E-Mail", "conversion", .681, 7.4, .2, 100},
		{"Mens E-Mail", "spend", .770, 5.3, .2, 1},
		{"Womens E-Mail", "visit", 4.523, 14.0, 2.6, 100},
		{"Womens E-Mail", "conversion", .311, 3.8, .2, 100},
		{"Womens E-Mail", "spend", .424, 3.3, .1, 1},
	} {
		treated, control := m.outcome[want.segment][want.measure], none[want.measure]
		e := Compare(ArmOf(treated), ArmOf(control))
		a, ok := CompareAdjusted(treated, control, append(append([][]float64{}, m.covariates[want.segment]...), m.covariates["No E-Mail"]...))
		t.Logf("%s, %s: %+.3f (z %.1f), adjusted %+.3f (z %.1f), variance cut %.1f %%", want.segment, want.measure, want.unit*e.Difference, e.Z(), want.unit*a.Difference, a.Z(), 100*a.Cut)
		if math.Abs(want.unit*e.Difference-want.ate) > .0005 || math.Abs(e.Z()-want.z) > .05 {
			t.Errorf("%s, %s: %.4f, z %.2f; want %.3f, %.1f", want.segment, want.measure, want.unit*e.Difference, e.Z(), want.ate, want.z)
		}
		if !ok || math.Abs(100*a.Cut-want.cut) > .1 || math.Abs(a.Difference-e.Difference) > e.SE {
			t.Errorf("%s, %s: adjusted %+v, want a cut of %.1f %%", want.segment, want.measure, a, want.cut)
		}
	}
}
