package repurchase

import (
	"math"
	"reflect"
	"testing"
	"time"

	"siyu/internal/catalog"
	"siyu/internal/event"
	"siyu/internal/insight/brandtest"
	"siyu/internal/insight/feature"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
)

// learning is what is known of people by a moment.
func learning(people []brandtest.Person, until time.Time) Learning {
	orders := ltv.NewLearner()
	l := Learning{Until: event.At(until), Now: event.At(until), Horizon: 30, Archive: true, LinkRate: 1,
		Catalog: catalog.Catalog{Lines: []catalog.Line{{ID: brandtest.Line, Cycle: brandtest.CycleDays * 24 * time.Hour}}}}
	for _, p := range people {
		var c *profile.Customer
		if c = p.Until(until); c.FirstSeen == 0 {
			continue
		}
		orders.Add(c, l.Until)
		l.Customers = append(l.Customers, *c)
	}
	l.Orders = orders.History(ltv.Choice{})
	return l
}

// What foretells a month is what was known when it began: the same people, seen a month
// later, have the same features then.
func TestFeaturesOfPastMonthsAreOfWhatWasKnownThen(t *testing.T) {
	law := brandtest.Usual()
	people := law.People(600, 3)
	late, early := learning(people, law.End()), learning(people, law.End().AddDate(0, 0, -30))
	now := Model{}
	newest := now.learnBrand(late)
	seen, then := late.origins(now.Trust, newest), early.origins(now.Trust, early.brandThen(early.start(0), now.Trust.Since))
	if len(seen) != mostOrigins || len(then) != mostOrigins {
		t.Fatalf("%d and %d months", len(seen), len(then))
	}
	for k := range mostOrigins - 1 {
		if len(seen[k+1].rows) != len(then[k].rows) || !reflect.DeepEqual(seen[k+1].rows, then[k].rows) {
			t.Fatalf("%d months ago %d customers are seen otherwise now", k+1, len(then[k].rows))
		}
	}
	was, _ := early.brandAt(past.View{At: early.Until, Orders: early.Until}, 0)
	if reflect.DeepEqual(was, now.Cycles) {
		t.Error("a month taught nothing of cycles: this test could not fail")
	}
}

// months in which talk tells who shows trust and who buys.
func acting(sign float64) (all []origin) {
	for window := range 3 {
		o := origin{alike: true}
		for i := range 2000 {
			var r row
			r.measured[0].Value = 1
			talks := float64(i % 2)
			r.trust[2] = feature.Measured{Value: talks, Number: talks}
			odds := -2 + 1.5*talks
			if window == 0 {
				odds = -2 + sign*1.5*talks
			}
			o.rows, o.memory, o.contacts, o.orders = append(o.rows, r), append(o.memory, [memories]float64{}), append(o.contacts, [memories]float64{}), append(o.orders, i%3)
			o.acted = append(o.acted, float64(i/2%1000)/1000 < 1/(1+math.Exp(-odds)))
		}
		all = append(all, o)
	}
	return all
}

func TestTheScoreThatForetellsAMonthHasNotSeenIt(t *testing.T) {
	same, other := acting(1), acting(-1)
	tellOlder(same)
	tellOlder(other)
	if a, b := same[0].rows[1].measured[trustAt].Value, other[0].rows[1].measured[trustAt].Value; a != b || a == 0 {
		t.Errorf("who talked has %v, and %v where the month that judges went the other way", a, b)
	}
	m := Model{HalfLife: usualHalfLife()}
	m.judgeMemory(other)
	if a, b := other[0].rows[1].measured[trustAt].Value, same[0].rows[1].measured[trustAt].Value; a != b {
		t.Errorf("the half-life and the slope were judged by %v, held out it is %v", a, b)
	}
}
