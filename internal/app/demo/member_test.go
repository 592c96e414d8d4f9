package demo

import (
	"math"
	"testing"

	"siyu/internal/profile"
)

// theListOfMembersIsKnown looks at what came of the members' file: campaigns
// that pages can compare, and referrals that moved value and no total.
func theListOfMembersIsKnown(t *testing.T, d *Demo) {
	t.Helper()
	sums, err := d.App.DB().BrandCohorts(t.Context())
	if err != nil || sums == nil {
		t.Fatalf("no sums of the brand: %v", err)
	}
	named := 0
	for _, g := range sums.Campaigns {
		if g.Key != "" && g.Measured > 0 {
			named++
		}
	}
	if named < 7 {
		t.Errorf("value is told by %d campaigns: %+v", named, sums.Campaigns)
	}
	all := sums.All
	if all.Referred == 0 || all.Referrers == 0 || all.Given <= 0 || math.Abs(all.Given-all.Received) > 1e-6*all.Given {
		t.Errorf("%d brought customers gave %v, %d referrers received %v", all.Referred, all.Given, all.Referrers, all.Received)
	}
	born, stayed, told := 0, 0, 0
	err = d.App.DB().EachCustomer(t.Context(), 4000, func(states []profile.Customer) error {
		for i := range states {
			if states[i].Described.BirthMonth != 0 {
				born++
			}
			if states[i].Referrer.Stayed != 0 {
				stayed++
			}
			told += len(states[i].Referrals)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if born == 0 || stayed == 0 || told != stayed {
		t.Errorf("%d birthdays, %d who stayed, of whom %d are known to who brought them", born, stayed, told)
	}
}
