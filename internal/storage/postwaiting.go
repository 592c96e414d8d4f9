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

// OpenPost is a post that waits for one member: to confirm it for groups, or to
// publish it in Moments.
type OpenPost struct {
	Send     int64
	Post     int64
	Channel  event.Channel
	Staff    id.Staff
	Store    id.Store
	Since    time.Time
	Until    time.Time
	Audience int // customers whom the member reaches with it
	Urged    []time.Time
}

// openPosts are the posts that wait for members, a row for each of both: a post in
// Moments waits for everybody who has not published it.
const openPosts = `(SELECT id AS send_id, post_id, channel, staff_id, store_id, task_since, ends, audience, urged FROM post_send
		WHERE state = 'accepted' AND task = 'open' AND channel = 'group_post'
	UNION ALL SELECT s.id, s.post_id, s.channel, t.target_id, s.store_id, s.task_since, s.ends, t.audience, s.urged
		FROM post_send s JOIN post_target t ON t.send_id = s.id
		WHERE s.state = 'accepted' AND s.task = 'open' AND s.channel = 'moments' AND t.state = 'underway') waiting`

// OpenPosts returns one page of the posts that wait for members, those that end first
// at the top, after the one given if it is not nil.
func (db *DB) OpenPosts(ctx context.Context, scope org.Scope, after *OpenPost, limit int) (list []OpenPost, err error) {
	c := conditions{dialect: db.dialect}
	if after != nil {
		c.add("(ends, send_id, staff_id) > (?, ?, ?)", at(after.Until), after.Send, int64(after.Staff))
	}
	c.scope(scope)
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var p OpenPost
		err := scan(&p.Send, &p.Post, &p.Channel, &p.Staff, &p.Store, moment{&p.Since}, moment{&p.Until}, &p.Audience, moments{&p.Urged})
		list = append(list, p)
		return err
	}, "SELECT send_id, post_id, channel, staff_id, store_id, task_since, ends, audience, urged FROM "+openPosts+" "+c.where()+
		" ORDER BY ends, send_id, staff_id"+c.limit(limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read posts that wait for members: %w", err)
	}
	return list, nil
}

// countPosts counts posts that wait for somebody at the console, and, in the scope of
// a member, those that wait for the member.
func (db *DB) countPosts(ctx context.Context, scope org.Scope, now time.Time) (deciding, open int, err error) {
	c := conditions{dialect: db.dialect}
	c.add("(state = ? AND approved_by = '' AND ends > ? OR state = ?)", string(delivery.Planned), at(now), string(delivery.InDoubt))
	c.scope(scope)
	if _, err := one(ctx, db.reader, []any{&deciding}, "SELECT count(DISTINCT post_id) FROM post_send "+c.where(), c.args...); err != nil {
		return 0, 0, fmt.Errorf("count posts that wait: %w", err)
	}
	if scope.Staff == 0 {
		return deciding, 0, nil
	}
	if _, err := one(ctx, db.reader, []any{&open}, "SELECT count(*) FROM "+openPosts+" WHERE staff_id = $1", int64(scope.Staff)); err != nil {
		return 0, 0, fmt.Errorf("count posts that wait for a member: %w", err)
	}
	return deciding, open, nil
}
