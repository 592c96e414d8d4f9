package delivery_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
)

func TestAPostInMomentsIsMadePublishedAndRead(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 2, 3, 0)
	d.write(t, d.order(event.Moments))
	if sent := d.sendPosts(t); sent.Accepted != 1 {
		t.Fatalf("sent %+v", sent)
	}
	if s := d.onlySend(t); s.Task != delivery.Making || s.Job == "" || s.MsgID != "" {
		t.Errorf("WeCom has not made it yet, and still %+v", s)
	}
	d.pass(5 * time.Second)
	d.readPosts(t)
	if s := d.onlySend(t); s.Task != delivery.Open || s.MsgID == "" {
		t.Fatalf("WeCom has made it: %+v", s)
	}
	d.publish(t, userID(0))
	if r := d.readPosts(t); r.Delivered != 1 {
		t.Errorf("results %+v", r)
	}
	d.publish(t)
	d.readPosts(t)
	s := d.onlySend(t)
	if s.Task != delivery.Confirmed || s.Tally.Reached != 2 || s.Tally.Audience != 6 || s.Tally.Seen != 6 {
		t.Errorf("the send stands at %+v", s)
	}
	if n := d.facts(t, event.KindTaskConfirmed); n != 2 {
		t.Errorf("%d confirmations are facts", n)
	}
	for who, n := range received(d.platform) {
		if n != 1 {
			t.Errorf("%s saw it %d times", who, n)
		}
	}
}

func TestReactionsToMomentsAreFactsOnce(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 2, 0)
	d.write(t, d.order(event.Moments))
	d.sendPosts(t)
	d.pass(5 * time.Second)
	d.readPosts(t)
	d.publish(t)
	d.readPosts(t)
	moment := d.onlySend(t).MsgID
	must(t, d.platform.People().LikeMoment(moment, userID(0), externalID(0, 0)))
	must(t, d.platform.People().CommentMoment(moment, userID(0), externalID(0, 1)))
	must(t, d.platform.People().CommentMoment(moment, userID(0), userID(0))) // a member's word is no sign of trust
	for range 3 {
		d.pass(2 * time.Hour)
		_, err := d.posts(t).WatchMoments(t.Context())
		must(t, err)
	}
	if n := d.facts(t, event.KindMomentReacted); n != 2 {
		t.Errorf("%d reactions are facts", n)
	}
	if s := d.onlySend(t); s.Tally.Likes != 1 || s.Tally.Comments != 1 {
		t.Errorf("tally %+v", s.Tally)
	}
	d.pass(time.Minute)
	if w, err := d.posts(t).WatchMoments(t.Context()); err != nil || w.Looked != 0 {
		t.Errorf("looked again at once: %+v, %v", w, err)
	}
	d.pass(8 * 24 * time.Hour)
	if w, err := d.posts(t).WatchMoments(t.Context()); err != nil || w.Looked != 0 {
		t.Errorf("looked after a week: %+v, %v", w, err)
	}
}

func TestMomentsOfMembersWhoDidNotPublishAreStoppedAndResentToThemAlone(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 2, 1, 0)
	o := d.order(event.Moments)
	o.Until = d.clock.Now().Add(3 * time.Hour)
	d.write(t, o)
	d.sendPosts(t)
	d.pass(5 * time.Second)
	d.readPosts(t)
	d.publish(t, userID(0))
	d.readPosts(t)
	d.pass(4 * time.Hour)
	d.readPosts(t)
	d.pass(11 * time.Minute)
	d.readPosts(t)
	if got := d.targets(t); !slices.Equal(got, []string{"delivered", "withdrawn:window_over"}) {
		t.Fatalf("targets %v", got)
	}
	if open := d.platform.PendingMoments(""); len(open) != 0 {
		t.Errorf("WeCom still asks for %v", open)
	}
	_, err := d.posts(t).ResendPost(t.Context(), "lead", d.onlySend(t).ID)
	must(t, err)
	d.sendPosts(t)
	d.pass(5 * time.Second)
	d.readPosts(t)
	if open := d.platform.PendingMoments(""); len(open) != 1 || open[0].UserID != userID(1) {
		t.Errorf("asked again: %v", open)
	}
}

func TestMomentsForNobodyAreRejectedByTheJob(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 0)
	o := d.order(event.Moments)
	o.Tags = []string{"etnone"}
	d.write(t, o)
	d.sendPosts(t)
	d.pass(5 * time.Second)
	d.readPosts(t)
	if s := d.onlySend(t, delivery.Rejected); !strings.HasPrefix(s.Because, "job_") {
		t.Errorf("rejected because %q", s.Because)
	}
	if got := d.targets(t); !slices.Equal(got, []string{"failed:rejected"}) {
		t.Errorf("targets %v", got)
	}
}

func TestAJobThatWeComForgotLeavesMomentsInDoubtAndIsFoundInTheList(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 0)
	o := d.order(event.Moments)
	o.Until = o.From.Add(5 * 24 * time.Hour)
	d.write(t, o)
	d.sendPosts(t)
	d.pass(25 * time.Hour) // nobody asked for a day
	d.readPosts(t)
	if s := d.onlySend(t, delivery.InDoubt); s.Task != delivery.NoTask {
		t.Errorf("in doubt with task %q", s.Task)
	}
	if r, err := d.posts(t).ReconcilePosts(t.Context()); err != nil || r.Accepted != 1 {
		t.Errorf("reconciled %+v, %v", r, err)
	}
	if s := d.onlySend(t, delivery.Accepted); s.Task != delivery.Open || s.MsgID == "" {
		t.Errorf("found %+v", s)
	}
}

func TestAMemberPublishesOnePostADay(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 0)
	d.write(t, d.order(event.Moments))
	d.sendPosts(t)
	second := d.order(event.Moments)
	second.Key = "second"
	d.write(t, second)
	if sent := d.sendPosts(t); sent.Dropped != 1 {
		t.Errorf("sent %+v", sent)
	}
	if got := d.targets(t); !slices.Equal(got, []string{"underway", "withdrawn:quota"}) {
		t.Errorf("targets %v", got)
	}
}
