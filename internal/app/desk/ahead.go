package desk

import (
	"context"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/web"
)

// addComing says when a customer who is left alone today is expected to be contacted.
func (d *Desk) addComing(ctx context.Context, c *profile.Customer, v *web.CustomerView) error {
	if v.Withheld == nil || d.Coming == nil {
		return nil
	}
	on, found, err := d.Coming(ctx, d.Clock.Now(), c)
	if err != nil || !found {
		return err
	}
	v.Coming = &web.ComingContact{Day: on.Day.In(d.Zone), Purpose: on.Purpose, Channel: on.Channel}
	return nil
}

// Expected returns what the newest night expects of the next days by day, store,
// purpose and channel: what a calendar shows beside what is decided.
func (d *Desk) Expected(ctx context.Context, scope org.Scope) ([]decision.Ahead, error) {
	return d.DB.AheadSums(ctx, d.today(), stores(scope))
}

// addDays adds the next days' contacts up, beside the room that members have.
func (d *Desk) addDays(ctx context.Context, scope org.Scope, v *web.OrganisationView) error {
	sums, err := d.Expected(ctx, scope)
	if err != nil || len(sums) == 0 {
		return err
	}
	rules := d.Brand.Documents().Rules
	for on := 1; on < rules.DaysAhead; on++ {
		v.Ahead = append(v.Ahead, web.DayAhead{Day: d.today().AddDate(0, 0, on)})
	}
	for i := range v.Ahead {
		a := &v.Ahead[i]
		for _, s := range d.Brand.Org().Staff {
			if s.Active && s.Contact && d.covers(scope, s.ID) {
				a.Room += rules.HandsOf(s, a.Day)
			}
		}
		for _, row := range sums {
			switch {
			case !row.Day.Equal(a.Day):
			case row.Channel == event.OneToOne:
				a.ByHand += row.Customers
			default:
				a.BySend += row.Customers
			}
		}
	}
	return nil
}

// coming is flow's answer about one customer.
type coming func(ctx context.Context, now time.Time, c *profile.Customer) (on decision.Ahead, found bool, err error)
