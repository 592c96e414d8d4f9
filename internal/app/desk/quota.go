package desk

import (
	"context"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
	"siyu/internal/web"
)

// quotaSteps are from how many messages left on a page tells customers apart:
// who gets nothing, who gets this message as the last one, and so on.
func quotaSteps() []int { return []int{0, 1, 2, 4} }

// addQuota says how many mass messages WeCom still lets a batch's customers
// receive, by what was delivered to them in the period.
func (d *Desk) addQuota(ctx context.Context, v *web.BatchView, customers []id.Customer) error {
	states, err := d.DB.LoadCustomers(ctx, customers)
	if err != nil {
		return err
	}
	q := &v.Quota
	from, until, limit := d.Brand.Documents().Rules.QuotaPeriod(d.today())
	q.Limit, q.Until = limit, until
	steps := quotaSteps()
	counts := make([]int, len(steps))
	var skipped []id.Customer
	for i := range states {
		left := limit - massSince(&states[i], event.At(from))
		if left <= 0 {
			skipped = append(skipped, states[i].ID)
		}
		step := len(steps) - 1
		for step > 0 && left < steps[step] {
			step--
		}
		counts[step]++
	}
	for i, n := range counts {
		row := web.QuotaLeft{Low: steps[i], High: limit, Customers: n}
		if i+1 < len(steps) {
			row.High = min(limit, steps[i+1]-1)
		}
		if n > 0 {
			q.Left = append(q.Left, row)
		}
	}
	q.Skipped = len(skipped)
	return d.addSkipped(ctx, q, skipped[:min(len(skipped), samples)])
}

func (d *Desk) addSkipped(ctx context.Context, q *web.BatchQuota, customers []id.Customer) error {
	names, err := d.customerNames(ctx, customers)
	for _, c := range customers {
		q.Who = append(q.Who, web.Skipped{Customer: c, Name: names[c]})
	}
	return err
}

func massSince(c *profile.Customer, since event.Instant) (n int) {
	for _, t := range c.Touches.Recent {
		if decision.TakesQuota(t.Channel) && t.At >= since {
			n++
		}
	}
	return n
}
