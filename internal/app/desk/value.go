package desk

import (
	"cmp"
	"context"
	"slices"

	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/need"
	"siyu/internal/measurement/cohort"
	"siyu/internal/org"
	"siyu/internal/web"
)

var _ web.Value = (*Desk)(nil)

// Worth implements web.Value.
func (d *Desk) Worth(ctx context.Context, scope org.Scope, q web.WorthQuery) (v web.WorthView, err error) {
	if scope.Staff != 0 {
		return v, notFound("page for one member")
	}
	v.LinkFloor = d.Brand.Documents().General.LinkFloor
	orders, err := d.Orders(ctx, d.Clock.Now())
	if err != nil {
		return v, err
	}
	v.LinkRate = orders.Links.All
	if len(scope.Stores) == 1 && !scope.Everything {
		v.LinkRate = orders.Links.Of(scope.Stores[0])
	}
	if err := d.sums(ctx, scope, q, &v); err != nil || v.Sums == nil {
		return v, err
	}
	judged, err := NewestBacktest(ctx, d.DB)
	if err != nil {
		return v, err
	}
	v.Exists, v.Discount = true, d.Brand.Documents().Understanding.Discount
	v.Outlook = cohort.Outlook{AsOf: v.Sums.AsOf, Shock: ShockOf(&judged)}
	v.Origins, v.Bias = judged.InForce.Origins, judged.InForce.Bias
	v.Cycle, v.CycleGaps = usualCycle(d.cycles())
	d.addRhythm(&v)
	v.Names, err = d.groupNames(ctx, v.Sums)
	return v, err
}

// mostStoresOfStaff is of how many stores members are listed at once.
const mostStoresOfStaff = 20

// sums reads the sums of the scope: the brand's own where all of it is seen.
func (d *Desk) sums(ctx context.Context, scope org.Scope, q web.WorthQuery, v *web.WorthView) (err error) {
	if scope.Everything && !q.Staff {
		v.Sums, err = d.DB.BrandCohorts(ctx)
		return err
	}
	of := scope.Stores
	if scope.Everything {
		of = []id.Store{0}
		for _, s := range d.Brand.Org().Stores {
			of = append(of, s.ID)
		}
	}
	if v.Crowded = q.Staff && len(of) > mostStoresOfStaff; v.Crowded {
		v.Sums, err = d.DB.BrandCohorts(ctx)
		return err
	}
	stores, err := d.DB.StoreCohorts(ctx, of)
	if err == nil && len(stores) > 0 {
		v.Sums = cohort.Merge(stores)
	}
	return err
}

// groupNames names the stores, members and lines of the sums.
func (d *Desk) groupNames(ctx context.Context, s *cohort.Sums) (map[string]string, error) {
	names := map[string]string{}
	for _, store := range d.Brand.Org().Stores {
		names[id.Text(store.ID)] = store.Name
	}
	for _, line := range d.Brand.Documents().Catalog.Lines {
		names[id.Text(line.ID)] = line.Name
	}
	var staff []id.Staff
	for _, g := range s.Staff {
		if member, ok := id.Parse[id.Staff](g.Key); ok {
			staff = append(staff, member)
		}
	}
	called, err := d.staffNames(ctx, staff)
	for member, name := range called {
		names[id.Text(member)] = name
	}
	return names, err
}

// cycles returns the purchase cycles in force, none before anything was
// learned.
func (d *Desk) cycles() need.Cycles {
	if m := d.Learned(); m != nil {
		return m.Repurchase.Cycles
	}
	return nil
}

// usualCycle returns the median over all gaps of the cycle of their line, and
// how many gaps there are; without any gap the median of the cycles.
func usualCycle(cycles need.Cycles) (days float64, gaps int) {
	sorted := slices.SortedFunc(slices.Values(cycles), func(a, b need.Cycle) int { return cmp.Compare(a.Days, b.Days) })
	if len(sorted) == 0 {
		return cycles.Of(0), 0
	}
	for _, c := range sorted {
		gaps += c.Gaps
	}
	if gaps == 0 {
		return sorted[len(sorted)/2].Days, 0
	}
	seen := 0
	for _, c := range sorted {
		if seen += c.Gaps; 2*seen >= gaps {
			days = c.Days
			break
		}
	}
	return days, gaps
}

// Cycles implements web.Value.
func (d *Desk) Cycles(_ context.Context, _ org.Scope) (v web.CyclesView, err error) {
	if m := d.Learned(); m != nil {
		v.LearnedAt = m.LearnedAt
	}
	doc := d.Brand.Documents()
	for _, c := range d.cycles() {
		view := waitOf(c.Wait)
		view.Line, view.Days, view.From = c.Line, c.Days, web.CycleAssumed
		switch {
		case c.Known:
			view.From = web.CycleEntered
		case c.Seen():
			view.From = web.CycleSeen
		}
		if line, known := doc.Catalog.Line(c.Line); known {
			view.Name = line.Name
		} else if c.Line != 0 {
			continue // it was removed since
		}
		v.Lines = append(v.Lines, view)
	}
	slices.SortStableFunc(v.Lines, func(a, b web.CycleView) int { return cmp.Compare(b.Gaps, a.Gaps) })
	return v, nil
}

// waitOf tells how long buyers of a line take.
func waitOf(w need.Wait) web.CycleView {
	days := func(p need.Percentile) web.WaitView {
		return web.WaitView{Reached: p.Reached, Days: p.Days, Low: p.Low, High: p.High, Open: p.High == 0}
	}
	back := insight.Estimate{Value: w.Back.Value, Low: w.Back.Low, High: w.Back.High, Unit: insight.Probability, Evidence: insight.Fitted}
	if w.Watched < 1 {
		back.Evidence = insight.NotMeasurable
	}
	return web.CycleView{
		Gaps: w.Gaps, Open: w.Open, Watched: max(0, w.Watched), Back: back,
		Returners: days(w.Returners), Half: days(w.Half), Most: days(w.Most), NearAll: days(w.NearAll),
	}
}
