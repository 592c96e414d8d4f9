package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Waiting counts what waits for a person.
type Waiting struct {
	Approvals int // dispatches whose window has not ended and that nobody approved
	InDoubt   int // dispatches without an answer
	Posts     int // posts that wait for an approval or are in doubt
	Open      int // in the scope of a member: mass sends and posts to confirm, contacts by hand and tasks of processes to do, begun and not over
}

// CountWaiting counts what waits within a scope, without reading it.
func (db *DB) CountWaiting(ctx context.Context, scope org.Scope, now time.Time) (w Waiting, err error) {
	type count struct {
		into  *int
		table string
		where string
		args  []any
	}
	counts := []count{
		{&w.Approvals, "batch", "ends > ? AND " + ofLiveProcess, []any{at(now)}},
		{&w.InDoubt, "dispatch", "state = ?", []any{string(delivery.InDoubt)}},
	}
	var confirm, contact, step int
	if scope.Staff != 0 {
		counts = append(counts, count{&confirm, "dispatch", "task = ?", []any{string(delivery.Open)}},
			count{&contact, "staff_task", unsaidTasks + " AND starts <= ? AND ends > ?", []any{at(now), at(now)}},
			count{&step, "sop_step", "task = 1 AND outcome = 'given' AND starts <= ? AND ends > ?", []any{at(now), at(now)}})
	}
	for _, count := range counts {
		c := conditions{dialect: db.dialect}
		c.add(count.where, count.args...)
		c.scope(scope)
		err := each(ctx, db.reader, func(scan func(...any) error) error { return scan(count.into) },
			"SELECT count(*) FROM "+count.table+" "+c.where(), c.args...)
		if err != nil {
			return w, fmt.Errorf("count what waits: %w", err)
		}
	}
	var posts int
	w.Posts, posts, err = db.countPosts(ctx, scope, now)
	w.Open = confirm + contact + step + posts
	return w, err
}

// CountTouches counts the customers of each dispatch, without those who were taken out
// of it.
func (db *DB) CountTouches(ctx context.Context, dispatches []int64) (map[int64]int, error) {
	counts := make(map[int64]int, len(dispatches))
	for sign, which := range map[int]string{1: "", -1: " AND state = 'withdrawn'"} { // an index each
		err := each(ctx, db.reader, func(scan func(...any) error) error {
			var dispatch int64
			var n int
			err := scan(&dispatch, &n)
			counts[dispatch] += sign * n
			return err
		}, "SELECT dispatch_id, count(*) FROM touch WHERE dispatch_id <> 0"+which+" AND dispatch_id "+db.dialect.among(1)+" GROUP BY dispatch_id", idList(db.dialect, dispatches))
		if err != nil {
			return nil, fmt.Errorf("count touches: %w", err)
		}
	}
	return counts, nil
}

// ContactList is what one member has to do by hand for one purpose until one
// time.
type ContactList struct {
	First     int64 // id of one of its tasks
	Staff     id.Staff
	Store     id.Store
	Purpose   event.Purpose
	Customers int
	Since     time.Time
	Until     time.Time
}

// ContactQuery asks for a page of contact lists that have begun.
type ContactQuery struct {
	Scope org.Scope
	Begun time.Time    // at this time
	After *ContactList // the last one of the page before
	Limit int
}

// ContactLists returns one page of the lists, those that end first at the top.
func (db *DB) ContactLists(ctx context.Context, q ContactQuery) ([]ContactList, error) {
	c := conditions{dialect: db.dialect}
	c.add(unsaidTasks+" AND starts <= ?", at(q.Begun))
	if a := q.After; a != nil {
		c.add("(ends, staff_id, purpose) > (?, ?, ?)", at(a.Until), int64(a.Staff), string(a.Purpose))
	}
	c.scope(q.Scope)
	var list []ContactList
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var l ContactList
		err := scan(moment{&l.Until}, &l.Staff, &l.Purpose, &l.Store, &l.First, moment{&l.Since}, &l.Customers)
		list = append(list, l)
		return err
	}, "SELECT ends, staff_id, purpose, max(store_id), min(id), min(starts), count(*) FROM staff_task "+c.where()+
		" GROUP BY ends, staff_id, purpose ORDER BY ends, staff_id, purpose"+c.limit(q.Limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read lists of contacts: %w", err)
	}
	return list, nil
}

// ContactWords is what members are to say by hand, in the same words for the same
// purpose, to customers who have not got it.
type ContactWords struct {
	First     int64 // id of one of its tasks
	Purpose   event.Purpose
	Text      string
	Customers int
	Staff     int // members who are to say it
	Until     time.Time
}

// ContactWords returns what most customers are to get first, whether it has begun or was
// put off to another day. Contacts without words are left out.
func (db *DB) ContactWords(ctx context.Context, scope org.Scope, limit int) (list []ContactWords, err error) {
	c := conditions{dialect: db.dialect}
	c.add(unsaidTasks + " AND body <> ''")
	c.scope(scope)
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var w ContactWords
		err := scan(&w.Purpose, &w.Text, &w.First, &w.Customers, &w.Staff, moment{&w.Until})
		list = append(list, w)
		return err
	}, "SELECT purpose, body, min(id), count(*), count(DISTINCT staff_id), max(ends) FROM staff_task "+c.where()+
		" GROUP BY purpose, body ORDER BY count(*) DESC, purpose, body"+c.limit(limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read what members are to say: %w", err)
	}
	return list, nil
}

// OpenDispatches returns dispatches whose task waits for its member, those
// that end first at the top, after the one given if it is not nil.
func (db *DB) OpenDispatches(ctx context.Context, scope org.Scope, after *delivery.Dispatch, limit int) ([]delivery.Dispatch, error) {
	c := conditions{dialect: db.dialect}
	c.add("task = ?", string(delivery.Open))
	if after != nil {
		c.add("(ends, id) > (?, ?)", at(after.Until), after.ID)
	}
	c.scope(scope)
	list, err := dispatches(ctx, db.reader, c.where()+" ORDER BY ends, id"+c.limit(limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read open tasks: %w", err)
	}
	return list, nil
}
