package profile

import (
	"slices"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
)

const day = 24 * time.Hour

func told(t *testing.T, c *Customer, subject id.Customer, at time.Time, body event.Body) {
	t.Helper()
	f, err := event.New(event.Customer(subject), at, event.FromMembers, [32]byte{1}, body)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(f); err != nil {
		t.Fatal(err)
	}
}

var noon = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

func TestTheNewestWordDescribesTheCustomer(t *testing.T) {
	c := Customer{ID: 1}
	told(t, &c, 1, noon, event.CustomerDescribed{BirthMonth: 5, BirthDay: 20, City: "杭州", Level: "银卡"})
	told(t, &c, 1, noon.Add(2*day), event.CustomerDescribed{Level: "金卡", Tags: []string{"绿茶"}})
	told(t, &c, 1, noon.Add(day), event.CustomerDescribed{BirthMonth: 1, BirthDay: 1, City: "宁波", Level: "铜卡", Campaign: "春茶节"})
	got := c.Described
	if got.BirthMonth != 5 || got.BirthDay != 20 || got.City != "杭州" || got.Level != "金卡" || got.Campaign != "春茶节" || !slices.Equal(got.Tags, []string{"绿茶"}) {
		t.Errorf("%+v", got)
	}
}

func TestAListOfMembersMakesNobodyLookActive(t *testing.T) {
	c := Customer{ID: 1}
	told(t, &c, 1, noon, event.CustomerSeen{Corp: "ww"})
	was := c.LastFact
	told(t, &c, 1, noon.Add(30*day), event.CustomerDescribed{City: "杭州"})
	told(t, &c, 1, noon.Add(30*day), event.CustomerReferred{By: 2, Since: event.At(noon)})
	told(t, &c, 1, noon.Add(60*day), event.CustomerStayed{By: 2})
	told(t, &c, 1, noon.Add(60*day), event.ReferralStayed{Referred: 3})
	if c.LastFact != was {
		t.Errorf("last fact at %v, want %v", c.LastFact.Time(), was.Time())
	}
}

func TestWhoBroughtTheCustomerFirstIsTheReferrer(t *testing.T) {
	c := Customer{ID: 1}
	told(t, &c, 9, noon, event.CustomerReferred{By: 2, Since: event.At(noon.Add(-day))})
	told(t, &c, 1, noon.Add(day), event.CustomerReferred{By: 3, Since: event.At(noon.Add(-2 * day))})
	told(t, &c, 1, noon.Add(day), event.CustomerReferred{By: 1, Since: event.At(noon.Add(-9 * day))}) // oneself
	if want := (Referrer{By: 3, As: 1, Since: event.At(noon.Add(-2 * day))}); c.Referrer != want {
		t.Errorf("%+v, want %+v", c.Referrer, want)
	}
	told(t, &c, 1, noon.Add(40*day), event.CustomerStayed{By: 3})
	told(t, &c, 1, noon.Add(41*day), event.CustomerReferred{By: 4, Since: event.At(noon.Add(-9 * day))})
	if c.Referrer.By != 3 || c.Referrer.Stayed != event.At(noon.Add(40*day)) {
		t.Errorf("the referrer changed after the referral was told: %+v", c.Referrer)
	}
}

func TestAReferredCustomerStaysByARelationOrAnOrder(t *testing.T) {
	brought := Referrer{By: 2, As: 1, Since: event.At(noon)}
	month := event.Instant((30 * day).Milliseconds())
	related := []Relation{{Staff: 5, Since: event.At(noon)}}
	left := []Relation{{Staff: 5, Since: event.At(noon), Until: event.At(noon.Add(day)), End: event.ByCustomer}}
	for name, x := range map[string]struct {
		c    Customer
		at   time.Time
		want bool
	}{
		"related":             {Customer{Referrer: brought, Relations: related}, noon.Add(30 * day), true},
		"too early":           {Customer{Referrer: brought, Relations: related}, noon.Add(29 * day), false},
		"left":                {Customer{Referrer: brought, Relations: left}, noon.Add(90 * day), false},
		"left but bought":     {Customer{Referrer: brought, Relations: left, Orders: Orders{Last: event.At(noon.Add(2 * day))}}, noon.Add(90 * day), true},
		"bought only earlier": {Customer{Referrer: brought, Orders: Orders{Last: event.At(noon.Add(-day))}}, noon.Add(90 * day), false},
		"brought by nobody":   {Customer{Relations: related}, noon.Add(90 * day), false},
	} {
		if got := x.c.StayedBy(event.At(x.at), month); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
