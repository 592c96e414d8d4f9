package trust

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"siyu/internal/event"
	"siyu/internal/insight/feature"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats/calibration"
	"siyu/internal/stats/regression"
)

// tie is somebody who writes to another; both of a pair are ties.
type tie struct {
	profile.Customer
	last  event.Instant   // message, of either
	wrote []event.Instant // the customer's messages
}

// ties reads the private messages of an online community of students
// (Panzarasa, Opsahl and Carley 2009, SNAP CollegeMsg).
func ties(t *testing.T) (all []*tie, first event.Instant) {
	t.Helper()
	file, err := os.Open(filepath.Join(os.Getenv("SIYU_DATA"), "methods", "CollegeMsg.txt"))
	if os.Getenv("SIYU_DATA") == "" || err != nil {
		t.Skip("SKIPPED: needs methods/CollegeMsg.txt in the folder named by SIYU_DATA")
	}
	defer file.Close()
	type message struct{ from, to, at int64 }
	var messages []message
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var m message
		if _, err := fmt.Sscan(lines.Text(), &m.from, &m.to, &m.at); err == nil {
			messages = append(messages, m)
		}
	}
	slices.SortStableFunc(messages, func(a, b message) int { return int(a.at - b.at) })
	between := map[[2]int64]*tie{}
	of := func(from, to int64) *tie {
		if between[[2]int64{from, to}] == nil {
			between[[2]int64{from, to}] = &tie{}
			all = append(all, between[[2]int64{from, to}])
		}
		return between[[2]int64{from, to}]
	}
	for _, m := range messages {
		at := event.Instant(m.at * 1000)
		of(m.from, m.to).add(at, true)
		of(m.to, m.from).add(at, false)
	}
	return all, event.Instant(messages[0].at * 1000)
}

// add notes a message as the log would: who writes after a day of silence has
// started the talk.
func (x *tie) add(at event.Instant, inbound bool) {
	days := &x.Talk.Days
	if n := len(*days); n == 0 || past.DayOf((*days)[n-1].At) != past.DayOf(at) {
		*days = append(*days, profile.TalkDay{At: at, Started: inbound && at-x.last > past.Day})
	}
	x.last = at
	last := &(*days)[len(*days)-1]
	if !inbound {
		last.Out++
		return
	}
	last.In++
	x.wrote = append(x.wrote, at)
}

// window is how far a tie's activity and its fate are looked at.
const window = 28 * past.Day

type sample struct {
	rule  regression.Data // recency and count
	score *ScoreLearner
}

// at adds everybody who wrote in the last window before a day, and whether
// they did in the next.
func (s *sample) at(all []*tie, cut event.Instant) {
	for _, x := range all {
		lately, alive, recency := 0.0, false, 0.0
		for _, at := range x.wrote {
			switch {
			case at >= cut-window && at < cut:
				lately++
				recency = float64(cut-at) / past.Day
			case at >= cut && at < cut+window:
				alive = true
			}
		}
		if lately == 0 {
			continue
		}
		s.rule.Append([]float64{1, recency, math.Log(lately)}, alive)
		var measured [Count]feature.Measured
		Measure(past.View{Customer: &x.Customer, At: cut, Orders: cut}, Brand{Since: 1}, measured[:])
		s.score.Add(0, measured[:], alive)
	}
}

func samples(t *testing.T) (train, test sample) {
	all, first := ties(t)
	train, test = sample{regression.Data{Columns: 3}, NewScoreLearner()}, sample{regression.Data{Columns: 3}, NewScoreLearner()}
	for _, day := range []int{28, 42, 56} {
		train.at(all, first+event.Instant(day*past.Day))
	}
	for day := 84; day <= 154; day += 14 { // no outcome of the training reaches here
		test.at(all, first+event.Instant(day*past.Day))
	}
	return train, test
}

func said(d regression.Data, coefficients []float64) (chances []float64) {
	for i := range d.Y {
		eta := 0.0
		for j, x := range d.Row(i) {
			eta += x * coefficients[j]
		}
		chances = append(chances, regression.Odds(eta))
	}
	return chances
}

func brier(chances []float64, happened []bool) float64 {
	sum := 0.0
	for i, p := range chances {
		if happened[i] {
			p = 1 - p
		}
		sum += p * p / float64(len(chances))
	}
	return sum
}

// aucError is the standard error of an AUC (Hanley and McNeil 1982).
func aucError(auc float64, happened []bool) float64 {
	yes := 0.0
	for _, h := range happened {
		if h {
			yes++
		}
	}
	no := float64(len(happened)) - yes
	q1, q2 := auc/(2-auc), 2*auc*auc/(1+auc)
	return math.Sqrt((auc*(1-auc) + (yes-1)*(q1-auc*auc) + (no-1)*(q2-auc*auc)) / (yes * no))
}

func TestTrustForetellsWhichTiesLiveOnAsWellAsRecencyAndCount(t *testing.T) {
	train, test := samples(t)
	rule := regression.Logistic(train.rule, []regression.Prior{{SD: 10}, {SD: 10}, {SD: 10}})
	score := train.score.Learned()
	levels := slices.Repeat(score.Coefficients[:1], Windows)
	byRule, byScore := said(test.rule, rule.Coefficients), said(test.score.data, append(levels, score.Coefficients[1:]...))
	happened := test.rule.Y
	ruleAUC, scoreAUC := calibration.AUC(byRule, happened), calibration.AUC(byScore, happened)
	ruleBrier, scoreBrier := brier(byRule, happened), brier(byScore, happened)
	t.Logf("%d ties learned from, %d asked about", train.rule.Rows(), test.rule.Rows())
	t.Logf("recency and count: AUC %.3f, Brier %.4f; trust: AUC %.3f, Brier %.4f", ruleAUC, ruleBrier, scoreAUC, scoreBrier)
	for j, f := range Features() {
		t.Logf("%-24s %.3f", f.Key, score.Coefficients[1+j])
	}
	if scoreAUC < ruleAUC-aucError(ruleAUC, happened) || !(scoreBrier < ruleBrier) {
		t.Errorf("AUC %.4f against %.4f +- %.4f, Brier %.5f against %.5f", scoreAUC, ruleAUC, aucError(ruleAUC, happened), scoreBrier, ruleBrier)
	}
}
