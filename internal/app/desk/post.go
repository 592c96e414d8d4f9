package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/content"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

var _ web.Posts = (*Desk)(nil)

// postRows is how many posts a page shows.
const postRows = 30

// Posts implements web.Posts.
func (d *Desk) Posts(ctx context.Context, scope org.Scope, q web.PostQuery) (page web.PostPage, err error) {
	query := storage.PostPage{Scope: scope, Channel: q.Channel, Limit: postRows + 1}
	if query.Before, err = parsePostCursor(q.After); err != nil {
		return page, err
	}
	posts, err := d.DB.LatestPosts(ctx, query)
	if err != nil {
		return page, err
	}
	if len(posts) > postRows {
		posts = posts[:postRows]
		last := posts[postRows-1]
		page.Next = id.Text(last.Made.UnixMilli()) + "." + id.Text(last.ID)
	}
	numbers := make([]int64, len(posts))
	for i := range posts {
		numbers[i] = posts[i].ID
	}
	sends, err := d.DB.SendsOf(ctx, scope, numbers)
	if err != nil {
		return page, err
	}
	processes, err := d.postingProcesses(ctx, posts)
	if err != nil {
		return page, err
	}
	for i := range posts {
		page.Posts = append(page.Posts, postRow(&posts[i], sends, processes))
	}
	return page, nil
}

// postingProcesses returns the standard processes that wrote posts, by Author.
func (d *Desk) postingProcesses(ctx context.Context, posts []delivery.Post) (map[string]flow.Process, error) {
	if !slices.ContainsFunc(posts, func(p delivery.Post) bool { return strings.HasPrefix(p.Author, delivery.AuthorProcess) }) {
		return nil, nil
	}
	all, err := d.DB.Processes(ctx)
	by := make(map[string]flow.Process, len(all))
	for i := range all {
		by[delivery.ProcessAuthor(all[i].Number)] = all[i]
	}
	return by, err
}

func parsePostCursor(text string) (*delivery.Post, error) {
	if text == "" {
		return nil, nil
	}
	made, number, _ := strings.Cut(text, ".")
	at, err := strconv.ParseInt(made, 36, 64)
	post, err2 := strconv.ParseInt(number, 36, 64)
	if err != nil || err2 != nil {
		return nil, notFound("page")
	}
	return &delivery.Post{ID: post, Made: time.UnixMilli(at)}, nil
}

// postRow adds up the sends of a post.
func postRow(p *delivery.Post, sends []delivery.PostSend, processes map[string]flow.Process) web.PostRow {
	row := web.PostRow{ID: p.ID, Channel: p.Channel, Purpose: p.Purpose, Text: p.Text, Link: p.Link, Title: p.Title, Author: p.Author,
		Made: p.Made, From: p.From, Until: p.Until, Stage: web.PostDone}
	stages := web.PostStages()
	for i := range sends {
		s := &sends[i]
		if s.Post != p.ID {
			continue
		}
		if stage := heldBy(processes[p.Author], stageOf(s)); slices.Index(stages, stage) < slices.Index(stages, row.Stage) {
			row.Stage = stage
		}
		t := s.Tally
		row.Targets, row.Reached, row.Missed = row.Targets+t.Targets, row.Reached+t.Reached, row.Missed+t.Failed+t.Withdrawn
		row.Audience, row.Seen, row.Likes, row.Comments = row.Audience+t.Audience, row.Seen+t.Seen, row.Likes+t.Likes, row.Comments+t.Comments
	}
	if process, is := processes[p.Author]; is {
		row.Author, row.Process = process.Name, true
	}
	row.Restored = p.Author == delivery.AuthorRestored
	return row
}

// heldBy returns a stage, or that a post is on hold with the process that wants it.
func heldBy(process flow.Process, stage web.PostStage) web.PostStage {
	if stage == web.PostPlanned && process.State == flow.ProcessPaused {
		return web.PostHeld
	}
	return stage
}

// stageOf says where a send stands.
func stageOf(s *delivery.PostSend) web.PostStage {
	switch s.State {
	case delivery.Planned:
		if s.ApprovedBy == "" {
			return web.PostApproval
		}
		return web.PostPlanned
	case delivery.Claimed, delivery.Calling:
		return web.PostCalling
	case delivery.InDoubt:
		return web.PostDoubt
	case delivery.Rejected:
		return web.PostRejected
	case delivery.Resent:
		return web.PostResent
	case delivery.Dropped:
		return web.PostDropped
	}
	switch s.Task {
	case delivery.Making:
		return web.PostCalling
	case delivery.Open:
		return web.PostConfirm
	case delivery.Sending:
		return web.PostSending
	case delivery.Cancelling:
		return web.PostCancelling
	case delivery.Cancelled:
		return web.PostCancelled
	}
	return web.PostDone
}

// Post implements web.Posts.
func (d *Desk) Post(ctx context.Context, by web.Asker, post int64) (v web.PostView, err error) {
	p, sends, err := d.postWithin(ctx, by.Scope, post)
	if err != nil {
		return v, err
	}
	processes, err := d.postingProcesses(ctx, []delivery.Post{*p})
	if err != nil {
		return v, err
	}
	v.PostRow = postRow(p, sends, processes)
	if v.Files, err = d.namedFiles(ctx, content.FilesOf(p.Files)); err != nil {
		return v, err
	}
	if v.Tags, err = d.tagNames(ctx, p); err != nil {
		return v, err
	}
	parts := postParts(p, sends)
	if v.Waits = len(parts) > 0; v.Waits {
		if v.Approval, err = d.postApproval(ctx, by, p, parts); err != nil {
			return v, err
		}
	}
	named := map[int64]string{}
	if v.Sends, err = d.postSends(ctx, p, sends, named); err != nil {
		return v, err
	}
	for i := range v.Sends {
		v.Sends[i].Stage = heldBy(processes[p.Author], v.Sends[i].Stage)
	}
	for i := range sends {
		stage := stageOf(&sends[i])
		v.Stops = v.Stops || slices.Contains([]web.PostStage{web.PostApproval, web.PostPlanned, web.PostCalling, web.PostConfirm}, stage) && sends[i].CancelFor == ""
	}
	return v, nil
}

func (d *Desk) postWithin(ctx context.Context, scope org.Scope, post int64) (*delivery.Post, []delivery.PostSend, error) {
	sends, err := d.DB.SendsOf(ctx, scope, []int64{post})
	if err != nil {
		return nil, nil, err
	}
	posts, err := d.DB.Posts(ctx, []int64{post})
	if err != nil {
		return nil, nil, err
	}
	if len(sends) == 0 || len(posts) == 0 {
		return nil, nil, notFound("post")
	}
	return &posts[0], sends, nil
}

// targetsShown is how many targets of one send a page lists, those that missed the
// post first.
const targetsShown = 100

func (d *Desk) postSends(ctx context.Context, p *delivery.Post, sends []delivery.PostSend, named map[int64]string) ([]web.PostSend, error) {
	var staff []id.Staff
	targets := make([][]delivery.PostTarget, len(sends))
	for i := range sends {
		staff = append(staff, sends[i].Staff)
		var err error
		if targets[i], err = d.DB.PostTargets(ctx, sends[i].ID); err != nil {
			return nil, err
		}
		if p.Channel == event.Moments {
			for n := range targets[i] {
				staff = append(staff, targets[i][n].Staff())
			}
		}
	}
	names, err := d.staffNames(ctx, staff)
	if err != nil {
		return nil, err
	}
	for s, name := range names {
		named[int64(s)] = name
	}
	if p.Channel == event.GroupPost {
		if err := d.targetNames(ctx, targets, named); err != nil {
			return nil, err
		}
	}
	list := make([]web.PostSend, len(sends))
	for i := range sends {
		list[i] = d.postSend(&sends[i], targets[i], named)
		if p.Channel == event.GroupPost {
			list[i].Staff = names[sends[i].Staff]
		}
	}
	slices.SortStableFunc(list, func(a, b web.PostSend) int {
		return cmp.Or(slices.Index(web.PostStages(), a.Stage)-slices.Index(web.PostStages(), b.Stage), cmp.Compare(a.Store, b.Store), cmp.Compare(a.Staff, b.Staff))
	})
	return list, nil
}

func (d *Desk) targetNames(ctx context.Context, targets [][]delivery.PostTarget, named map[int64]string) error {
	var groups []id.Group
	for _, list := range targets {
		for i := range list {
			groups = append(groups, list[i].Group())
		}
	}
	states, err := d.DB.LoadGroups(ctx, groups)
	for i := range states {
		named[int64(states[i].ID)] = states[i].Name
	}
	return err
}

func (d *Desk) postSend(s *delivery.PostSend, targets []delivery.PostTarget, named map[int64]string) web.PostSend {
	v := web.PostSend{ID: s.ID, Store: d.Brand.StoreName(s.Store), Stage: stageOf(s), Because: s.Because, From: s.From, CalledAt: s.Called}
	now := d.Clock.Now()
	for _, at := range s.Urged {
		if v.UrgedAt = at; now.Sub(at) < delivery.UrgeSpan {
			v.Urged++
		}
	}
	if v.Stage == web.PostCancelled || s.CancelFor != "" {
		v.Because = string(s.CancelFor)
	}
	missed := s.Tally.Failed+s.Tally.Withdrawn > 0
	v.Remind = v.Stage == web.PostConfirm && v.Urged < delivery.UrgeLimit
	v.Again = s.State != delivery.Resent && s.Over() && missed || s.State == delivery.InDoubt && s.Because == delivery.NotListed
	v.Drop = s.State == delivery.InDoubt
	slices.SortStableFunc(targets, func(a, b delivery.PostTarget) int { return weightOf(a.State) - weightOf(b.State) })
	v.More = max(0, len(targets)-targetsShown)
	for i := range targets[:min(len(targets), targetsShown)] {
		t := &targets[i]
		row := web.PostTarget{Name: named[t.Target], State: string(t.State), Because: t.Because, At: t.At, Audience: t.Audience, Seen: t.Seen, Likes: t.Likes, Comments: t.Comments}
		if s.Channel == event.GroupPost {
			row.Group = t.Group()
		}
		v.Targets = append(v.Targets, row)
	}
	return v
}

func weightOf(s delivery.TouchState) int {
	return slices.Index([]delivery.TouchState{delivery.Failed, delivery.Withdrawn, delivery.Underway, delivery.Delivered}, s)
}

// postParts returns the sends that wait for approval, as parts of one send.
func postParts(p *delivery.Post, sends []delivery.PostSend) (parts []ApprovalPart) {
	for i := range sends {
		if s := &sends[i]; s.State == delivery.Planned && s.ApprovedBy == "" {
			parts = append(parts, ApprovalPart{ID: s.ID, Store: s.Store, Staff: s.Staff, Customers: s.Tally.Audience, Send: storage.SendOf(approvalKind(p), id.Text(p.ID))})
		}
	}
	return parts
}

func approvalKind(p *delivery.Post) storage.ApprovalKind {
	if p.Channel == event.Moments {
		return storage.MomentsApproval
	}
	return storage.GroupApproval
}

// postApproval returns what the rules say about all parts together.
func (d *Desk) postApproval(ctx context.Context, by web.Asker, p *delivery.Post, parts []ApprovalPart) (v web.ApprovalView, err error) {
	asked, err := d.askApproval(ctx, by, approvalKind(p), parts)
	if err != nil {
		return v, err
	}
	number := 0
	v = asked[0].view
	for _, a := range asked {
		number += a.view.Number
		if a.view.Why != "" && v.Why == "" {
			v = a.view
		}
	}
	v.Number = number
	return v, nil
}

// ApprovePost implements web.Posts.
func (d *Desk) ApprovePost(ctx context.Context, by web.Asker, post int64, typed int) (done web.ApprovalDone, err error) {
	p, sends, err := d.postWithin(ctx, by.Scope, post)
	if err != nil {
		return done, err
	}
	return d.approve(ctx, by, Approvals{Kind: approvalKind(p), Go: d.PostGate().ApprovePosts}, postParts(p, sends), typed)
}

// StopPost implements web.Posts.
func (d *Desk) StopPost(ctx context.Context, by web.Asker, post int64) (sends int, err error) {
	if sends, err = d.PostGate().StopPost(ctx, by.Account, by.Scope, post); err != nil {
		return sends, err
	}
	return sends, d.audit(ctx, by, "post.stopped", id.Text(post))
}

// DecideSend implements web.Posts.
func (d *Desk) DecideSend(ctx context.Context, by web.Asker, send int64, what web.SendDecision) error {
	found, err := d.DB.PostSends(ctx, delivery.PostQuery{After: send - 1, Limit: 1, Scope: by.Scope})
	if err != nil {
		return err
	}
	if len(found) == 0 || found[0].ID != send {
		return notFound("send")
	}
	switch what {
	case web.SendRemind:
		err = d.remindSend(ctx, found[0])
	case web.SendAgain:
		_, err = d.PostGate().ResendPost(ctx, by.Account, send)
	case web.SendDrop:
		err = d.PostGate().DropPost(ctx, by.Account, send)
	default:
		err = fault.New(fault.Invalid, "%q is no decision", what)
	}
	if err != nil {
		return err
	}
	return d.audit(ctx, by, "post."+string(what), id.Text(send))
}

// remindSend reminds by WeCom's own reminder, where it has one, and by a message of
// the app.
func (d *Desk) remindSend(ctx context.Context, s delivery.PostSend) error {
	waiting, err := d.PostGate().UrgePost(ctx, s.ID)
	if err != nil {
		return err
	}
	if s.Channel == event.GroupPost {
		return d.Urge(ctx, s.Staff, 1)
	}
	for i := range waiting {
		if err := d.Urge(ctx, waiting[i].Staff(), 1); err != nil {
			return err
		}
	}
	return nil
}

// urgePosts reminds of posts that wait for members, as far as reminders are left.
func (d *Desk) urgePosts(ctx context.Context, sends []delivery.PostSend) error {
	for _, s := range sends {
		if _, err := d.PostGate().UrgePost(ctx, s.ID); err != nil && fault.CodeOf(err) != fault.Forbidden {
			return err
		}
	}
	return nil
}

// postTasks returns the posts that wait for a member, or that the member confirmed
// today.
func (d *Desk) postTasks(ctx context.Context, staff id.Staff, urged time.Time) ([]web.Task, error) {
	sends, err := d.DB.PostSends(ctx, delivery.PostQuery{Tasks: []delivery.TaskState{delivery.Open}, Member: staff, Scope: org.All()})
	if err != nil || len(sends) == 0 {
		return nil, err
	}
	var tasks []web.Task
	for _, s := range sends {
		posts, err := d.DB.Posts(ctx, []int64{s.Post})
		if err != nil || len(posts) == 0 {
			return nil, err
		}
		if s.Channel == event.Moments {
			targets, err := d.DB.PostTargets(ctx, s.ID)
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(targets, func(t delivery.PostTarget) bool { return t.Staff() == staff && t.State == delivery.Underway }) {
				continue // published
			}
		}
		tasks = append(tasks, web.Task{ID: s.ID, Count: s.Tally.Targets, Channel: s.Channel, Purpose: posts[0].Purpose, Limiting: limitingOf(posts[0].Purpose),
			Text: posts[0].Text, Files: content.FilesOf(posts[0].Files), Urged: len(s.Urged) > 0 || urgedFor(urged, s.TaskSince), Until: s.Until, State: web.TaskOpen})
	}
	return tasks, nil
}
