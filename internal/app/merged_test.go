package app

import (
	"slices"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/storage/postgrestest"
)

const acquaintances = 40

// plannedHouse opens a house with customers of whom each has an answer of the day.
func plannedHouse(t *testing.T, db string) *house {
	t.Helper()
	h := acquaintedHouse(t, db)
	h.nightly()
	h.everybody(acquaintances)
	return h
}

// acquaintedHouse opens a house with customers of whom nothing is planned yet.
func acquaintedHouse(t *testing.T, db string) *house {
	t.Helper()
	h := openHouseOn(t, t.TempDir(), db)
	var facts []event.Fact
	for c := id.Customer(1); c <= acquaintances; c++ {
		facts = append(facts, h.related(c, monday.AddDate(0, -3, 0))...)
		for n := range int64(c % 4) {
			facts = append(facts, h.order(c, int64(c)*10+n, monday.AddDate(0, 0, -int(20*(n+1)))))
		}
	}
	h.tell(facts...)
	return h
}

func (h *house) nightly() {
	h.t.Helper()
	if _, err := h.Night(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// answersOf returns what the day's plan says, and how much of it is counted.
func (h *house) answersOf(customers []id.Customer) (plan decision.Plan, counted int) {
	h.t.Helper()
	day := clock.Day(h.clock.Now(), clock.Shanghai)
	plan, err := h.db.PlanOf(h.t.Context(), day, customers)
	if err != nil {
		h.t.Fatal(err)
	}
	counts, err := h.db.PlanCounts(h.t.Context(), day)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, c := range counts {
		counted += c.Customers
	}
	return plan, counted
}

// everybody checks that so many are listed, counted and answered, each once, and
// that every law of the database holds.
func (h *house) everybody(want int) {
	h.t.Helper()
	all := make([]id.Customer, acquaintances)
	for i := range all {
		all[i] = id.Customer(i + 1)
	}
	plan, counted := h.answersOf(all)
	said := map[id.Customer]int{}
	for _, a := range plan.Actions {
		said[a.Customer]++
	}
	for _, w := range plan.Withheld {
		said[w.Customer]++
	}
	page, err := h.db.ListCustomers(h.t.Context(), storage.CustomerQuery{Scope: org.All(), Sort: storage.ByValue, Limit: 100})
	if err != nil {
		h.t.Fatal(err)
	}
	related, err := h.db.CountRelated(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	if related != want || page.Total != want || len(page.Customers) != want || counted != want || len(said) != want {
		h.t.Errorf("%d related, %d of %d listed, %d answers counted, %d customers answered; want %d of each",
			related, len(page.Customers), page.Total, counted, len(said), want)
	}
	for c, n := range said {
		if n != 1 || !slices.Contains(page.Customers, c) {
			h.t.Errorf("customer %d has %d answers, listed: %v", c, n, slices.Contains(page.Customers, c))
		}
	}
	problems, err := h.db.Check(h.t.Context())
	if err != nil || len(problems) > 0 {
		h.t.Errorf("check: %v, %v", problems, err)
	}
	h.verified()
}

// underway tells whether something is on its way to the very id.
func (h *house) underway(c id.Customer) bool {
	h.t.Helper()
	found, err := h.db.Underway(h.t.Context(), flow.Whom{First: c, Last: c})
	if err != nil {
		h.t.Fatal(err)
	}
	return len(found) > 0
}

func (h *house) merged(c, into id.Customer) event.Fact {
	return h.fact(event.Customer(c), h.clock.Now(), event.CustomerMerged{Into: into})
}

func (h *house) parted(c, from id.Customer) event.Fact {
	return h.fact(event.Customer(c), h.clock.Now(), event.CustomerUnmerged{From: from, By: "lead"})
}

// contacted returns a customer to whom something is on its way today.
func (h *house) contacted() id.Customer {
	h.t.Helper()
	for c := id.Customer(1); c <= acquaintances; c++ {
		if h.underway(c) {
			return c
		}
	}
	h.t.Fatal("nobody is contacted today")
	return 0
}

// inBothHouses runs a story on a planned house of each kind.
func inBothHouses(t *testing.T, story func(*house)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { story(plannedHouse(t, "")) })
	t.Run("PostgreSQL", func(t *testing.T) { story(plannedHouse(t, postgrestest.Start(t).Database(t))) })
}

func TestOfTwoRecordsOfOnePersonOneIsListedAndAnswered(t *testing.T) {
	inBothHouses(t, func(h *house) {
		twin := h.contacted()
		person := twin%acquaintances + 1
		h.tell(h.merged(twin, person))
		h.everybody(acquaintances - 1)
		if h.underway(twin) {
			h.t.Error("the person gets the message of the merged record")
		}
		h.nightly() // again on the same day
		h.everybody(acquaintances - 1)
		h.clock.Set(h.clock.Now().AddDate(0, 0, 1))
		h.nightly()
		h.everybody(acquaintances - 1)

		h.tell(h.parted(twin, person))
		h.everybody(acquaintances)
		h.nightly()
		h.everybody(acquaintances)
		h.tell(h.merged(person, twin)) // the other way round
		h.everybody(acquaintances - 1)
	})
}

// A night folds what came since the last turn itself.
func TestARecordThatIsMergedAsTheNightBeginsLeavesItsLists(t *testing.T) {
	inBothHouses(t, func(h *house) {
		twin := h.contacted()
		if _, err := h.facts.Append(h.t.Context(), h.merged(twin, twin%acquaintances+1)); err != nil {
			h.t.Fatal(err)
		}
		h.nightly()
		h.everybody(acquaintances - 1)
		if h.underway(twin) {
			h.t.Error("the person gets the message of the merged record")
		}
	})
}

// Between midnight and the night there is no plan of the day yet.
func TestWhoIsLostOrMergedBeforeTheNightHasNoAnswerAfterIt(t *testing.T) {
	inBothHouses(t, func(h *house) {
		twin := h.contacted()
		person, lost := twin%acquaintances+1, (twin+1)%acquaintances+1
		h.clock.Set(clock.Day(monday, clock.Shanghai).AddDate(0, 0, 1).Add(time.Minute))
		h.tell(h.merged(twin, person))
		if h.underway(twin) {
			h.t.Error("the person gets yesterday's message of the merged record")
		}
		if _, counted := h.answersOf(nil); counted != 0 {
			h.t.Errorf("%d answers are counted of a day without a plan", counted)
		}
		h.nightly()
		h.everybody(acquaintances - 1)

		h.clock.Set(clock.Day(monday, clock.Shanghai).AddDate(0, 0, 2).Add(time.Minute))
		h.tell(h.fact(event.Customer(lost), h.clock.Now(), event.RelationEnded{Staff: guide, By: event.ByCustomer}), h.parted(twin, person))
		h.nightly()
		related, err := h.db.CountRelated(h.t.Context())
		if _, counted := h.answersOf(nil); counted != acquaintances-1 || related != acquaintances-1 || err != nil {
			h.t.Errorf("%d answers are counted, %d related, %v; want %d", counted, related, err, acquaintances-1)
		}
		if problems, err := h.db.Check(h.t.Context()); err != nil || len(problems) > 0 {
			h.t.Errorf("check: %v, %v", problems, err)
		}
	})
}

// A process that ends after folding has told nobody of the merge.
func TestAMergeThatWasFoldedBeforeTheProcessEndedIsTurned(t *testing.T) {
	for name, length := range map[string]int{"two records": 1, "a chain of three": 2} {
		t.Run(name, func(t *testing.T) {
			inBothHouses(t, func(h *house) {
				twin := h.contacted()
				var facts []event.Fact
				for from := twin; len(facts) < length; from = from%acquaintances + 1 {
					facts = append(facts, h.merged(from, from%acquaintances+1))
				}
				if _, err := h.facts.Append(h.t.Context(), facts...); err != nil {
					h.t.Fatal(err)
				}
				if _, _, err := h.flow.Fold(h.t.Context()); err != nil {
					h.t.Fatal(err)
				}
				data, db := h.config.Data, h.config.DB
				h.end()
				again := openHouseOn(h.t, data, db)
				again.tell()
				again.everybody(acquaintances - length)
				if again.underway(twin) {
					h.t.Error("the person gets the message of the merged record")
				}
			})
		})
	}
}

// A contact of a merged record that cannot be called back any more is one of
// the person.
func TestWhatIsUnderwayToAMergedRecordIsUnderwayToThePerson(t *testing.T) {
	inBothHouses(t, func(h *house) {
		twin := h.contacted()
		person := twin%acquaintances + 1
		err := h.db.CommitFold(h.t.Context(), flow.Fold{
			Customers: []profile.Customer{{ID: twin, FirstSeen: 1, MergedInto: person}}, Aliases: []flow.Alias{{Customer: twin, Canonical: person}},
			Reader: "other",
		})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, asked := range [][]id.Customer{{person}, {twin, person}} {
			found, err := h.db.Underway(h.t.Context(), flow.Whom{List: asked})
			if _, has := found[person]; !has || err != nil {
				h.t.Errorf("asked about %v: %v, %v", asked, found, err)
			}
		}
		if problems, err := h.db.Check(h.t.Context()); err != nil || len(problems) != 3 {
			h.t.Errorf("a merged record with a row, a message that waits and facets: %q, %v", problems, err)
		}
	})
}
