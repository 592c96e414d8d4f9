package cohort

import (
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

func TestStagesAddUpToAllCustomersOfEveryStore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.SliceOfN(rapid.Custom(anyPerson), 1, 60).Draw(t, "people")
		tally, want := NewTally(now, now), map[string]map[insight.Stage]int{}
		for i := range people {
			p := &people[i]
			tally.Add(&p.state, &p.known, p.owner)
			key := keyOf(p.owner.Store)
			if want[key] == nil {
				want[key] = map[insight.Stage]int{}
			}
			want[key][p.known.Stage]++
		}
		var parts []*Sums
		for _, s := range tally.Stores() {
			parts = append(parts, s)
		}
		for name, s := range map[string]*Sums{"whole": tally.Whole(), "stores together": Merge(parts)} {
			customers, measured, related := 0, 0, 0
			for _, stage := range s.Stages {
				customers, measured, related = customers+stage.Customers, measured+stage.Measured, related+stage.Related
				if stage.Related+stage.Left > stage.Customers {
					t.Fatalf("%s: %+v", name, stage)
				}
			}
			if customers != s.All.Customers || measured != s.All.Measured || related != s.All.Related || len(s.StoreStages) != len(want) {
				t.Fatalf("%s: %d customers in stages of %d, %d measured of %d, %d related of %d, %d stores", name, customers, s.All.Customers, measured, s.All.Measured, related, s.All.Related, len(s.StoreStages))
			}
			for _, store := range s.StoreStages {
				for i, stage := range insight.Stages() {
					if store.Customers[i] != want[store.Key][stage] {
						t.Fatalf("%s: store %s has %d %s, want %d", name, store.Key, store.Customers[i], stage, want[store.Key][stage])
					}
				}
			}
		}
	})
}

func TestARelationThatIsOverIsAMarkBesideTheStage(t *testing.T) {
	tally := NewTally(now, now)
	for _, relations := range [][]profile.Relation{nil, {{Staff: 1, Since: 5}}, {{Staff: 1, Since: 5, Until: 9}}, {{Staff: 1, Since: 5, Until: 9}, {Staff: 2, Since: 7}}} {
		c := profile.Customer{ID: id.Customer(len(relations)), Relations: relations}
		tally.Add(&c, &insight.Customer{Stage: insight.Mature}, Owner{})
	}
	tally.Add(&profile.Customer{}, &insight.Customer{}, Owner{}) // understood before there were stages
	s := tally.Whole().Stages
	if s[2].Stage != insight.Mature || s[2].Customers != 4 || s[2].Related != 2 || s[2].Left != 1 || s[0].Customers != 0 {
		t.Errorf("%+v", s)
	}
}
