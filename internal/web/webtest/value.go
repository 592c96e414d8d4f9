package webtest

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/measurement/cohort"
	"siyu/internal/measurement/promise"
	"siyu/internal/money"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/web"
)

// fillValue adds up customers of two years, half of them of lines with a known
// margin.
func (b *Brand) fillValue() {
	b.tally = cohort.NewTally(b.now, b.now)
	b.tally.Share = .2
	ways, codes := []int{1, 10, 3, 0}, []string{"live", "counter-01", "=video+1", ""}
	for i := range 4000 {
		since := b.now.Add(-time.Duration(i%720) * 24 * time.Hour)
		c := profile.Customer{Relations: []profile.Relation{{Since: event.At(since), AddWay: ways[i%4], State: b.text(codes[i%4])}}}
		if i%9 == 0 {
			c.Relations = nil
		}
		for n := range i % 5 {
			at, amount := since.Add(time.Duration(n*37)*24*time.Hour), money.Fen(4000+i%700*10)
			if !at.Before(b.now) {
				break
			}
			c.Orders.Recent = append(c.Orders.Recent, profile.Order{At: event.At(at), Amount: amount, Lines: []id.Line{line(i)}})
			c.Orders.Count, c.Orders.Turnover, c.Orders.First = c.Orders.Count+1, c.Orders.Turnover+amount, event.At(since)
		}
		known := insight.Customer{Value: estimate(float64(i%40*i%4000*12), .5, insight.Fen), Expected: estimate(float64(i%7), .5, insight.Orders), Margin: 1, Stage: insight.Stages()[i%7%6]}
		known.Variance = known.Value.Value * known.Value.Value
		c.ID = id.Customer(i + 1)
		if i%5 == 0 {
			c.Described.Campaign = b.text([]string{"春茶节", "=gift+1"}[i/5%2])
		}
		switch {
		case i%50 == 0: // brought the one after
			c.Referrals = []profile.Referral{{At: event.At(b.now), Customer: c.ID + 1}}
		case i%50 == 1:
			c.Referrer = profile.Referrer{By: c.ID - 1, As: c.ID, Since: event.At(since), Stayed: event.At(b.now)}
		}
		member := b.staff[i%len(b.staff)]
		b.tally.Add(&c, &known, cohort.Owner{Staff: member.ID, Store: member.Store})
	}
	b.tally.Settle(func(c id.Customer) id.Customer { return c })
}

// Worth implements web.Value.
func (b *Brand) Worth(_ context.Context, scope org.Scope, q web.WorthQuery) (web.WorthView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Fail != nil || b.tally == nil {
		return web.WorthView{}, b.Fail
	}
	v := web.WorthView{Exists: true, Outlook: cohort.Outlook{AsOf: b.now, Shock: .12}, Cycle: 42, CycleGaps: 812, Names: b.names(), LinkRate: .57, LinkFloor: .6}
	var stores []*cohort.Sums
	for store, sums := range b.tally.Stores() {
		if scope.Sees(store) {
			stores = append(stores, sums)
		}
	}
	v.Sums = cohort.Merge(stores)
	for i := range v.Sums.Stores {
		v.StoreRates = append(v.StoreRates, web.RateView{Repeats: 812, Usual: 700, Value: 1.13, Low: 1.04, High: 1.22, Prior: .08 + .9*float64(i%2), Forecast: 1.31, ForecastPrior: .03})
	}
	for range v.Sums.Order {
		v.OrderRates = append(v.OrderRates, web.RateView{Repeats: 41, Usual: 55, Value: .81, Low: .7, High: .94, Prior: .3})
	}
	v.StoresUsed, v.Newcomers = true, web.NewcomersView{Name: "mbgcnbdk", Models: []string{"mbgcnbdk"}, Weeks: 71}
	v.Pending = web.PendingView{Days: 14, Turnover: 1_240_000, Coming: estimate(86_000, .2, insight.Fen)}
	return v, nil
}

func (b *Brand) names() map[string]string {
	names := map[string]string{}
	for _, s := range b.stores {
		names[id.Text(s.ID)] = s.Name
	}
	for _, s := range b.staff[1:] {
		names[id.Text(s.ID)] = s.Name
	}
	for i, code := range lines() {
		names[id.Text(line(i))] = b.text(code)
	}
	return names
}

// Cycles implements web.Value.
func (b *Brand) Cycles(context.Context, org.Scope) (web.CyclesView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Fail != nil || b.tally == nil {
		return web.CyclesView{}, b.Fail
	}
	return web.CyclesView{LearnedAt: b.now, Lines: []web.CycleView{
		{Line: line(0), Name: b.text("tea"), Days: 42, From: web.CycleEntered, Gaps: 812, Open: 377, Watched: 301, Back: estimate(.68, .04, insight.Probability),
			Returners: web.WaitView{Reached: true, Days: 40, Low: 38, High: 43}, Half: web.WaitView{Reached: true, Days: 61, Low: 57, High: 66}},
		{Line: line(1), Name: b.text("coffee"), Days: 23, From: web.CycleSeen, Gaps: 133, Open: 20, Watched: 90, Back: estimate(.9, .04, insight.Probability),
			Returners: web.WaitView{Reached: true, Days: 23, Low: 21, High: 24}, Half: web.WaitView{Reached: true, Days: 25, Low: 23, High: 27}, Most: web.WaitView{Reached: true, Days: 48, Low: 44, Open: true}},
		{Days: 45, From: web.CycleAssumed, Gaps: 4, Open: 9, Back: insight.Estimate{Evidence: insight.NotMeasurable}},
	}}, nil
}

// FirstOrders implements web.Value.
func (b *Brand) FirstOrders(context.Context, org.Scope) (web.FirstOrdersView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Fail != nil || b.tally == nil {
		return web.FirstOrdersView{}, b.Fail
	}
	v := web.FirstOrdersView{LearnedAt: b.now, Contacts: 1402, Events: 377, Weeks: 52}
	for i, way := range []int{1, 10, 3} {
		g := web.FirstGroup{Way: way, Year: 2026, Quarter: 1 + i, Customers: 701 / (1 + 9*i), Events: 188 / (1 + 9*i), Prior: .04 * float64(1+i*i),
			Chance: estimate(.27, .2, insight.Probability), Never: estimate(.66, .1, insight.Probability), Worth: estimate(3172, .2, insight.Fen)}
		v.Ways, v.Quarters = append(v.Ways, g), append(v.Quarters, g)
	}
	return v, nil
}

// Backtest implements web.Value.
func (b *Brand) Backtest(_ context.Context, scope org.Scope) (web.BacktestView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !scope.Everything {
		return web.BacktestView{}, fault.New(fault.Denied, "the backtest is of the whole brand")
	}
	if b.Fail != nil || b.tally == nil {
		return web.BacktestView{}, b.Fail
	}
	v := web.BacktestView{
		At: b.now, Cut: b.now.AddDate(0, 0, -91), End: b.now.AddDate(0, 0, -1), Customers: 5210, TooNew: 640, Young: 212, Members: []string{"pnbd", "mbgcnbdk", "glm"}, InnerOrigins: 3,
		Force:  web.ForceView{Name: "mix", Members: []string{"pnbd", "mbgcnbdk", "glm"}, Fitted: true, ChosenAt: b.now, RPS: .4702, Origins: 3},
		Actual: 3881, Predicted: 4102.4, Low: 3460, High: 4870, Shock: .1, Origins: 3,
		Spend: web.SpendScore{Customers: 1873, CRPS: 2104, Pooled: 2511, OwnMean: 2790, Value: .861, Above: .127, Bounded: .783, Low: 412}, CutsHeld: 2, Cuts: 3,
		Totals: []web.PastTotal{{Cut: "2026-01-05", End: "2026-04-06", Actual: 3881, Predicted: 4095, Low: 3420, High: 4910}, {Cut: "2025-11-20", End: "2026-02-19", Actual: 5210, Predicted: 4011, Low: 3377, High: 4790}},
		Scores: []web.ForecastScore{
			{Name: "bgnbd", Inner: .4753, RPS: .4711, Bias: .057, Coverage80: .811, AUC: .78},
			{Name: "mix", Chosen: true, InForce: true, Inner: .4702, RPS: .4660, Bias: -.021, Coverage80: .803, AUC: .79},
			{Name: "recent", Rule: true, RPS: .6123, Bias: -.22, Coverage80: .7, AUC: .71},
			{Name: "pooled", Rule: true, RPS: .6022, Bias: .31, Coverage80: .74, AUC: .5},
		},
	}
	v.Calendar = web.CalendarView{Used: true, Origins: 5, RPS: .4611, PlainRPS: .4702, Miss: .031, PlainMiss: .092, Seen: 4}
	if b.Unnoticed {
		v.Calendar.Used, v.Calendar.Against = false, true
	}
	v.Rates = web.RatesView{Used: web.RateStores, Origins: 4, Least: 3, Plain: .4702, Trials: []web.RateTrialView{
		{Kind: web.RateMonths, RPS: .4703, SE: .0002, Groups: 27, Customers: 18_211, Repeats: 40_112, Prior: .7, Spread: .04},
		{Kind: web.RateStores, RPS: .4651, SE: .0011, Groups: 2, Customers: 18_211, Repeats: 40_112, Prior: .12, Spread: .31},
	}, Factors: []web.FactorView{{Store: b.stores[0].Name, Customers: 9_100, Repeats: 24_000, Factor: 1.31, Low: 1.22, High: 1.4, Prior: .03}, {Customers: 3, Repeats: 2, Factor: 1.02, Low: .8, High: 1.29, Prior: .94}}}
	v.Season = web.SeasonView{Days: 811, Seen: true, Miss: .021, Plain: .034}
	for i, festival := range []string{"spring_rush", "spring_rest", "mid_year", "doubles"} {
		v.Season.Effects = append(v.Season.Effects, web.EffectView{Festival: festival, Factor: 1.31 - .2*float64(i), Low: 1.1 - .2*float64(i), High: 1.5, Prior: .11, Times: 2})
	}
	for i := range 13 {
		v.Season.Predicted, v.Season.Without = append(v.Season.Predicted, float64(i+1)*315), append(v.Season.Without, float64(i+1)*347)
		v.Tracking = append(v.Tracking, web.TrackedOrders{Week: float64(i + 1), Actual: float64(i+1) * 298, Predicted: float64(i+1) * 315})
	}
	for i := range 10 {
		v.Deciles = append(v.Deciles, web.ForecastDecile{Customers: 521, Expected: .06 * float64((i+1)*(i+1)) / 2, Actual: .055 * float64((i+1)*(i+1)) / 2,
			NoneExpected: .93 - .08*float64(i), None: .94 - .08*float64(i), Coverage80: .79 + .004*float64(i)})
	}
	return v, nil
}

// Card implements web.Value.
func (b *Brand) Card(ctx context.Context, scope org.Scope) (web.CardView, error) {
	backtest, err := b.Backtest(ctx, scope)
	if err != nil || backtest.At.IsZero() {
		return web.CardView{LinkRate: -1, Backtest: backtest}, err
	}
	card := web.CardView{LearnedAt: b.now.Add(-4 * time.Hour), OrdersTo: b.now, Customers: 14210, Repeats: 21902, Sampled: 12000, MeanOrder: 6890, LinkRate: .72, LinkFloor: .6, Backtest: backtest,
		Watch: web.WatchView{Weeks: 9, Away: 1, From: b.now.AddDate(0, 0, -33), Until: b.now.AddDate(0, 0, -3), Customers: 11_800, Expected: 1407.1, Actual: 1102, Low: 1080, High: 1734, Error: .024, Chance: .013}}
	if b.Parted {
		card.Watch.Actual, card.Watch.Away, card.Watch.Parted = 902, 2, true
	}
	if b.HeardDays > 0 {
		card.Archive, card.Heard, card.HeardFrom = true, b.now.AddDate(0, 0, -b.HeardDays), b.now.AddDate(0, 0, 60-b.HeardDays)
	}
	card.Contacts = web.ContactsView{At: b.now, Until: b.now.AddDate(0, 0, -30), Days: 30, Losses: 93, Hazard: .0038, Lost: .5, Tiring: web.ContactView{Grade: insight.PartlyMeasured, Seen: true, Measured: .41, MeasuredLow: .02, MeasuredHigh: .8, Times: .55, Low: .22, High: .88}, Levers: []web.ContactView{
		{Part: insight.Need, Grade: insight.Assumed, Assumed: .4, HalfLife: 10, Times: 1, Low: .53, High: 1.9, Drawn: 61},
		{Part: insight.Trust, Grade: insight.PartlyMeasured, Assumed: .6, Seen: true, Measured: -.12, MeasuredLow: -.81, MeasuredHigh: .57, Times: .48, Low: .03, High: .93, Weight: .46, Open: 2140, Held: 538, Reached: 41, Drawn: 377},
		{Part: insight.Exposure, Grade: insight.Measured, Assumed: 1, HalfLife: 14, Seen: true, Measured: .74, MeasuredLow: .51, MeasuredHigh: .97, Times: .77, Low: .56, High: .98, Weight: .88, Open: 9013, Held: 2260, Reached: 107, Drawn: 438, AtOnce: 8211, Later: 366},
	}}
	for i, name := range []web.FitName{web.FitOrders, web.FitSpend, web.FitFirst, web.FitRepurchase} {
		fit := web.FitView{Name: name, Fitted: i != 2, Converged: i != 1, AtBorder: i == 1, Likelihood: -95368.4, N: 14210, Events: 21902}
		for n, key := range []string{"r", "alpha", "need.rhythm", fmt.Sprint("unheard_of_", i)} {
			fit.Parameters = append(fit.Parameters, web.ParameterView{Key: key, Value: .2436 * float64(n+1), Error: .0126 * float64(n), Prior: float64(n)/2 - .5})
		}
		card.Fits = append(card.Fits, fit)
	}
	trust := b.Trust
	trust.Name, trust.Fitted, trust.Converged = web.FitTrust, true, true
	card.Fits = append(card.Fits, trust)
	return card, nil
}

// Promises implements web.Value: most of what was promised came, by what few customers
// show.
func (b *Brand) Promises(_ context.Context, scope org.Scope) (web.PromisesView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.customers) == 0 {
		return web.PromisesView{}, b.Fail
	}
	v := web.PromisesView{Until: clockDay(b.now).AddDate(0, 0, -30)}
	for week := range 8 {
		for i, purpose := range []event.Purpose{event.Ask, event.Remind, event.Serve} {
			n := float64(400 - 20*week)
			v.Rows = append(v.Rows, promise.Row{
				Week: promise.WeekOf(v.Until.AddDate(0, 0, -7*week)), Purpose: purpose, Done: n, Promised: 900 * n, Raw: 1100 * n,
				Open: promise.Arm{N: 400, Beyond: 60, Squares: 150, Promised: 48}, Held: promise.Arm{N: 90 - 40*i, Beyond: 6, Squares: 30, Promised: 1},
			})
		}
	}
	return v, b.Fail
}
