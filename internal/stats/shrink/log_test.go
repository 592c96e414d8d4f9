package shrink

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestLogsOfGroupsLeanOnTheCommonRateByHowLittleWasSeen(t *testing.T) {
	groups := []Seen{{.4, 1000}, {-.4, 1000}, {.3, 400}, {-.3, 400}, {.8, 2}, {5, 0}, {math.NaN(), 9}}
	logs, spread := Logs(groups)
	if spread < .2 || spread > .6 {
		t.Errorf("spread %v", spread)
	}
	for i, g := range groups {
		if l := logs[i]; l.Prior < 0 || l.Prior > 1 || math.IsNaN(l.Value) || l.SD <= 0 || l.SD > spread+1e-9 {
			t.Errorf("%+v: %+v", g, l)
		}
	}
	if logs[0].Prior > .02 || logs[4].Prior < .7 || logs[4].Value > .3 || logs[5].Value != 0 || logs[5].Prior != 1 || logs[6].Value != 0 {
		t.Errorf("%+v", logs)
	}
}

func TestTheSpreadOfManyGroupsIsFoundAndTheirIntervalsHold(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 9))
	for _, spread := range []float64{.05, .3} {
		var groups []Seen
		var truth []float64
		for range 400 {
			at, precision := spread*random.NormFloat64(), 20+400*random.Float64()
			truth, groups = append(truth, at), append(groups, Seen{at + random.NormFloat64()/math.Sqrt(precision), precision})
		}
		logs, found := Logs(groups)
		if math.Abs(math.Log(found/spread)) > .35 {
			t.Errorf("groups %v apart are found %v apart", spread, found)
		}
		held, own, shrunk := 0, 0., 0.
		for i, l := range logs {
			if math.Abs(l.Value-truth[i]) < 1.2816*l.SD {
				held++
			}
			own, shrunk = own+math.Pow(groups[i].Log-truth[i], 2), shrunk+math.Pow(l.Value-truth[i], 2)
		}
		if held < 290 || held > 350 || shrunk > own {
			t.Errorf("%d of 400 of the 80 %% intervals hold; squared error %v, of the groups alone %v", held, shrunk, own)
		}
	}
}

func TestGroupsThatAreAlikeHaveAFactorNearOne(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 9))
	var groups []Seen
	for range 50 {
		groups = append(groups, Seen{random.NormFloat64() / 10, 100})
	}
	logs, _ := Logs(groups)
	for _, l := range logs {
		if math.Abs(l.Value) > .12 {
			t.Errorf("%+v", l)
		}
	}
}
