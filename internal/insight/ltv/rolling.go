package ltv

import (
	"time"

	"siyu/internal/stats/btyd"
)

// Rolling is a backtest repeated from earlier and earlier cuts, each with the
// same days ahead.
type Rolling struct {
	Origins []RollingOrigin `json:"origins"` // latest first
	Models  []RollingModel  `json:"models"`
	Held    float64         `json:"held"` // share of the origins whose 80 % interval held the total

	totals []pastTotal // of the chosen
}

// RollingOrigin is one cut.
type RollingOrigin struct {
	Cut            string  `json:"cut"`
	End            string  `json:"end"`
	Customers      int     `json:"customers"`
	Chosen         string  `json:"chosen"`
	RPS            float64 `json:"rps"` // of the chosen
	Coverage80     float64 `json:"coverage80"`
	ActualTotal    float64 `json:"actual_total"`
	PredictedTotal float64 `json:"predicted_total"`
	TotalLow       float64 `json:"total_low"`
	TotalHigh      float64 `json:"total_high"`
}

func (o *RollingOrigin) held() bool {
	return o.ActualTotal >= o.TotalLow && o.ActualTotal <= o.TotalHigh
}

// RollingModel is a model over all origins; the last is the choice of each.
type RollingModel struct {
	Name       string  `json:"name"`
	RPS        float64 `json:"rps"`        // mean over origins
	TotalError float64 `json:"total_mae"`  // mean of |forecast/actual - 1|
	Coverage80 float64 `json:"coverage80"` // mean over origins
}

// RollingSpec says from where a rolling backtest looks ahead: from so many
// cuts up to the latest, some days apart.
type RollingSpec struct {
	Cut, End btyd.Day
	Origins  int
	Step     int // days
	// First is what is known of the latest cut already; nil: nothing.
	First *Backtest
}

// RunRolling judges the named models, and what is chosen anew among them before each cut,
// from every cut of the spec at which there are customers.
func RunRolling(log *btyd.Log, names []string, spec RollingSpec) *Rolling {
	r := &Rolling{Models: make([]RollingModel, len(names)+1)}
	for i, name := range append(names[:len(names):len(names)], Automatic) {
		r.Models[i].Name = name
	}
	for i := range spec.Origins {
		back := btyd.Day(i * spec.Step)
		b := spec.First
		if i > 0 || b == nil {
			b = spec.judge(log, names, back)
		}
		if b.Customers < fewCustomers {
			break
		}
		r.add(*b, spec.Cut-back, spec.End-back)
	}
	r.finish()
	return r
}

// judge looks ahead from so many days before the latest cut.
func (s RollingSpec) judge(log *btyd.Log, names []string, back btyd.Day) *Backtest {
	b, _ := NewStudy(log, names, s.Cut-back, int(s.End-s.Cut)).judge(names, s.End-back)
	return &b
}

// Misses is how far the totals of the chosen were off.
type Misses struct {
	Origins int     `json:"origins"`
	Bias    float64 `json:"bias"` // all forecasts over all that came, minus 1
	// Shock is the standard deviation, on the log scale, beyond the customers' own
	// randomness, shrunk to CommonShock.
	Shock float64 `json:"shock"`
	// Held is of how many of all Cuts the 80 % interval held the total.
	Held int `json:"held"`
	Cuts int `json:"cuts"`
}

// Misses returns how far the totals were off over the origins that tell.
func (r *Rolling) Misses() Misses {
	shock := shockOf(r.totals)
	t := Misses{Origins: shock.Origins, Shock: shock.SD, Cuts: len(r.Origins)}
	for i := range r.Origins {
		if r.Origins[i].held() {
			t.Held++
		}
	}
	predicted, actual := 0., 0.
	for _, p := range r.totals {
		if p.tells() {
			predicted, actual = predicted+p.mean, actual+p.actual
		}
	}
	if actual > 0 {
		t.Bias = predicted/actual - 1
	}
	return t
}

func (r *Rolling) add(b Backtest, cut, end btyd.Day) {
	o := RollingOrigin{Cut: cut.Time().Format(time.DateOnly), End: end.Time().Format(time.DateOnly), Customers: b.Customers, Chosen: b.Chosen,
		ActualTotal: b.ActualTotal, PredictedTotal: b.PredictedTotal, TotalLow: b.TotalLow, TotalHigh: b.TotalHigh}
	for i, s := range b.Models {
		if i < len(r.Models)-1 {
			r.Models[i].add(s)
		}
		if s.Name == b.Chosen {
			o.RPS, o.Coverage80 = s.RPS, s.Coverage80
			r.Models[len(r.Models)-1].add(s)
		}
	}
	if o.held() {
		r.Held++
	}
	r.Origins, r.totals = append(r.Origins, o), append(r.totals, b.total)
}

func (m *RollingModel) add(s Score) {
	m.RPS += s.RPS
	m.Coverage80 += s.Coverage80
	m.TotalError += max(s.Bias, -s.Bias)
}

func (r *Rolling) finish() {
	n := float64(max(1, len(r.Origins)))
	r.Held /= n
	for i := range r.Models {
		m := &r.Models[i]
		m.RPS, m.Coverage80, m.TotalError = m.RPS/n, m.Coverage80/n, m.TotalError/n
	}
}
