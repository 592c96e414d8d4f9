package flow

import (
	"context"
	"encoding/json"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/insight/past"
	"siyu/internal/measurement/effect"
	"siyu/internal/measurement/promise"
	"siyu/internal/profile"
)

// PromiseName is the name under which is stored what plans promised and what came.
const PromiseName = "promise"

// reachDays is within how many days of its plan an action counts as what reached the
// customer: mass sends wait for confirmation longest.
const reachDays = 7

// PromisesOf reads a stored record; unreadable ones begin anew.
func PromisesOf(document []byte) promise.Record {
	var r promise.Record
	if document == nil || json.Unmarshal(document, &r) != nil {
		return promise.Record{}
	}
	return r
}

// promising adds to what plans promised and what came, on the pass that measures
// effects: draws and days are the same.
type promising struct {
	record promise.Record
	zone   *time.Location
	from   event.Instant // plans from this day on are not in the record yet
	until  event.Instant
	times  float64 // how many customers each stands for
}

func (f *Flow) promises(ctx context.Context, from, until time.Time, oneIn int) (*promising, error) {
	_, document, err := f.known.NewestModel(ctx, PromiseName)
	if err != nil {
		return nil, err
	}
	p := &promising{record: PromisesOf(document), zone: until.Location(), from: event.At(from), until: event.At(until), times: float64(oneIn)}
	p.from = max(p.from, event.At(p.record.Until))
	return p, nil
}

func (p *promising) day(at event.Instant) time.Time { return at.Time().In(p.zone) }

// done adds a customer's actions that happened.
func (p *promising) done(c *profile.Customer, planned []PlannedContact) {
	for i := range planned {
		a := &planned[i]
		if a.Day >= p.from && a.Day < p.until && reachedBy(c, a) {
			p.record.Done(p.day(a.Day), a.Purpose, a.Gain, a.Raw, p.times)
		}
	}
}

// drawn adds what came of a customer whom the hold-out's draw put on a side.
func (p *promising) drawn(c *profile.Customer, planned []PlannedContact, first event.Instant, e *effect.Entry) {
	if first < p.from || first >= p.until {
		return
	}
	promised, end := 0.0, first+event.Instant(effect.Days*past.Day)
	for i := range planned {
		if a := &planned[i]; a.Day >= first && a.Day < end && reachedBy(c, a) {
			promised += a.Orders
		}
	}
	p.record.Drawn(p.day(first), purposeOfLever(e.Lever), e.Held, e.Bought-e.Plain, promised)
}

// reachedBy tells whether an action reached the customer.
func reachedBy(c *profile.Customer, a *PlannedContact) bool {
	for _, t := range c.Touches.Recent {
		if t.Purpose == a.Purpose && t.Channel == a.Channel && t.At >= a.Day && t.At < a.Day+reachDays*past.Day {
			return true
		}
	}
	return false
}

func (f *Flow) savePromises(ctx context.Context, p *promising, now, until time.Time) error {
	p.record.Close(until)
	document, err := json.Marshal(p.record)
	if err != nil {
		return err
	}
	return f.known.SaveModel(ctx, PromiseName, now.UTC().Format(time.RFC3339), document)
}

// purposeOfLever returns the purpose of contacts that work on a lever.
func purposeOfLever(lever int) event.Purpose { return decision.PurposeOf(effect.Levers()[lever]) }
