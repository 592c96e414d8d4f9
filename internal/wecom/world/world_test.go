package world

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"
)

// nowhere is a stage without WeCom: it only counts.
type nowhere struct{ adds, parts, says, joins, leaves, sends, sent int }

func (n *nowhere) add(_ time.Time, way scan) (string, error) {
	n.adds++
	return fmt.Sprintf("wm%016x", way.person.key), nil
}
func (n *nowhere) accept(time.Time, string, *person) error      { return nil }
func (n *nowhere) part(time.Time, string, string) error         { n.parts++; return nil }
func (n *nowhere) say(time.Time, message) error                 { n.says++; return nil }
func (n *nowhere) open(time.Time, int, GroupPlan, string) error { return nil }
func (n *nowhere) join(time.Time, int, string) error            { n.joins++; return nil }
func (n *nowhere) leave(time.Time, int, string) error           { n.leaves++; return nil }
func (n *nowhere) send(_ time.Time, _, _ string, to []string) error {
	n.sends++
	n.sent += len(to)
	return nil
}

func lived(t testing.TB, config Config) (*World, *nowhere) {
	t.Helper()
	stage := &nowhere{}
	w, err := newWorld(config, stage)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.liveHistory(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w, stage
}

// liveOn lives more days the way Step does, without a platform.
func liveOn(t testing.TB, w *World, days int) {
	t.Helper()
	for range days {
		w.day++
		if err := w.dawn(w.newcomers()); err != nil {
			t.Fatal(err)
		}
		for hour := range 24 {
			if err := w.pass(hour); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// receipts lists what each person bought and when, by identity.
func receipts(w *World) map[uint64][]string {
	out := map[uint64][]string{}
	for _, o := range w.orders {
		key := w.people[o.person].key
		out[key] = append(out[key], fmt.Sprint(o.at.Unix(), o.items[:o.count], o.gross, o.discount, o.refund))
	}
	return out
}

func TestTheSameSeedGivesTheSameWorld(t *testing.T) {
	a, stageA := lived(t, Config{Customers: 600, Seed: 3})
	b, stageB := lived(t, Config{Customers: 600, Seed: 3})
	c, _ := lived(t, Config{Customers: 600, Seed: 4})
	if *stageA != *stageB || !slices.Equal(a.orders, b.orders) {
		t.Errorf("two worlds of one seed differ: %+v and %+v", *stageA, *stageB)
	}
	if slices.Equal(a.orders, c.orders) {
		t.Error("two seeds gave the same orders")
	}
}

func TestTheBrandHasTheSizeThatWasAskedFor(t *testing.T) {
	for _, customers := range []int{300, 2000} {
		w, _ := lived(t, Config{Customers: customers, Seed: 1})
		if w.Customers() != customers {
			t.Errorf("%d living customers, wanted %d", w.Customers(), customers)
		}
		if want := customers * 13 / 10; w.Relations() < want || w.Relations() > want+want/100 {
			t.Errorf("%d living relations, wanted %d", w.Relations(), want)
		}
	}
	b := DemoBrand()
	franchises := 0
	for _, s := range b.Stores {
		if s.Franchise {
			franchises++
		}
	}
	if len(b.Stores) != 12 || franchises != 4 || len(b.Staff) != 45 || len(b.Groups) != 60 || len(b.Lines) != 3 {
		t.Errorf("%d stores, %d of them franchise, %d staff, %d groups, %d lines", len(b.Stores), franchises, len(b.Staff), len(b.Groups), len(b.Lines))
	}
}

// Treating one person must leave everybody else's luck alone: that is what
// makes two courses of action comparable.
func TestTreatingOnePersonChangesNobodyElse(t *testing.T) {
	config := Config{Customers: 600, Seed: 8}
	left, _ := lived(t, config)
	treated, _ := lived(t, config)
	patient := slices.IndexFunc(treated.people, func(p person) bool { return p.reachable() && p.lastOrder > HistoryDays-60 })
	for range 6 {
		liveOn(t, left, 5)
		liveOn(t, treated, 5)
		for _, kind := range []Kind{Promo, Promo, Remind, Ask} {
			treated.read(patient, kind, OneToOne, treated.Now())
		}
	}
	if left.people[patient].hidden == treated.people[patient].hidden {
		t.Fatal("six rounds of messages changed nothing in who read them")
	}
	a, b := receipts(left), receipts(treated)
	key := treated.people[patient].key
	for k := range a {
		if k != key && !slices.Equal(a[k], b[k]) {
			t.Errorf("person %x bought differently because person %x was treated", k, key)
		}
	}
	if len(left.people) != len(treated.people) {
		t.Skipf("the treated person referred somebody: %d people and %d", len(left.people), len(treated.people))
	}
}

// medianGap returns the median days between purchases of a line by one person.
func medianGap(w *World, line int) float64 {
	last, gaps := map[int]time.Time{}, []float64(nil)
	for _, o := range w.orders {
		for _, it := range o.items[:o.count] {
			if w.brand.Products[it.product].Line != line {
				continue
			}
			if before, again := last[o.person]; again {
				gaps = append(gaps, o.at.Sub(before).Hours()/24)
			}
			last[o.person] = o.at
		}
	}
	slices.SortFunc(gaps, cmp.Compare[float64])
	return gaps[len(gaps)/2]
}

// clerk notes the hours in which staff write to people.
type clerk struct {
	nowhere
	hours map[int]int
}

func (c *clerk) say(at time.Time, m message) error {
	if m.to != "" && len(m.to) > 2 && m.to[:2] == "wm" {
		c.hours[at.Hour()]++
	}
	return nil
}

func TestStaffWriteInBusinessHoursOnly(t *testing.T) {
	stage := &clerk{hours: map[int]int{}}
	w, err := newWorld(Config{Customers: 300, Seed: 14}, stage)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.liveHistory(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(stage.hours) < 10 {
		t.Fatalf("staff wrote at %v", stage.hours)
	}
	for hour, n := range stage.hours {
		if hour < opening || hour >= closing {
			t.Errorf("%d messages of staff at %d o'clock", n, hour)
		}
	}
}

// Bands are wide: they say what would look wrong to somebody who runs shops,
// and are no measurements.
func TestAggregatesLookLikeAShop(t *testing.T) {
	for _, customers := range []int{2000, 5000} {
		w, stage := lived(t, Config{Customers: customers, Seed: 11})
		band := func(name string, value, low, high float64) {
			t.Helper()
			t.Logf("%d customers: %-40s %8.3f", customers, name, value)
			if value < low || value > high {
				t.Errorf("%d customers: %s is %.3f, expected %.3f to %.3f", customers, name, value, low, high)
			}
		}
		never, months, grouped := 0.0, 0.0, 0.0
		for i := range w.people {
			if w.people[i].orders == 0 {
				never++
			}
			if w.people[i].group >= 0 {
				grouped++
			}
		}
		for _, o := range w.orders {
			months += float64(o.paid()) / 100
		}
		people := float64(len(w.people))
		band("share who never bought", never/people, 0.2, 0.45)
		band("orders per person", float64(len(w.orders))/people, 1.5, 5)
		band("yuan per order", months/float64(len(w.orders)), 80, 260)
		band("median days between tea purchases", medianGap(w, 0), 32, 44)
		band("median days between coffee purchases", medianGap(w, 1), 20, 30)
		band("deletions a month per living relation", float64(stage.parts)/float64(w.bonds)/6, 0.005, 0.04)
		band("share in a group", grouped/people, 0.15, 0.5)
		band("messages per person", float64(stage.says)/people, 2, 12)
		band("hand-made contacts per person", float64(stage.sent)/people, 2, 12)
	}
}
