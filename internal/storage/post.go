package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
)

var _ delivery.PostLedger = (*DB)(nil)

var (
	postTable = table{name: "post", key: []string{"id"}, columns: []column{{"id", bigint}, {"channel", text}, {"corp", text}, {"purpose", text},
		{"body", text}, {"title", text}, {"link", text}, {"tags", bytes}, {"author", text}, {"made", bigint}, {"starts", bigint}, {"ends", bigint}, {"files", text}}}
	postSendTable = table{name: "post_send", key: []string{"id"}, known: replace, columns: []column{{"id", bigint}, {"post_id", bigint}, {"channel", text},
		{"corp", text}, {"staff_id", bigint}, {"store_id", bigint}, {"day", bigint}, {"link", text}, {"marker", text}, {"starts", bigint}, {"ends", bigint},
		{"state", text}, {"approved_by", text}, {"not_before", bigint}, {"attempts", bigint}, {"node", text}, {"fence", bigint}, {"since", bigint},
		{"called", bigint}, {"request", bytes}, {"job", text}, {"message", text}, {"because", text}, {"decided_by", text}, {"resend_of", bigint},
		{"cancel_for", text}, {"task", text}, {"task_since", bigint}, {"read_back", bigint}, {"urged", bytes},
		{"targets", bigint}, {"reached", bigint}, {"failed", bigint}, {"withdrawn", bigint}, {"audience", bigint}, {"seen", bigint}, {"likes", bigint}, {"comments", bigint}}}
	postTargetTable = table{name: "post_target", key: []string{"post_id", "target_id"}, columns: []column{{"post_id", bigint}, {"target_id", bigint},
		{"send_id", bigint}, {"channel", text}, {"state", text}, {"because", text}, {"at", bigint}, {"audience", bigint}, {"seen", bigint}, {"likes", bigint},
		{"comments", bigint}, {"looked", bigint}, {"subject", text}, {"subject_id", bigint}, {"process_id", bigint}, {"occurrence", bigint}}}
)

func postRow(p *delivery.Post) ([]any, error) {
	tags, err := encode(p.Tags)
	return []any{p.ID, string(p.Channel), string(p.Corp), string(p.Purpose), p.Text, p.Title, p.Link, tags, p.Author, at(p.Made), at(p.From), at(p.Until), p.Files}, err
}

func scanPost(scan func(...any) error) (p delivery.Post, err error) {
	var tags []byte
	err = scan(&p.ID, &p.Channel, &p.Corp, &p.Purpose, &p.Text, &p.Title, &p.Link, &tags, &p.Author, moment{&p.Made}, moment{&p.From}, moment{&p.Until}, &p.Files)
	if err != nil {
		return p, err
	}
	return p, decode(tags, &p.Tags)
}

func postSendRow(s *delivery.PostSend) ([]any, error) {
	urged, err := momentsBox(s.Urged)
	t := s.Tally
	return []any{s.ID, s.Post, string(s.Channel), string(s.Corp), int64(s.Staff), int64(s.Store), at(s.Day), s.Link, s.Marker, at(s.From), at(s.Until),
		string(s.State), s.ApprovedBy, at(s.NotBefore), int64(s.Attempts), s.Node, s.Fence, at(s.Since), at(s.Called), s.Request[:], s.Job, s.MsgID,
		s.Because, s.DecidedBy, s.ResendOf, string(s.CancelFor), string(s.Task), at(s.TaskSince), at(s.Read), urged,
		int64(t.Targets), int64(t.Reached), int64(t.Failed), int64(t.Withdrawn), int64(t.Audience), int64(t.Seen), int64(t.Likes), int64(t.Comments)}, err
}

func scanPostSend(scan func(...any) error) (s delivery.PostSend, err error) {
	var request []byte
	t := &s.Tally
	err = scan(&s.ID, &s.Post, &s.Channel, &s.Corp, &s.Staff, &s.Store, moment{&s.Day}, &s.Link, &s.Marker, moment{&s.From}, moment{&s.Until},
		&s.State, &s.ApprovedBy, moment{&s.NotBefore}, &s.Attempts, &s.Node, &s.Fence, moment{&s.Since}, moment{&s.Called}, &request, &s.Job, &s.MsgID,
		&s.Because, &s.DecidedBy, &s.ResendOf, &s.CancelFor, &s.Task, moment{&s.TaskSince}, moment{&s.Read}, moments{&s.Urged},
		&t.Targets, &t.Reached, &t.Failed, &t.Withdrawn, &t.Audience, &t.Seen, &t.Likes, &t.Comments)
	if err != nil {
		return s, err
	}
	s.Request = [32]byte(request)
	return s, nil
}

func postTargetRow(t *delivery.PostTarget, channel event.Channel) []any {
	return []any{t.Post, t.Target, t.Send, string(channel), string(t.State), t.Because, at(t.At), int64(t.Audience), int64(t.Seen), int64(t.Likes),
		int64(t.Comments), at(t.Looked), string(t.Step.Subject), t.Step.ID, t.Step.Process, t.Step.Occurrence}
}

func scanPostTarget(scan func(...any) error) (t delivery.PostTarget, err error) {
	var channel event.Channel
	err = scan(&t.Post, &t.Target, &t.Send, &channel, &t.State, &t.Because, moment{&t.At}, &t.Audience, &t.Seen, &t.Likes,
		&t.Comments, moment{&t.Looked}, &t.Step.Subject, &t.Step.ID, &t.Step.Process, &t.Step.Occurrence)
	return t, err
}

// AddPost implements delivery.PostLedger.
func (db *DB) AddPost(ctx context.Context, post delivery.Post, drafts []delivery.PostDraft) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error { return tx.addPost(ctx, &post, drafts) })
	if err != nil {
		return fmt.Errorf("store post: %w", err)
	}
	return nil
}

func (tx *Tx) addPost(ctx context.Context, post *delivery.Post, drafts []delivery.PostDraft) error {
	row, err := postRow(post)
	if err != nil {
		return err
	}
	if _, err := tx.put(ctx, postTable, [][]any{row}); err != nil {
		return err
	}
	fresh := postSendTable
	fresh.known = keep
	for i := range drafts {
		d := &drafts[i]
		rows := make([][]any, len(d.Targets))
		for n := range d.Targets {
			rows[n] = postTargetRow(&d.Targets[n], d.Send.Channel)
		}
		if _, err := tx.put(ctx, postTargetTable, rows); err != nil {
			return err
		}
		targets, err := postTargets(ctx, tx, "WHERE send_id = $1", d.Send.ID)
		if err != nil {
			return err
		}
		if len(targets) == 0 {
			continue
		}
		send := d.Send
		send.Tally = delivery.TallyOf(targets, send.ID)
		if row, err = postSendRow(&send); err != nil {
			return err
		}
		if _, err := tx.put(ctx, fresh, [][]any{row}); err != nil {
			return err
		}
	}
	return nil
}

// Posts implements delivery.PostLedger.
func (db *DB) Posts(ctx context.Context, list []int64) ([]delivery.Post, error) {
	found, err := posts(ctx, db.reader, "WHERE id "+db.dialect.among(1)+" ORDER BY id", idList(db.dialect, list))
	if err != nil {
		return nil, fmt.Errorf("read %d posts: %w", len(list), err)
	}
	return found, nil
}

func posts(ctx context.Context, q querier, where string, args ...any) (list []delivery.Post, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		p, err := scanPost(scan)
		list = append(list, p)
		return err
	}, "SELECT "+postTable.list()+" FROM post "+where, args...)
	return list, err
}

// PostPage asks for posts in a scope, the newest first.
type PostPage struct {
	Scope   org.Scope
	Channel event.Channel // "" for both
	Before  *delivery.Post
	Limit   int
}

// LatestPosts returns a page of posts of which some send lies in the scope.
func (db *DB) LatestPosts(ctx context.Context, q PostPage) ([]delivery.Post, error) {
	c := conditions{dialect: db.dialect}
	if q.Channel != "" {
		c.add("channel = ?", string(q.Channel))
	}
	if q.Before != nil {
		c.add("made <= ? AND (made < ? OR id < ?)", at(q.Before.Made), at(q.Before.Made), q.Before.ID)
	}
	if !q.Scope.Everything || q.Scope.Staff != 0 {
		in := conditions{dialect: db.dialect, args: c.args}
		in.scope(q.Scope)
		c.args = in.args
		c.texts = append(c.texts, "EXISTS (SELECT 1 FROM post_send s WHERE s.post_id = post.id AND "+in.texts[0]+")")
	}
	list, err := posts(ctx, db.reader, c.where()+" ORDER BY made DESC, id DESC"+c.limit(q.Limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read posts: %w", err)
	}
	return list, nil
}

// PostSends implements delivery.PostLedger.
func (db *DB) PostSends(ctx context.Context, q delivery.PostQuery) ([]delivery.PostSend, error) {
	c := conditions{dialect: db.dialect}
	c.add("id > ?", q.After)
	switch {
	case len(q.States) > 0 && len(q.Tasks) > 0:
		c.add("(state "+db.dialect.amongWords(0)+" OR task "+db.dialect.amongWords(0)+")", wordList(db.dialect, q.States), wordList(db.dialect, q.Tasks))
	case len(q.States) > 0:
		c.add("state "+db.dialect.amongWords(0), wordList(db.dialect, q.States))
	case len(q.Tasks) > 0:
		c.add("state = 'accepted' AND task "+db.dialect.amongWords(0), wordList(db.dialect, q.Tasks))
	}
	if q.Channel != "" {
		c.add("channel = ?", string(q.Channel))
	}
	if q.Post != 0 {
		c.add("post_id = ?", q.Post)
	}
	if q.Author != "" {
		c.add("post_id IN (SELECT id FROM post WHERE author = ?)", q.Author)
	}
	if q.Member != 0 {
		c.add("(staff_id = ? OR channel = 'moments' AND id IN (SELECT send_id FROM post_target WHERE target_id = ? AND channel = 'moments'))", int64(q.Member), int64(q.Member))
	}
	if !q.ReadyAt.IsZero() {
		c.add("approved_by <> '' AND starts <= ? AND not_before <= ?", at(q.ReadyAt), at(q.ReadyAt))
		c.add("NOT EXISTS (SELECT 1 FROM post p JOIN sop_process r ON p.author = ? || r.id WHERE p.id = post_send.post_id AND r.state = ?)",
			delivery.AuthorProcess, string(flow.ProcessPaused))
	}
	if q.MsgIDs != nil {
		c.add("message <> '' AND message "+db.dialect.amongWords(0), wordList(db.dialect, q.MsgIDs))
	}
	c.scope(q.Scope)
	list, err := postSends(ctx, db.reader, c.where()+" ORDER BY id"+c.limit(q.Limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read post sends: %w", err)
	}
	return list, nil
}

func postSends(ctx context.Context, q querier, where string, args ...any) (list []delivery.PostSend, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		s, err := scanPostSend(scan)
		list = append(list, s)
		return err
	}, "SELECT "+postSendTable.list()+" FROM post_send "+where, args...)
	return list, err
}

// SendsOf returns the sends of posts within a scope.
func (db *DB) SendsOf(ctx context.Context, scope org.Scope, list []int64) ([]delivery.PostSend, error) {
	c := conditions{dialect: db.dialect}
	c.add("post_id "+db.dialect.among(0), idList(db.dialect, list))
	c.scope(scope)
	found, err := postSends(ctx, db.reader, c.where()+" ORDER BY id", c.args...)
	if err != nil {
		return nil, fmt.Errorf("read sends of %d posts: %w", len(list), err)
	}
	return found, nil
}

// PostTargets implements delivery.PostLedger.
func (db *DB) PostTargets(ctx context.Context, send int64) ([]delivery.PostTarget, error) {
	list, err := postTargets(ctx, db.reader, "WHERE send_id = $1 ORDER BY target_id", send)
	if err != nil {
		return nil, fmt.Errorf("read targets of post send %d: %w", send, err)
	}
	return list, nil
}

func postTargets(ctx context.Context, q querier, where string, args ...any) (list []delivery.PostTarget, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		t, err := scanPostTarget(scan)
		list = append(list, t)
		return err
	}, "SELECT "+postTargetTable.list()+" FROM post_target "+where, args...)
	return list, err
}

// WatchedMoments implements delivery.PostLedger. A post is looked at again when it is
// half as old again as when it was last.
func (db *DB) WatchedMoments(ctx context.Context, lookedBefore, publishedAfter time.Time, limit int) ([]delivery.PostTarget, error) {
	list, err := postTargets(ctx, db.reader, `WHERE channel = 'moments' AND state = 'delivered' AND looked <= $1 AND at >= $2
		AND 2 * ($1 - at) >= 3 * (looked - at) ORDER BY looked, post_id, target_id LIMIT $3`, at(lookedBefore), at(publishedAfter), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("read Moments to look at: %w", err)
	}
	return list, nil
}

// ChangePost implements delivery.PostLedger.
func (db *DB) ChangePost(ctx context.Context, send int64, change func(*delivery.PostRecord) error) error {
	return db.changePost(ctx, send, func(_ *Tx, r *delivery.PostRecord) error { return change(r) })
}

func (db *DB) changePost(ctx context.Context, send int64, change func(*Tx, *delivery.PostRecord) error) error {
	return db.refusable(ctx, func(tx *Tx, refuse func(error) error) error {
		r, err := tx.loadPost(ctx, send)
		if err != nil {
			return err
		}
		before := *r
		before.Targets = append([]delivery.PostTarget(nil), r.Targets...)
		if err := refuse(change(tx, r)); err != nil {
			return err
		}
		return tx.savePost(ctx, &before, r)
	})
}

func (tx *Tx) loadPost(ctx context.Context, send int64) (*delivery.PostRecord, error) {
	sends, err := postSends(ctx, tx, "WHERE id = $1"+tx.lock(), send)
	if err != nil {
		return nil, fmt.Errorf("read post send %d: %w", send, err)
	}
	if len(sends) == 0 {
		return nil, fault.New(fault.NotFound, "there is no post send %d", send)
	}
	r := &delivery.PostRecord{Send: sends[0]}
	if r.Targets, err = postTargets(ctx, tx, "WHERE send_id = $1 ORDER BY target_id", send); err != nil {
		return nil, fmt.Errorf("read targets of post send %d: %w", send, err)
	}
	of, err := posts(ctx, tx, "WHERE id = $1", r.Send.Post)
	if err != nil || len(of) == 0 {
		return nil, fmt.Errorf("read post of send %d: %w", send, err)
	}
	r.Post = of[0]
	return r, nil
}

func (tx *Tx) savePost(ctx context.Context, before, r *delivery.PostRecord) error {
	change := executionChange{}
	for _, g := range postGiven(&before.Send, before.Targets) {
		change.add(g, -1)
	}
	sends := []*delivery.PostSend{&r.Send}
	if r.Successor != nil {
		sends = append(sends, r.Successor)
	}
	for _, s := range sends {
		s.Tally = delivery.TallyOf(r.Targets, s.ID)
		row, err := postSendRow(s)
		if err != nil {
			return err
		}
		if _, err := tx.put(ctx, postSendTable, [][]any{row}); err != nil {
			return err
		}
		for _, g := range postGiven(s, r.Targets) {
			change.add(g, 1)
		}
	}
	var rows [][]any
	var ended []*delivery.PostTarget
	for i := range r.Targets {
		t := &r.Targets[i]
		if *t == before.Targets[i] {
			continue
		}
		rows = append(rows, postTargetRow(t, r.Send.Channel))
		if t.State != before.Targets[i].State {
			ended = append(ended, t)
		}
	}
	changing := postTargetTable
	changing.known = replace
	if _, err := tx.put(ctx, changing, rows); err != nil {
		return err
	}
	if err := tx.followPosts(ctx, ended); err != nil {
		return err
	}
	return tx.changeExecution(ctx, change)
}

// postGiven returns what a send counts for its members: nothing until WeCom has the
// task, and nothing of what was taken back. executionRecounted says the same.
func postGiven(s *delivery.PostSend, targets []delivery.PostTarget) (list []given) {
	if s.State != delivery.Accepted {
		return nil
	}
	if s.Channel == event.GroupPost {
		if s.Task == delivery.Cancelled {
			return nil
		}
		g := given{staff: s.Staff, from: s.From, Execution: Execution{Due: 1}}
		switch s.Task {
		case delivery.Open:
			g.Open = 1
		case delivery.Confirmed:
			g.done(s.TaskSince, s.Until)
		}
		return []given{g}
	}
	for i := range targets {
		t := &targets[i]
		if t.Send != s.ID || t.State != delivery.Delivered && t.State != delivery.Underway {
			continue
		}
		g := given{staff: t.Staff(), from: s.From, Execution: Execution{Due: 1}}
		switch {
		case t.State == delivery.Delivered:
			g.done(t.At, s.Until)
		case s.Task == delivery.Open:
			g.Open = 1
		}
		list = append(list, g)
	}
	return list
}

// GroupPostsSince counts the posts that reached groups since a time. Groups without
// any are missing.
func (db *DB) GroupPostsSince(ctx context.Context, groups []id.Group, since time.Time) (map[id.Group]int, error) {
	counted := map[id.Group]int{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var group id.Group
		var n int
		err := scan(&group, &n)
		counted[group] = n
		return err
	}, "SELECT target_id, count(*) FROM post_target WHERE target_id "+db.dialect.among(1)+" AND at >= $2 AND channel = 'group_post' AND state = 'delivered' GROUP BY target_id",
		idList(db.dialect, groups), at(since))
	if err != nil {
		return nil, fmt.Errorf("count posts of %d groups: %w", len(groups), err)
	}
	return counted, nil
}
