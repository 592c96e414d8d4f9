package bench

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"siyu/internal/catalog"
	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/mind"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/stats/allocation"
)

// Planned is how good and how fast plans are: of made-up instances of all
// families, and of the planner that decides for a brand. Figures tell of the
// families: Seconds of the slowest, memory of the largest.
type Planned struct {
	Figures
	Gap      float64  `json:"gap"`      // share of the proven bound that is left, of the worst family
	Violated int      `json:"violated"` // limits and rules broken, of all; must be 0
	Families []Solved `json:"families"`
	Planner  Day      `json:"planner"`
}

// Solved is one made-up instance and what became of it.
type Solved struct {
	Family    allocation.Family `json:"family"`
	Scarce    string            `json:"scarce"`
	Offers    int               `json:"offers"`
	Staff     int               `json:"staff"`
	Channels  int               `json:"channels"`
	Actions   int               `json:"actions"`
	Objective float64           `json:"objective"`
	Bound     float64           `json:"bound"`
	Gap       float64           `json:"gap"`
	Violated  int               `json:"violated"`
	Seconds   float64           `json:"seconds"`
	RSS       float64           `json:"rss_mb"` // the instance and what solving it takes
}

// The size of made-up instances, by customer.
const (
	offersEach    = 10
	customersEach = 2000 // of one member
	mostOfPlanner = 100_000
	shardSize     = 2_500_000 // customers that are solved at a time
)

// Plan solves one made-up instance of each family, and measures the planner alone
// on up to 100,000 customers.
func Plan(ctx context.Context, o Options) (result Planned, err error) {
	result.Customers = o.Customers
	var steps times
	for _, f := range allocation.Families() {
		if err := ctx.Err(); err != nil {
			return result, err
		}
		solved, err := solveFamily(f, o.Customers)
		if err != nil {
			return result, err
		}
		o.say("family %s (%s): gap %.4f %%, %d violated, %.1f s, %.0f MB", f, solved.Scarce, 100*solved.Gap, solved.Violated, solved.Seconds, solved.RSS)
		result.Families = append(result.Families, solved)
		result.Gap, result.Violated = max(result.Gap, solved.Gap), result.Violated+solved.Violated
		result.Seconds, result.RSS = max(result.Seconds, solved.Seconds), max(result.RSS, solved.RSS)
		steps = append(steps, time.Duration(solved.Seconds*float64(time.Second)))
	}
	result.Rate = float64(o.Customers) / result.Seconds
	result.take(steps)
	o.Customers = min(o.Customers, mostOfPlanner)
	result.Planner, err = planDay(ctx, o)
	result.Violated += result.Planner.Violated
	return result, err
}

func solveFamily(f allocation.Family, customers int) (Solved, error) {
	size := allocation.Size{Customers: customers, Offers: offersEach, Staff: max(1, customers/customersEach), Channels: 4, Days: 1, Seed: 1}
	debug.FreeOSMemory() // or the family before would be counted with this one
	forgetPeak()
	var shards []allocation.Shard
	for first := 0; first < customers; first += shardSize {
		b := new(allocation.Block)
		if err := f.Fill(b, size, first, min(shardSize, customers-first)); err != nil {
			return Solved{}, fmt.Errorf("make up family %s: %w", f, err)
		}
		shards = append(shards, b)
	}
	began := started()
	r, err := allocation.Solve(f.Limits(size), shards, allocation.Options{})
	if err != nil {
		return Solved{}, fmt.Errorf("solve family %s: %w", f, err)
	}
	solved := Solved{Family: f, Scarce: f.Scarce(), Offers: customers * offersEach, Staff: size.Staff, Channels: size.Channels, Actions: r.Actions,
		Objective: r.Objective, Bound: r.Bound, Gap: r.Gap(), Violated: r.Violated, Seconds: began.passed().Seconds(), RSS: resident(ownProcess)}
	return solved, nil
}

// Day is how good and how fast a day's plan of a brand is.
type Day struct {
	Figures
	Planned  int     `json:"planned"`
	Withheld int     `json:"withheld"`
	Gain     float64 `json:"gain"`     // fen, expected before gains are corrected, less what contacts cost
	Bound    float64 `json:"bound"`    // no plan within the rules gains more, of the same gains
	Gap      float64 `json:"gap"`      // share of the bound that the plan leaves
	Violated int     `json:"violated"` // rules broken; must be 0
}

// planDay makes up customers, learns from them, understands them and measures the
// planner alone.
func planDay(ctx context.Context, o Options) (result Day, err error) {
	result.Customers = o.Customers
	brief, err := madeUpBrief(o.Customers)
	if err != nil {
		return result, err
	}
	check := newRuleCheck(brief)
	planner := decision.NewPlanner(brief)
	forgetPeak()
	known := madeUpMind(brief, o.Customers)
	o.say("learned from %d customers", o.Customers)
	var steps times
	withhold := func(w decision.Withheld) { result.Withheld++; check.answered(w.Customer) }
	for part := range slices.Chunk(customerIDs(o.Customers), 1000) {
		if err := ctx.Err(); err != nil {
			return result, err
		}
		cases := known.cases(part)
		began := started()
		for _, c := range cases {
			if w, final := planner.Consider(c); final {
				withhold(w)
			} else {
				check.offer(c)
			}
		}
		steps = append(steps, began.passed())
	}
	began := started()
	planner.Choose(func(a decision.Action) { result.Planned++; result.Gain += a.Raw - a.Cost; check.act(a) }, withhold)
	steps = append(steps, began.passed())
	for _, t := range steps {
		result.Seconds += t.Seconds()
	}
	result.take(steps)
	result.Rate, result.RSS = float64(o.Customers)/result.Seconds, resident(ownProcess)
	result.Bound = check.bound()
	if result.Bound > 0 {
		result.Gap = 1 - result.Gain/result.Bound
	}
	result.Violated = check.violated(o.Customers)
	return result, nil
}

// madeUpBrief is the brief of the made-up brand with the rules and texts of a
// new installation.
func madeUpBrief(customers int) (decision.Brief, error) {
	g := &ground{options: Options{Customers: customers}}
	stores, staff := g.organise()
	goods := catalog.Catalog{Version: 1, Lines: lines()}
	if err := goods.Prepare(); err != nil {
		return decision.Brief{}, err
	}
	texts, err := content.Starter()
	if err != nil {
		return decision.Brief{}, err
	}
	o := org.Org{Version: 1}
	for _, s := range stores {
		o.Stores = append(o.Stores, org.Store{ID: id.StoreOf(s.Name), Name: s.Name, Kind: s.Kind, Department: s.Department})
	}
	for _, s := range staff {
		o.Staff = append(o.Staff, org.Staff{ID: s.ID, Corp: s.Corp, UserID: s.UserID, Store: o.Stores[s.Departments[0]-1].ID, Active: true, Contact: true})
	}
	day := clock.Day(firstMorning, clock.Shanghai)
	return decision.Brief{Day: day, Now: firstMorning, Settings: decision.Defaults(), Org: o, Catalog: goods, Library: texts, Salt: "bench"}, nil
}

// madeUp is what is known of made-up customers.
type madeUp struct {
	crowd     *crowd
	brief     decision.Brief
	settings  mind.Settings
	situation mind.Situation
	model     *mind.Model
}

func madeUpMind(brief decision.Brief, customers int) *madeUp {
	staff := make([]id.Staff, len(brief.Org.Staff))
	for i, s := range brief.Org.Staff {
		staff[i] = s.ID
	}
	m := &madeUp{crowd: newCrowd(staff, event.At(firstMorning)), brief: brief, settings: mind.Defaults(),
		situation: mind.Situation{Now: firstMorning, OrdersAsOf: firstMorning, Catalog: brief.Catalog, LinkRate: .8, LinkFloor: .6, Archive: true}}
	learner := mind.NewLearner(m.settings, m.situation)
	for _, c := range customerIDs(customers) {
		p := m.crowd.person(c)
		learner.Add(&p)
	}
	m.model = learner.Learned()
	return m
}

// cases returns what the planner is asked about: the related ones.
func (m *madeUp) cases(customers []id.Customer) []decision.Case {
	cases := make([]decision.Case, 0, len(customers))
	for _, c := range customers {
		p := new(profile.Customer)
		*p = m.crowd.person(c)
		if !p.Related() {
			continue
		}
		known := m.model.Understand(&m.settings, &m.situation, p)
		held := decision.Assign(m.brief.Salt, c, m.brief.Settings.Holdout.Share)
		cases = append(cases, decision.Case{Profile: p, Insight: &known, Held: held, OrdersAsOf: m.situation.OrdersAsOf})
	}
	return cases
}

// ruleCheck bounds what any plan could gain and counts rules that a plan broke.
type ruleCheck struct {
	brief   decision.Brief
	answers map[id.Customer]int
	offers  map[id.Staff][]float64 // best net gain of each customer who may be contacted, by the members who could
	homes   map[id.Customer][]id.Staff
	byHand  map[id.Staff]int
	masses  map[id.Staff]map[string]int
	broken  int
}

func newRuleCheck(b decision.Brief) *ruleCheck {
	return &ruleCheck{brief: b, answers: map[id.Customer]int{}, offers: map[id.Staff][]float64{}, homes: map[id.Customer][]id.Staff{},
		byHand: map[id.Staff]int{}, masses: map[id.Staff]map[string]int{}}
}

func (r *ruleCheck) answered(c id.Customer) { r.answers[c]++ }

// offer notes what contacting the customer can gain at most.
func (r *ruleCheck) offer(c decision.Case) {
	best := 0.0
	for _, l := range c.Insight.Levers {
		best = max(best, l.Life()-l.Cost)
	}
	staff := c.Profile.Staff()
	r.homes[c.Profile.ID] = staff
	r.offers[staff[0]] = append(r.offers[staff[0]], best)
	if c.Held || c.Profile.RefusesMarketing() {
		r.broken++
	}
}

func (r *ruleCheck) act(a decision.Action) {
	r.answered(a.Customer)
	if !slices.Contains(r.homes[a.Customer], a.Staff) {
		r.broken++
	}
	if a.Channel == event.OneToOne {
		r.byHand[a.Staff]++
		return
	}
	if r.masses[a.Staff] == nil {
		r.masses[a.Staff] = map[string]int{}
	}
	r.masses[a.Staff][string(a.Purpose)+"/"+id.Text(a.Line)+"/"+a.Material]++
}

// bound lets each member reach the best customers, as many as contacts by hand
// and full mass sends together allow, whatever they would be sent.
func (r *ruleCheck) bound() (sum float64) {
	most := r.brief.Settings.Capacity + r.brief.Settings.MaxConfirmations*r.brief.Settings.MaxPerMassSend
	for _, gains := range r.offers {
		slices.SortFunc(gains, func(a, b float64) int { return cmp.Compare(b, a) })
		for _, gain := range gains[:min(most, len(gains))] {
			sum += gain
		}
	}
	return sum
}

// violated counts broken rules: a customer answered twice or not at all, held
// out or refusing but contacted, contacted by a stranger; a member with more to
// do than the settings allow.
func (r *ruleCheck) violated(customers int) int {
	broken := r.broken
	for _, n := range r.answers {
		if n != 1 {
			broken++
		}
	}
	for c := range r.homes {
		if r.answers[c] == 0 {
			broken++
		}
	}
	if len(r.answers) > customers {
		broken++
	}
	for staff, n := range r.byHand {
		if n > r.brief.Settings.Capacity {
			broken++
		}
		if len(r.masses[staff]) > r.brief.Settings.MaxConfirmations {
			broken++
		}
	}
	return broken
}
