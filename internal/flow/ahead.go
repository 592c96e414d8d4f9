package flow

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/decision"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// NextContact returns on which of the next days the newest plan expects to reach a
// customer whom it leaves alone today. It looks at this customer and at what is
// expected of the members who may contact it, and nothing else.
func (f *Flow) NextContact(ctx context.Context, now time.Time, c *profile.Customer) (on decision.Ahead, found bool, err error) {
	if f.ahead == nil || !reachable(c) {
		return on, false, nil
	}
	world, err := f.world(ctx, now)
	if err != nil {
		return on, false, fmt.Errorf("read what holds today: %w", err)
	}
	var expected []decision.Ahead
	for _, r := range c.Relations {
		if !r.Active() {
			continue
		}
		of, err := f.ahead.AheadOf(ctx, world.Day, r.Staff)
		if err != nil {
			return on, false, err
		}
		expected = append(expected, of...)
	}
	if len(expected) == 0 {
		return on, false, nil
	}
	asked, err := f.standing(ctx, Whom{List: []id.Customer{c.ID}})
	if err != nil {
		return on, false, err
	}
	brief := world.brief()
	if brief.Prices, err = PricesOf(ctx, f.known, world.Day); err != nil {
		return on, false, err
	}
	var row InsightRow
	f.understandRow(&world, c, &row)
	inDoubt, pending := asked.underway[c.ID]
	on, found = decision.NextContact(brief, decision.Case{Profile: c, Insight: &row.Customer, OrdersAsOf: world.OrdersKnownOf(c),
		Held: asked.held[c.ID], InDoubt: inDoubt, Pending: pending && !inDoubt}, expected)
	return on, found, nil
}
