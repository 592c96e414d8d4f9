package delivery_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/wecom/simulator"
)

// postDesk is a desk whose members own groups: m0g0, m0g1 ...
type postDesk struct {
	*desk
	groups []profile.Group
	chats  chats
}

// chats knows the chat ids of the tests' groups, which is what the vault does for
// real ones.
type chats map[id.Group]string

func (c chats) ChatIDs(_ context.Context, groups []id.Group) (map[id.Group]string, error) {
	found := map[id.Group]string{}
	for _, g := range groups {
		if chat, ok := c[g]; ok {
			found[g] = chat
		}
	}
	return found, nil
}

func newPostDesk(t testing.TB, members, customers, groups int) *postDesk {
	t.Helper()
	d := &postDesk{desk: newDesk(t, members, customers), chats: chats{}}
	d.addGroups(t, members, groups)
	return d
}

func (d *postDesk) addGroups(t testing.TB, members, groups int) {
	t.Helper()
	past := d.platform.Past(morning.AddDate(0, -1, 0))
	for m := range members {
		for n := range groups {
			chat := chatID(m, n)
			_, err := past.CreateGroup(simulator.NewGroup{ChatID: chat, Name: chat, Owner: userID(m), Members: []string{externalID(m, 0)}})
			must(t, err)
			g := profile.Group{ID: id.GroupOf(corp, chat), Corp: corp, Name: chat, Owner: staff(m), Created: event.At(morning), Customers: 1}
			d.groups, d.chats[g.ID] = append(d.groups, g), chat
		}
	}
	d.fold(t, d.groups...)
}

func chatID(member, number int) string { return fmt.Sprintf("wr%dg%d", member, number) }

func (d *postDesk) fold(t testing.TB, groups ...profile.Group) {
	t.Helper()
	at, err := d.db.Cursor(t.Context(), "groups")
	must(t, err)
	must(t, d.db.CommitFold(t.Context(), flow.Fold{Reader: "groups", Began: at, Cursor: at + 1, Groups: groups}))
}

func (d *postDesk) posts(t testing.TB) delivery.PostGate {
	t.Helper()
	return delivery.PostGate{Gate: d.gate, PostParts: delivery.PostParts{
		Posts: d.db, Chats: d.chats, Moments: map[id.Corp]delivery.Moments{corp: d.client(t, d.server.URL)},
	}}
}

func (d *postDesk) order(channel event.Channel) delivery.PostOrder {
	o := delivery.PostOrder{
		Key: "order", Channel: channel, Purpose: event.Serve, Text: "今天有新茶", Link: "https://shop.example/tea", Author: "lead",
		From: d.clock.Now(), Until: d.clock.Now().Add(48 * time.Hour), Groups: d.groups,
	}
	for _, s := range d.org.Staff {
		o.Members = append(o.Members, s.ID)
	}
	return o
}

func (d *postDesk) write(t testing.TB, o delivery.PostOrder) int64 {
	t.Helper()
	post, err := d.posts(t).WritePost(t.Context(), o)
	must(t, err)
	return post
}

func (d *postDesk) sendPosts(t testing.TB) delivery.Sent {
	t.Helper()
	sent, err := d.posts(t).SendPosts(t.Context())
	must(t, err)
	return sent
}

func (d *postDesk) readPosts(t testing.TB) delivery.Results {
	t.Helper()
	results, err := d.posts(t).ReadPosts(t.Context())
	must(t, err)
	return results
}

// publish lets members publish every post that waits in Moments.
func (d *postDesk) publish(t testing.TB, users ...string) {
	t.Helper()
	for _, task := range d.platform.PendingMoments("") {
		if len(users) == 0 || slices.Contains(users, task.UserID) {
			must(t, d.platform.People().PublishMoment(task.UserID, task.ID))
		}
	}
}

func (d *postDesk) sends(t testing.TB, states ...delivery.State) []delivery.PostSend {
	t.Helper()
	list, err := d.db.PostSends(t.Context(), delivery.PostQuery{States: states, Scope: org.All()})
	must(t, err)
	return list
}

func (d *postDesk) onlySend(t testing.TB, states ...delivery.State) delivery.PostSend {
	t.Helper()
	list := d.sends(t, states...)
	if len(list) != 1 {
		t.Fatalf("%d sends are %v, want one", len(list), states)
	}
	return list[0]
}

// targets returns what became of a post's targets, sorted: "delivered", "failed:quota".
func (d *postDesk) targets(t testing.TB) (words []string) {
	t.Helper()
	for _, s := range d.sends(t) {
		list, err := d.db.PostTargets(t.Context(), s.ID)
		must(t, err)
		for _, target := range list {
			words = append(words, strings.TrimSuffix(string(target.State)+":"+target.Because, ":"))
		}
	}
	slices.Sort(words)
	return words
}

// inGroups returns how many messages each group got, by the platform's own ledger.
func (d *postDesk) inGroups() map[string]int {
	got := map[string]int{}
	for _, row := range d.platform.Deliveries() {
		if row.Kind == simulator.KindGroup {
			got[row.ChatID]++
		}
	}
	return got
}

func TestAPostReachesEveryGroupOnceByItsOwner(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 2, 1, 3)
	d.write(t, d.order(event.GroupPost))
	d.write(t, d.order(event.GroupPost)) // the form was sent twice
	if sent := d.sendPosts(t); sent.Accepted != 2 {
		t.Fatalf("sent %+v, want one call for each owner", sent)
	}
	if again := d.sendPosts(t); again != (delivery.Sent{}) {
		t.Errorf("sent again: %+v", again)
	}
	if r := d.readPosts(t); r != (delivery.Results{}) {
		t.Errorf("nobody confirmed, but %+v", r)
	}
	d.confirm(t)
	if r := d.readPosts(t); r.Confirmed != 2 || r.Delivered != 6 {
		t.Errorf("results %+v", r)
	}
	d.readPosts(t)
	if got := d.inGroups(); len(got) != 6 {
		t.Errorf("groups got %v", got)
	}
	for chat, n := range d.inGroups() {
		if n != 1 {
			t.Errorf("%s got %d", chat, n)
		}
	}
	if n := d.facts(t, event.KindTaskConfirmed); n != 2 {
		t.Errorf("%d confirmations are facts", n)
	}
	if s := d.sends(t)[0]; s.Task != delivery.Confirmed || s.Tally.Reached != 3 || s.Tally.Audience != 3 {
		t.Errorf("the send stands at %+v", s)
	}
}

func TestAPostSaysWhyAGroupDidNotGetIt(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 5)
	must(t, d.platform.People().DismissGroup(chatID(0, 0)))
	moved := d.groups[1]
	moved.Owner = staff(9)
	gone := d.groups[2]
	gone.Dismissed = event.At(morning)
	d.write(t, d.order(event.GroupPost))
	d.fold(t, moved, gone)
	d.platform.SetQuota(simulator.QuotaDaily)
	_, err := d.platform.People().SendOwnMass(simulator.OwnMass{UserID: userID(0), ChatIDs: []string{chatID(0, 3)}, Text: "by hand"})
	must(t, err)
	d.sendPosts(t)
	d.confirm(t)
	d.readPosts(t)
	want := []string{"delivered", "failed:not_taken", "failed:quota", "withdrawn:group_gone", "withdrawn:other_owner"}
	if got := d.targets(t); !slices.Equal(got, want) {
		t.Errorf("targets %v, want %v", got, want)
	}
	// A person sends it again, to those alone that did not get it.
	successor, err := d.posts(t).ResendPost(t.Context(), "lead", d.sends(t)[0].ID)
	must(t, err)
	d.pass(24 * time.Hour)
	if sent := d.sendPosts(t); sent.Accepted != 1 {
		t.Fatalf("sent %+v", sent)
	}
	d.confirm(t)
	d.readPosts(t)
	if got := d.inGroups(); got[chatID(0, 3)] != 2 || got[chatID(0, 4)] != 1 {
		t.Errorf("groups got %v", got)
	}
	for _, s := range d.sends(t) {
		if s.ID == successor && s.ApprovedBy != "lead" {
			t.Errorf("the new send was approved by %q", s.ApprovedBy)
		}
	}
	if _, err := d.posts(t).ResendPost(t.Context(), "lead", d.sends(t, delivery.Accepted)[0].ID); fault.CodeOf(err) != fault.Conflict && fault.CodeOf(err) != "" {
		t.Errorf("resent again: %v", err)
	}
}

func TestAGroupPastItsQuotaIsLeftOutByTheGate(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 1)
	d.rules.Quota = "day"
	d.write(t, d.order(event.GroupPost))
	d.sendPosts(t)
	d.confirm(t)
	d.readPosts(t)
	second := d.order(event.GroupPost)
	second.Key = "second"
	d.write(t, second)
	if sent := d.sendPosts(t); sent.Dropped != 1 {
		t.Errorf("sent %+v", sent)
	}
	if got := d.targets(t); !slices.Equal(got, []string{"delivered", "withdrawn:quota"}) {
		t.Errorf("targets %v", got)
	}
}

func TestPostsAndMassMessagesShareTheMembersConfirmations(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 4, 1)
	for n := range 2 {
		d.plan(t, "ask", 0, n)
		d.pass(time.Minute)
	}
	d.send(t)
	moment := d.order(event.Moments)
	moment.Key = "moment"
	d.write(t, moment)
	if sent := d.sendPosts(t); sent.Accepted != 1 {
		t.Fatalf("sent %+v", sent)
	}
	d.write(t, d.order(event.GroupPost)) // the fourth
	if sent := d.sendPosts(t); sent.Later != 1 {
		t.Errorf("sent %+v, want the post put off", sent)
	}
	d.plan(t, "ask", 0, 3)
	if sent := d.send(t); sent.Dropped != 1 {
		t.Errorf("sent %+v, want no fourth mass message", sent)
	}
	d.pass(24 * time.Hour)
	if sent := d.sendPosts(t); sent.Accepted != 1 {
		t.Errorf("sent %+v on the next day", sent)
	}
}

func TestAPostWaitsForApprovalQuietHoursAndItsTime(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 1)
	d.settings.Approve = false
	d.restart(t)
	o := d.order(event.GroupPost)
	o.From = o.From.Add(2 * time.Hour)
	d.write(t, o)
	d.pass(3 * time.Hour)
	if sent := d.sendPosts(t); sent != (delivery.Sent{}) {
		t.Errorf("sent without approval: %+v", sent)
	}
	if n, err := d.posts(t).ApprovePosts(t.Context(), "lead", []int64{d.onlySend(t).ID}); n != 1 || err != nil {
		t.Fatalf("approved for %d, %v", n, err)
	}
	d.pass(9 * time.Hour) // 22:00
	if sent := d.sendPosts(t); sent.Later != 1 {
		t.Errorf("sent in quiet hours: %+v", sent)
	}
	d.pass(12 * time.Hour)
	if sent := d.sendPosts(t); sent.Accepted != 1 {
		t.Errorf("sent %+v in the morning", sent)
	}
}

func TestAPostNobodyConfirmedIsStoppedWhenItsTimeIsOverOrAPersonSaysSo(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 2, 1, 1)
	post := d.write(t, d.order(event.GroupPost))
	d.sendPosts(t)
	must(t, d.platform.People().ConfirmTask(userID(0), d.platform.PendingTasks(userID(0))[0].ID))
	d.readPosts(t)
	if n, err := d.posts(t).StopPost(t.Context(), "lead", org.All(), post); n != 1 || err != nil {
		t.Fatalf("stopped %d, %v", n, err)
	}
	if open := d.platform.PendingTasks(""); len(open) != 0 {
		t.Errorf("WeCom still asks for %v", open)
	}
	d.readPosts(t)
	d.pass(11 * time.Minute)
	if r := d.readPosts(t); r.Cancelled != 1 {
		t.Errorf("results %+v", r)
	}
	if got := d.targets(t); !slices.Equal(got, []string{"delivered", "withdrawn:person"}) {
		t.Errorf("targets %v", got)
	}
	late := d.order(event.GroupPost)
	late.Key, late.Until = "late", d.clock.Now().Add(time.Hour)
	d.write(t, late)
	d.sendPosts(t)
	d.pass(2 * time.Hour)
	d.readPosts(t)
	d.pass(11 * time.Minute)
	d.readPosts(t)
	if got := d.targets(t); !slices.Contains(got, "withdrawn:window_over") || len(d.platform.PendingTasks("")) != 0 {
		t.Errorf("targets %v", got)
	}
}

func TestMembersAreRemindedThreeTimesADay(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 1)
	d.write(t, d.order(event.GroupPost))
	d.sendPosts(t)
	s := d.onlySend(t)
	for range delivery.UrgeLimit {
		if who, err := d.posts(t).UrgePost(t.Context(), s.ID); len(who) != 1 || err != nil {
			t.Fatalf("reminded %v, %v", who, err)
		}
	}
	if _, err := d.posts(t).UrgePost(t.Context(), s.ID); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a fourth reminder: %v", err)
	}
	if task := d.platform.PendingTasks("")[0]; task.Reminders != 3 {
		t.Errorf("WeCom reminded %d times", task.Reminders)
	}
}

func TestAnAnswerThatIsLostLeavesAPostInDoubtForWeComsListOrAPerson(t *testing.T) {
	t.Parallel()
	for _, channel := range []event.Channel{event.GroupPost, event.Moments} {
		for _, link := range []string{"https://shop.example/tea", ""} {
			d := newPostDesk(t, 1, 1, 1)
			p := d.behind(t)
			p.lose(func(path string) bool { return massSends(path) || strings.HasSuffix(path, "/add_moment_task") })
			o := d.order(channel)
			o.Link = link
			d.write(t, o)
			if sent := d.sendPosts(t); sent.InDoubt != 1 {
				t.Fatalf("%s: sent %+v", channel, sent)
			}
			if again := d.sendPosts(t); again != (delivery.Sent{}) {
				t.Fatalf("%s: sent again %+v", channel, again)
			}
			if _, err := d.posts(t).ResendPost(t.Context(), "lead", d.onlySend(t).ID); fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%s: resent before the lists were compared: %v", channel, err)
			}
			d.pass(11 * time.Minute)
			if r, err := d.posts(t).ReconcilePosts(t.Context()); err != nil || r != (delivery.Reconciled{Accepted: 1}) {
				t.Errorf("%s: reconciled %+v, %v", channel, r, err)
			}
			d.confirm(t)
			d.publish(t)
			if r := d.readPosts(t); r.Delivered != 1 {
				t.Errorf("%s: results %+v", channel, r)
			}
		}
	}
}

func TestAPostWeComDoesNotListIsResentByAPersonOnly(t *testing.T) {
	t.Parallel()
	for _, channel := range []event.Channel{event.GroupPost, event.Moments} {
		d := newPostDesk(t, 1, 1, 1)
		p := d.behind(t)
		p.loseHere(func(path string) bool { return massSends(path) || strings.HasSuffix(path, "/add_moment_task") })
		d.write(t, d.order(channel))
		d.sendPosts(t)
		p.loseHere(noCalls)
		d.pass(11 * time.Minute)
		if r, err := d.posts(t).ReconcilePosts(t.Context()); err != nil || r != (delivery.Reconciled{Open: 1}) {
			t.Errorf("reconciled %+v, %v", r, err)
		}
		if sent := d.sendPosts(t); sent != (delivery.Sent{}) {
			t.Errorf("sent without a person: %+v", sent)
		}
		doubt := d.onlySend(t, delivery.InDoubt)
		_, err := d.posts(t).ResendPost(t.Context(), "lead", doubt.ID)
		must(t, err)
		if _, err := d.posts(t).ResendPost(t.Context(), "lead", doubt.ID); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("resent twice: %v", err)
		}
		if sent := d.sendPosts(t); sent.Accepted != 1 {
			t.Errorf("sent %+v", sent)
		}
	}
}

func TestAPostThatCannotBeSentIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 1)
	for key, spoil := range map[string]func(*delivery.PostOrder){
		"error.post_empty":  func(o *delivery.PostOrder) { o.Text = "" },
		"error.post_long":   func(o *delivery.PostOrder) { o.Text = strings.Repeat("茶", 1400) },
		"error.post_title":  func(o *delivery.PostOrder) { o.Title = strings.Repeat("茶", 50) },
		"error.post_link":   func(o *delivery.PostOrder) { o.Link = "javascript:alert(1)" },
		"error.post_time":   func(o *delivery.PostOrder) { o.Until = o.From },
		"error.post_nobody": func(o *delivery.PostOrder) { o.Groups = nil },
	} {
		o := d.order(event.GroupPost)
		spoil(&o)
		if _, err := d.posts(t).WritePost(t.Context(), o); fault.KeyOf(err) != key {
			t.Errorf("%s: %v", key, err)
		}
	}
}
