package world

import ("testing";"sort";"time")

func TestTune(t *testing.T) {
	t0 := time.Now()
	w, st := lived(t, Config{Customers: 5000, Seed: 1})
	t.Logf("history %v people %d alive %d bonds %d orders %d stage %+v", time.Since(t0), len(w.people), w.alive, w.bonds, len(w.orders), *st)
	never := 0; hist := map[int]int{}
	for i := range w.people { n := w.people[i].orders; if n == 0 { never++ }; if n>10 {n=10}; hist[n]++ }
	t.Logf("never %.3f hist %v", float64(never)/float64(len(w.people)), hist)
	last := map[[2]int]time.Time{}
	gaps := map[int][]float64{}
	for _, o := range w.orders { for _, it := range o.items[:o.count] { l := w.brand.Products[it.product].Line; k := [2]int{o.person,l}
		if p, ok := last[k]; ok { gaps[l] = append(gaps[l], o.at.Sub(p).Hours()/24) }; last[k] = o.at } }
	for l, g := range gaps { sort.Float64s(g); t.Logf("line %d n %d median %.1f p10 %.1f p90 %.1f", l, len(g), g[len(g)/2], g[len(g)/10], g[len(g)*9/10]) }
	t.Logf("monthly deletion: parts %d per relation-month approx %.4f", st.parts, float64(st.parts)/(float64(w.bonds)*6))
	var trust, mem, fat, laps float64
	for i := range w.people { p := &w.people[i]; trust += p.trust; mem += p.memory; fat += p.fatigue/p.patience; if p.lapsed {laps++} }
	n := float64(len(w.people))
	t.Logf("mean trust %.2f memory %.2f fatigue %.2f lapsed %.2f", trust/n, mem/n, fat/n, laps/n)
	t1 := time.Now()
	tr := w.Truths()
	t.Logf("truths %v", time.Since(t1))
	c := map[Part]int{}; reach := 0; var g [3]float64; var e float64
	for _, x := range tr { if !x.Reachable {continue}; reach++; c[x.Limiting]++; e+=x.Expected; for k := range g { g[k]+=x.Gain[k] } }
	for p, k := range c { t.Logf("%s %.3f", p, float64(k)/float64(reach)) }
	t.Logf("mean expected %.3f gains %.3f %.3f %.3f", e/float64(reach), g[0]/float64(reach), g[1]/float64(reach), g[2]/float64(reach))
	var rr []Truth
	for _, x := range tr { if x.Reachable { rr = append(rr, x) } }
	t.Logf("random %+v", Judge(rr, RandomRule(rr, 1)))
	t.Logf("majority %+v", Judge(rr, MajorityRule(rr)))
	t.Logf("recency %+v", Judge(rr, RecencyRule(rr)))
}
func TestTuneNoise(t *testing.T) {
	w, _ := lived(t, Config{Customers: 2000, Seed: 3})
	same, n := 0, 0
	for i := range w.people {
		p := &w.people[i]
		if !p.reachable() { continue }
		n++
		a := w.Truth(i)
		_, g := p.counterfactual(p.hidden, w.around(p, w.day), p.draws.apart(77))
		best, lim := WorthPulling, NoPart
		for k, part := range parts() { if g[k] >= best { best, lim = g[k], part } }
		if lim == a.Limiting { same++ }
	}
	t.Logf("agree %.3f", float64(same)/float64(n))
}
