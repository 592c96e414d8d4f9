package world

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// Practice is what a brand does that has no Siyu.
type Practice string

// The practices.
const (
	// Alone writes to nobody.
	Alone Practice = "nobody"
	// WeeklyBlast writes to everybody once a week, on Tuesday, half of the time a
	// promotion, as stores did before: see campaignKind.
	WeeklyBlast Practice = "blast_weekly"
	// Blast does so on Tuesday and Friday.
	Blast Practice = "blast_twice_weekly"
	// DueDate reminds whose product line should be used up by its published cycle,
	// at most once a week, until bought again or three cycles have passed: by hand
	// whoever is most overdue, as many as there are hands, the others by a mass message.
	DueDate Practice = "due_date_weekly_cap"
)

// Practices lists them all.
func Practices() []Practice { return []Practice{Alone, WeeklyBlast, Blast, DueDate} }

// Limits of DueDate.
const (
	restDays  = 7 // between two contacts
	givesUpAt = 3 // cycles since the last purchase
)

// practised is the hour at which a practice sends.
const practised = 10

// Operation is a practice with the hands there are.
type Operation struct {
	Practice   Practice
	Confirming float64 // share of contacts and mass messages that members carry out
	Capacity   int     // contacts by hand of a member in a day
}

// Course is a world that a brand without Siyu and without a platform lives: the same
// people under the same luck as on the platform.
type Course struct {
	w       *World
	read    int                    // orders looked at
	bought  map[int][lineCount]int // day of the last order of a line that leads to a person, 1 and up
	reached map[int]int            // day of the last contact of a person
	greeted int                    // people who got a welcome
}

// NewCourse returns a world after its history. Config is as of New.
func NewCourse(ctx context.Context, config Config) (*Course, error) {
	w, err := newWorld(config, nobody{})
	if err != nil {
		return nil, err
	}
	if err := w.liveHistory(ctx); err != nil {
		return nil, fmt.Errorf("living the year before: %w", err)
	}
	return &Course{w: w, bought: map[int][lineCount]int{}, reached: map[int]int{}, greeted: len(w.people)}, nil
}

// Tally is as of World.
func (c *Course) Tally(from, until int) Tally { return c.w.Tally(from, until) }

// Customers is as of World.
func (c *Course) Customers() int { return c.w.Customers() }

// Live lives days in which the brand operates so. Newcomers are welcomed by all but
// those who write to nobody.
func (c *Course) Live(ctx context.Context, o Operation, days int) error {
	for range days {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.w.day++
		if err := c.w.dawn(c.w.newcomers()); err != nil {
			return err
		}
		for hour := range 24 {
			if err := c.w.pass(hour); err != nil {
				return err
			}
			c.welcome(o)
			if hour == practised {
				c.operate(o)
			}
		}
	}
	return nil
}

func (c *Course) welcome(o Operation) {
	for ; c.greeted < len(c.w.people); c.greeted++ {
		if o.Practice != Alone {
			c.w.meet(c.greeted, Serve, Moment)
		}
	}
}

func (c *Course) operate(o Operation) {
	weekday := c.w.at(c.w.day, 0, 0).Weekday()
	switch {
	case o.Practice == WeeklyBlast && weekday == time.Tuesday,
		o.Practice == Blast && (weekday == time.Tuesday || weekday == time.Friday):
		c.blast(o)
	case o.Practice == DueDate:
		c.remind(o)
	}
}

// blast lets each member who can be bothered write the same to everybody.
func (c *Course) blast(o Operation) {
	kind := campaignKind(c.w.chance.apart(practicePart).uniform(c.w.day, drawKind))
	sends := c.willing(o)
	for i := range c.w.people {
		if g := c.w.people[i].guide; g >= 0 && sends[g] {
			c.w.read(i, kind, Mass, c.w.Now())
		}
	}
	c.count(sends)
}

// practicePart is the part of chances that decides about practices.
const practicePart = 1 << 56

// willing draws which members confirm a mass message today.
func (c *Course) willing(o Operation) []bool {
	sends := make([]bool, len(c.w.crew))
	for k := range sends {
		sends[k] = c.w.crew[k].apart(practicePart).uniform(c.w.day, drawConfirm) < o.Confirming
	}
	return sends
}

func (c *Course) count(sends []bool) {
	for _, sent := range sends {
		if sent {
			c.w.today().sends++
		}
	}
}

// remind reminds whoever is due.
func (c *Course) remind(o Operation) {
	c.learn()
	sends, used := c.willing(o), make([]bool, len(c.w.crew))
	hands := make([]int, len(c.w.crew))
	for _, d := range c.due() {
		p := &c.w.people[d.person]
		channel := Mass
		if hands[p.guide] < o.Capacity {
			hands[p.guide]++
			channel = OneToOne
			if p.apart(practicePart).uniform(c.w.day, drawConfirm) >= o.Confirming {
				continue
			}
		} else if !sends[p.guide] {
			continue
		}
		used[p.guide] = used[p.guide] || channel == Mass
		c.reached[d.person] = c.w.day
		c.w.read(d.person, Remind, channel, c.w.Now())
	}
	c.count(used)
}

// overdue is somebody whose line should be used up since so many cycles.
type overdue struct {
	person int
	cycles float64
}

// due returns who is due and rested, most overdue first.
func (c *Course) due() (all []overdue) {
	for i, days := range c.bought {
		last, known := c.reached[i]
		if !c.w.people[i].reachable() || known && c.w.day-last < restDays {
			continue
		}
		most := 0.0
		for l, bought := range days {
			if cycles := float64(c.w.day-bought) / c.w.brand.Lines[l].CycleDays; bought > 0 && cycles >= 1 && cycles < givesUpAt {
				most = max(most, cycles)
			}
		}
		if most > 0 {
			all = append(all, overdue{i, most})
		}
	}
	slices.SortFunc(all, func(a, b overdue) int { return cmp.Or(cmp.Compare(b.cycles, a.cycles), a.person-b.person) })
	return all
}

// learn takes in orders that lead to their buyers.
func (c *Course) learn() {
	for ; c.read < len(c.w.orders); c.read++ {
		o := &c.w.orders[c.read]
		if o.masked || !c.w.people[o.person].phoneKnown {
			continue
		}
		days := c.bought[o.person]
		for _, it := range o.items[:o.count] {
			days[c.w.brand.Products[it.product].Line] = c.w.dayOf(o.at)
		}
		c.bought[o.person] = days
	}
}

// dayOf returns the business day of a time since the epoch.
func (w *World) dayOf(at time.Time) int { return int(at.Sub(w.epoch) / (24 * time.Hour)) }

// nobody is a stage on which nobody looks on.
type nobody struct{}

func (nobody) add(_ time.Time, way scan) (string, error)      { return externalID(way.person.key), nil }
func (nobody) accept(time.Time, string, *person) error        { return nil }
func (nobody) part(time.Time, string, string) error           { return nil }
func (nobody) say(time.Time, message) error                   { return nil }
func (nobody) open(time.Time, int, GroupPlan, string) error   { return nil }
func (nobody) join(time.Time, int, string) error              { return nil }
func (nobody) leave(time.Time, int, string) error             { return nil }
func (nobody) send(time.Time, string, string, []string) error { return nil }
