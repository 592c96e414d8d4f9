package delivery_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/wecom"
)

func TestARestoredDatabaseFindsThePostsItBelievesUnsent(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 1)
	d.write(t, d.order(event.GroupPost))
	moment := d.order(event.Moments)
	moment.Key = "moment"
	d.write(t, moment)
	// What the backup does not know: both went out after it was made.
	client := d.client(t, d.server.URL)
	sends := d.sends(t)
	for _, s := range sends {
		text := &wecom.Text{Content: "今天有新茶\n" + s.Link}
		if s.Channel == event.GroupPost {
			_, err := client.AddMassSend(t.Context(), wecom.MassSend{To: wecom.ToGroups, ChatIDs: []string{chatID(0, 0)}, Sender: userID(0), Content: wecom.Content{Text: text}})
			must(t, err)
			continue
		}
		_, err := client.AddMoment(t.Context(), wecom.MomentTask{Text: text})
		must(t, err)
	}
	d.pass(time.Minute)
	must(t, d.db.Freeze(t.Context(), d.clock.Now()))
	if sent := d.sendPosts(t); sent != (delivery.Sent{}) {
		t.Errorf("sent while frozen: %+v", sent)
	}
	if found, err := d.posts(t).CompareRestored(t.Context(), d.clock.Now()); found != (delivery.Thawed{Found: 2}) || err != nil {
		t.Errorf("found %+v, %v", found, err)
	}
	must(t, d.db.Freeze(t.Context(), time.Time{}))
	if sent := d.sendPosts(t); sent != (delivery.Sent{}) {
		t.Errorf("sent again after the restore: %+v", sent)
	}
}

// behindTheBack posts what a backup does not know of: into the first two groups of the
// first member, and in Moments of the first member.
func (d *postDesk) behindTheBack(t *testing.T, text string) {
	t.Helper()
	client, content := d.client(t, d.server.URL), wecom.Content{Text: &wecom.Text{Content: text}}
	_, err := client.AddMassSend(t.Context(), wecom.MassSend{To: wecom.ToGroups, ChatIDs: []string{chatID(0, 0), chatID(0, 1)}, Sender: userID(0), Content: content})
	must(t, err)
	job, err := client.AddMoment(t.Context(), wecom.MomentTask{Text: content.Text, Range: &wecom.MomentRange{Senders: &wecom.MomentSenders{UserIDs: []string{userID(0)}}}})
	must(t, err)
	for range 3 {
		_, err := client.MomentJob(t.Context(), job)
		must(t, err)
	}
}

func (d *postDesk) compareRestored(t *testing.T) delivery.Thawed {
	t.Helper()
	must(t, d.db.Freeze(t.Context(), d.clock.Now()))
	d.pass(11 * time.Minute)
	found, err := d.posts(t).CompareRestored(t.Context(), d.clock.Now())
	must(t, err)
	must(t, d.db.Freeze(t.Context(), time.Time{}))
	return found
}

func TestAfterARestorePostsTheBackupNeverHeardOfAreStoppedAndNotSaidTwice(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 2, 1, 3)
	d.rules.MaxConfirmations = 10 // what was found counts as asked for today
	d.behindTheBack(t, "今天有新茶\nhttps://shop.example/tea?siyu=abc")
	d.confirm(t)
	d.publish(t)
	d.behindTheBack(t, "nobody confirmed this") // still open when the copy was put back
	if found, want := d.compareRestored(t), (delivery.Thawed{Stopped: 4, Adopted: 3}); found != want {
		t.Fatalf("compared %+v, want %+v", found, want)
	}
	if open := len(d.platform.PendingTasks("")) + len(d.platform.PendingMoments("")); open != 0 {
		t.Errorf("%d unknown tasks still wait for their member", open)
	}
	if again := d.compareRestored(t); again.Adopted != 0 {
		t.Errorf("adopted again: %+v", again)
	}
	// Somebody, or a process, who does not know either writes the same once more.
	d.write(t, d.order(event.GroupPost))
	moment := d.order(event.Moments)
	moment.Key = "moment"
	d.write(t, moment)
	other := d.order(event.GroupPost)
	other.Key, other.Text = "other", "something else"
	d.write(t, other)
	d.sendPosts(t)
	d.confirm(t)
	d.publish(t)
	d.readPosts(t)
	got := d.inGroups()
	for chat, want := range map[string]int{chatID(0, 0): 2, chatID(0, 1): 2, chatID(0, 2): 2, chatID(1, 0): 2} { // each of two texts once
		if got[chat] != want {
			t.Errorf("%s got %d posts, want %d", chat, got[chat], want)
		}
	}
	words := d.targets(t)
	if held := len(slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w != "withdrawn:"+delivery.HasGot })); held != 3 {
		t.Errorf("targets %v, want two groups and a member left out", words)
	}
}

func TestAPostInDoubtWhenTheDatabaseWasRestoredIsFoundAndNotStopped(t *testing.T) {
	t.Parallel()
	for _, channel := range []event.Channel{event.GroupPost, event.Moments} {
		d := newPostDesk(t, 1, 1, 1)
		p := d.behind(t)
		p.lose(func(path string) bool { return massSends(path) || strings.HasSuffix(path, "/add_moment_task") })
		d.write(t, d.order(channel))
		if sent := d.sendPosts(t); sent.InDoubt != 1 {
			t.Fatalf("sent %+v", sent)
		}
		p.lose(noCalls)
		if found, want := d.compareRestored(t), (delivery.Thawed{Found: 1}); found != want {
			t.Errorf("%s: compared %+v, want %+v", channel, found, want)
		}
		d.confirm(t)
		d.publish(t)
		if r := d.readPosts(t); r.Delivered != 1 {
			t.Errorf("%s: results %+v", channel, r)
		}
	}
}

func TestAfterARestoreWordsThatAreSaidEveryWeekAreNotTakenForThoseOfAnotherWeek(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 2)
	lastWeek := d.order(event.GroupPost)
	lastWeek.Link = ""
	d.write(t, lastWeek)
	d.pass(7 * 24 * time.Hour)
	d.behindTheBack(t, lastWeek.Text)
	d.confirm(t)
	d.publish(t)
	if found, want := d.compareRestored(t), (delivery.Thawed{Stopped: 2, Adopted: 3}); found != want {
		t.Errorf("compared %+v, want %+v", found, want)
	}
}

func TestAfterARestoreTheSameWordsOfAnotherToolHoldNothingUp(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 2)
	gate, wire := d.wired(t)
	o := d.order(event.GroupPost)
	o.Link = ""
	d.write(t, o)
	d.behindTheBack(t, o.Text)
	d.behindTheBack(t, o.Text)
	wire.stopped = wecom.CodeNotOurs
	d.pass(time.Minute)
	if found, err := gate.CompareRestored(t.Context(), d.clock.Now()); found.Found != 1 || err != nil {
		t.Errorf("compared %+v, %v", found, err)
	}
}

func TestAfterARestoreOnlyWhatWeComCallsAnothersIsNotOurs(t *testing.T) {
	t.Parallel()
	const nothingLeft = 41093 // or whatever WeCom says of a task that everybody has confirmed
	for code, want := range map[int]delivery.Thawed{
		wecom.CodeNotOurs: {}, wecom.CodeBadMessage: {}, wecom.CodeBadMoment: {}, wecom.CodeMemberMoment: {},
		nothingLeft: {Adopted: 3}, wecom.CodeWelcomed: {Adopted: 3},
	} {
		d := newPostDesk(t, 1, 1, 2)
		gate, wire := d.wired(t)
		d.behindTheBack(t, "今天有新茶")
		d.confirm(t)
		d.publish(t)
		wire.stopped = code
		d.pass(11 * time.Minute)
		if found, err := gate.CompareRestored(t.Context(), d.clock.Now()); found != want || err != nil {
			t.Errorf("%d: compared %+v, %v, want %+v", code, found, err, want)
		}
	}
	d := newPostDesk(t, 1, 1, 2)
	gate, wire := d.wired(t)
	d.behindTheBack(t, "今天有新茶")
	wire.stopped = wecom.CodeDispatching
	d.pass(11 * time.Minute)
	if _, err := gate.CompareRestored(t.Context(), d.clock.Now()); !wecom.IsCode(err, wecom.CodeDispatching) {
		t.Errorf("what WeCom cannot say yet: %v", err)
	}
}

func TestAfterARestoreOverMidnightWordsOfTheDayBeforeAreNotSaidTwice(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 2)
	d.pass(10 * time.Hour) // eight in the evening
	d.behindTheBack(t, "今天有新茶\nhttps://shop.example/tea?siyu=abc")
	d.confirm(t)
	d.publish(t)
	d.pass(4*time.Hour + 30*time.Minute)
	if found, want := d.compareRestored(t), (delivery.Thawed{Stopped: 2, Adopted: 3}); found != want {
		t.Fatalf("compared %+v, want %+v", found, want)
	}
	again := func(key string) string {
		for _, channel := range []event.Channel{event.GroupPost, event.Moments} {
			o := d.order(channel)
			o.Key = key + string(channel)
			d.write(t, o)
		}
		d.pass(13 * time.Hour) // until the afternoon
		d.sendPosts(t)
		return strings.Join(d.targets(t), " ")
	}
	held := "withdrawn:" + delivery.HasGot
	if got, want := again("night"), strings.Join([]string{"delivered", "delivered", "delivered", held, held, held}, " "); got != want {
		t.Errorf("written again in the night: %s, want %s", got, want)
	}
	if got, want := again("next day"), strings.Join([]string{"delivered", "delivered", "delivered", "underway", "underway", "underway", held, held, held}, " "); got != want {
		t.Errorf("written again on the next day: %s, want %s", got, want)
	}
}

func TestAPostWhoseTaskWeComIsStillMakingIsNoStranger(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 1)
	d.write(t, d.order(event.Moments))
	d.sendPosts(t) // accepted, its number is not known yet
	if found := d.compareRestored(t); found != (delivery.Thawed{}) {
		t.Errorf("compared %+v", found)
	}
	d.readPosts(t)
	d.publish(t)
	if r := d.readPosts(t); r.Delivered != 1 {
		t.Errorf("results %+v", r)
	}
}
