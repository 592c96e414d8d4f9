package delivery_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault/killtest"
	"siyu/internal/id"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
)

// killedPosts is how many starts of the kill test of posts are killed.
const killedPosts = 24

// killPosts returns the gate of posts of a start.
func killPosts(ctx context.Context, db *storage.DB, o orders) (delivery.PostGate, error) {
	gate, err := killGate(ctx, db, o)
	if err != nil {
		return delivery.PostGate{}, err
	}
	client, err := wecom.New(wecom.Config{BaseURL: o.WeCom, Corp: corp, Secret: wecom.Secret(o.Secret), Clock: clock.NewVirtual(o.Now), Limits: unlimited()})
	names := chats{}
	for round := range killedPosts + 1 {
		for m := range killMembers {
			names[id.GroupOf(corp, chatID(m, round))] = chatID(m, round)
		}
	}
	return delivery.PostGate{Gate: gate, PostParts: delivery.PostParts{Posts: db, Chats: names, Moments: map[id.Corp]delivery.Moments{corp: client}}}, err
}

// runPostChild is the process that gets killed: recover, write, tell the parent, send,
// compare, read back.
func runPostChild(o orders) error {
	ctx := context.Background()
	db, err := storage.Open(ctx, storage.Config{URL: o.DB})
	if err != nil {
		return err
	}
	posts, err := killPosts(ctx, db, o)
	if err != nil {
		return err
	}
	fmt.Println("started")
	if _, err := posts.RecoverPosts(ctx); err != nil {
		return err
	}
	for _, order := range killOrders(o) {
		if _, err := posts.WritePost(ctx, order); err != nil {
			return err
		}
	}
	for {
		if _, err := posts.SendPosts(ctx); err != nil {
			return err
		}
		if _, err := posts.ReconcilePosts(ctx); err != nil {
			return err
		}
		if _, err := posts.ReadPosts(ctx); err != nil {
			return err
		}
	}
}

// killOrders are the posts of one round: one into groups that had none before, one
// into the Moments of one member. Half of them can be found by a marker.
func killOrders(o orders) []delivery.PostOrder {
	order := delivery.PostOrder{Key: fmt.Sprint("groups ", o.Round), Channel: event.GroupPost, Purpose: event.Serve, Text: fmt.Sprint("新茶 ", o.Round), Author: "lead",
		From: morning, Until: morning.Add(48 * time.Hour)}
	if o.Round%2 == 0 {
		order.Link = "https://shop.example/tea"
	}
	for m := range killMembers {
		order.Groups = append(order.Groups, profile.Group{ID: id.GroupOf(corp, chatID(m, o.Round)), Owner: staff(m), Customers: 1})
	}
	moment := order
	moment.Key, moment.Channel, moment.Members = fmt.Sprint("moment ", o.Round), event.Moments, []id.Staff{staff(o.Round % killMembers)}
	return []delivery.PostOrder{order, moment}
}

func TestKilledAtAnyMomentNoPostIsSentTwiceOrLost(t *testing.T) {
	for i, lag := range []time.Duration{0, 5 * time.Second} {
		t.Run("list lag "+lag.String(), func(t *testing.T) {
			t.Parallel()
			d := &postDesk{desk: &desk{clock: clock.NewVirtual(morning), addresses: addressesOf(killMembers, 1)}, chats: chats{}}
			path := storagetest.SQLite(t)
			d.platform = platformWith(t, simulator.Config{Corp: string(corp), Clock: d.clock, ListLag: lag,
				Limits: simulator.Limits{PerMinute: -1, PerHour: -1, PerAPI: map[string]int{"/cgi-bin/externalcontact/add_moment_task": -1}}}, killMembers, 1)
			d.server = httptest.NewServer(d.platform)
			t.Cleanup(d.server.Close)
			var err error
			d.db, err = storage.Open(t.Context(), storage.Config{URL: path})
			must(t, err)
			d.addGroups(t, killMembers, killedPosts+1)
			must(t, d.db.Close())
			rng := rand.New(rand.NewPCG(uint64(i), 27))
			o := orders{Posts: true, DB: path, WeCom: d.server.URL, Secret: d.platform.Credentials(0).Secret}
			for o.Round = range killedPosts {
				o.Now = d.clock.Now()
				killtest.Start(t, o).Kill(time.Duration(rng.Int64N(int64(3 * longestSpared))))
				if o.Round%3 == 0 {
					d.confirm(t)
					d.publish(t)
				}
				d.pass(roundTime)
			}
			d.db = openDB(t, path)
			d.settlePosts(t, o)
		})
	}
}

// settlePosts lets an undisturbed start finish, and a person send again what stays in
// doubt; then both ledgers must agree target by target.
func (d *postDesk) settlePosts(t *testing.T, o orders) {
	t.Helper()
	doubts := 0
	for range 3 {
		o.Now = d.clock.Now()
		posts, err := killPosts(t.Context(), d.db, o)
		must(t, err)
		_, err = posts.RecoverPosts(t.Context())
		must(t, err)
		_, err = posts.SendPosts(t.Context())
		must(t, err)
		d.pass(time.Minute)
		o.Now = d.clock.Now()
		posts, err = killPosts(t.Context(), d.db, o)
		must(t, err)
		_, err = posts.ReconcilePosts(t.Context())
		must(t, err)
		_, err = posts.ReadPosts(t.Context())
		must(t, err)
		d.confirm(t)
		d.publish(t)
		_, err = posts.ReadPosts(t.Context())
		must(t, err)
		for _, s := range d.sends(t, delivery.InDoubt) {
			_, err := posts.ResendPost(t.Context(), "lead", s.ID)
			must(t, err)
			doubts++
		}
	}
	got := map[string]int{}
	for _, row := range d.platform.Deliveries() {
		name := row.ChatID
		if row.Kind == simulator.KindMoment {
			name = row.MsgID
		}
		got[name]++
		if got[name] > 1 {
			t.Errorf("%s got a post %d times", name, got[name])
		}
	}
	targets, moments := 0, 0
	for _, s := range d.sends(t) {
		list, err := d.db.PostTargets(t.Context(), s.ID)
		must(t, err)
		for _, target := range list {
			targets++
			reached := got[s.MsgID] > 0
			if s.Channel == event.GroupPost {
				reached = got[d.chats[target.Group()]] > 0
			} else if target.State == delivery.Delivered {
				moments++
			}
			if target.State != delivery.Delivered && target.Because != delivery.OverQuota || target.State == delivery.Delivered && !reached {
				t.Errorf("target of a %s %s send is %s (%s), reached: %v", s.Channel, s.State, target.State, target.Because, reached)
			}
		}
	}
	if published := len(d.platform.Deliveries()) - len(d.inGroups()); published != moments || targets < killMembers {
		t.Errorf("%d posts are in Moments, the ledger knows %d; %d targets", published, moments, targets)
	}
	t.Logf("%d kills, %d targets, %d sends waited for a person", killedPosts, targets, doubts)
}
