package sop

import (
	"math"
	"slices"
	"time"

	"siyu/internal/id"
)

// Figure is what a Count counts: an Outcome of steps, or one of the figures of
// runs.
type Figure string

// The figures of runs, which count at Step RunStep.
const (
	RunEntered  Figure = "entered"
	RunStopped  Figure = "stopped" // before its steps were through; Because says why
	GoalReached Figure = "goal_reached"
	GoalMissed  Figure = "goal_missed"
)

// RunStep is the step at which figures of runs count.
const RunStep = -1

// Count is how often something became of a step or a run. Step outcomes add up:
// every step that fell due counts once as Given, Passed, Skipped, Withheld or
// Dropped, may count once as Postponed before, and, if it was given, counts once
// more as what became of that, and as Postponed each time its member put it off.
type Count struct {
	Process int64
	Version int
	Day     int64 // business day on which the step was first due, or the run entered
	Step    int
	Staff   id.Staff // 0: nobody's
	Store   id.Store
	Held    bool
	Figure  Figure
	Because Because
	Bucket  int // of Done: how long after it was due
	N       int
}

// bounds are the upper bounds of buckets; the last bucket has none.
var bounds = []time.Duration{0, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour,
	12 * time.Hour, day, 36 * time.Hour, 2 * day, 3 * day, 5 * day, 7 * day, 14 * day, 30 * day}

// Bucket returns the place of a delay among the lengths by which delays are
// counted.
func Bucket(delay time.Duration) int {
	i, _ := slices.BinarySearch(bounds, delay)
	return i
}

// Delays is how delays are spread.
type Delays struct {
	N      int
	counts [20]int // by bucket
}

func (d *Delays) add(bucket, n int) {
	d.N += n
	d.counts[min(max(bucket, 0), len(bounds))] += n
}

// Quantile returns the delay that a share p of all does not exceed, by even spread
// inside of buckets; the last bucket counts as its lower bound. It is 0 where there
// is none.
func (d *Delays) Quantile(p float64) time.Duration {
	rank, below := p*float64(d.N), 0.0
	for i := range bounds {
		n := float64(d.counts[i])
		if n > 0 && below+n >= rank {
			low := time.Duration(0)
			if i > 0 {
				low = bounds[i-1]
			}
			return low + time.Duration((rank-below)/n*float64(bounds[i]-low))
		}
		below += n
	}
	if d.N == 0 {
		return 0
	}
	return bounds[len(bounds)-1]
}

// Line is how a process was followed: by everybody, or at one step, by one member,
// in one store.
type Line struct {
	Entered, Stopped                                      int             // runs
	Given, Passed, Skipped, Withheld, Dropped, Postponed  int             // steps that fell due, see Count
	Done, OnTime, Late, NoNeed, Unmade, TakenBack, Failed int             // what became of given steps
	Because                                               map[Because]int // of skipped, withheld and dropped steps, of those that members put off, and of stopped runs
	Delays                                                Delays          // of done steps
}

// Due returns how many steps fell due that were for somebody to do: those given,
// and those that came too late to be.
func (l *Line) Due() int { return l.Given + l.Dropped }

// Open returns how many given steps nothing has become of.
func (l *Line) Open() int { return l.Given - l.Done - l.NoNeed - l.Unmade - l.TakenBack - l.Failed }

// OnTimeShare returns the share of steps done on time among those that somebody
// had to do and whose time is over or that are done; ok is false where there are
// none.
func (l *Line) OnTimeShare() (share float64, ok bool) {
	n := l.Done + l.Unmade + l.Dropped
	return float64(l.OnTime) / float64(max(n, 1)), n > 0
}

// BecauseLate marks a done step that was late.
const BecauseLate Because = "late"

func (l *Line) add(c Count) {
	to := map[Figure]*int{
		RunEntered: &l.Entered, RunStopped: &l.Stopped,
		Figure(Given): &l.Given, Figure(Passed): &l.Passed, Figure(Skipped): &l.Skipped, Figure(Withheld): &l.Withheld,
		Figure(Dropped): &l.Dropped, Figure(Postponed): &l.Postponed, Figure(Done): &l.Done, Figure(NoNeed): &l.NoNeed,
		Figure(Unmade): &l.Unmade, Figure(TakenBack): &l.TakenBack, Figure(Failed): &l.Failed,
	}[c.Figure]
	if to == nil {
		return
	}
	*to += c.N
	switch c.Figure {
	case Figure(Done):
		l.Delays.add(c.Bucket, c.N)
		if c.Because == BecauseLate {
			l.Late += c.N
		} else {
			l.OnTime += c.N
		}
	case Figure(Postponed):
		if c.Because != "" { // a member's reason; that of the process is counted when the step ends
			l.Because[c.Because] += c.N
		}
	case Figure(Skipped), Figure(Withheld), Figure(Dropped), RunStopped:
		l.Because[c.Because] += c.N
	}
}

// Adherence adds counts up by a key: a step, a member, a store or an area.
func Adherence[K comparable](counts []Count, by func(Count) K) map[K]*Line {
	lines := map[K]*Line{}
	for _, c := range counts {
		key := by(c)
		line := lines[key]
		if line == nil {
			line = &Line{Because: map[Because]int{}}
			lines[key] = line
		}
		line.add(c)
	}
	return lines
}

// Spread is how shares are spread over members or stores.
type Spread struct {
	N                       int // with anything to do
	P10, P25, P50, P75, P90 float64
}

// SpreadOf returns how shares of steps done on time are spread, by the nearest
// rank.
func SpreadOf[K comparable](lines map[K]*Line) Spread {
	var shares []float64
	for _, l := range lines {
		if share, ok := l.OnTimeShare(); ok {
			shares = append(shares, share)
		}
	}
	slices.Sort(shares)
	at := func(p float64) float64 {
		if len(shares) == 0 {
			return 0
		}
		return shares[max(0, int(math.Ceil(p*float64(len(shares))))-1)]
	}
	return Spread{len(shares), at(0.10), at(0.25), at(0.50), at(0.75), at(0.90)}
}

// Arm is one side of a comparison.
type Arm struct{ Judged, Reached int }

// Share returns the share that reached the goal, 0 where nobody was judged.
func (a Arm) Share() float64 { return float64(a.Reached) / float64(max(a.Judged, 1)) }

// Result is what a version came to against the hold-out.
type Result struct {
	Version       int
	Treated, Held Arm
	Cut           int // runs that ended because the process was retired: of neither arm
	// Measurable tells whether both arms have anybody. Else the rest says nothing.
	Measurable            bool
	Difference, Low, High float64 // of shares, treated minus held, with a 95 % interval
}

// Results returns what versions came to, the newest first. The interval is
// Newcombe's hybrid score interval (1998, Statistics in Medicine 17, method 10),
// which holds at small numbers too.
func Results(counts []Count) []Result {
	by := map[int]*Result{}
	for _, c := range counts {
		cut := c.Figure == RunStopped && c.Because == BecauseRetired
		if c.Figure != GoalReached && c.Figure != GoalMissed && !cut {
			continue
		}
		r := by[c.Version]
		if r == nil {
			r = &Result{Version: c.Version}
			by[c.Version] = r
		}
		if cut {
			r.Cut += c.N
			continue
		}
		arm := &r.Treated
		if c.Held {
			arm = &r.Held
		}
		arm.Judged += c.N
		if c.Figure == GoalReached {
			arm.Reached += c.N
		}
	}
	list := make([]Result, 0, len(by))
	for _, r := range by {
		r.compare()
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b Result) int { return b.Version - a.Version })
	return list
}

func (r *Result) compare() {
	if r.Measurable = r.Treated.Judged > 0 && r.Held.Judged > 0; !r.Measurable {
		return
	}
	p1, p2 := r.Treated.Share(), r.Held.Share()
	l1, u1 := r.Treated.wilson()
	l2, u2 := r.Held.wilson()
	r.Difference = p1 - p2
	r.Low = r.Difference - math.Hypot(p1-l1, u2-p2)
	r.High = r.Difference + math.Hypot(u1-p1, p2-l2)
}

// z95 is the 97.5 % quantile of the standard normal distribution.
const z95 = 1.959963984540054

// wilson returns Wilson's score interval (1927) of the arm's share, 95 %.
func (a Arm) wilson() (low, high float64) {
	n, p := float64(a.Judged), a.Share()
	centre := p + z95*z95/(2*n)
	wide := z95 * math.Sqrt(p*(1-p)/n+z95*z95/(4*n*n))
	return (centre - wide) / (1 + z95*z95/n), (centre + wide) / (1 + z95*z95/n)
}
