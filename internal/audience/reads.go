package audience

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"siyu/internal/fault"
)

// Reads is what the answer to a rule hangs on.
type Reads struct {
	Columns   []int   // places in Columns, sorted
	Refs      []int   // places in RefsFields, sorted
	Audiences []int64 // other audiences, sorted
	Judged    bool    // a field that is understood anew every night
	// Passing: the answer can change by the passing of days alone, because a
	// test is relative to today or a value is over a window.
	Passing bool
}

// ReadsOf returns what a rule reads; the rule must pass Check.
func ReadsOf(rule *Rule) Reads {
	var r Reads
	r.rule(rule)
	r.Columns, r.Refs, r.Audiences = tidy(r.Columns), tidy(r.Refs), tidy(r.Audiences)
	return r
}

func tidy[T int | int64](list []T) []T {
	slices.Sort(list)
	return slices.Compact(list)
}

func (r *Reads) rule(rule *Rule) {
	for i := range rule.All {
		r.rule(&rule.All[i])
	}
	for i := range rule.Any {
		r.rule(&rule.Any[i])
	}
	if rule.Not != nil {
		r.rule(rule.Not)
	}
	if rule.Ask != nil {
		r.condition(rule.Ask)
	}
}

func (r *Reads) condition(ask *Condition) {
	f, _ := FieldOf(ask.Field)
	r.Judged = r.Judged || f.Judged
	r.Passing = r.Passing || ask.Is.Passing() || ask.Window != Ever
	switch {
	case f.Name == AudienceField:
		r.Audiences = append(r.Audiences, ask.numbers()...)
	case f.Kind == Refs:
		r.Refs = append(r.Refs, RefsAt(f.Name))
	default:
		r.Columns = append(r.Columns, ColumnAt(f.Name, ask.Window))
	}
}

// Cycle is the error of audiences that read each other in a circle.
type Cycle struct{ Audiences []int64 } // each reads the next, the last the first

func (c *Cycle) Error() string {
	said := make([]string, 0, len(c.Audiences)+1)
	for _, n := range append(slices.Clone(c.Audiences), c.Audiences[0]) {
		said = append(said, fmt.Sprint(n))
	}
	return "audiences read each other: " + strings.Join(said, " reads ")
}

// Order returns the audiences so that each comes after those it reads; reads
// holds what each of them reads, audiences that are not in it are left out.
// The error is a *Cycle of code fault.Invalid.
func Order(reads map[int64][]int64) ([]int64, error) {
	w := walk{reads: reads, done: map[int64]bool{}}
	for _, n := range slices.Sorted(maps.Keys(reads)) {
		if err := w.visit(n); err != nil {
			return nil, err
		}
	}
	return w.order, nil
}

// walk goes depth first through what audiences read.
type walk struct {
	reads map[int64][]int64
	done  map[int64]bool
	path  []int64 // from where the walk began to where it is
	order []int64
}

func (w *walk) visit(n int64) error {
	below, known := w.reads[n]
	if i := slices.Index(w.path, n); i >= 0 {
		return fault.WithKey(fault.Invalid, "audience.rule.cycle", &Cycle{slices.Clone(w.path[i:])})
	}
	if !known || w.done[n] {
		return nil
	}
	w.path = append(w.path, n)
	for _, next := range below {
		if err := w.visit(next); err != nil {
			return err
		}
	}
	w.path = w.path[:len(w.path)-1]
	w.done[n] = true
	w.order = append(w.order, n)
	return nil
}
