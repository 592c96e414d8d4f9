package web

import (
	"cmp"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/measurement/cohort"
)

// cohortBy is what a customer's cohort is the month of.
type cohortBy string

const (
	byContact cohortBy = "contact"
	byOrder   cohortBy = "order"
)

// groupBy is what a customer's group is told by.
type groupBy string

const (
	byWay   groupBy = "way"
	byCode  groupBy = "code"
	byLine  groupBy = "line"
	byStore groupBy = "store"
	byStaff groupBy = "staff"
	// byCampaign is by the first-contact source that shops' lists of members name.
	byCampaign groupBy = "campaign"
)

func groupings() []groupBy { return []groupBy{byWay, byCode, byCampaign, byLine, byStore, byStaff} }

// valuePage is what all pages of value say first.
type valuePage struct {
	Tab    string
	View   WorthView
	Total  insight.Estimate
	Each   insight.Estimate
	Basis  insight.Basis // margin, turnover or mixed
	Stores []StoreName
	Store  id.Store
	Query  url.Values // of the page, for its files
}

// worth reads the sums for the store chosen on the page.
func (v *visit) worth(tab string, q WorthQuery) (valuePage, error) {
	ctx := v.r.Context()
	stores, err := v.Directory.Stores(ctx, v.seat.Scope)
	if err != nil {
		return valuePage{}, err
	}
	scope, store := v.narrowed()
	page := valuePage{Tab: tab, Stores: stores, Store: store, Query: url.Values{}}
	if store != 0 {
		page.Query.Set("store", id.Text(store))
	}
	if page.View, err = v.Value.Worth(ctx, scope, q); err != nil || !page.View.Exists {
		return page, err
	}
	s := &page.View.Sums.All
	page.Total, page.Each, page.Basis = s.Total(page.View.Outlook), s.Each(page.View.Outlook), basisOf(s)
	return page, nil
}

// basisOf returns what a sum's value counts.
func basisOf(s *cohort.Sum) insight.Basis {
	switch {
	case s.Margin == s.Measured:
		return insight.OfMargin
	case s.Margin+s.Mixed == 0:
		return insight.OfTurnover
	}
	return insight.OfBoth
}

// File returns the address of one of the page's files or charts.
func (p valuePage) File(name string) string {
	if len(p.Query) == 0 {
		return "/value/" + name
	}
	return "/value/" + name + "?" + p.Query.Encode()
}

// With returns the address of a page of value for the same store.
func (p valuePage) With(path string) string {
	if p.Store == 0 {
		return path
	}
	return path + "?store=" + id.Text(p.Store)
}

// Off returns how far totals were off in the backtest, without sign.
func (w WorthView) Off() float64 { return math.Abs(w.Bias) }

// Low tells whether too few orders are linked to say what customers are worth.
func (w WorthView) Low() bool { return w.LinkRate >= 0 && w.LinkRate < w.LinkFloor }

type cohortPage struct {
	valuePage
	By      cohortBy
	Rows    []cohortRow
	Beside  cohortRow // customers in no cohort
	Range   cohortRange
	Finding heatFinding
	Ages    []int
	Values  []bandRow
	Rates   []rateRow // of months of first order
	Top     float64   // share of the value that the best fifth brings
}

// cohortRow is one month as the page shows it.
type cohortRow struct {
	cohort.Cohort
	Early bool // younger than one purchase cycle
	Each  insight.Estimate
	Total insight.Estimate
	Heat  []heatCell
}

// heatCell is what one customer of a cohort bought by the end of a month of its
// age. Known is false while that month is not over.
type heatCell struct {
	Known bool
	Fen   float64
	Shade int // 0 to heatShades-1
}

const (
	heatShades = 7
	heatAges   = 13 // the first month and a year after it
)

// topShare is the share of customers whose part of the value the page tells.
const topShare = .2

func (v *visit) valueCohorts() error {
	page, err := v.cohorts()
	if err != nil {
		return err
	}
	return v.show("value", Page{Title: v.lang.text("worth.title"), Menu: "value", Data: page})
}

func (v *visit) cohorts() (cohortPage, error) {
	by := cohortBy(v.r.URL.Query().Get("by"))
	if by == "" {
		by = byContact
	}
	if by != byContact && by != byOrder {
		return cohortPage{}, fault.New(fault.NotFound, "no cohorts by %q", by)
	}
	first, err := v.worth("cohorts", WorthQuery{})
	page := cohortPage{valuePage: first, By: by}
	if by != byContact {
		page.Query.Set("by", string(by))
	}
	if err != nil || !page.View.Exists {
		return page, err
	}
	sums := page.View.Sums
	cohorts, beside := sums.Contact, sums.NoContact
	if by == byOrder {
		cohorts, beside, page.Rates = sums.Order, sums.NoOrder, v.orderRates(page.View)
	}
	page.Rows = cohortRows(cohorts, page.View)
	page.Beside = cohortRow{Cohort: cohort.Cohort{Sum: beside}, Each: beside.Each(page.View.Outlook), Total: beside.Total(page.View.Outlook)}
	for age := range longest(page.Rows) {
		page.Ages = append(page.Ages, age)
	}
	page.Range = rangeOf(page.Rows)
	page.Finding, page.Top, page.Values = findingOf(page.Rows), sums.Top(topShare), v.bandRows(sums.Values)
	return page, nil
}

// cohortRows returns the months, latest first.
func cohortRows(cohorts []cohort.Cohort, w WorthView) []cohortRow {
	rows := make([]cohortRow, 0, len(cohorts))
	for _, c := range slices.Backward(cohorts) {
		row := cohortRow{Cohort: c, Early: tooEarly(c.Month, w), Each: c.Each(w.Outlook), Total: c.Total(w.Outlook)}
		if c.Customers >= cohort.Fewest {
			row.Heat = heatOf(c, w.Sums.OrdersTo)
		}
		rows = append(rows, row)
	}
	shade(rows)
	return rows
}

// cohortRange is the months whose customers are worth most and least.
type cohortRange struct {
	Known       bool
	Best, Least cohortRow
}

func rangeOf(rows []cohortRow) (r cohortRange) {
	n := 0
	for _, row := range rows {
		if row.Early || row.Month == cohort.Earlier || row.Each.Evidence == insight.NotMeasurable {
			continue
		}
		if n++; n == 1 || row.Each.Value > r.Best.Each.Value {
			r.Best = row
		}
		if n == 1 || row.Each.Value < r.Least.Each.Value {
			r.Least = row
		}
	}
	r.Known = n > 1
	return r
}

// tooEarly tells whether the youngest customer of a cohort is younger than one
// purchase cycle.
func tooEarly(m cohort.Month, w WorthView) bool {
	if m == cohort.Earlier {
		return false
	}
	cycle := time.Duration(w.Cycle * 24 * float64(time.Hour))
	return m.Ends().Time().Add(cycle).After(w.Outlook.AsOf)
}

func heatOf(c cohort.Cohort, ordersTo time.Time) []heatCell {
	var cells []heatCell
	sum := 0.0
	for age, bought := range c.Ages[:min(len(c.Ages), heatAges)] {
		sum += float64(bought)
		if over := (c.Month + cohort.Month(age)).Ends().Time(); over.After(ordersTo) {
			break
		}
		cells = append(cells, heatCell{Known: true, Fen: sum / float64(c.Customers)})
	}
	return cells
}

func longest(rows []cohortRow) int {
	n := 0
	for _, r := range rows {
		n = max(n, len(r.Heat))
	}
	return n
}

// shade colours the cells by their share of the highest, and fills rows up to
// the same length.
func shade(rows []cohortRow) {
	highest, ages := 0.0, longest(rows)
	for _, r := range rows {
		for _, c := range r.Heat {
			highest = max(highest, c.Fen)
		}
	}
	for i := range rows {
		for k := range rows[i].Heat {
			if highest > 0 {
				rows[i].Heat[k].Shade = min(heatShades-1, int(heatShades*max(0, rows[i].Heat[k].Fen)/highest))
			}
		}
		for rows[i].Month != cohort.Earlier && len(rows[i].Heat) < ages {
			rows[i].Heat = append(rows[i].Heat, heatCell{})
		}
	}
}

// heatFinding compares the newest cohort that is old enough with the others at
// the same age.
type heatFinding struct {
	Known  bool
	Month  cohort.Month
	Age    int     // months after its own
	Bought float64 // fen, one customer
	Usual  float64 // median of the other cohorts
}

// findingAge is how many months after the first a cohort is compared at.
const findingAge = 2

func findingOf(rows []cohortRow) heatFinding {
	f := heatFinding{Age: findingAge}
	var others []float64
	for _, r := range rows {
		if r.Month == cohort.Earlier || len(r.Heat) <= findingAge || !r.Heat[findingAge].Known {
			continue
		}
		if bought := r.Heat[findingAge].Fen; f.Month == 0 {
			f.Month, f.Bought = r.Month, bought
		} else {
			others = append(others, bought)
		}
	}
	if len(others) == 0 {
		return heatFinding{}
	}
	slices.Sort(others)
	f.Usual, f.Known = others[len(others)/2], true
	return f
}

// Months returns how many months of buying are compared.
func (f heatFinding) Months() int { return f.Age + 1 }

// usualRange is how far from the median a cohort is still called usual.
const usualRange = .1

// Place tells where the cohort stands among the others.
func (f heatFinding) Place() string {
	switch {
	case f.Bought > (1+usualRange)*f.Usual:
		return "above"
	case f.Bought < (1-usualRange)*f.Usual:
		return "below"
	}
	return "usual"
}

// bandRow is a band of values as the page shows it.
type bandRow struct {
	Label     string
	Customers int
	Share     float64 // of the customers
	Value     float64 // fen
}

func (v *visit) bandRows(bands []cohort.Band) []bandRow {
	all := 0
	for _, b := range bands {
		all += b.Customers
	}
	rows := make([]bandRow, len(bands))
	for i, b := range bands {
		label := v.lang.text("worth.band_from", "From", v.lang.estimated(b.From))
		if b.From == 0 {
			label = v.lang.text("worth.band_least")
		}
		rows[i] = bandRow{Label: label, Customers: b.Customers, Share: ratio(b.Customers, all), Value: b.Value}
	}
	return rows
}

// month writes a cohort's month.
func (l *locale) month(m cohort.Month) string {
	if m == cohort.Earlier {
		return l.text("worth.earlier")
	}
	return m.Text()
}

type groupPage struct {
	valuePage
	By   groupBy
	Bys  []groupBy
	Rows []groupRowValue
	More int // groups that only the file shows
	Best *groupRowValue
	// First is told beside the ways customers came by.
	First FirstOrdersView
	Rates []rateRow // of stores
	// Unnamed: nobody's first contact has a campaign, so that there is nothing to
	// compare.
	Unnamed bool
	// Moves is what referrals move between the groups; empty where they move
	// nothing.
	Moves []groupRowValue
}

// groupRowValue is one group as the page shows it.
type groupRowValue struct {
	Label string
	cohort.Group
	Each  insight.Estimate
	Total insight.Estimate
}

// mostGroups is how many groups a page shows; the file has all.
const mostGroups = 40

func (v *visit) valueGroups() error {
	page, err := v.groups()
	if err != nil {
		return err
	}
	page.More = max(0, len(page.Rows)-mostGroups)
	page.Rows = page.Rows[:len(page.Rows)-page.More]
	return v.show("value_groups", Page{Title: v.lang.text("worth.title"), Menu: "value", Data: page})
}

// groups returns all groups of the page, highest value of one customer first;
// those of too few customers last.
func (v *visit) groups() (groupPage, error) {
	by := groupBy(v.r.URL.Query().Get("by"))
	if by == "" {
		by = byWay
	}
	if !slices.Contains(groupings(), by) {
		return groupPage{}, fault.New(fault.NotFound, "no groups by %q", by)
	}
	first, err := v.worth("groups", WorthQuery{Staff: by == byStaff})
	page := groupPage{valuePage: first, By: by, Bys: groupings()}
	page.Query.Set("by", string(by))
	if err != nil || !page.View.Exists {
		return page, err
	}
	for _, g := range groupsBy(page.View.Sums, by) {
		row := groupRowValue{Group: g, Label: v.groupLabel(by, g.Key, page.View.Names), Each: g.Each(page.View.Outlook), Total: g.Total(page.View.Outlook)}
		page.Rows = append(page.Rows, row)
	}
	slices.SortStableFunc(page.Rows, func(a, b groupRowValue) int {
		return cmp.Or(cmp.Compare(flag(b.known()), flag(a.known())), cmp.Compare(b.Each.Value, a.Each.Value))
	})
	if len(page.Rows) > 1 && page.Rows[1].known() {
		page.Best = &page.Rows[0]
		if by == byCampaign && page.Best.Key == "" { // that nobody knows one is no campaign
			page.Best = &page.Rows[1]
		}
	}
	if by == byStore {
		page.Rates = v.storeRates(page.View)
	}
	page.Unnamed = by == byCampaign && !slices.ContainsFunc(page.Rows, func(r groupRowValue) bool { return r.Key != "" })
	for _, row := range page.Rows {
		if row.Moved.Any() {
			page.Moves = append(page.Moves, row)
		}
	}
	if by == byWay {
		page.First, err = v.Value.FirstOrders(v.r.Context(), v.seat.Scope)
	}
	return page, err
}

func (g groupRowValue) known() bool { return g.Each.Evidence != insight.NotMeasurable }

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func groupsBy(s *cohort.Sums, by groupBy) []cohort.Group {
	switch by {
	case byCode:
		return s.Codes
	case byCampaign:
		return s.Campaigns
	case byLine:
		return s.Lines
	case byStore:
		return s.Stores
	case byStaff:
		return s.Staff
	}
	return s.Ways
}

// groupLabel names a group.
func (v *visit) groupLabel(by groupBy, key string, names map[string]string) string {
	switch {
	case key == cohort.Others:
		return v.lang.text("worth.others")
	case key == "":
		return v.lang.word("worth_none", by)
	case by == byWay:
		way, _ := strconv.Atoi(key)
		return v.lang.word("add_way", way)
	case by == byCode, by == byCampaign:
		return key
	}
	if name := names[key]; name != "" {
		return name
	}
	return v.lang.word("worth_gone", by)
}
