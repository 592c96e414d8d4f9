package storagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
)

func post(number int64, channel event.Channel) delivery.Post {
	p := delivery.Post{ID: number, Channel: channel, Tags: []string{"et1", "et\"2"}}
	fill(&p)
	return p
}

// postSend returns a send of a post to targets, planned and approved.
func postSend(number, of int64, channel event.Channel, targets ...int64) delivery.PostDraft {
	d := delivery.PostDraft{Send: delivery.PostSend{
		ID: number, Post: of, Channel: channel, Corp: "ww1", Staff: 5, Store: 7, Day: noon, From: noon, Until: noon.Add(time.Hour), State: delivery.Planned, ApprovedBy: "lead",
		NotBefore: noon, Since: noon, Called: noon, TaskSince: noon, Read: noon,
	}}
	if channel == event.Moments {
		d.Send.Staff = 0
	}
	for i, target := range targets {
		d.Targets = append(d.Targets, delivery.PostTarget{Post: of, Target: target, Send: number, State: delivery.Underway, At: noon, Audience: 10 + i, Looked: noon})
	}
	return d
}

func postsComeBackWhole(t *testing.T, ctx context.Context, db *storage.DB) {
	p := post(1, event.GroupPost)
	whole := postSend(10, 1, event.GroupPost, 100)
	whole.Send.CancelFor, whole.Send.Task = delivery.ByPerson, delivery.Open
	fill(&whole.Send)
	whole.Targets[0].Step = sop.RunKey{Subject: sop.OfGroup}
	fill(&whole.Targets[0])
	whole.Send.Tally = delivery.Tally{Targets: 1, Audience: 10, Seen: whole.Targets[0].Seen, Likes: whole.Targets[0].Likes, Comments: whole.Targets[0].Comments}
	ok(t, db.AddPost(ctx, p, []delivery.PostDraft{whole}))
	again := postSend(11, 1, event.GroupPost, 100)
	ok(t, db.AddPost(ctx, p, []delivery.PostDraft{whole, again}))
	sends := must[[]delivery.PostSend](t)(db.PostSends(ctx, delivery.PostQuery{Scope: org.All()}))
	if len(sends) != 1 || !reflect.DeepEqual(sends[0], whole.Send) {
		t.Fatalf("got %+v\nwant %+v", sends, whole.Send)
	}
	targets := must[[]delivery.PostTarget](t)(db.PostTargets(ctx, 10))
	if !reflect.DeepEqual(targets, whole.Targets) {
		t.Fatalf("got %+v\nwant %+v", targets, whole.Targets)
	}
	posts := must[[]delivery.Post](t)(db.Posts(ctx, []int64{1, 2}))
	if len(posts) != 1 || !reflect.DeepEqual(posts[0], p) {
		t.Fatalf("got %+v\nwant %+v", posts, p)
	}
	refused := errors.New("not now")
	err := db.ChangePost(ctx, 10, func(r *delivery.PostRecord) error {
		r.Send.State, r.Targets[0].State = delivery.Calling, delivery.Failed
		return refused
	})
	equal(t, "error of the change", err, refused)
	equal(t, "state after it", must[[]delivery.PostTarget](t)(db.PostTargets(ctx, 10))[0].State, delivery.Underway)
	equal(t, "unknown send", fault.CodeOf(db.ChangePost(ctx, 99, func(*delivery.PostRecord) error { return nil })), fault.NotFound)
}

func postsAreFound(t *testing.T, ctx context.Context, db *storage.DB) {
	first, second := post(1, event.GroupPost), post(2, event.Moments)
	second.Made = first.Made.Add(time.Second)
	planned, open := postSend(10, 1, event.GroupPost, 100, 101), postSend(11, 1, event.GroupPost, 102)
	open.Send.State, open.Send.Task, open.Send.MsgID, open.Send.Staff, open.Send.Store = delivery.Accepted, delivery.Open, "msg1", 6, 8
	moments := postSend(20, 2, event.Moments, 5, 6)
	moments.Send.ApprovedBy, moments.Send.Store = "", 9
	ok(t, db.AddPost(ctx, first, []delivery.PostDraft{planned, open}))
	ok(t, db.AddPost(ctx, second, []delivery.PostDraft{moments}))
	finds(t, map[string]finding[delivery.PostQuery]{
		"all":                     {delivery.PostQuery{}, "[10 11 20]"},
		"by state or task":        {delivery.PostQuery{States: []delivery.State{delivery.InDoubt}, Tasks: []delivery.TaskState{delivery.Open}}, "[11]"},
		"by task":                 {delivery.PostQuery{Tasks: []delivery.TaskState{delivery.Open, delivery.Making}}, "[11]"},
		"of a post":               {delivery.PostQuery{Post: 1}, "[10 11]"},
		"of a member":             {delivery.PostQuery{Member: 6}, "[11 20]"},
		"in Moments":              {delivery.PostQuery{Channel: event.Moments}, "[20]"},
		"ready":                   {delivery.PostQuery{States: []delivery.State{delivery.Planned}, ReadyAt: noon}, "[10]"},
		"ready early":             {delivery.PostQuery{States: []delivery.State{delivery.Planned}, ReadyAt: noon.Add(-time.Second)}, "[]"},
		"by WeCom's name":         {delivery.PostQuery{MsgIDs: []string{"msg1"}}, "[11]"},
		"in the scope of a store": {delivery.PostQuery{Scope: org.Scope{Stores: []id.Store{8}}}, "[11]"},
		"after":                   {delivery.PostQuery{After: 10, Limit: 1}, "[11]"},
	}, func(q delivery.PostQuery) []int64 {
		q.Scope = within(q.Scope)
		return numbers(must[[]delivery.PostSend](t)(db.PostSends(ctx, q)), func(s delivery.PostSend) int64 { return s.ID })
	})
	equal(t, "with the zero scope", len(must[[]delivery.PostSend](t)(db.PostSends(ctx, delivery.PostQuery{}))), 0)
	finds(t, map[string]finding[storage.PostPage]{
		"latest":             {storage.PostPage{Scope: org.All()}, "[2 1]"},
		"of a channel":       {storage.PostPage{Scope: org.All(), Channel: event.GroupPost}, "[1]"},
		"before":             {storage.PostPage{Scope: org.All(), Before: &second}, "[1]"},
		"of a store":         {storage.PostPage{Scope: org.Scope{Stores: []id.Store{9}}}, "[2]"},
		"of a store, before": {storage.PostPage{Scope: org.Scope{Stores: []id.Store{9}}, Before: &second, Channel: event.Moments}, "[]"},
		"of nobody":          {storage.PostPage{}, "[]"},
	}, func(q storage.PostPage) []int64 {
		return numbers(must[[]delivery.Post](t)(db.LatestPosts(ctx, q)), func(p delivery.Post) int64 { return p.ID })
	})
	equal(t, "sends of posts", len(must[[]delivery.PostSend](t)(db.SendsOf(ctx, org.All(), []int64{1, 2}))), 3)
	equal(t, "waiting for the console", must[storage.Waiting](t)(db.CountWaiting(ctx, org.All(), noon)).Posts, 1)
	equal(t, "of another store", must[storage.Waiting](t)(db.CountWaiting(ctx, org.Scope{Stores: []id.Store{8}}, noon)).Posts, 0)
	ok(t, db.ChangePost(ctx, 20, func(r *delivery.PostRecord) error {
		r.Send.State, r.Send.Task, r.Send.Urged = delivery.Accepted, delivery.Open, []time.Time{noon}
		return nil
	}))
	waiting := func(scope org.Scope, after *storage.OpenPost, limit int) string {
		var words []string
		for _, p := range must[[]storage.OpenPost](t)(db.OpenPosts(ctx, scope, after, limit)) {
			words = append(words, fmt.Sprint(p.Send, " ", p.Staff, " ", p.Audience, " ", len(p.Urged)))
		}
		return strings.Join(words, ", ")
	}
	equal(t, "waiting for members", waiting(org.All(), nil, 9), "11 6 10 0, 20 5 10 1, 20 6 11 1")
	equal(t, "of a page", waiting(org.All(), nil, 1), "11 6 10 0")
	equal(t, "after it", waiting(org.All(), &storage.OpenPost{Send: 20, Staff: 5, Until: noon.Add(time.Hour)}, 9), "20 6 11 1")
	equal(t, "of a store", waiting(org.Scope{Stores: []id.Store{9}}, nil, 9), "20 5 10 1, 20 6 11 1")
	equal(t, "for a member", waiting(org.Scope{Staff: 6, Stores: []id.Store{8}}, nil, 9), "11 6 10 0, 20 6 11 1")
	equal(t, "counted for the member", must[storage.Waiting](t)(db.CountWaiting(ctx, org.Scope{Staff: 6, Stores: []id.Store{8}}, noon)).Open, 2)
}

func postOpeningsAskAgain(t *testing.T, ctx context.Context, db *storage.DB) {
	mass := draft(9, 1)
	mass.Dispatch.State, mass.Dispatch.Called = delivery.Accepted, noon
	must[int](t)(db.AddDispatches(ctx, []delivery.Draft{mass}))
	ok(t, db.CommitFold(ctx, flow.Fold{Reader: "fold", Cursor: 1, Groups: []profile.Group{{ID: 100, Owner: 5}, {ID: 101, Owner: 6, Dismissed: 1}}}))
	sent, again := postSend(10, 1, event.GroupPost, 100, 101), postSend(11, 2, event.GroupPost, 100, 101)
	sent.Send.State, sent.Send.Task, sent.Send.Called = delivery.Accepted, delivery.Confirmed, noon
	sent.Targets[0].State, sent.Targets[1].State = delivery.Delivered, delivery.Failed
	moments, later := postSend(20, 3, event.Moments, 5, 6), postSend(21, 4, event.Moments, 5)
	moments.Send.State, moments.Send.Called = delivery.Calling, noon
	for i, drafts := range [][]delivery.PostDraft{{sent}, {again}, {moments}, {later}} {
		ok(t, db.AddPost(ctx, post(int64(i+1), drafts[0].Send.Channel), drafts))
	}
	adopted := post(9, event.GroupPost)
	adopted.Author, adopted.Text = delivery.AuthorRestored, post(2, event.GroupPost).Text
	found := postSend(30, 9, event.GroupPost, 101)
	found.Send.Staff, found.Send.State, found.Targets[0].State = 6, delivery.InDoubt, delivery.Delivered
	ok(t, db.AddPost(ctx, adopted, []delivery.PostDraft{found}))
	ask := delivery.PostAsk{Day: noon.Add(-12 * time.Hour), QuotaFrom: noon.AddDate(0, 0, -4), GotFrom: noon}
	ok(t, db.OpenPost(ctx, 11, ask, func(o delivery.PostOpening) error {
		equal(t, "confirmations of the owner", o.Confirmations[5], 3) // a mass send, the other post, Moments
		equal(t, "posts the groups got", fmt.Sprint(o.Received), "map[100:1 101:1]")
		equal(t, "who got the words already", fmt.Sprint(o.Got), "map[101:true]")
		equal(t, "groups", len(o.Groups), 2)
		equal(t, "owner", o.Groups[100].Owner, 5)
		equal(t, "frozen", o.Frozen, false)
		return nil
	}))
	ok(t, db.OpenPost(ctx, 21, ask, func(o delivery.PostOpening) error {
		equal(t, "posts of the member", fmt.Sprint(o.Received), "map[5:1]")
		return nil
	}))
	ok(t, db.Freeze(ctx, noon))
	ask.Day, ask.QuotaFrom, ask.GotFrom = ask.Day.AddDate(0, 0, 1), noon.Add(time.Hour), noon.Add(time.Hour)
	ok(t, db.OpenPost(ctx, 11, ask, func(o delivery.PostOpening) error {
		equal(t, "confirmations of the next day", o.Confirmations[5], 0)
		equal(t, "posts in the next period", len(o.Received), 0)
		equal(t, "frozen", o.Frozen, true)
		return nil
	}))
}

func postsFoundAfterARestoreAreNotSaidTwice(t *testing.T, ctx context.Context, db *storage.DB) {
	p := processOf(t, ctx, db)
	run := runOf(&p, 3)
	must[int](t)(db.EnterRuns(ctx, flow.Entering{New: []sop.Run{run}}))
	// What was found went out at noon and was compared eight hours later.
	found, adopted := postSend(30, 9, event.GroupPost, 101), post(9, event.GroupPost)
	adopted.Author = delivery.AuthorRestored
	found.Send.State, found.Send.Since, found.Targets[0].State = delivery.Accepted, noon.Add(8*time.Hour), delivery.Delivered
	ok(t, db.AddPost(ctx, adopted, []delivery.PostDraft{found}))
	got := func(number int64, from time.Time, of sop.RunKey) int {
		d, again := postSend(10*number, number, event.GroupPost, 100, 101), post(number, event.GroupPost)
		d.Send.From, again.Text = from, adopted.Text
		for i := range d.Targets {
			d.Targets[i].Step = of
		}
		ok(t, db.AddPost(ctx, again, []delivery.PostDraft{d}))
		n := -1
		day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, from.Location())
		ok(t, db.OpenPost(ctx, d.Send.ID, delivery.PostAsk{Day: day, QuotaFrom: day, GotFrom: day}, func(o delivery.PostOpening) error {
			n = len(o.Got)
			return nil
		}))
		return n
	}
	step := func(number int64, index int, due time.Time) sop.RunKey {
		target := delivery.PostTarget{Post: number, Target: 100}
		made := flow.StepMade{StepRecord: sop.StepRecord{RunKey: run.RunKey, Version: 1, Step: index, Outcome: sop.Given, Touch: target.Number(), DueAt: event.At(due), At: event.At(due)}, Kept: true}
		was := must[[]sop.Run](t)(db.RunsOf(ctx, run.Subject, []int64{run.ID}))[0]
		is := was
		is.Step++
		must[int](t)(db.MoveRuns(ctx, []flow.RunMove{{Was: was, Is: is, Done: []flow.StepMade{made}}}))
		return run.RunKey
	}
	night, evening := noon.Add(14*time.Hour), noon.Add(30*time.Hour)
	equal(t, "a person writes them again in the night", got(1, night, sop.RunKey{}), 1)
	equal(t, "a person writes them again the next evening", got(2, evening, sop.RunKey{}), 0)
	equal(t, "a step that was due before they went out", got(3, night, step(3, 0, noon.Add(-time.Minute))), 1)
	equal(t, "a step that was due later", got(4, night, step(4, 1, noon.Add(time.Minute))), 0)
}

func postsAreCountedAsTheyStand(t *testing.T, ctx context.Context, db *storage.DB) {
	ok(t, db.AddPost(ctx, post(1, event.Moments), []delivery.PostDraft{postSend(10, 1, event.Moments, 5, 6, 7)}))
	tally := func(send int64) delivery.Tally {
		return must[[]delivery.PostSend](t)(db.PostSends(ctx, delivery.PostQuery{After: send - 1, Limit: 1, Scope: org.All()}))[0].Tally
	}
	equal(t, "at first", tally(10), delivery.Tally{Targets: 3, Audience: 33})
	ok(t, db.ChangePost(ctx, 10, func(r *delivery.PostRecord) error {
		r.Send.State, r.Send.Task = delivery.Accepted, delivery.Open
		r.Targets[0].State, r.Targets[0].Seen, r.Targets[0].At, r.Targets[0].Looked = delivery.Delivered, 8, noon, noon
		r.Targets[1].State = delivery.Failed
		return nil
	}))
	equal(t, "after a change", tally(10), delivery.Tally{Targets: 3, Reached: 1, Failed: 1, Audience: 33, Seen: 8})
	equal(t, "execution", fmt.Sprint(must[[]storage.Execution](t)(db.Execution(ctx, noon.Add(-time.Hour), noon.Add(time.Hour)))),
		"[{5 1 1 1 0} {7 1 0 0 1}]")
	ok(t, db.ChangePost(ctx, 10, func(r *delivery.PostRecord) error {
		next := postSend(11, 1, event.Moments).Send
		next.ResendOf = 10
		r.Successor, r.Targets[1].Send, r.Targets[1].State = &next, 11, delivery.Underway
		return nil
	}))
	equal(t, "what moved on", tally(11), delivery.Tally{Targets: 1, Audience: 11})
	equal(t, "what stayed", tally(10), delivery.Tally{Targets: 2, Reached: 1, Audience: 22, Seen: 8})
	watched := func(at time.Time) int {
		return len(must[[]delivery.PostTarget](t)(db.WatchedMoments(ctx, at, noon.Add(-time.Hour), 10)))
	}
	equal(t, "looked at just now", watched(noon.Add(-time.Second)), 0)
	equal(t, "due for a look", watched(noon.Add(time.Second)), 1)
	problems := must[[]string](t)(db.Check(ctx))
	equal(t, "counted again", fmt.Sprint(problems), "[]")
}
