package ltv

import (
	"math"
	"math/rand/v2"
	"testing"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/money"
	"siyu/internal/profile"
	"siyu/internal/stats/survival"
)

// returning draws a customer of whose orders a share comes back after some days.
func returning(random *rand.Rand, share, days float64) past.View {
	const today = 1000
	c := &profile.Customer{}
	for i := range 4 {
		age := 200 * random.Float64()
		o := profile.Order{ID: id.Order(i + 1), At: event.Instant((today - age) * past.Day), Amount: money.Fen(5000 + 10_000*random.Float64())}
		if random.Float64() < share && days*random.ExpFloat64() < age {
			o.Refunded = o.Amount
		}
		c.Orders.Recent = append(c.Orders.Recent, o)
	}
	return on(c, today)
}

func TestWhatIsStillToComeBackIsRecoveredFromAgesAlone(t *testing.T) {
	random, l := rand.New(rand.NewPCG(1, 9)), &refundLearner{}
	for range 20_000 {
		l.add(returning(random, .12, 6))
	}
	r := l.learned()
	if !r.Known() || math.Abs(r.Final-.12) > .005 || r.Mature() < 14 || r.Mature() > 30 {
		t.Fatalf("%+v, mature after %d days", r, r.Mature())
	}
	held := 0
	for i, from := range []int{0, 1, 2, 3, 5} {
		middle := (float64(from) + float64(RefundAges()[i])) / 2
		by := .12 * -math.Expm1(-middle/6)
		want := (.12 - by) / (1 - by)
		if math.Abs(r.Coming[i].Value-want) > .02 {
			t.Errorf("of orders %d days old %.3f is still to come back, want %.3f", from, r.Coming[i].Value, want)
		}
		if r.Coming[i].Low <= want && want <= r.Coming[i].High {
			held++
		}
	}
	if held < 3 {
		t.Errorf("%d of 5 intervals hold the truth: %+v", held, r.Coming)
	}
	fresh := &profile.Customer{Orders: profile.Orders{Turnover: 2000, Recent: []profile.Order{{At: 900 * oneDay, Amount: 1000}, {At: 1000*oneDay - 1, Amount: 1000}}}}
	if kept := r.Kept(on(fresh, 1000)); math.Abs(kept-(1-r.Coming[0].Value/2)) > 1e-12 {
		t.Errorf("%.4f of two equal orders, one of today, stays", kept)
	}
}

func TestRareRefundsLeanOnWhatIsUsual(t *testing.T) {
	miss, alone, held, all := 0., 0., 0, 0
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 4))
		final, delay := .01+.02*random.Float64(), 3+12*random.Float64()
		l := &refundLearner{}
		for range 900 {
			l.add(returning(random, final, delay))
		}
		bare := *l
		r := l.learned()
		if !r.Known() {
			continue
		}
		own := make([]survival.Status, len(bare.groups))
		for i, g := range bare.groups {
			own[i] = survival.Status{All: g.amount, Over: g.back}
		}
		share, _ := survival.CurrentStatus(own)
		from, ages := 0, RefundAges()
		for i, until := range ages[:8] {
			middle := float64(from+until) / 2
			by := final * -math.Expm1(-middle/delay)
			want := (final - by) / (1 - by)
			miss += math.Abs(r.Coming[i].Value - want)
			alone += math.Abs(comingOf(share[i], share[len(share)-1]) - want)
			if all++; r.Coming[i].Low <= want && want <= r.Coming[i].High {
				held++
			}
			from = until
		}
	}
	t.Logf("mean miss %.5f, %.5f of refunds alone; %d of %d intervals hold the truth", miss/float64(all), alone/float64(all), held, all)
	if all < 200 || miss > .9*alone || float64(held) < .7*float64(all) {
		t.Errorf("mean miss %.5f, %.5f of refunds alone; %d of %d intervals hold the truth", miss/float64(all), alone/float64(all), held, all)
	}
}

func TestFewRefundsSayNothing(t *testing.T) {
	random, l := rand.New(rand.NewPCG(1, 9)), &refundLearner{}
	for range 300 {
		l.add(returning(random, .01, 6))
	}
	r := l.learned()
	if r.Known() || r.Young != 0 || r.Kept(returning(random, 0, 1)) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestOrdersOfOneAgeShareAGroup(t *testing.T) {
	for days, want := range map[int]int{0: 0, 1: 1, 2: 2, 3: 3, 4: 3, 5: 4, 89: 11, 90: 12, 4000: 12} {
		if got := RefundAge(days); got != want {
			t.Errorf("%d days are group %d, want %d", days, got, want)
		}
	}
}
