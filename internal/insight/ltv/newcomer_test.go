package ltv

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// halves splits a log's customers at random.
func halves(log *btyd.Log) (half, other *btyd.Log) {
	var ledgers [2]*btyd.Ledger
	for i := range ledgers {
		ledgers[i] = btyd.NewLedger()
	}
	for i := range log.Customers() {
		for _, o := range log.Orders(i) {
			ledgers[scattered(i)%2].Add(log.Name(i), o.Day, o.Amount)
		}
	}
	return ledgers[0].Close(), ledgers[1].Close()
}

// placedAfterFirst returns how many repeat orders customers placed within so many days of the
// first, by a day, and how many the forecaster expects of as many new ones.
func placedAfterFirst(f *Forecaster, log *btyd.Log, until btyd.Day, days int) (placed, expected float64) {
	kept := map[int]float64{}
	for i := range log.Customers() {
		orders := log.Orders(i)
		first := orders[0].Day
		if first > until {
			continue
		}
		watched := min(days, int(until-first))
		if _, known := kept[watched]; !known {
			kept[watched] = f.AfterFirst(stats.WeeksOfDays(watched))
		}
		expected += kept[watched]
		for _, o := range orders[1:] {
			if o.Day <= until && int(o.Day-first) <= days {
				placed++
			}
		}
	}
	return placed, expected
}

func TestNewCustomersAreExpectedToOrderAsTheBrandsDidAfterTheirFirst(t *testing.T) {
	for _, s := range []struct{ name, until string }{
		{"grocery_elog.csv", "2007-12-30"}, {"grocery_elog.csv", "2006-12-31"}, {"cdnow_full.csv", "1998-06-30"}, {"cdnow_full.csv", "1997-09-30"},
		{"", "1971-01-01"}, {"", "1971-06-01"},
	} {
		t.Run(s.name+s.until, func(t *testing.T) {
			log, until := drifting(4000, 4), day(s.until)
			if s.name != "" {
				log = logOf(t, s.name)
			}
			half, others := halves(log)
			for _, members := range [][]string{{"pnbd"}, {regularName}, {windowName}, {regularName, windowName}, usualMembers()} {
				for _, c := range []struct {
					learned, asked *btyd.Log
					off            float64
				}{{log, log, .05}, {half, others, .15}} {
					f := NewHistory(c.learned, Choice{Members: members, K: 2}).Until(until, horizonDays, 0)
					for _, days := range []int{28, 91, 182, 364} {
						placed, expected := placedAfterFirst(f, c.asked, until, days)
						if off := placed/expected - 1; math.Abs(off) > c.off {
							t.Errorf("%s: %d customers placed %.0f repeat orders within %d days, of new ones %.0f are expected", members, c.asked.Customers(), placed, days, expected)
						}
					}
				}
			}
		})
	}
}

// What is said of a horizon is a distribution whose mean is what was seen.
func TestTheOrdersOfNewCustomersAreDistributedAroundWhatWasSeen(t *testing.T) {
	for _, members := range [][]string{{"pnbd"}, {windowName}, usualMembers(), Choosable()} {
		f := NewHistory(drifting(3000, 4), Choice{Members: members, K: 2}).Until(365, horizonDays, 0)
		for _, weeks := range []stats.Weeks{1, 9.5, 26, 52, 300} {
			if said, seen := f.afterFirst(weeks), f.AfterFirst(weeks); math.Abs(said.Expected/seen-1) > 1e-4 || !(said.Variance > said.Expected/2) {
				t.Errorf("%s within %v weeks: %v orders with variance %v, seen %v", members, weeks, said.Expected, said.Variance, seen)
			}
		}
	}
}

func TestWithoutTheBrandsOwnOrdersThePriorSpeaksOfNewCustomers(t *testing.T) {
	f := NewHistory(drifting(30, 4), Choice{Members: usualMembers(), K: 2}).Until(40, horizonDays, 0)
	prior := PriorOrders()
	if said, want := f.AfterFirst(Horizon), prior.ExpectedNew(Horizon); f.Fitted || said != want || f.Watched() != 0 {
		t.Errorf("%v orders, the prior says %v; fitted %v", said, want, f.Fitted)
	}
}

func TestPurchaseModelsSpeakOfNewCustomersWhereTheRegressionIsAlone(t *testing.T) {
	log := drifting(2000, 4)
	for _, c := range []struct{ members, speak []string }{{[]string{windowName}, []string{"pnbd"}}, {usualMembers(), []string{"pnbd", regularName}}} {
		f := NewHistory(log, Choice{Members: c.members, K: 1}).Until(365, horizonDays, 0)
		if got := f.AfterFirstNames(); !slices.Equal(got, c.speak) {
			t.Errorf("of %v, %v speak of new customers, should be %v", c.members, got, c.speak)
		}
	}
}

// Two customers are watched for three weeks, 98 for two: of the second week a hundred
// tell, of the third nobody.
func TestTheCumulativeFunctionCountsThoseWhoWereWatched(t *testing.T) {
	ledger := btyd.NewLedger()
	for i := range 200 {
		began := btyd.Day(21)
		switch {
		case i < 2:
			began = 7
		case i < 100:
			began = 14
		}
		ledger.Add(strconv.Itoa(i), began, 1)
		if i < 50 || i >= 160 {
			ledger.Add(strconv.Itoa(i), began+3, 1)
		}
		if i < 10 {
			ledger.Add(strconv.Itoa(i), began+9, 1)
		}
	}
	got := cumulativeOf(newPanel(ledger.Close(), panelOf{until: 28}))
	if want := []float64{90. / 200, 90./200 + 10./100}; len(got.Orders) != 2 || math.Abs(got.Orders[0]-want[0]) > 1e-12 || math.Abs(got.Orders[1]-want[1]) > 1e-12 || got.Seen[1] != 100 {
		t.Errorf("%+v, should be %v", got, want)
	}
}
