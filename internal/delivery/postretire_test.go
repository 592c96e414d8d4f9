package delivery_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
)

const dayInGroups = `
sop: 1
name: day
title: {zh: 群日}
subject: group
trigger: {weekdays: [mon]}
clock: calendar
again: every_time
executor: group_owner
steps:
  - {name: morning, at: 0d 10:00, channel: group, purpose: serve, proof: result, content: [{text: {zh: 早上好}}]}
`

// process stores a process in a state and returns a post that it wrote.
func (d *postDesk) process(t *testing.T, channel event.Channel, state flow.ProcessState) delivery.PostOrder {
	t.Helper()
	document, err := sop.Parse([]byte(dayInGroups))
	must(t, err)
	number, err := d.db.AddProcess(t.Context(), flow.ProcessVersion{Document: document, By: "lead", At: d.clock.Now()})
	must(t, err)
	d.setProcess(t, number, state)
	o := d.order(channel)
	o.Author = delivery.ProcessAuthor(number)
	return o
}

func (d *desk) setProcess(t *testing.T, number int64, state flow.ProcessState) {
	t.Helper()
	list, err := d.db.Processes(t.Context())
	must(t, err)
	for _, p := range list {
		if p.Number == number {
			p.State = state
			must(t, d.db.ChangeProcess(t.Context(), p))
		}
	}
}

// pausing are chats that are looked up while a process is being paused.
type pausing struct {
	chats
	pause func()
}

func (p pausing) ChatIDs(ctx context.Context, groups []id.Group) (map[id.Group]string, error) {
	p.pause()
	return p.chats.ChatIDs(ctx, groups)
}

func TestAPostOfAPausedProcessWaitsUntilItGoesOnOrItsTimeIsOver(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 1)
	d.write(t, d.process(t, event.GroupPost, flow.ProcessPaused))
	if sent := d.sendPosts(t); sent != (delivery.Sent{}) {
		t.Errorf("sent %+v while the process is paused", sent)
	}
	d.setProcess(t, 1, flow.ProcessActive)
	gate := d.posts(t)
	gate.Chats = pausing{d.chats, func() { d.setProcess(t, 1, flow.ProcessPaused) }} // between the claim and the call
	if sent, err := gate.SendPosts(t.Context()); sent.Later != 1 || err != nil {
		t.Errorf("sent %+v, %v though it was paused meanwhile", sent, err)
	}
	d.setProcess(t, 1, flow.ProcessActive)
	if sent := d.sendPosts(t); sent.Accepted != 1 {
		t.Errorf("sent %+v when it went on", sent)
	}
	late := d.order(event.Moments)
	late.Key, late.Author = "late", delivery.ProcessAuthor(1)
	d.setProcess(t, 1, flow.ProcessPaused)
	d.write(t, late)
	d.pass(49 * time.Hour)
	_, err := d.posts(t).EndPosts(t.Context())
	must(t, err)
	if got := d.targets(t); !slices.Contains(got, "withdrawn:window_over") {
		t.Errorf("targets %v", got)
	}
}

func TestOfARetiredProcessNothingLeavesAndNothingUnconfirmedStays(t *testing.T) {
	t.Parallel()
	for _, channel := range []event.Channel{event.GroupPost, event.Moments} {
		d := newPostDesk(t, 1, 1, 1)
		d.write(t, d.process(t, channel, flow.ProcessActive))
		d.sendPosts(t)
		d.readPosts(t) // WeCom asks the member
		d.readPosts(t)
		d.readPosts(t)
		d.setProcess(t, 1, flow.ProcessRetired)
		again := d.order(channel)
		again.Key, again.Author = "again", delivery.ProcessAuthor(1)
		d.write(t, again)
		if sent := d.sendPosts(t); sent.Dropped != 1 {
			t.Errorf("%s: sent %+v", channel, sent)
		}
		if n, err := d.posts(t).RetirePosts(t.Context(), 1); n != 1 || err != nil {
			t.Errorf("%s: retired %d, %v", channel, n, err)
		}
		if n, err := d.posts(t).RetirePosts(t.Context(), 1); n != 0 || err != nil {
			t.Errorf("%s: retired %d again, %v", channel, n, err)
		}
		d.readPosts(t)
		if open := len(d.platform.PendingTasks("")) + len(d.platform.PendingMoments("")); open != 0 {
			t.Errorf("%s: WeCom still asks for %d", channel, open)
		}
		d.pass(11 * time.Minute)
		d.readPosts(t)
		if got := d.targets(t); !slices.Equal(got, []string{"withdrawn:retired", "withdrawn:retired"}) {
			t.Errorf("%s: targets %v", channel, got)
		}
	}
}

func TestAPostInDoubtOfARetiredProcessIsStoppedOnceItIsFound(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 1)
	p := d.behind(t)
	p.lose(func(path string) bool { return massSends(path) || strings.HasSuffix(path, "/add_moment_task") })
	d.write(t, d.process(t, event.GroupPost, flow.ProcessActive))
	d.sendPosts(t)
	if n, err := d.posts(t).RetirePosts(t.Context(), 1); n != 1 || err != nil {
		t.Fatalf("retired %d, %v", n, err)
	}
	p.lose(noCalls)
	d.pass(11 * time.Minute)
	if r, err := d.posts(t).ReconcilePosts(t.Context()); r.Accepted != 1 || err != nil {
		t.Fatalf("reconciled %+v, %v", r, err)
	}
	d.readPosts(t)
	if open := d.platform.PendingTasks(""); len(open) != 0 {
		t.Errorf("WeCom still asks for %v", open)
	}
}
