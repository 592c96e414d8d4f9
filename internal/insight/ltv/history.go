package ltv

import (
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Book collects the orders of customers for a log.
type Book struct {
	ledger *btyd.Ledger
	stores []int64
}

// NewBook returns an empty book.
func NewBook() *Book { return &Book{ledger: btyd.NewLedger()} }

// Add enters the orders of a customer who is not in the book, as OrdersOf returns
// them, and where the first was placed.
func (b *Book) Add(customer id.Customer, orders []btyd.Order, first id.Store) {
	if len(orders) > 0 {
		b.stores = append(b.stores, int64(first))
	}
	name := id.Text(customer)
	for _, o := range orders {
		b.ledger.Add(name, o.Day, o.Amount)
	}
}

// Close returns the log. The book must not be used afterwards.
func (b *Book) Close() *btyd.Log { return b.ledger.Close().InGroups(b.stores) }

// OrdersOf returns the orders of a customer before a moment, without those
// refunded in full. The first of all has no amount: no model asks for it. Of a
// customer with more orders than are kept it is known on how many days they
// fell; those between the first and the kept ones are spread evenly, with the mean
// amount of the kept, so that the number of orders is right.
func OrdersOf(c *profile.Customer, until event.Instant) []btyd.Order {
	v := past.View{Customer: c, At: until, Orders: until}
	p := v.Purchases()
	if p.Days == 0 {
		return nil
	}
	first := past.DayOf(p.First)
	orders := []btyd.Order{{Day: first}}
	days, latest, sum := 1, first, 0.
	kept := v.Bought()
	for i := range kept {
		if kept[i].Net() <= 0 {
			continue
		}
		day := past.DayOf(kept[i].At)
		orders = append(orders, btyd.Order{Day: day, Amount: float64(kept[i].Net())})
		sum += float64(kept[i].Net())
		if day != latest {
			days, latest = days+1, day
		}
	}
	return append(orders, between(orders, p.Days-days, sum/float64(max(1, days-1)))...)
}

// between spreads missing orders of one amount over the days between the first of
// the known and the next, as many as there are days.
func between(known []btyd.Order, missing int, amount float64) []btyd.Order {
	first := known[0].Day
	next := slices.IndexFunc(known, func(o btyd.Order) bool { return o.Day > first })
	if next < 0 || missing <= 0 {
		return nil
	}
	gap := int(known[next].Day-first) - 1
	missing = min(missing, gap)
	filled := make([]btyd.Order, missing)
	for i := range filled {
		filled[i] = btyd.Order{Day: first + btyd.Day(1+i*gap/missing), Amount: amount}
	}
	return filled
}

// History is what a sample of customers ordered, from which the models in force
// are fitted as of any day.
type History struct {
	log    *btyd.Log
	choice Choice
	fitter *fitter
	// buyers are as known on the last day, of more customers than the log's.
	buyers  []buyer
	lastDay btyd.Day
}

// NewHistory returns the history in the log, to which the models of the choice
// are fitted; a choice without models is that of a brand that has none yet.
func NewHistory(log *btyd.Log, choice Choice) *History {
	return &History{log: log, choice: choice, fitter: choice.fitter(0)}
}

// untilChosen is the model in force while nothing was chosen.
const untilChosen = "bgnbd"

// shortestWindow is how many days the regression's windows must be long: shorter
// ones hold next to nothing to learn from.
const shortestWindow = 14

// Until returns the models of the choice, fitted to what happened up to and
// including a day, for a horizon of some days after it. Where customers are
// more than most, they are fitted on a fixed sample of these. With too few
// repeat orders the stated prior speaks. Searches start where those of the last
// call ended; purchase models that were fitted until the same day stand.
func (h *History) Until(day btyd.Day, days, most int) *Forecaster {
	p := newPanel(h.log, panelOf{until: day, window: windowBefore(h.log, day, days), most: most})
	f := &Forecaster{Until: day, Days: days, Customers: len(p.cases)}
	if f.Customers > 0 {
		f.Longest = int(day-p.first) + modelLife
	}
	for _, t := range p.tuples {
		f.Repeats += t.Frequency * int(t.Count)
	}
	if f.Fitted = f.Repeats >= enoughRepeats; !f.Fitted {
		prior := PriorOrders()
		f.Members = []Member{{Name: untilChosen, BG: &prior}}
		return f
	}
	h.fitter.days = days
	if f.Tempo = h.fitter.tempoAt(p); f.Tempo != nil {
		f.Bent = f.Tempo.within(0, f.Horizon())
	}
	f.Rates, f.Begun = h.ratesAt(p), cumulativeOf(p)
	for _, name := range h.members(p) {
		f.Members = append(f.Members, h.fitter.member(name, p))
	}
	if !slices.ContainsFunc(f.Members, Member.lives) {
		judge := h.fitter.member("pnbd", p)
		f.Judge = &judge
	}
	return f
}

// ratesAt returns the rates as known on the panel's day; of the last day all
// buyers that were seen tell them.
func (h *History) ratesAt(p *panel) *Rates {
	if h.fitter.by.any() && p.until == h.lastDay && len(h.buyers) > 0 && h.fitter.told.until != p.until {
		m, _ := h.fitter.lifetime("mbgnbd", p).model.(btyd.MBGNBD)
		h.fitter.told = toldRates{p.log, p.until, learnRates(h.buyers, m, h.fitter.by)}
	}
	return h.fitter.ratesAt(p)
}

// modelLife is for how many days after its fit a model may be asked.
const modelLife = 31

// members returns the models in force: those of the choice, as far as the
// history up to the panel's day allows.
func (h *History) members(p *panel) []string {
	var names []string
	for _, name := range h.choice.Members {
		if name != windowName || p.window >= shortestWindow {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return []string{untilChosen}
	}
	return names
}

// member fits the named model, which must not be a simple rule.
func (f *fitter) member(name string, p *panel) Member {
	m := Member{Name: name}
	if name == windowName {
		w, fit := f.window(p)
		m.Fit, m.Window = fit, &w.Window
		for i := 1; i <= growthParts; i++ {
			m.Growth = append(m.Growth, w.growth.over(w.horizon*stats.Weeks(i)/growthParts))
		}
		return m
	}
	found := f.lifetime(name, p)
	m.Fit = found.fit
	switch model := found.model.(type) {
	case btyd.BGNBD:
		m.BG = &model
	case btyd.MBGNBD:
		m.MBG = &model
	case btyd.ParetoNBD:
		m.Pareto = &model
	case btyd.MBGCNBD:
		m.Regular = &model
	}
	return m
}
