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
	day, staff := startOfDay(w), keysOf(asked)
	slices.Sort(staff)
	given := map[id.Staff]delivery.MassGiven{}
	for _, add := range []func() error{
		func() error { return tx.addPlannedMass(ctx, staff, day, given) },
		func() error { return tx.addDispatched(ctx, staff, w, given) },
		func() error { return tx.addPosts(ctx, asked, day, given) },
	} {
		if err := add(); err != nil {
			return nil, fmt.Errorf("read what members are asked to confirm: %w", err)
		}
	}
	return given, nil
}

// addPlannedMass adds the plan's mass messages of a day, whether they were handed over
// or not.
func (tx *Tx) addPlannedMass(ctx context.Context, staff []id.Staff, day time.Time, given map[id.Staff]delivery.MassGiven) error {
	return each(ctx, tx, func(scan func(...any) error) error {
		var s id.Staff
		var n int
		err := scan(&s, &n)
		g := given[s]
		g.Count += n
		given[s] = g
		return err
	}, "SELECT staff_id, count(*) FROM staff_load WHERE day = $1 AND staff_id "+tx.dialect.among(2)+
		" AND channel = 'mass_send' AND customers > 0 AND substr(material, 1, 4) <> '"+ofProcess+"' GROUP BY staff_id", at(day), idList(tx.dialect, staff))
}

// addDispatched adds messages that were called on the day or wait to leave, but for
// those of the day's plan.
func (tx *Tx) addDispatched(ctx context.Context, staff []id.Staff, w sop.World, given map[id.Staff]delivery.MassGiven) error {
	today, now := startOfDay(w), at(w.Now)
	var joinable []int64
	of := map[int64]id.Staff{}
	err := each(ctx, tx, func(scan func(...any) error) error {
		var d delivery.Dispatch
		var ends, held int64
		if err := scan(&d.ID, &d.Staff, moment{&d.Day}, &d.Process, &d.State, &d.ApprovedBy, &d.ResendOf, moment{&d.Called}, &d.Task, &ends, &held); err != nil {
			return err
		}
		todays, g := d.Day.Equal(today), given[d.Staff]
		called := (d.State == delivery.Calling || d.State == delivery.Accepted || d.State == delivery.InDoubt) && d.Task != delivery.Cancelled && !d.Called.Before(today)
		waits := (d.State == delivery.Planned || d.State == delivery.Claimed) && ends > now && held == 0 && (d.Process != 0 || d.ApprovedBy != "")
		if (called || waits) && (d.Process != 0 || !todays) {
			g.Count++
		}
		if d.Process != 0 && todays {
			if g.Steps == nil {
				g.Steps = map[int64]int{}
			}
			g.Steps[d.ID] = delivery.Closed
			if d.State == delivery.Planned && d.ResendOf == 0 && (d.ApprovedBy == "" || d.ApprovedBy == delivery.Automatic) {
				joinable = append(joinable, d.ID)
				of[d.ID] = d.Staff
			}
		}
		given[d.Staff] = g
		return nil
	}, `SELECT id, staff_id, day, process_id, state, approved_by, resend_of, called, task, ends,
			CASE WHEN process_id IN (SELECT id FROM sop_process WHERE state IN ('paused', 'retired')) THEN 1 ELSE 0 END
		FROM dispatch WHERE staff_id `+tx.dialect.among(1)+` AND day >= $2 AND (process_id <> 0 AND day = $3 OR state IN ('planned', 'claimed') AND ends > $4
			OR state IN ('calling', 'accepted', 'in_doubt') AND called >= $3)`,
		idList(tx.dialect, staff), at(today.Add(-longestStep)), at(today), now)
	if err != nil || len(joinable) == 0 {
		return err
	}
	return tx.countJoinable(ctx, joinable, func(dispatch int64, customers int) { given[of[dispatch]].Steps[dispatch] = customers })
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

// addPosts adds the posts of a day.
func (tx *Tx) addPosts(ctx context.Context, asked map[id.Staff]bool, day time.Time, given map[id.Staff]delivery.MassGiven) error {
	posts, err := postsAsked(ctx, tx, day)
	for s, list := range posts {
		if asked[s] {
			g := given[s]
			g.Count += len(list)
			given[s] = g
		}
	}
	return err
}
