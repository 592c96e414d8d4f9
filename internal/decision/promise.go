package decision

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/insight"
	"siyu/internal/profile"
)

// Promise is a benefit that customers were promised who came by a contact way or link:
// the one thing that may be said to sell while they do not trust yet, once.
type Promise struct {
	State    string // of the contact way or link, as WeCom reports it
	Days     int    // after the add, within which it may be said
	Material string // code of the text that says it
}

// mostPromises bounds what is asked of each customer.
const mostPromises = 100

func (p Promise) validate() error {
	var wrong []error
	if p.State == "" || p.Material == "" {
		wrong = append(wrong, fmt.Errorf("promise %q: needs a contact way and a text", p.State))
	}
	if p.Days < 1 || p.Days > 365 {
		wrong = append(wrong, fmt.Errorf("promise %q within %d days: must be 1 to 365", p.State, p.Days))
	}
	return errors.Join(wrong...)
}

// owed returns the lever and the text of a promised benefit that was not said yet.
func (p *Planner) owed(c Case) (lever insight.Lever, material uint32, since time.Duration, found bool) {
	if len(p.Settings.Promises) == 0 {
		return lever, noMaterial, 0, false
	}
	lever, found = leverOn(c.Insight.Levers, insight.Exposure)
	if !found || net(lever) <= 0 {
		return lever, noMaterial, 0, false
	}
	for promise, since := range p.Settings.owes(c.Profile, p.Now) {
		at := slices.IndexFunc(p.Library.Materials, func(m content.Material) bool { return m.Code == promise.Material })
		if at >= 0 {
			return lever, uint32(at) + 1, since, true
		}
	}
	return lever, noMaterial, 0, false
}

// owes yields what a customer was promised, is still in time to hear and has not
// heard, with how long ago the customer was added.
func (s Settings) owes(c *profile.Customer, now time.Time) iter.Seq2[Promise, time.Duration] {
	return func(yield func(Promise, time.Duration) bool) {
		for _, r := range c.Relations {
			if !r.Active() || r.State == "" || saidSince(c, r.Since) {
				continue
			}
			for _, promise := range s.Promises {
				since := now.Sub(r.Since.Time())
				if promise.State == r.State && since < time.Duration(promise.Days)*day && !yield(promise, since) {
					return
				}
			}
		}
	}
}

// saidSince tells whether the customer heard anything that sells since an instant.
func saidSince(c *profile.Customer, since event.Instant) bool {
	return slices.ContainsFunc(c.Touches.Recent, func(t profile.Touch) bool { return t.At >= since && t.Purpose.Sells() })
}

// promise proposes to keep a promise.
func (p *Planner) promise(lever insight.Lever, material uint32, since time.Duration) proposal {
	_, bit := purposeOf(lever.Part)
	return proposal{purpose: event.Remind, lever: lever, near: []insight.Lever{lever}, options: bit, best: net(lever),
		promised: material, since: since}
}

// Keeps tells whether a text is for promises alone.
func (s Settings) Keeps(material string) bool {
	return slices.ContainsFunc(s.Promises, func(p Promise) bool { return p.Material == material })
}
