package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/id"
)

// longestStep is more than the time for which a mass message of a process can wait.
const longestStep = 61 * 24 * time.Hour

// massGiven returns what members may be asked to confirm on the day of runs that are due
// for mass messages: those who may have a relation with one of the customers. Messages
// that can be joined stay as they are until the end of the transaction.
func (tx *Tx) massGiven(ctx context.Context, due []delivery.StepDue, standings map[id.Customer]*decision.Standing) (map[id.Staff]delivery.MassGiven, error) {
	asked := map[id.Staff]bool{}
	for i := range due {
		s := standings[due[i].Was.Customer()]
		if due[i].Channel() != sop.Mass || s == nil || s.Profile == nil {
			continue
		}
		for r := range s.Profile.Relations {
			asked[s.Profile.Relations[r].Staff] = true
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	w := due[0].World
	c := confirming{q: tx, dialect: tx.dialect, staff: asked, day: startOfDay(w), now: w.Now}
	given, err := c.given(ctx)
	if err != nil || len(c.joinable) == 0 {
		return given, err
	}
	return given, tx.countJoinable(ctx, keysOf(c.joinable), func(dispatch int64, customers int) { given[c.joinable[dispatch]].Steps[dispatch] = customers })
}

// confirming looks up what members may be asked to confirm on a day.
type confirming struct {
	q        querier
	dialect  Dialect
	staff    map[id.Staff]bool
	day, now time.Time
	list     []id.Staff
	counted  map[id.Staff]delivery.MassGiven
	joinable map[int64]id.Staff // mass messages of processes that more customers may join
}

// given returns it; all mass messages of processes are delivery.Closed.
func (c *confirming) given(ctx context.Context) (map[id.Staff]delivery.MassGiven, error) {
	c.list, c.counted, c.joinable = keysOf(c.staff), map[id.Staff]delivery.MassGiven{}, map[int64]id.Staff{}
	slices.Sort(c.list)
	for _, add := range []func(context.Context) error{c.addPlanned, c.addDispatched, c.addPosts} {
		if err := add(ctx); err != nil {
			return nil, fmt.Errorf("read what members are asked to confirm: %w", err)
		}
	}
	return c.counted, nil
}

func (c *confirming) add(s id.Staff, n int) {
	g := c.counted[s]
	g.Count += n
	c.counted[s] = g
}

// addPlanned adds the plan's mass messages of the day, whether they were handed over or
// not.
func (c *confirming) addPlanned(ctx context.Context) error {
	return each(ctx, c.q, func(scan func(...any) error) error {
		var s id.Staff
		var n int
		err := scan(&s, &n)
		c.add(s, n)
		return err
	}, "SELECT staff_id, count(*) FROM staff_load WHERE day = $1 AND staff_id "+c.dialect.among(2)+
		" AND channel = 'mass_send' AND customers > 0 AND substr(material, 1, 4) <> '"+ofProcess+"' GROUP BY staff_id", at(c.day), idList(c.dialect, c.list))
}

// addDispatched adds messages that were called on the day or wait to leave, but for
// those of the day's plan.
func (c *confirming) addDispatched(ctx context.Context) error {
	return each(ctx, c.q, func(scan func(...any) error) error {
		var d delivery.Dispatch
		var held int64
		if err := scan(&d.ID, &d.Staff, moment{&d.Day}, &d.Process, &d.State, &d.ApprovedBy, &d.ResendOf, moment{&d.Called}, &d.Task, moment{&d.Until}, &held); err != nil {
			return err
		}
		todays := d.Day.Equal(c.day)
		if (d.Process != 0 || !todays) && (c.called(&d) || held == 0 && c.waits(&d)) {
			c.add(d.Staff, 1)
		}
		if d.Process != 0 && todays {
			c.addStep(&d)
		}
		return nil
	}, `SELECT id, staff_id, day, process_id, state, approved_by, resend_of, called, task, ends,
			CASE WHEN process_id IN (SELECT id FROM sop_process WHERE state IN ('paused', 'retired')) THEN 1 ELSE 0 END
		FROM dispatch WHERE staff_id `+c.dialect.among(1)+` AND day >= $2 AND (process_id <> 0 AND day = $3 OR state IN ('planned', 'claimed') AND ends > $4
			OR state IN ('calling', 'accepted', 'in_doubt') AND called >= $3)`,
		idList(c.dialect, c.list), at(c.day.Add(-longestStep)), at(c.day), at(c.now))
}

// called tells whether WeCom was asked on the day to make the task of a message, and
// not to stop it.
func (c *confirming) called(d *delivery.Dispatch) bool {
	return (d.State == delivery.Calling || d.State == delivery.Accepted || d.State == delivery.InDoubt) && d.Task != delivery.Cancelled && !d.Called.Before(c.day)
}

// waits tells whether a message may leave yet. What the plan of an earlier day wanted and
// nobody approved is not waited for.
func (c *confirming) waits(d *delivery.Dispatch) bool {
	return (d.State == delivery.Planned || d.State == delivery.Claimed) && d.Until.After(c.now) && (d.Process != 0 || d.ApprovedBy != "")
}

func (c *confirming) addStep(d *delivery.Dispatch) {
	g := c.counted[d.Staff]
	if g.Steps == nil {
		g.Steps = map[int64]int{}
	}
	g.Steps[d.ID] = delivery.Closed
	c.counted[d.Staff] = g
	if d.State == delivery.Planned && d.ResendOf == 0 && (d.ApprovedBy == "" || d.ApprovedBy == delivery.Automatic) {
		c.joinable[d.ID] = d.Staff
	}
}

// addPosts adds the posts of the day.
func (c *confirming) addPosts(ctx context.Context) error {
	posts, err := postsAsked(ctx, c.q, c.day)
	for s, list := range posts {
		if c.staff[s] {
			c.add(s, len(list))
		}
	}
	return err
}

// countJoinable calls do with those of the messages that still can be joined, and
// how many customers they have; nobody approves or claims them until the end of the
// transaction.
func (tx *Tx) countJoinable(ctx context.Context, messages []int64, do func(dispatch int64, customers int)) error {
	var open []int64
	err := each(ctx, tx, func(scan func(...any) error) error {
		var dispatch int64
		err := scan(&dispatch)
		open = append(open, dispatch)
		do(dispatch, 0)
		return err
	}, "SELECT id FROM dispatch WHERE id "+tx.dialect.among(1)+" AND state = 'planned' AND approved_by IN ('', '"+delivery.Automatic+"') ORDER BY id"+tx.lock(),
		idList(tx.dialect, messages))
	if err != nil || len(open) == 0 {
		return err
	}
	return each(ctx, tx, func(scan func(...any) error) error {
		var dispatch int64
		var customers int
		err := scan(&dispatch, &customers)
		do(dispatch, customers)
		return err
	}, "SELECT dispatch_id, count(*) FROM touch WHERE dispatch_id <> 0 AND dispatch_id "+tx.dialect.among(1)+" GROUP BY dispatch_id", idList(tx.dialect, open))
}
