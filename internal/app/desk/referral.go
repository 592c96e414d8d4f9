package desk

import (
	"context"
	"math"
	"slices"

	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/web"
)

// addReferral tells who brought the customer and whom the customer brought, and
// which value that moves.
func (d *Desk) addReferral(ctx context.Context, scope org.Scope, c *profile.Customer, v *web.CustomerView) error {
	r := &v.Referral
	general := d.Brand.Documents().General
	r.Share, r.Days = general.ReferralShare, general.ReferralDays
	ids := []id.Customer{c.Referrer.By}
	for _, x := range c.Referrals {
		ids = append(ids, x.Customer)
	}
	people, err := d.referralPeople(ctx, scope, c.ID, ids)
	if err != nil {
		return err
	}
	if by, ok := people.of(c.Referrer.By); ok {
		r.By, r.Since, r.Stayed = &by, c.Referrer.Since.Time(), c.Referrer.Stayed.Time()
		if c.Referrer.Stayed != 0 {
			r.Given = part(v.Known.Value, r.Share)
		}
	}
	told := map[id.Customer]bool{}
	for _, x := range c.Referrals {
		one, ok := people.of(x.Customer)
		if !ok || told[people.answers[x.Customer]] { // two ids of one person
			continue
		}
		told[people.answers[x.Customer]] = true
		value := part(people.known[people.answers[x.Customer]].Value, r.Share)
		r.Brought = append(r.Brought, web.Brought{Referred: one, At: x.At.Time(), Value: value})
		r.Received = together(r.Received, value)
	}
	r.Latest = len(c.Referrals) == profile.RecentMarks
	return nil
}

// referralPeople are the other sides of a customer's referrals.
type referralPeople struct {
	self    id.Customer
	answers map[id.Customer]id.Customer // who answers for each id
	known   map[id.Customer]insight.Customer
	names   map[id.Customer]string
	visible map[id.Customer]bool
}

func (d *Desk) referralPeople(ctx context.Context, scope org.Scope, self id.Customer, ids []id.Customer) (p referralPeople, err error) {
	p = referralPeople{self: self, answers: map[id.Customer]id.Customer{}, visible: map[id.Customer]bool{}}
	ids = slices.DeleteFunc(ids, func(c id.Customer) bool { return c == 0 })
	if len(ids) == 0 {
		return p, nil
	}
	merged, err := d.DB.Canonical(ctx, ids)
	if err != nil {
		return p, err
	}
	var people []id.Customer
	for _, c := range ids {
		p.answers[c] = c
		if to, is := merged[c]; is {
			p.answers[c] = to
		}
		if _, err := d.visible(ctx, scope, p.answers[c]); err == nil {
			p.visible[p.answers[c]] = true
		}
		people = append(people, p.answers[c])
	}
	if p.names, err = d.customerNames(ctx, people); err != nil {
		return p, err
	}
	p.known, err = d.known(ctx, people)
	return p, err
}

// of returns the person behind an id; ok is false for none and for the customer
// alone. What the asker may not see has no name and no page.
func (p referralPeople) of(c id.Customer) (one web.Referred, ok bool) {
	who := p.answers[c]
	if who == 0 || who == p.self {
		return one, false
	}
	if p.visible[who] {
		one.ID, one.Name = who, p.names[who]
	}
	return one, true
}

// part returns a share of an estimate; of one that is not measurable nothing.
func part(e insight.Estimate, share float64) insight.Estimate {
	if e.Evidence == insight.NotMeasurable || e.Evidence == "" {
		return insight.Estimate{Unit: e.Unit, AsOf: e.AsOf, Evidence: insight.NotMeasurable}
	}
	e.Value, e.Low, e.High, e.Because = share*e.Value, share*e.Low, share*e.High, nil
	return e
}

// together adds the value of one more customer, who knows nothing of the
// others. Who cannot be measured adds nothing.
func together(sum, one insight.Estimate) insight.Estimate {
	if one.Evidence == insight.NotMeasurable || one.Evidence == "" {
		return sum
	}
	if sum.Evidence == "" {
		return one
	}
	low, high := math.Hypot(sum.Value-sum.Low, one.Value-one.Low), math.Hypot(sum.High-sum.Value, one.High-one.Value)
	sum.Value += one.Value
	sum.Low, sum.High = max(0, sum.Value-low), sum.Value+high
	if one.Evidence == insight.Prior {
		sum.Evidence = insight.Prior
	}
	return sum
}

// describedAs tells how shops describe the customer.
func describedAs(c *profile.Customer) web.Description {
	d := &c.Described
	return web.Description{BirthMonth: d.BirthMonth, BirthDay: d.BirthDay, City: d.City, Level: d.Level, Campaign: d.Campaign, Tags: d.Tags}
}
