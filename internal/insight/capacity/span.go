package capacity

import (
	"cmp"
	"slices"

	"siyu/internal/id"
	"siyu/internal/stats/trend"
)

// WideSpan is above how many members under one manager a team is called wide: a
// rule of experience ("above ten people it breaks without a standard process",
// see docs/capacity.md), not a measurement.
const WideSpan = 10

// LeastDue is how much a team must have had to do for its adherence to count.
const LeastDue = 10

// Crew is a team under one manager and what it did of what it was given.
type Crew struct {
	Store   id.Store
	Members int
	Due     int
	OnTime  int // done before its time was over
}

// Wide tells whether the team is larger than experience recommends.
func (c Crew) Wide() bool { return c.Members > WideSpan }

// Measured tells whether the team had enough to do.
func (c Crew) Measured() bool { return c.Members > 0 && c.Due >= LeastDue }

// Adherence returns which share was done on time.
func (c Crew) Adherence() float64 { return float64(c.OnTime) / float64(max(1, c.Due)) }

// Span is adherence against the size of teams.
type Span struct {
	Rank  trend.Rank // of size and adherence, over teams
	Sizes []Size
	Few   int    // teams that had too little to do
	Wide  int    // teams above WideSpan
	Watch []Crew // wide teams and, where adherence falls with size, large ones that do less than all do; the largest first
}

// Size is the teams of a range of sizes.
type Size struct {
	From, To  int // members; To 0: without end
	Teams     int
	Adherence float64 // of all they were given together
}

// Least returns how many teams are needed.
func (Span) Least() int { return trend.LeastPairs }

// Most returns above how many members a team is wide.
func (Span) Most() int { return WideSpan }

// Measurable tells whether there are enough teams, of different sizes.
func (s Span) Measurable() bool {
	sizes := 0
	for _, size := range s.Sizes {
		sizes += min(1, size.Teams)
	}
	return s.Rank.Pairs >= trend.LeastPairs && sizes > 1
}

// Falls tells whether larger teams surely do less on time.
func (s Span) Falls() bool { return s.Measurable() && s.Rank.High < 0 }

// Rises tells whether larger teams surely do more on time.
func (s Span) Rises() bool { return s.Measurable() && s.Rank.Low > 0 }

// SpanOf compares teams.
func SpanOf(crews []Crew) Span {
	s := Span{Sizes: []Size{{From: 1, To: 5}, {From: 6, To: WideSpan}, {From: WideSpan + 1, To: 15}, {From: 16}}}
	due, onTime := make([]int, len(s.Sizes)), make([]int, len(s.Sizes))
	var members, adherence []float64
	for _, c := range crews {
		if c.Wide() {
			s.Wide++
		}
		if !c.Measured() {
			s.Few++
			continue
		}
		members, adherence = append(members, float64(c.Members)), append(adherence, c.Adherence())
		for i, size := range s.Sizes {
			if c.Members >= size.From && (size.To == 0 || c.Members <= size.To) {
				s.Sizes[i].Teams++
				due[i], onTime[i] = due[i]+c.Due, onTime[i]+c.OnTime
			}
		}
	}
	for i := range s.Sizes {
		s.Sizes[i].Adherence = float64(onTime[i]) / float64(max(1, due[i]))
	}
	s.Rank = trend.RankOf(members, adherence)
	s.Watch = s.watched(crews)
	return s
}

// watched returns the teams that a warning is about.
func (s Span) watched(crews []Crew) (list []Crew) {
	var all Crew
	sizes := make([]int, 0, len(crews))
	for _, c := range crews {
		if c.Measured() {
			all.Due, all.OnTime = all.Due+c.Due, all.OnTime+c.OnTime
			sizes = append(sizes, c.Members)
		}
	}
	slices.Sort(sizes)
	for _, c := range crews {
		falls := s.Falls() && c.Measured() && c.Members > sizes[len(sizes)/2] && c.Adherence() < all.Adherence()
		if c.Wide() || falls {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b Crew) int {
		return cmp.Or(cmp.Compare(b.Members, a.Members), cmp.Compare(a.Adherence(), b.Adherence()), cmp.Compare(a.Store, b.Store))
	})
	return list
}
