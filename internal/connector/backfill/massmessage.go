package backfill

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"siyu/internal/connector/intake"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// Sent knows which mass messages are Siyu's own.
type Sent interface {
	// Own returns which of the messages were accepted from Siyu.
	Own(ctx context.Context, msgIDs []string) (map[string]bool, error)
	// Unsettled returns from when on messages may be Siyu's own although Own does
	// not know them; the zero time if it knows all.
	Unsettled(ctx context.Context, corp id.Corp) (since time.Time, err error)
}

const (
	// MassHistory is how far back mass messages are read: what was sent half a year
	// ago is forgotten, at the slowest half-life of memory, to an eighth.
	MassHistory = 180 * 24 * time.Hour
	// massConfirmedWithin is how long after it was made a message of another tool is
	// looked at again for members who confirm it late.
	massConfirmedWithin = 7 * 24 * time.Hour
)

// massReadRow is the checkpoint of mass messages: all made before were looked at.
type massReadRow struct {
	Until int64 `json:"u"` // Unix seconds
}

const massRead = "mass messages"

// massMessages reads who received mass messages that Siyu did not make: members'
// own and those of other tools, half a year back on the first look and what is new
// on every later one.
func (r *run) massMessages(ctx context.Context) error {
	now := r.intake.Clock.Now()
	var read massReadRow
	known, err := r.begin().Checkpoint(ctx, massRead, &read)
	if err != nil {
		return err
	}
	from := now.Add(-MassHistory)
	if since := time.Unix(read.Until, 0).Add(-massConfirmedWithin); known && since.After(from) {
		from = since
	}
	looked := 0
	for from.Before(now) {
		until := from.Add(wecom.MassSendSpan)
		if until.After(now) {
			until = now
		}
		records, settled, err := r.foreign(ctx, from, until)
		if err != nil {
			return skippable(err)
		}
		looked += len(records)
		r.expect(looked)
		if err := r.readMass(ctx, records); err != nil {
			return err
		}
		batch := r.begin()
		if err := batch.SetCheckpoint(ctx, massRead, massReadRow{settled.Unix()}); err != nil {
			return err
		}
		if err := r.commit(ctx, batch); err != nil {
			return err
		}
		if settled.Before(until) {
			return nil
		}
		from = until
	}
	return nil
}

// foreign lists mass messages made in a time that are not Siyu's own. Up to settled
// none is missing: later ones of apps wait until calls without an answer are
// settled. WeCom is asked before Siyu, so that what is accepted in between is known.
func (r *run) foreign(ctx context.Context, from, until time.Time) (records []wecom.MassSendRecord, settled time.Time, err error) {
	for cursor := ""; ; {
		page, err := r.client.MassSends(ctx, wecom.MassSendQuery{To: wecom.ToCustomers, Start: from, End: until, Cursor: cursor})
		if err != nil {
			return nil, settled, err
		}
		records = append(records, page.Records...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	settled = until
	unsettled, err := r.sent.Unsettled(ctx, r.intake.Corp)
	if err != nil {
		return nil, settled, err
	}
	if !unsettled.IsZero() && unsettled.Before(settled) {
		settled = unsettled
	}
	names := make([]string, len(records))
	for i := range records {
		names[i] = records[i].MessageID
	}
	own, err := r.sent.Own(ctx, names)
	return slices.DeleteFunc(records, func(m wecom.MassSendRecord) bool {
		return own[m.MessageID] || m.Creator == "" && !m.Created.Time().Before(settled)
	}), settled, err
}

// massPerCommit is how many messages are read by one worker before the next.
const massPerCommit = 10

func (r *run) readMass(ctx context.Context, records []wecom.MassSendRecord) error {
	pool, ctx := errgroup.WithContext(ctx)
	pool.SetLimit(workers)
	for some := range slices.Chunk(records, massPerCommit) {
		pool.Go(func() error {
			batch := r.begin()
			for _, m := range some {
				if err := r.massMessage(ctx, batch, m); err != nil {
					return err
				}
				r.did(1)
			}
			return r.commit(ctx, batch)
		})
	}
	return pool.Wait()
}

// massMessage tells what became of one message since it was last looked at.
func (r *run) massMessage(ctx context.Context, batch *intake.Batch, m wecom.MassSendRecord) error {
	over, err := batch.MassOver(ctx, m.MessageID)
	if err != nil || over {
		return err
	}
	open := false
	for cursor := ""; ; {
		page, err := r.client.MassSendTasks(ctx, m.MessageID, cursor)
		if err != nil {
			return skippable(err)
		}
		for _, t := range page.Tasks {
			open = open || t.Status != wecom.TaskConfirmed
			if t.Status == wecom.TaskConfirmed {
				if err := r.massOf(ctx, batch, m, t.UserID); err != nil {
					return err
				}
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if open && r.intake.Clock.Now().Sub(m.Created.Time()) < massConfirmedWithin {
		return nil
	}
	return batch.EndMass(ctx, m.MessageID)
}

// massFacts is how many facts a batch collects before it is stored.
const massFacts = 2000

// massOf tells who of one member's customers received the message.
func (r *run) massOf(ctx context.Context, batch *intake.Batch, m wecom.MassSendRecord, userID string) error {
	told, err := batch.MassTold(ctx, m.MessageID, userID)
	if err != nil || told {
		return err
	}
	for cursor := ""; ; {
		page, err := r.client.SendResults(ctx, m.MessageID, userID, cursor)
		if err != nil {
			return skippable(err)
		}
		if err := batch.MassReceived(ctx, m, userID, page.Results); err != nil {
			return err
		}
		if batch.Facts() >= massFacts {
			if err := r.commit(ctx, batch); err != nil {
				return err
			}
		}
		if cursor = page.Next; cursor == "" {
			return batch.EndMassOf(ctx, m.MessageID, userID)
		}
	}
}
