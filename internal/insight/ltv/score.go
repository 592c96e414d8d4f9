package ltv

import (
	"encoding/json"
	"math"

	"siyu/internal/stats/btyd"
	"siyu/internal/stats/calibration"
)

// topTenth is the share of customers that hit and capture rates look at.
const topTenth = .1

// Score is how one model's forecasts fitted what happened.
type Score struct {
	Name     string  `json:"name"`
	RPS      float64 `json:"rps"`      // mean ranked probability score
	Deviance float64 `json:"deviance"` // mean Poisson deviance
	// Bias is the total forecast over the total actual, minus 1: null in JSON, and 0,
	// where nothing came.
	Bias       float64 `json:"bias"`
	Coverage80 float64 `json:"coverage80"` // share of outcomes in the central 80 %
	MAE        float64 `json:"mae"`
	RMSE       float64 `json:"rmse"`
	Hit10      float64 `json:"hit10"`     // share of the true top tenth in the forecast top tenth
	Capture10  float64 `json:"capture10"` // share of orders of the forecast top tenth
	Spearman   float64 `json:"spearman"`
	AUC        float64 `json:"auc"`       // for buying at all
	Nonfinite  int     `json:"nonfinite"` // forecasts that are no number; scored as zero
	nothing    bool    // came
}

// MarshalJSON is that of the fields but for a Bias that nothing tells.
func (s Score) MarshalJSON() ([]byte, error) {
	type fields Score
	if !s.nothing {
		return json.Marshal(fields(s))
	}
	return json.Marshal(struct {
		fields
		Bias *float64 `json:"bias"`
	}{fields: fields(s)})
}

// run collects a model's forecasts and scores them.
type run struct {
	score    Score
	expected []float64 // of each case
	total    float64
	closely  *closeRun // nil for all but the chosen
}

// closeRun is what calibration asks of each case.
type closeRun struct {
	coverage []float32
	none     []float32 // probability of no order
}

func newRun(name string, cases int) *run {
	return &run{score: Score{Name: name}, expected: make([]float64, 0, cases)}
}

// watched makes the run keep what calibration asks for.
func (r *run) watched() {
	r.closely = &closeRun{coverage: make([]float32, 0, cap(r.expected)), none: make([]float32, 0, cap(r.expected))}
}

func (r *run) add(f btyd.Forecast, y int) {
	if math.IsNaN(f.Expected) || math.IsInf(f.Expected, 0) {
		r.score.Nonfinite++
		f = btyd.Forecast{CDF: []float64{1}}
	}
	s, coverage := &r.score, calibration.Coverage(f.CDF, y)
	s.RPS += calibration.RankedProbability(f.CDF, y)
	s.Deviance += calibration.Deviance(f.Expected, y)
	s.Coverage80 += coverage
	miss := f.Expected - float64(y)
	s.MAE += math.Abs(miss)
	s.RMSE += miss * miss
	r.total += f.Expected
	r.expected = append(r.expected, f.Expected)
	if c := r.closely; c != nil {
		c.coverage, c.none = append(c.coverage, float32(coverage)), append(c.none, float32(f.None()))
	}
}

// finish turns sums into means and ranks the cases.
func (r *run) finish(outcome []int) {
	s, n := &r.score, float64(max(1, len(outcome)))
	s.RPS, s.Deviance, s.Coverage80, s.MAE = s.RPS/n, s.Deviance/n, s.Coverage80/n, s.MAE/n
	s.RMSE = math.Sqrt(s.RMSE / n)
	actual, bought, total := make([]float64, len(outcome)), make([]bool, len(outcome)), 0.0
	for i, y := range outcome {
		actual[i], bought[i] = float64(y), y > 0
		total += actual[i]
	}
	if s.nothing = !(total > 0); !s.nothing {
		s.Bias = r.total/total - 1
	}
	top := calibration.TopShare(r.expected, topTenth)
	s.Hit10 = calibration.Overlap(calibration.TopShare(actual, topTenth), top)
	s.Capture10 = calibration.Overlap(actual, top)
	s.Spearman = calibration.Spearman(r.expected, actual)
	s.AUC = calibration.AUC(r.expected, bought)
}

// Decile is a tenth of the customers by what was expected of them.
type Decile struct {
	Customers    int     `json:"customers"`
	Expected     float64 `json:"expected"` // orders of one customer
	Actual       float64 `json:"actual"`
	NoneExpected float64 `json:"none_expected"` // probability of no order
	None         float64 `json:"none"`
	Coverage80   float64 `json:"coverage80"`
}

// deciles returns the calibration of a watched run, from the customers least is
// expected of to those most is.
func (r *run) deciles(outcome []int) []Decile {
	const tenths = 10
	order := calibration.Ascending(r.expected)
	deciles := make([]Decile, 0, tenths)
	for j := range tenths {
		part := order[j*len(order)/tenths : (j+1)*len(order)/tenths]
		if len(part) == 0 {
			continue
		}
		d, n := Decile{Customers: len(part)}, float64(len(part))
		for _, i := range part {
			d.Expected += r.expected[i] / n
			d.Actual += float64(outcome[i]) / n
			d.NoneExpected += float64(r.closely.none[i]) / n
			d.Coverage80 += float64(r.closely.coverage[i]) / n
			if outcome[i] == 0 {
				d.None += 1 / n
			}
		}
		deciles = append(deciles, d)
	}
	return deciles
}
