package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// joinPosts stores what steps of moved runs post.
func (tx *Tx) joinPosts(ctx context.Context, moves []flow.RunMove, moved []bool) error {
	for i := range moves {
		if p := moves[i].Post; p != nil && moved[i] {
			if err := tx.joinPost(ctx, p); err != nil {
				return fmt.Errorf("store post of a step: %w", err)
			}
		}
	}
	return nil
}

// joinPost adds a target to a send that has not left, or to the next one of the same
// contents.
func (tx *Tx) joinPost(ctx context.Context, p *delivery.StepPost) error {
	target := p.Target
	for {
		found, err := postSends(ctx, tx, "WHERE id = $1"+tx.lock(), target.Send)
		if err != nil {
			return err
		}
		if len(found) > 0 && (found[0].State != delivery.Planned || found[0].Tally.Targets >= wecom.MostMassGroups) {
			target.Send++ // the numbers after a hash are as free as it is
			continue
		}
		send := p.Send
		send.ID = target.Send
		if err := tx.addPost(ctx, &p.Post, []delivery.PostDraft{{Send: send, Targets: []delivery.PostTarget{target}}}); err != nil || len(found) == 0 {
			return err
		}
		targets, err := postTargets(ctx, tx, "WHERE send_id = $1", target.Send)
		if err != nil {
			return err
		}
		found[0].Tally = delivery.TallyOf(targets, target.Send)
		row, err := postSendRow(&found[0])
		if err != nil {
			return err
		}
		_, err = tx.put(ctx, postSendTable, [][]any{row})
		return err
	}
}

// PostsAsked returns which posts members are to confirm on a business day, those that
// have not left among them.
func (db *DB) PostsAsked(ctx context.Context, day time.Time) (map[id.Staff][]int64, error) {
	return postsAsked(ctx, db.reader, day)
}

func postsAsked(ctx context.Context, q querier, day time.Time) (map[id.Staff][]int64, error) {
	asked := map[id.Staff][]int64{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var staff id.Staff
		var post int64
		err := scan(&staff, &post)
		asked[staff] = append(asked[staff], post)
		return err
	}, `SELECT staff_id, post_id FROM post_send WHERE day = $1 AND channel = 'group_post' AND state NOT IN ('dropped', 'rejected', 'resent') AND task <> 'cancelled'
		UNION SELECT t.target_id, t.post_id FROM post_send s JOIN post_target t ON t.send_id = s.id
		WHERE s.day = $1 AND s.channel = 'moments' AND s.state NOT IN ('dropped', 'rejected', 'resent') AND t.state IN ('underway', 'delivered')`, at(day))
	if err != nil {
		return nil, fmt.Errorf("read posts of a day: %w", err)
	}
	return asked, nil
}

// PostsReceived returns how many posts each target of a channel got, or was about to get,
// in a time.
func (db *DB) PostsReceived(ctx context.Context, channel event.Channel, since, until time.Time) (map[int64]int, error) {
	counts := map[int64]int{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var target int64
		var n int
		err := scan(&target, &n)
		counts[target] = n
		return err
	}, `SELECT target_id, count(*) FROM post_target WHERE channel = $1 AND at >= $2 AND at < $3 AND state IN ('underway', 'delivered')
		GROUP BY target_id`, string(channel), at(since), at(until))
	if err != nil {
		return nil, fmt.Errorf("count the posts that targets got: %w", err)
	}
	return counts, nil
}
