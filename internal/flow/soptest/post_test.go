package soptest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
)

// poster gives a member three confirmations a day.
type poster struct{ *soptest.Town }

func (p poster) StepPost(w delivery.StepWanted) *delivery.StepPost { return p.Gate.StepPost(w) }

func (p poster) PostRoom(ctx context.Context, day time.Time) (*delivery.PostRoom, error) {
	posts, err := p.DB.PostsAsked(ctx, day)
	room := &delivery.PostRoom{Asked: map[id.Staff]int{}, Posts: posts, Received: map[event.Channel]*delivery.PostQuota{}, Most: 3}
	for staff, list := range posts {
		room.Asked[staff] = len(list)
	}
	if err != nil {
		return nil, err
	}
	from, _, limit := p.Rules.QuotaPeriod(day)
	quota := &delivery.PostQuota{Since: from, Most: limit}
	quota.Counts, err = p.DB.PostsReceived(ctx, event.GroupPost, from, day.AddDate(0, 0, 1))
	room.Received[event.GroupPost] = quota
	return room, err
}

func (p poster) RetirePosts(ctx context.Context, process int64) (int, error) {
	return delivery.PostGate{Gate: p.Gate, PostParts: delivery.PostParts{Posts: p.DB}}.RetirePosts(ctx, process)
}

const groupDay = `
sop: 1
name: day
title: {zh: 群日, en: A group's day}
subject: group
trigger: {weekdays: [mon, tue, wed, thu, fri, sat, sun]}
clock: calendar
again: every_time
executor: group_owner
steps:
  - {name: morning, at: 0d 10:00, within: 2h, channel: group, purpose: serve, proof: result, content: [{text: {zh: 早上好, en: Good morning}}]}
  - {name: noon, at: 0d 12:00, within: 2h, channel: group, purpose: serve, proof: result, content: [{text: {zh: 中午好, en: Noon}}]}
  - {name: tea, at: 0d 14:00, within: 2h, channel: group, purpose: serve, proof: result, content: [{text: {zh: 喝茶, en: Tea}}]}
  - {name: evening, at: 0d 18:00, within: 2h, channel: group, purpose: serve, proof: result, content: [{text: {zh: 晚上好, en: Good evening}}]}
  - {name: clean, at: 0d 19:00, within: 2h, channel: group, purpose: serve, content: [{text: {zh: 删掉广告, en: Delete advertisements}}]}
`

// posting lets steps of the town be posts.
func (w teller) posting() {
	w.Operator = flow.NewOperator(w.Flow, flow.ProcessParts{
		Processes: w.DB, Runs: w.DB, Steps: w.DB, Giver: delivery.StepGate{Gate: w.Gate, Steps: w.DB}, Keeper: w.DB, Zone: w.Zone, Groups: w.DB.Groups, GroupKinds: w.DB.GroupKinds, Poster: poster{w.Town},
		TagNamed: func(context.Context, string) (id.Tag, bool, error) { return 0, false, nil },
	})
}

// deliver lets WeCom send every post that waits, and returns to how many groups.
func (w teller) deliver() (groups int) {
	w.t.Helper()
	for _, s := range must[[]delivery.PostSend](w.t)(w.DB.PostSends(w.t.Context(), delivery.PostQuery{States: []delivery.State{delivery.Planned}, Scope: everything})) {
		ok(w.t, w.DB.ChangePost(w.t.Context(), s.ID, func(r *delivery.PostRecord) error {
			r.Send.State, r.Send.Task = delivery.Accepted, delivery.Confirmed
			for i := range r.Targets {
				r.Targets[i].State, r.Targets[i].At = delivery.Delivered, w.Clock.Now()
				groups++
			}
			return nil
		}))
	}
	return groups
}

// postingTown is a town with two groups whose processes post, in the night before a
// Wednesday.
func postingTown(t *testing.T) teller {
	w := townAt(t, time.Date(2026, 5, 5, 23, 0, 0, 0, clock.Shanghai), clock.Shanghai)
	w.posting()
	for n := range 2 {
		f, err := event.New(event.Group(id.Group(50+n)), w.Clock.Now(), event.FromBackfill, id.Hash("group", fmt.Sprint(n)), event.GroupSeen{Name: fmt.Sprint("群", n), Owner: soptest.Member, Customers: 20 + n})
		ok(t, err)
		must[int](t)(w.Log.Append(t.Context(), f))
	}
	w.turn()
	return w
}

func TestStepsThatAskForTheResultArePostsUpToWhatAMemberMayConfirm(t *testing.T) {
	w := postingTown(t)
	w.install(groupDay)
	w.until(time.Date(2026, 5, 6, 10, 30, 0, 0, clock.Shanghai))
	sends := must[[]delivery.PostSend](t)(w.DB.PostSends(t.Context(), delivery.PostQuery{Scope: everything}))
	if len(sends) != 1 || sends[0].Tally.Targets != 2 || sends[0].Tally.Audience != 41 || sends[0].Staff != soptest.Member || sends[0].State != delivery.Planned {
		t.Fatalf("sends of the morning: %+v, want one for both groups", sends)
	}
	ok(t, w.DB.ChangePost(t.Context(), sends[0].ID, func(r *delivery.PostRecord) error {
		r.Targets[0].State, r.Targets[0].At = delivery.Delivered, w.Clock.Now()
		r.Targets[1].State, r.Targets[1].Because, r.Targets[1].At = delivery.Failed, delivery.OverQuota, w.Clock.Now()
		return nil
	}))
	w.until(time.Date(2026, 5, 6, 19, 30, 0, 0, clock.Shanghai))
	var said []string
	for _, s := range must[[]delivery.PostSend](t)(w.DB.PostSends(t.Context(), delivery.PostQuery{Scope: everything})) {
		p := must[[]delivery.Post](t)(w.DB.Posts(t.Context(), []int64{s.Post}))[0]
		said = append(said, fmt.Sprint(s.Channel, " ", p.Text, " ", s.Tally.Targets, " ", p.Author))
	}
	slices.Sort(said)
	if want := []string{"group_post 中午好 2 sop/1", "group_post 喝茶 2 sop/1", "group_post 早上好 2 sop/1"}; !slices.Equal(said, want) {
		t.Errorf("posts %q, want %q", said, want)
	}
	tasks := must[[]storage.StepTask](t)(w.DB.StepTasks(t.Context(), storage.StepTaskQuery{Staff: soptest.Member, Scope: everything}))
	if len(tasks) != 4 { // the evening is the fourth confirmation; advertisements are deleted by hand
		t.Errorf("%d tasks by hand: %+v", len(tasks), tasks)
	}
	lines := sop.Adherence(must[[]sop.Count](t)(w.DB.StepCounts(t.Context(), 0, 0, 1<<30)), func(c sop.Count) int { return c.Step })
	if l := lines[0]; l.Given != 2 || l.Done != 1 || l.Failed != 1 {
		t.Errorf("the morning: %+v", l)
	}
	checked(t, w)
}

func TestPostsOfAPausedProcessWaitAndOfARetiredOneAreTakenBack(t *testing.T) {
	w := postingTown(t)
	number := w.install(groupDay)
	w.until(time.Date(2026, 5, 6, 10, 30, 0, 0, clock.Shanghai))
	ready := func() int {
		q := delivery.PostQuery{States: []delivery.State{delivery.Planned}, ReadyAt: w.Clock.Now(), Scope: everything}
		return len(must[[]delivery.PostSend](t)(w.DB.PostSends(t.Context(), q)))
	}
	send := must[[]delivery.PostSend](t)(w.DB.PostSends(t.Context(), delivery.PostQuery{Scope: everything}))[0]
	posts := delivery.PostGate{Gate: w.Gate, PostParts: delivery.PostParts{Posts: w.DB}}
	must[int](t)(posts.ApprovePosts(t.Context(), "lead", []int64{send.ID}))
	for _, c := range []struct {
		what string
		do   func() error
		want int
	}{
		{"active", func() error { return nil }, 1},
		{"paused", func() error { return w.Operator.Pause(t.Context(), number, "lead", w.Clock.Now()) }, 0},
		{"active again", func() error { return w.Operator.Activate(t.Context(), number, "lead", w.Clock.Now()) }, 1},
	} {
		ok(t, c.do())
		if got := ready(); got != c.want {
			t.Errorf("%s: %d posts may leave, want %d", c.what, got, c.want)
		}
	}
	ok(t, w.Operator.Close(t.Context(), number, "lead", w.Clock.Now()))
	if _, _, err := w.Operator.EndRetired(t.Context(), w.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	for _, s := range must[[]delivery.PostSend](t)(w.DB.PostSends(t.Context(), delivery.PostQuery{Scope: everything})) {
		if s.State != delivery.Dropped || s.Because != string(delivery.Retired) || s.Tally.Withdrawn != 2 {
			t.Errorf("a post of a retired process: %+v", s)
		}
	}
	lines := sop.Adherence(must[[]sop.Count](t)(w.DB.StepCounts(t.Context(), 0, 0, 1<<30)), func(c sop.Count) int { return c.Step })
	if l := lines[0]; l.Given != 2 || l.TakenBack != 2 {
		t.Errorf("the morning: %+v", l)
	}
	checked(t, w)
}

func TestAPostOfAStepCarriesThePicturesOfItsText(t *testing.T) {
	w := postingTown(t)
	picture := content.File{Code: 7, Kind: content.KindImage, Name: "tea.png"}
	list := content.File{Code: 8, Kind: content.KindFile, Name: "prices.txt"}
	library := content.Library{Materials: []content.Material{{Code: "tea", Text: "喝茶", Link: "https://shop.example/tea", Title: "新茶", Files: []content.File{picture}},
		{Code: "prices", Text: "价目", Files: []content.File{list}}}}
	step := func(channel sop.Channel, material string) sop.Step {
		return sop.Step{Name: "s", Channel: channel, Purpose: event.Serve, Proof: sop.ByPlatform, Content: []sop.Variant{{Material: material}}}
	}
	give := func(subject sop.Subject, channel sop.Channel, material string) *delivery.StepPost {
		p := &sop.Process{Subject: subject, Steps: []sop.Step{step(channel, material)}}
		run := sop.Run{RunKey: sop.RunKey{Subject: subject, ID: 50}}
		return w.Gate.StepPost(delivery.StepWanted{Run: run, Process: p, World: sop.World{Now: w.Clock.Now(), Zone: w.Zone}, Member: org.Staff{ID: soptest.Member}, Library: library})
	}
	if p := give(sop.OfGroup, sop.Group, "tea"); p == nil || p.Post.Files != content.FilesText([]content.File{picture}) || p.Post.Title != "新茶" {
		t.Errorf("into groups: %+v", p)
	}
	if p := give(sop.OfMember, sop.Moments, "tea"); p == nil || p.Post.Files != content.FilesText([]content.File{picture}) {
		t.Errorf("in Moments: %+v", p)
	}
	if p := give(sop.OfGroup, sop.Group, "prices"); p == nil || p.Post.Files == "" {
		t.Errorf("a file into groups: %+v", p)
	}
	if p := give(sop.OfMember, sop.Moments, "prices"); p != nil {
		t.Errorf("a file went into Moments, which take none: %+v", p)
	}
}
