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

// Maximum likelihood on calls 1 to 8 gives a slope of -.198 +- .011 a call on the
// scale of log odds. The product fits the log of the hazard, by a complementary
// log-log, on which the same decline is -.193 +- .011: a hazard h moves the log
// odds by h/(1-e^-h), about 1+h/2, for each unit of its own log. So the log odds of
// the product's chances must fall by .198 a call.
func TestTheHazardOfOneMoreContactIsThatOfRealCalls(t *testing.T) {
	const most = 8
	d := calls(t, most)
	fit := regression.CLogLog(d, []regression.Prior{{SD: 10}, {SD: 10}})
	slope, se := fit.Coefficients[1], math.Sqrt(fit.Covariance[1][1])
	var asked, took [most + 2]float64
	for i := range d.Y {
		k := int(d.Row(i)[1])
		asked[k]++
		if d.Y[i] {
			took[k]++
		}
	}
	hazard := func(k int) float64 { return math.Exp(fit.Coefficients[0] + slope*float64(k)) }
	logOdds := func(k int) float64 { return math.Log(math.Expm1(hazard(k))) }
	decline, clients := 0., 0.
	for k := 1; k <= most; k++ {
		said := -math.Expm1(-hazard(k))
		if off := math.Abs(took[k]/asked[k] - said); off > 3*math.Sqrt(said*(1-said)/asked[k]) {
			t.Errorf("call %d: %.2f %% took it, %.2f %% said", k, 100*took[k]/asked[k], 100*said)
		}
		decline += asked[k+1] * (logOdds(k+1) - logOdds(k))
		clients += asked[k+1]
	}
	odds := decline / clients
	t.Logf("%d calls: slope %.4f +- %.4f on the scale of log hazards, %.4f on that of log odds", d.Rows(), slope, se, odds)
	if math.Abs(slope+.193) > .001 || math.Abs(se-.011) > .0005 || math.Abs(odds+.198) > .001 {
		t.Errorf("slope %.4f +- %.4f of the log hazard, %.4f of the log odds per call; want -.193 +- .011 and -.198", slope, se, odds)
	}
}
