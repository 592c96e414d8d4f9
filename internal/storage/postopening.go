package storage

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"

	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/profile"
	"siyu/internal/wecom"
)

// OpenPost implements delivery.PostLedger.
func (db *DB) OpenPost(ctx context.Context, send int64, ask delivery.PostAsk, change func(delivery.PostOpening) error) error {
	return db.changePost(ctx, send, func(tx *Tx, r *delivery.PostRecord) error {
		o, err := tx.postOpening(ctx, r, ask)
		if err != nil {
			return fmt.Errorf("ask again about post send %d: %w", send, err)
		}
		return change(o)
	})
}

func (tx *Tx) postOpening(ctx context.Context, r *delivery.PostRecord, ask delivery.PostAsk) (delivery.PostOpening, error) {
	o := delivery.PostOpening{PostRecord: r, Groups: map[id.Group]profile.Group{}}
	var frozen int64
	if _, err := one(ctx, tx, []any{&frozen}, "SELECT frozen FROM gate"+tx.lock()); err != nil { // calls that open exclude each other
		return o, fmt.Errorf("read gate: %w", err)
	}
	o.Frozen = frozen != 0
	staff, targets := []id.Staff{r.Send.Staff}, make([]int64, len(r.Targets))
	if r.Send.Channel == event.Moments {
		staff = nil
	}
	for i := range r.Targets {
		targets[i] = r.Targets[i].Target
		if r.Send.Channel == event.Moments {
			staff = append(staff, r.Targets[i].Staff())
		}
	}
	var err error
	if o.Confirmations, err = tx.confirmations(ctx, staff, ask.Day, r.Send.ID); err != nil {
		return o, err
	}
	if o.Got, err = tx.postsGot(ctx, r, targets, ask.GotFrom); err != nil {
		return o, err
	}
	if err := tx.askProcess(ctx, &o); err != nil {
		return o, err
	}
	if o.Received, err = tx.postsReceived(ctx, r, targets, ask); err != nil || r.Send.Channel == event.Moments {
		return o, err
	}
	return o, each(ctx, tx, func(scan func(...any) error) error {
		var g profile.Group
		var box []byte
		if err := scan(&g.ID, &box); err != nil {
			return err
		}
		if err := cbor.Unmarshal(box, &g); err != nil {
			return fmt.Errorf("decode group: %w", err)
		}
		o.Groups[g.ID] = g
		return nil
	}, "SELECT group_id, state FROM group_state WHERE group_id "+tx.dialect.among(1), idList(tx.dialect, targets))
}

// askProcess says how the process stands that wrote the post, if one did.
func (tx *Tx) askProcess(ctx context.Context, o *delivery.PostOpening) error {
	number, is := strings.CutPrefix(o.Post.Author, delivery.AuthorProcess)
	if !is {
		return nil
	}
	process, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return fmt.Errorf("read who wrote post %d: %w", o.Post.ID, err)
	}
	o.Paused, o.Retired, err = tx.processHeld(ctx, process)
	return err
}

// processHeld tells how a process stands that wants something to leave.
func (tx *Tx) processHeld(ctx context.Context, process int64) (paused, retired bool, err error) {
	var state flow.ProcessState
	if _, err := one(ctx, tx, []any{&state}, "SELECT state FROM sop_process WHERE id = $1", process); err != nil {
		return false, false, fmt.Errorf("read the state of process %d: %w", process, err)
	}
	return state == flow.ProcessPaused, state == flow.ProcessRetired, nil
}

// postsGot returns the targets that got the words of a post by one that was found in
// WeCom after a restore: since a time, or since the step was due that the post is of. What
// a person writes soon after the comparison is compared with everything since the copy,
// because all that was found left after it.
func (tx *Tx) postsGot(ctx context.Context, r *delivery.PostRecord, targets []int64, since time.Time) (map[int64]bool, error) {
	compared := r.Send.From.Add(-delivery.RewrittenWithin)
	earliest := compared.Add(-wecom.MomentSpan)
	due, err := tx.postDue(ctx, r)
	if err != nil {
		return nil, err
	}
	if !due.IsZero() {
		if due.Before(since) {
			since = due
		}
		earliest = since
	}
	got := map[int64]bool{}
	err = each(ctx, tx, func(scan func(...any) error) error {
		var target int64
		err := scan(&target)
		got[target] = true
		return err
	}, `SELECT t.target_id FROM post_target t JOIN post p ON p.id = t.post_id JOIN post_send s ON s.id = t.send_id
		WHERE t.target_id `+tx.dialect.among(1)+` AND t.at >= $2 AND (t.at >= $3 OR s.since >= $4)
			AND t.state = 'delivered' AND p.author = $5 AND p.channel = $6 AND p.body = $7`,
		idList(tx.dialect, targets), at(earliest), at(since), at(compared), delivery.AuthorRestored, string(r.Send.Channel), r.Post.Text)
	if err != nil {
		return nil, fmt.Errorf("look up what was found after a restore: %w", err)
	}
	return got, nil
}

// postDue returns when the step was due that a post is of, zero where no step wants it.
// The steps of all its targets were due together.
func (tx *Tx) postDue(ctx context.Context, r *delivery.PostRecord) (due time.Time, err error) {
	for i := range r.Targets {
		if t := &r.Targets[i]; t.Step.Process != 0 {
			_, err = one(ctx, tx, []any{moment{&due}}, "SELECT due_at FROM sop_step WHERE subject_id = $1 AND subject = $2 AND process_id = $3 AND occurrence = $4 AND touch_id = $5",
				t.Step.ID, string(t.Step.Subject), t.Step.Process, t.Step.Occurrence, t.Number())
			if err != nil {
				return due, fmt.Errorf("read when the step of post %d was due: %w", r.Post.ID, err)
			}
			return due, nil
		}
	}
	return due, nil
}

// longestPlanned is more than the time for which a post can wait to leave.
const longestPlanned = 15 * 24 * time.Hour

// postsReceived counts, of groups, posts that reached them since the quota's period
// began and those on their way; of members, the posts of the day in Moments.
func (tx *Tx) postsReceived(ctx context.Context, r *delivery.PostRecord, targets []int64, ask delivery.PostAsk) (map[int64]int, error) {
	counted := map[int64]int{}
	since := ask.QuotaFrom
	which := "t.channel = 'group_post' AND (t.state = 'delivered' AND t.at >= $2 OR s.state IN ('calling', 'accepted', 'in_doubt') AND s.called >= $2)"
	if r.Send.Channel == event.Moments {
		since, which = ask.Day, "t.channel = 'moments' AND s.state IN ('calling', 'accepted', 'in_doubt') AND s.called >= $2"
	}
	err := each(ctx, tx, func(scan func(...any) error) error {
		var target int64
		var n int
		err := scan(&target, &n)
		counted[target] = n
		return err
	}, `SELECT t.target_id, count(*) FROM post_target t JOIN post_send s ON s.id = t.send_id
		WHERE t.target_id `+tx.dialect.among(1)+` AND t.at >= $3 AND t.send_id <> $4 AND t.state IN ('underway', 'delivered') AND `+which+`
		GROUP BY t.target_id`, idList(tx.dialect, targets), at(since), at(since.Add(-longestPlanned)), r.Send.ID)
	if err != nil {
		return nil, fmt.Errorf("count posts received: %w", err)
	}
	return counted, nil
}

// followPosts lets steps of processes stand where the posts do that they wanted.
func (tx *Tx) followPosts(ctx context.Context, targets []*delivery.PostTarget) error {
	outcomes := map[delivery.TouchState]sop.Outcome{delivery.Delivered: sop.Done, delivery.Failed: sop.Failed, delivery.Withdrawn: sop.TakenBack}
	counts := stepCounts{}
	for _, t := range targets {
		outcome, ended := outcomes[t.State]
		if t.Step.Process == 0 || !ended {
			continue
		}
		list, err := stepTasks(ctx, tx, "WHERE subject_id = $1 AND subject = $2 AND process_id = $3 AND occurrence = $4 AND touch_id = $5 AND outcome = 'given'",
			t.Step.ID, string(t.Step.Subject), t.Step.Process, t.Step.Occurrence, t.Number())
		if err != nil {
			return err
		}
		if delivery.CancelReason(t.Because) == delivery.WindowOver {
			outcome = sop.Unmade
		}
		for i := range list {
			if err := tx.endStep(ctx, &list[i], stepEnd{outcome, sop.Because(t.Because), event.At(t.At), ""}, counts); err != nil {
				return err
			}
		}
	}
	return tx.countSteps(ctx, counts)
}
