package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/connector/tag"
	"siyu/internal/fault"
	"siyu/internal/id"
)

var _ tag.Works = (*DB)(nil)

var (
	tagWorkTable = table{name: "tag_work", key: []string{"id"}, columns: []column{{"id", bigint}, {"corp", text}, {"tag_id", text}, {"name", text},
		{"follows", boolean}, {"account", text}, {"state", text}, {"because", text}, {"total", bigint}, {"done", bigint}, {"failed", bigint},
		{"reached", bigint}, {"begun", bigint}, {"ended", bigint}}}
	tagTargetTable = table{name: "tag_target", key: []string{"customer_id", "work"}, known: keep,
		columns: []column{{"customer_id", bigint}, {"work", bigint}, {"off", boolean}}}
	tagRefusalTable = table{name: "tag_refusal", key: []string{"customer_id", "work"}, known: replace,
		columns: []column{{"customer_id", bigint}, {"work", bigint}, {"because", text}}}
	tagFollowerTable = table{name: "tag_follower", key: []string{"customer_id", "corp", "tag_id"}, known: replace,
		columns: []column{{"customer_id", bigint}, {"corp", text}, {"tag_id", text}, {"marked", bigint}}}
)

func scanTagWork(scan func(...any) error) (w tag.Work, err error) {
	err = scan(&w.ID, &w.Tag.Corp, &w.Tag.ID, &w.Name, &w.Follows, &w.By, &w.State, &w.Because, &w.Total, &w.Done, &w.Failed,
		&w.After, moment{&w.Begun}, moment{&w.Ended})
	return w, err
}

func tagWorks(ctx context.Context, q querier, where string, args ...any) ([]tag.Work, error) {
	var list []tag.Work
	err := each(ctx, q, func(scan func(...any) error) error {
		w, err := scanTagWork(scan)
		list = append(list, w)
		return err
	}, "SELECT "+tagWorkTable.list()+" FROM tag_work "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read tag work: %w", err)
	}
	return list, nil
}

// BeginTagWork implements tag.Works.
func (db *DB) BeginTagWork(ctx context.Context, w tag.Work) (tag.Work, error) {
	w.ID = randomID()
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.exec(ctx, "INSERT INTO tag_work ("+tagWorkTable.list()+") VALUES ("+marks(0, len(tagWorkTable.columns))+") ON CONFLICT DO NOTHING",
			w.ID, string(w.Tag.Corp), w.Tag.ID, w.Name, w.Follows, w.By, string(w.State), string(w.Because), int64(w.Total), int64(w.Done), int64(w.Failed),
			int64(w.After), at(w.Begun), at(w.Ended))
		if err == nil && n == 0 {
			err = fault.WithKey(fault.Conflict, "error.tag_following", fmt.Errorf("the tag's carriers are being brought up to date already"))
		}
		return err
	})
	if err != nil {
		return w, fmt.Errorf("begin tag work: %w", err)
	}
	return w, nil
}

// AddTagTargets implements tag.Works.
func (db *DB) AddTagTargets(ctx context.Context, work int64, targets []tag.Target) error {
	rows, known := make([][]any, 0, len(targets)), map[id.Customer]bool{}
	for _, t := range targets {
		if !known[t.Customer] {
			known[t.Customer] = true
			rows = append(rows, []any{int64(t.Customer), work, t.Off})
		}
	}
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.put(ctx, tagTargetTable, rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("add %d customers to tag work: %w", len(rows), err)
	}
	return nil
}

// OpenTagWork implements tag.Works.
func (db *DB) OpenTagWork(ctx context.Context, work int64) (tag.Work, error) {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, `UPDATE tag_work SET state = 'open', total = (SELECT count(*) FROM tag_target WHERE work = $1)
			WHERE id = $1 AND state = 'preparing'`, work)
		return err
	})
	if err != nil {
		return tag.Work{}, fmt.Errorf("open tag work: %w", err)
	}
	return db.TagWork(ctx, work)
}

// TagWork implements tag.Works.
func (db *DB) TagWork(ctx context.Context, work int64) (tag.Work, error) {
	list, err := tagWorks(ctx, db.reader, "WHERE id = $1", work)
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "no tag work %d", work)
	}
	if err != nil {
		return tag.Work{}, err
	}
	return list[0], nil
}

// TagWorks returns the newest works that have, or may have, anything to do.
func (db *DB) TagWorks(ctx context.Context, limit int) ([]tag.Work, error) {
	return tagWorks(ctx, db.reader, "WHERE total > 0 OR state IN ('preparing', 'open') ORDER BY begun DESC, id DESC LIMIT $1", int64(limit))
}

// TagsFollowed returns when tags were last brought up to date with their
// audiences.
func (db *DB) TagsFollowed(ctx context.Context) (map[tag.Key]time.Time, error) {
	last := map[tag.Key]time.Time{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var k tag.Key
		var begun time.Time
		err := scan(&k.Corp, &k.ID, moment{&begun})
		last[k] = begun
		return err
	}, "SELECT corp, tag_id, max(begun) FROM tag_work WHERE follows GROUP BY corp, tag_id")
	if err != nil {
		return nil, fmt.Errorf("read when tags followed: %w", err)
	}
	return last, nil
}

// OpenTagWorks returns the works that are to be done, oldest first.
func (db *DB) OpenTagWorks(ctx context.Context) ([]tag.Work, error) {
	return tagWorks(ctx, db.reader, "WHERE state = 'open' ORDER BY begun, id")
}

// TagTargets implements tag.Works.
func (db *DB) TagTargets(ctx context.Context, work int64, after id.Customer, limit int) ([]tag.Target, error) {
	var list []tag.Target
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var t tag.Target
		err := scan(&t.Customer, &t.Off)
		list = append(list, t)
		return err
	}, "SELECT customer_id, off FROM tag_target WHERE work = $1 AND customer_id > $2 ORDER BY customer_id LIMIT $3", work, int64(after), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("read customers of tag work: %w", err)
	}
	return list, nil
}

// KeepTagStep implements tag.Works.
func (db *DB) KeepTagStep(ctx context.Context, s tag.Step) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		w := s.Work
		n, err := tx.exec(ctx, `UPDATE tag_work SET state = $1, because = $2, done = $3, failed = $4, reached = $5, ended = $6
			WHERE id = $7 AND reached = $8 AND state = 'open'`,
			string(w.State), string(w.Because), int64(w.Done), int64(w.Failed), int64(w.After), at(w.Ended), w.ID, int64(s.From))
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "tag work was stopped or taken over")
		}
		if err := tx.keepTagFollowers(ctx, s); err != nil {
			return err
		}
		_, err = tx.exec(ctx, "DELETE FROM tag_target WHERE work = $1 AND customer_id <= $2", w.ID, int64(w.After))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a step of tag work: %w", err)
	}
	return nil
}

// mostRefusals is how many customers who could not be tagged are kept of one
// work; all are counted.
const mostRefusals = 10_000

func (tx *Tx) keepTagFollowers(ctx context.Context, s tag.Step) error {
	if s.Work.Failed <= mostRefusals {
		var rows [][]any
		for _, r := range s.Refused {
			rows = append(rows, []any{int64(r.Customer), s.Work.ID, string(r.Because)})
		}
		if _, err := tx.put(ctx, tagRefusalTable, rows); err != nil {
			return err
		}
	}
	if !s.Work.Follows {
		return nil
	}
	var follow [][]any
	var left []id.Customer
	for _, t := range s.Done {
		if t.Off {
			left = append(left, t.Customer)
		} else {
			follow = append(follow, []any{int64(t.Customer), string(s.Work.Tag.Corp), s.Work.Tag.ID, at(s.At)})
		}
	}
	if _, err := tx.put(ctx, tagFollowerTable, follow); err != nil {
		return err
	}
	if err := tx.refusedFollowers(ctx, s); err != nil || len(left) == 0 {
		return err
	}
	_, err := tx.exec(ctx, "DELETE FROM tag_follower WHERE corp = $1 AND tag_id = $2 AND customer_id "+tx.dialect.among(3),
		string(s.Work.Tag.Corp), s.Work.Tag.ID, idList(tx.dialect, left))
	return err
}

// refusedFollowers notes of followers who could not be tagged again that it was
// tried, so that it is not tried for ever.
func (tx *Tx) refusedFollowers(ctx context.Context, s tag.Step) error {
	refused := make([]id.Customer, len(s.Refused))
	for i, r := range s.Refused {
		refused[i] = r.Customer
	}
	if len(refused) == 0 {
		return nil
	}
	_, err := tx.exec(ctx, "UPDATE tag_follower SET marked = $1 WHERE corp = $2 AND tag_id = $3 AND customer_id "+tx.dialect.among(4),
		at(s.At), string(s.Work.Tag.Corp), s.Work.Tag.ID, idList(tx.dialect, refused))
	return err
}

// TagFollower is a customer who carries a tag because of its audience.
type TagFollower struct {
	Customer id.Customer
	Tag      tag.Key
	Marked   time.Time // when their relations were last tagged; zero: they have to be
}

// TagFollowersAmong returns those of the customers who carry tags of WeCom because
// of audiences, and which.
func (db *DB) TagFollowersAmong(ctx context.Context, customers []id.Customer) (list []TagFollower, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var f TagFollower
		err := scan(&f.Customer, &f.Tag.Corp, &f.Tag.ID, moment{&f.Marked})
		list = append(list, f)
		return err
	}, "SELECT f.customer_id, f.corp, f.tag_id, f.marked FROM "+db.dialect.joined(1)+" tag_follower f ON f.customer_id = j.value WHERE f.corp <> ''",
		idList(db.dialect, slices.Sorted(slices.Values(customers))))
	if err != nil {
		return nil, fmt.Errorf("read which tags %d customers follow: %w", len(customers), err)
	}
	return list, nil
}

// TagAgain notes that not all relations of followers carry their tags.
func (db *DB) TagAgain(ctx context.Context, followers []TagFollower) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		for _, f := range followers {
			if _, err := tx.exec(ctx, "UPDATE tag_follower SET marked = 0 WHERE customer_id = $1 AND corp = $2 AND tag_id = $3",
				int64(f.Customer), string(f.Tag.Corp), f.Tag.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note that %d customers are to be tagged again: %w", len(followers), err)
	}
	return nil
}

// TagRefusals returns up to limit customers whom work could not tag, after a
// customer.
func (db *DB) TagRefusals(ctx context.Context, work int64, after id.Customer, limit int) ([]tag.Refusal, error) {
	var list []tag.Refusal
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var r tag.Refusal
		err := scan(&r.Customer, &r.Because)
		list = append(list, r)
		return err
	}, "SELECT customer_id, because FROM tag_refusal WHERE work = $1 AND customer_id > $2 ORDER BY customer_id LIMIT $3", work, int64(after), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("read who could not be tagged: %w", err)
	}
	return list, nil
}

// EachTagFollower implements tag.Works.
func (db *DB) EachTagFollower(ctx context.Context, of tag.Key, do func(who id.Customer, again bool) error) error {
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var c id.Customer
		var again bool
		if err := scan(&c, &again); err != nil {
			return err
		}
		return do(c, again)
	}, "SELECT customer_id, marked = 0 FROM tag_follower WHERE corp = $1 AND tag_id = $2 ORDER BY customer_id", string(of.Corp), of.ID)
	if err != nil {
		return fmt.Errorf("read who follows a tag: %w", err)
	}
	return nil
}

// StopTagWork implements tag.Works.
func (db *DB) StopTagWork(ctx context.Context, work int64, when time.Time) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.exec(ctx, "UPDATE tag_work SET state = 'stopped', because = '', ended = $1 WHERE id = $2 AND state IN ('preparing', 'open')", at(when), work)
		if err == nil && n == 0 {
			err = fault.WithKey(fault.Conflict, "error.tag_work_over", fmt.Errorf("tag work %d is over", work))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("stop tag work: %w", err)
	}
	return nil
}

// DropTagPreparation ends the preparation of work that follows an audience and was
// cut off: nobody else prepares such work for the tag.
func (db *DB) DropTagPreparation(ctx context.Context, of tag.Key) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.exec(ctx, "UPDATE tag_work SET state = 'stopped', ended = begun WHERE corp = $1 AND tag_id = $2 AND follows AND state = 'preparing'",
			string(of.Corp), of.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("end a preparation of tag work: %w", err)
	}
	return nil
}

// SweepTagWork ends works whose preparation was begun before a time and never
// ended, and forgets up to limit customers whom ended works did not come to.
// It returns how many it forgot.
func (db *DB) SweepTagWork(ctx context.Context, before, now time.Time, limit int) (forgot int64, err error) {
	err = db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.exec(ctx, "UPDATE tag_work SET state = 'stopped', ended = $1 WHERE state = 'preparing' AND begun < $2", at(now), at(before))
		if err != nil {
			return err
		}
		ended, err := tagWorks(ctx, tx, "WHERE state IN ('stopped', 'failed') AND EXISTS (SELECT 1 FROM tag_target WHERE work = tag_work.id) LIMIT 1")
		if err != nil || len(ended) == 0 {
			forgot = 0
			return err
		}
		forgot, err = tx.exec(ctx, `DELETE FROM tag_target WHERE work = $1 AND customer_id IN
			(SELECT customer_id FROM tag_target WHERE work = $2 ORDER BY customer_id LIMIT $3)`, ended[0].ID, ended[0].ID, int64(limit))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sweep tag work: %w", err)
	}
	return forgot, nil
}

// SweepTagFollowers forgets up to limit followers of tags that are gone or were
// left to people. It returns how many it forgot.
func (db *DB) SweepTagFollowers(ctx context.Context, limit int) (forgot int64, err error) {
	err = db.Write(ctx, Background, func(tx *Tx) error {
		forgot, err = tx.exec(ctx, `DELETE FROM tag_follower WHERE (customer_id, corp, tag_id) IN
			(SELECT f.customer_id, f.corp, f.tag_id FROM tag t JOIN tag_follower f ON f.corp = t.corp AND f.tag_id = t.id
			WHERE t.audience = 0 OR t.gone <> 0 LIMIT $1)`, int64(limit))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sweep followers of tags: %w", err)
	}
	return forgot, nil
}
