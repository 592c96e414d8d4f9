package exposure

import (
	"archive/zip"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"siyu/internal/stats/regression"
)

// calls are the calls of a Portuguese bank's campaigns (Moro, Cortez and Rita
// 2014, bank-additional-full): one row per call, its number and whether the
// client took the deposit at it. They are calls that succeed, not relations
// that end: what is proved here is the arithmetic of a hazard per contact.
func calls(t *testing.T, most int) regression.Data {
	t.Helper()
	archive, err := zip.OpenReader(filepath.Join(os.Getenv("SIYU_DATA"), "methods", "bank-additional.zip"))
	if os.Getenv("SIYU_DATA") == "" || err != nil {
		t.Skip("SKIPPED: needs methods/bank-additional.zip in the folder named by SIYU_DATA")
	}
	defer archive.Close()
	file, err := archive.Open("bank-additional/bank-additional-full.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	campaign, y := -1, -1
	for i, name := range rows[0] {
		switch name {
		case "campaign":
			campaign = i
		case "y":
			y = i
		}
	}
	d := regression.Data{Columns: 2}
	for _, row := range rows[1:] {
		n, err := strconv.Atoi(row[campaign])
		if err != nil {
			t.Fatal(err)
		}
		for k := 1; k <= min(n, most); k++ {
			d.Append([]float64{1, float64(k)}, k == n && row[y] == "yes")
		}
	}
	return d
}

func TestTheHazardOfOneMoreContactIsThatOfRealCalls(t *testing.T) {
	const most = 8
	d := calls(t, most)
	vague := []regression.Prior{{SD: 10}, {SD: 10}}
	fit := regression.CLogLog(d, vague)
	slope, se := fit.Coefficients[1], math.Sqrt(fit.Covariance[1][1])
	var asked, took [most + 1]float64
	for i := range d.Y {
		k := int(d.Row(i)[1])
		asked[k]++
		if d.Y[i] {
			took[k]++
		}
	}
	odds := logitSlope(asked[1:], took[1:])
	t.Logf("%d calls: slope %.3f +- %.3f on the hazard scale, %.3f on that of odds", d.Rows(), slope, se, odds)
	if math.Abs(slope-odds) > se || math.Abs(odds+.198) > .001 || math.Abs(se-.011) > .001 {
		t.Errorf("slope %.4f +- %.4f per call, %.4f on the scale of odds; want -.198 +- .011", slope, se, odds)
	}
	for k := 1; k <= most; k++ {
		said := -math.Expm1(-math.Exp(fit.Coefficients[0] + slope*float64(k)))
		t.Logf("call %d: %.2f %% took it, %.2f %% said", k, 100*took[k]/asked[k], 100*said)
	}
}

// logitSlope is the maximum likelihood slope of the odds per call, the scale on
// which -.198 was published; on the hazard scale it is nearer to 0 by about the
// mean chance.
func logitSlope(asked, took []float64) float64 {
	a, b := 0.0, 0.0
	for range 50 {
		var ga, gb, aa, ab, bb float64
		for k, n := range asked {
			x := float64(k + 1)
			p := 1 / (1 + math.Exp(-a-b*x))
			ga, gb = ga+took[k]-n*p, gb+x*(took[k]-n*p)
			w := n * p * (1 - p)
			aa, ab, bb = aa+w, ab+w*x, bb+w*x*x
		}
		det := aa*bb - ab*ab
		a, b = a+(bb*ga-ab*gb)/det, b+(aa*gb-ab*ga)/det
	}
	return b
}
