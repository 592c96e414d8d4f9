package ltv

import (
	"math"
	"strconv"
	"testing"

	"siyu/internal/stats/btyd"
)

// shop is one whose customers placed the first order so many days before the
// study's day, and some of them another one after three days.
func shop(customers, daysBefore, again int) *btyd.Log {
	ledger := btyd.NewLedger()
	for i := range customers {
		first := btyd.Day(1000 - daysBefore)
		ledger.Add(strconv.Itoa(i), first, 10)
		if i < again {
			ledger.Add(strconv.Itoa(i), first+3, 10)
		}
	}
	return ledger.Close()
}

func expectedOf(t *testing.T, log *btyd.Log) (Totals, *Study) {
	t.Helper()
	s := NewStudy(log, ModelNames(), 1000, 364)
	totals, err := s.Predict(PredictSpec{}, func(p *Prediction) error {
		if s.Choice.Prior && p.Alive < .5 {
			t.Errorf("%+v is taken for lost", p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return totals, s
}

func TestCustomersWhoFirstBoughtYesterdayAreExpectedBackAndNobodyIsSureOfIt(t *testing.T) {
	totals, s := expectedOf(t, shop(1000, 1, 0))
	if !s.Choice.Prior || s.Choice.Name != priorName || s.Choice.Repeats != 0 {
		t.Errorf("%+v", s.Choice)
	}
	// 1.9 repeat orders in a year, by PriorOrders.
	if each := totals.Orders / 1000; each < 1 || each > 2.2 || totals.High/totals.Low < 5 {
		t.Errorf("%+v", totals)
	}
}

func TestTheLongerNobodyCameBackTheFewerAreExpected(t *testing.T) {
	before := math.Inf(1)
	for _, days := range []int{1, 20, 60, 180, 364} {
		totals, _ := expectedOf(t, shop(400, days, 0))
		if totals.Orders >= before || totals.Low <= 0 {
			t.Errorf("after %d days %+v, before %v", days, totals, before)
		}
		before = totals.Orders
	}
	if before > 40 {
		t.Errorf("nobody of 400 came back within a year, and %v orders are expected in the next", before)
	}
}

func TestTheFewWhoCameBackMakeMoreExpectedAndSurer(t *testing.T) {
	none, _ := expectedOf(t, shop(400, 60, 0))
	some, s := expectedOf(t, shop(400, 60, 60))
	if some.Orders < 2*none.Orders || some.High/some.Low > none.High/none.Low/1.5 || s.Choice.Repeats != 60 {
		t.Errorf("%+v without, %+v with them, %+v", none, some, s.Choice)
	}
}

func TestEnoughRepeatOrdersSpeakForThemselves(t *testing.T) {
	if _, s := expectedOf(t, shop(400, 60, enoughRepeats)); s.Choice.Prior || s.Choice.Repeats != 0 {
		t.Errorf("%+v", s.Choice)
	}
	b := RunBacktest(shop(400, 60, 60), []string{"bgnbd", "pooled"}, 1000, 1030)
	if b.Chosen != priorName || len(b.Models) != 3 || b.Models[2].Name != priorName {
		t.Errorf("%+v", b.Models)
	}
}

// Small shops out of large ones: the total of the prior is judged by shops that it
// was not made from.
func TestIntervalsOfShopsWithFewRepeatOrdersHoldWhatComes(t *testing.T) {
	held, shops := 0, 0
	for _, c := range []struct{ file, cut, end string }{{"cdnow_sample.csv", "1997-04-15", "1997-10-14"}, {"grocery_elog.csv", "2006-04-15", "2006-10-14"}} {
		log := logOf(t, c.file)
		for part := range 12 {
			ledger := btyd.NewLedger()
			for i := range log.Customers() {
				if scattered(i)%48 == uint64(part) {
					for _, o := range log.Orders(i) {
						ledger.Add(log.Name(i), o.Day, o.Amount)
					}
				}
			}
			b := RunBacktest(ledger.Close(), ModelNames(), day(c.cut), day(c.end))
			if !b.Choice.Prior {
				continue
			}
			shops++
			if b.ActualTotal >= b.TotalLow && b.ActualTotal <= b.TotalHigh {
				held++
			}
		}
	}
	if share := float64(held) / float64(shops); shops < 20 || share < .7 {
		t.Errorf("%d of %d intervals held", held, shops)
	}
}
