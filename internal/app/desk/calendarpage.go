package desk

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// A page of the calendar has so many rows, and a day so many pairs.
const (
	calendarRows  = 40
	calendarPairs = 12
)

// ComingDays implements web.Calendars.
func (d *Desk) ComingDays(ctx context.Context, scope org.Scope, by web.CalendarBy) (v web.ComingView, err error) {
	c, err := d.calendar(ctx)
	if err != nil {
		return v, err
	}
	v.By, v.AsOf = by, c.at
	for day := range web.CalendarDays {
		v.Days = append(v.Days, c.today.AddDate(0, 0, day))
	}
	whole, err := c.row(web.CalendarRow{}, everybody, scope)
	if err != nil {
		return v, err
	}
	rows, err := d.calendarRows(ctx, c, scope, by)
	if err != nil {
		return v, err
	}
	v.More = max(0, len(rows)-calendarRows)
	v.Rows = append([]web.CalendarRow{whole.CalendarRow}, rows[:len(rows)-v.More]...)
	for day := range web.CalendarDays {
		v.Twice, v.Over = append(v.Twice, c.twice[day].Overlap(whole.crowd)), append(v.Over, c.over[day].Overlap(whole.crowd))
		v.Posts = append(v.Posts, len(cut(c.posts, day, whole.crowd)))
	}
	for _, u := range c.unforeseen {
		if !scope.Everything {
			u.Days, u.Usual = 0, 0 // counted for the whole brand
		}
		v.Unforeseen = append(v.Unforeseen, u)
	}
	v.Ahead, err = d.aheadByDay(ctx, c, scope)
	return v, err
}

// calendarRow is a row with its customers.
type calendarRow struct {
	web.CalendarRow
	crowd *index.Crowd
}

// row counts some customers in scope by day.
func (c *calendar) row(r web.CalendarRow, rule *audience.Rule, scope org.Scope) (calendarRow, error) {
	crowd, err := c.index.Evaluate(rule, scope, c.index.Position().Day)
	if err != nil {
		return calendarRow{}, err
	}
	return c.rowOf(r, crowd), nil
}

func (c *calendar) rowOf(r web.CalendarRow, crowd *index.Crowd) calendarRow {
	r.Size = crowd.Len()
	for day := range c.days {
		n := crowd.Overlap(c.days[day])
		cell := web.CalendarCell{N: n, Shade: shade(n, r.Size)}
		if c.seen[day].Len() > 0 {
			cell.Seen = crowd.Overlap(c.seen[day])
		}
		r.Cells = append(r.Cells, cell)
	}
	return calendarRow{r, crowd}
}

// shade is how dark a cell is: 0 for nobody, then by the square root of the share,
// because most days reach few.
func shade(n, of int) int {
	const darkest = 6
	if n == 0 || of == 0 {
		return 0
	}
	return max(1, int(math.Ceil(darkest*math.Sqrt(float64(n)/float64(of)))))
}

// calendarRows returns the rows below everybody, those with most to receive first.
func (d *Desk) calendarRows(ctx context.Context, c *calendar, scope org.Scope, by web.CalendarBy) (rows []web.CalendarRow, err error) {
	if by == web.ByStores {
		for _, s := range d.Brand.Org().Stores {
			if scope.Sees(s.ID) {
				row, err := c.row(web.CalendarRow{Store: s.ID, Name: s.Name}, everybody, org.Scope{Stores: []id.Store{s.ID}})
				if err != nil {
					return nil, err
				}
				rows = append(rows, row.CalendarRow)
			}
		}
	} else {
		list, err := d.DB.Audiences(ctx)
		if err != nil {
			return nil, err
		}
		for i := range list {
			crowd, err := d.crowdOf(c.index, scope, &list[i])
			if err != nil {
				return nil, err
			}
			rows = append(rows, c.rowOf(web.CalendarRow{Audience: list[i].Number, Name: list[i].Name}, crowd).CalendarRow)
		}
	}
	total := func(r web.CalendarRow) (n int) {
		for _, cell := range r.Cells {
			n += cell.N
		}
		return n
	}
	slices.SortStableFunc(rows, func(a, b web.CalendarRow) int {
		return cmp.Or(cmp.Compare(total(b), total(a)), cmp.Compare(a.Name, b.Name))
	})
	return rows, nil
}

// atLeast returns who of a crowd would receive n of some things or more from one day to
// another: crowds of at least 1, 2, ... n are carried from one thing to the next.
func (c *calendar) atLeast(which func(*comingCrowd) bool, n, from, until int, among *index.Crowd) *index.Crowd {
	none := c.index.Crowd(slices.Values([]id.Customer(nil)))
	levels := make([]*index.Crowd, n)
	for i := range levels {
		levels[i] = none
	}
	for i := range c.items {
		if item := &c.items[i]; item.day >= from && item.day <= until && which(item) {
			for level := n - 1; level > 0; level-- {
				levels[level] = levels[level].Or(levels[level-1].And(item.crowd))
			}
			levels[0] = levels[0].Or(item.crowd)
		}
	}
	return levels[n-1].And(among)
}

func everything(*comingCrowd) bool { return true }

// budgeted leaves out answers to customers, which no budget counts.
func budgeted(item *comingCrowd) bool { return item.Kind != web.ComesService }

// overWeek returns who would hear more than the week's budget allows in the seven
// days that end with a day: by what comes, and for today also by what was received
// in the last days.
func (c *calendar) overWeek(day, budget int) (*index.Crowd, error) {
	const week = 7
	over := c.atLeast(budgeted, budget+1, max(0, day-week+1), day, c.days[day])
	if day > 0 {
		return over, nil
	}
	heard := &audience.Rule{Ask: &audience.Condition{Field: "touches", Window: week, Is: audience.AtLeast, Values: []audience.Value{{Number: int64(budget)}}}}
	crowd, err := c.index.Evaluate(heard, org.All(), c.index.Position().Day)
	if err != nil {
		return nil, err
	}
	return over.Or(crowd.And(c.days[0])), nil
}

// aheadByDay returns how many contacts the plan expects on each day after today.
func (d *Desk) aheadByDay(ctx context.Context, c *calendar, scope org.Scope) ([]int, error) {
	expected, err := d.DB.AheadSums(ctx, c.today, stores(scope))
	days := make([]int, web.CalendarDays)
	for _, a := range expected {
		if day := int(dateOnly(a.Day.In(d.Zone)).Sub(dateOnly(c.today)) / (24 * time.Hour)); day > 0 && day < len(days) {
			days[day] += a.Customers
		}
	}
	return days, err
}

// ComingDay implements web.Calendars.
func (d *Desk) ComingDay(ctx context.Context, scope org.Scope, q web.CalendarQuery) (v web.CalendarDay, err error) {
	c, err := d.calendar(ctx)
	if err != nil {
		return v, err
	}
	day := int(dateOnly(q.Day).Sub(dateOnly(c.today)) / (24 * time.Hour))
	if day < 0 || day >= web.CalendarDays {
		return v, notFound("day of the calendar")
	}
	row, err := d.calendarRow(ctx, c, scope, q)
	if err != nil {
		return v, err
	}
	v.CalendarRow, v.Day, v.AsOf = row.CalendarRow, c.today.AddDate(0, 0, day), c.at
	items := cut(c.items, day, row.crowd)
	for _, item := range items {
		v.Coming = append(v.Coming, item.Coming)
	}
	slices.SortStableFunc(v.Coming, func(a, b web.Coming) int { return cmp.Compare(b.N, a.N) })
	v.Twice, v.Over = c.twice[day].Overlap(row.crowd), c.over[day].Overlap(row.crowd)
	v.Pairs = d.pairs(c, day, items, nil)
	posts := cut(c.posts, day, row.crowd)
	for _, post := range largest(posts, len(posts)) {
		v.Posts = append(v.Posts, post.Coming)
	}
	v.Seen = seenTogether(items, posts)
	return v, nil
}

// calendarRow returns the row that a query names.
func (d *Desk) calendarRow(ctx context.Context, c *calendar, scope org.Scope, q web.CalendarQuery) (calendarRow, error) {
	switch {
	case q.Audience != 0:
		a, err := d.audienceInUse(ctx, q.Audience)
		if err != nil {
			return calendarRow{}, err
		}
		crowd, err := d.crowdOf(c.index, scope, &a)
		if err != nil {
			return calendarRow{}, err
		}
		return c.rowOf(web.CalendarRow{Audience: a.Number, Name: a.Name}, crowd), nil
	case q.Store != 0:
		if !scope.Sees(q.Store) {
			return calendarRow{}, notFound("store")
		}
		return c.row(web.CalendarRow{Store: q.Store, Name: d.Brand.StoreName(q.Store)}, everybody, org.Scope{Stores: []id.Store{q.Store}})
	}
	return c.row(web.CalendarRow{}, everybody, scope)
}

// pairs returns the two things that most customers would receive both of on a day;
// with a thing given only pairs with it.
func (d *Desk) pairs(c *calendar, day int, items []comingCrowd, with *comingCrowd) (pairs []web.Pair) {
	const mostCompared = 60 // things of a day, those that reach most
	items = largest(items, mostCompared)
	if with != nil {
		items = append(items, *with)
	}
	slices.SortStableFunc(items, compareComing)
	for i := range items {
		for j := i + 1; j < len(items); j++ {
			if with != nil && items[i].crowd != with.crowd && items[j].crowd != with.crowd {
				continue
			}
			if both := items[i].crowd.And(items[j].crowd); both.Len() > 0 {
				pairs = append(pairs, web.Pair{First: items[i].Coming, Second: items[j].Coming, Both: both.Len(), Withheld: d.withheldOf(c, day, &items[i], &items[j], both)})
			}
		}
	}
	return mostInBoth(pairs)
}

// withheldOf returns from how many customers the later of two is withheld: from all
// whom both reach where a day's budget is one contact, else from those who would
// hear more than it allows. Answers to customers are not withheld, and withhold nothing.
func (d *Desk) withheldOf(c *calendar, day int, first, second *comingCrowd, both *index.Crowd) int {
	if second.Kind == web.ComesService || first.Kind == web.ComesService {
		return 0
	}
	budget := d.Brand.Documents().Rules.Budget.Day
	if budget <= 1 {
		return both.Len()
	}
	return c.atLeast(budgeted, budget+1, day, day, both).Len()
}

// BatchMeets implements web.Calendars.
func (d *Desk) BatchMeets(ctx context.Context, scope org.Scope, batch int64) (v web.Meeting, err error) {
	x, err := d.dispatch(ctx, scope, batch)
	if err != nil {
		return v, err
	}
	c, err := d.calendar(ctx)
	if err != nil {
		return v, err
	}
	var customers []id.Customer
	err = d.DB.CustomersOfDispatches(ctx, []int64{batch}, func(_ int64, _ string, who id.Customer) { customers = append(customers, who) })
	if err != nil {
		return v, err
	}
	own := comingCrowd{Coming: web.Coming{Kind: web.ComesWaiting, Purpose: x.Purpose, Channel: event.MassSend, Batch: x.ID, Batches: 1, At: x.From},
		words: wordsOf(&x), crowd: c.index.Crowd(slices.Values(customers))}
	if x.ApprovedBy != "" || x.State != delivery.Planned {
		own.Kind = web.ComesApproved
	}
	day := int(dateOnly(x.From.In(d.Zone)).Sub(dateOnly(c.today)) / (24 * time.Hour))
	if day = max(day, 0); day >= web.CalendarDays {
		return v, nil
	}
	own.day, own.N = day, own.crowd.Len()
	items := slices.DeleteFunc(cut(c.items, day, own.crowd), func(item comingCrowd) bool {
		return item.words == wordsOf(&x) && item.Purpose == x.Purpose // the batch itself with others of the same words
	})
	v = web.Meeting{Customers: own.N, Pairs: d.pairs(c, day, items, &own), Week: d.Brand.Documents().Rules.Budget.Week,
		Seen: seenTogether([]comingCrowd{own}, cut(c.posts, day, own.crowd))}
	v.Over = c.over[day].Overlap(own.crowd)
	return v, nil
}

// ProcessMeets implements web.Calendars.
func (d *Desk) ProcessMeets(ctx context.Context, scope org.Scope, name string) (v web.ProcessMeeting, err error) {
	p, err := d.installed(ctx, name)
	if err != nil {
		return v, err
	}
	v.Title = p.Document.Title
	if v.Title.Empty() {
		v.Title = sop.Text{ZH: p.Name, EN: p.Name}
	}
	c, err := d.calendar(ctx)
	if err != nil {
		return v, err
	}
	v.AsOf, v.Week = c.at, d.Brand.Documents().Rules.Budget.Week
	crowd, err := d.wouldEnter(ctx, c, scope, &p)
	if err != nil || crowd == nil {
		return v, err
	}
	v.Known, v.Customers = true, crowd.Len()
	m := calendarMaker{Desk: d, today: c.today}
	for _, own := range m.stepsOf(&p, crowd) {
		v.Days = append(v.Days, c.today.AddDate(0, 0, own.day))
		items := slices.DeleteFunc(cut(c.items, own.day, own.crowd), func(item comingCrowd) bool { return item.Process == p.Name })
		v.Pairs = append(v.Pairs, d.pairs(c, own.day, items, &own)...)
		v.Over = max(v.Over, c.over[own.day].Overlap(own.crowd))
		v.Seen = append(v.Seen, seenTogether([]comingCrowd{own}, cut(c.posts, own.day, own.crowd))...)
	}
	v.Pairs, v.Seen = mostInBoth(v.Pairs), mostInBoth(v.Seen)
	return v, nil
}

// wouldEnter returns who would enter a process when it is put to work or on its
// dates, nil where that is not known beforehand.
func (d *Desk) wouldEnter(ctx context.Context, c *calendar, scope org.Scope, p *flow.Process) (*index.Crowd, error) {
	t := &p.Document.Trigger
	switch {
	case p.Document.Subject != sop.OfCustomer:
		return nil, nil
	case len(t.Dates) > 0 && t.Rule == nil:
		return c.index.Evaluate(everybody, scope, c.index.Position().Day)
	case t.Rule != nil && (len(t.Dates) > 0 || t.Present):
		return c.index.Evaluate(&t.Rule.Rule, scope, c.index.Position().Day)
	case t.Audience != "" && t.Present:
		list, err := d.DB.Audiences(ctx)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(list, func(a flow.Audience) bool { return a.Name == t.Audience })
		if at < 0 {
			return nil, fault.New(fault.NotFound, "no such audience")
		}
		return d.crowdOf(c.index, scope, &list[at])
	}
	return nil, nil
}

// stepsOf returns the steps of the main lane that reach customers who enter today,
// or on the dates, within the calendar.
func (m *calendarMaker) stepsOf(p *flow.Process, crowd *index.Crowd) (list []comingCrowd) {
	anchors := []time.Time{m.Clock.Now()}
	if dates := p.Document.Trigger.Dates; len(dates) > 0 {
		anchors = nil
		for _, date := range dates {
			anchors = append(anchors, date.Start(m.Zone))
		}
	}
	for _, anchor := range anchors {
		for i := range p.Document.Steps {
			s := &p.Document.Steps[i]
			at := s.At.From(anchor, m.Zone)
			day, ok := m.dayOf(at)
			if !ok || s.Lane != "" || !s.Channel.Reaches() || at.Before(m.today) {
				continue
			}
			coming := comingStep(&p.Document, s, at)
			if coming.Kind = web.ComesStep; s.Service {
				coming.Kind = web.ComesService
			}
			coming.N = crowd.Len()
			list = append(list, comingCrowd{Coming: coming, day: day, crowd: crowd})
		}
	}
	return list
}
