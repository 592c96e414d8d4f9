package app

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/id"
	"siyu/internal/profile"
	"siyu/internal/storage/postgrestest"
	"siyu/internal/storage/storagetest"
	"siyu/internal/web"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
)

// joint is an installation connected to a simulated WeCom over HTTP, both on
// one clock.
type joint struct {
	*App
	t        *testing.T
	clock    *clock.Virtual
	platform *simulator.Platform
	timers   *Timers
	dice     *rand.Rand
	tags     []string
	groups   []string
}

var members = []string{"anna", "ben", "chen"}

const strangers = 60 // whom members may meet

// join opens an installation on the database and connects it.
func join(t *testing.T, db string, mode web.Mode) *joint {
	t.Helper()
	j := &joint{t: t, clock: clock.NewVirtual(monday), dice: rand.New(rand.NewPCG(4, 2))}
	var err error
	j.platform, err = simulator.New(simulator.Config{Clock: j.clock, Seed: 7, Limits: simulator.Limits{PerMinute: -1, PerHour: -1}, Push: simulator.Push{EchoTags: true}})
	must(t, err)
	api := httptest.NewServer(j.platform)
	t.Cleanup(func() { j.platform.Close(); api.Close() })
	config, err := LoadConfig("", func(string) string { return "" })
	must(t, err)
	config.Data, config.DB, config.WeComURL = t.TempDir(), db, api.URL
	if db == "" {
		storagetest.SQLiteAt(t, config.DatabasePath())
	}
	j.App, err = Open(t.Context(), config, j.clock, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, j.Close()) })
	handler, err := j.Handler()
	must(t, err)
	console := httptest.NewServer(handler)
	t.Cleanup(console.Close)
	j.populate()
	own := j.platform.Credentials(0)
	must(t, j.Connect(t.Context(), Connection{
		Corp: id.Corp(own.Corp), Agent: int64(own.AgentID), Mode: mode,
		Secret: wecom.Secret(own.Secret), Token: wecom.Secret(own.Token), AESKey: wecom.Secret(own.AESKey),
	}, "lead"))
	j.platform.SetCallback(0, console.URL+CallbackPath)
	if err := j.platform.VerifyCallback(t.Context(), 0); (err == nil) != (mode == web.ModeCallbacks) {
		t.Fatalf("mode %s: the callback address answers %v", mode, err)
	}
	must(t, j.Backfill(t.Context()))
	must(t, j.Turn(t.Context()))
	j.timers = j.Timers()
	return j
}

// populate makes a brand with a past: members, tags, groups, customers.
func (j *joint) populate() {
	past := j.platform.Past(monday.AddDate(0, -1, 0))
	for _, name := range members {
		must(j.t, past.AddMember(simulator.Member{UserID: name, Name: "Name of " + name}))
	}
	for _, name := range []string{"green", "black"} {
		tag, err := past.CreateTag("taste", name)
		must(j.t, err)
		j.tags = append(j.tags, tag)
	}
	for i := range strangers {
		_, err := past.AddExternal(simulator.Profile{ExternalUserID: external(i), Name: "Name"})
		must(j.t, err)
		if i < strangers/2 {
			must(j.t, past.AddRelation(simulator.Friendship{UserID: members[i%len(members)], ExternalUserID: external(i), AddWay: 1}))
		}
	}
	for i, owner := range members {
		group, err := past.CreateGroup(simulator.NewGroup{Name: fmt.Sprint("group ", i), Owner: owner, Members: []string{external(i), external(i + 3)}})
		must(j.t, err)
		j.groups = append(j.groups, group)
	}
}

func external(i int) string { return fmt.Sprintf("wm%02d", i) }

// live lets people do things for some days. What is impossible the platform
// refuses, and nothing happens.
func (j *joint) live(acts int) {
	for range acts {
		j.clock.Set(j.clock.Now().Add(7 * time.Minute))
		staff, customer := members[j.dice.IntN(len(members))], external(j.dice.IntN(strangers))
		group, h := j.groups[j.dice.IntN(len(j.groups))], j.platform.People()
		switch j.dice.IntN(8) {
		case 0, 1, 2:
			_ = h.AddRelation(simulator.Friendship{UserID: staff, ExternalUserID: customer, AddWay: 1})
		case 3:
			_ = h.DeleteByCustomer(staff, customer)
		case 4:
			_ = h.DeleteByMember(staff, customer)
		case 5:
			_ = h.TagInClient(staff, customer, j.tags[:1], j.tags[1:])
		case 6:
			_, _ = h.JoinGroup(simulator.Join{ChatID: group, Who: customer})
		case 7:
			_ = h.LeaveGroup(group, customer)
		}
		if j.dice.IntN(40) == 0 {
			must(j.t, j.timers.Run(j.t.Context()))
		}
		if j.dice.IntN(100) == 0 {
			j.platform.ExpireTokens()
		}
	}
}

// differences compares what is stored with the platform, line by line.
func (j *joint) differences() (list []string) {
	ours, theirs := map[string]bool{}, map[string]bool{}
	must(j.t, j.db.EachCustomer(j.t.Context(), 100, func(states []profile.Customer) error {
		for _, c := range states {
			for _, r := range c.Relations {
				if r.Active() {
					ours[fmt.Sprint(c.ID, " knows ", r.Staff, " tagged ", sorted(r.Tags))] = true
				}
			}
			for _, m := range c.Groups {
				if m.Until == 0 {
					ours[fmt.Sprint(c.ID, " is in ", m.Group)] = true
				}
			}
		}
		return nil
	}))
	corp := id.Corp(j.platform.Credentials(0).Corp)
	for _, r := range j.platform.Relations() {
		if r.Bond == "added" {
			theirs[fmt.Sprint(id.CustomerOf(corp, r.ExternalUserID), " knows ", id.StaffOf(corp, r.UserID), " tagged ", sorted(r.Tags))] = true
		}
	}
	for _, g := range j.platform.Groups() {
		for _, m := range g.Members {
			if !slices.Contains(members, m) {
				theirs[fmt.Sprint(id.CustomerOf(corp, m), " is in ", id.GroupOf(corp, g.ChatID))] = true
			}
		}
	}
	for key := range theirs {
		if !ours[key] {
			list = append(list, "missing: "+key)
		}
	}
	for key := range ours {
		if !theirs[key] {
			list = append(list, "too much: "+key)
		}
	}
	return list
}

func sorted(tags []string) string {
	tags = slices.Clone(tags)
	slices.Sort(tags)
	return strings.Join(tags, " ")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// onBothDatabases runs the test on SQLite and on PostgreSQL.
func onBothDatabases(t *testing.T, test func(t *testing.T, db string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, "") })
	t.Run("postgres", func(t *testing.T) { test(t, postgrestest.Start(t).Database(t)) })
}

func TestByPollingTheStateBecomesThePlatformsWithinTheHourAndNobodyIsWelcomed(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModePolling)
		if got := j.differences(); len(got) != 0 {
			t.Fatalf("after the backfill: %q", got)
		}
		j.live(200)
		j.clock.Set(j.clock.Now().Add(time.Hour))
		must(t, j.timers.Run(t.Context()))
		must(t, j.Turn(t.Context()))
		if got := j.differences(); len(got) != 0 {
			t.Errorf("an hour after the last act: %q", got)
		}
		for _, d := range j.platform.Deliveries() {
			if d.Kind == simulator.KindWelcome {
				t.Errorf("a welcome was sent without callbacks: %+v", d)
			}
		}
	})
}

func TestWhatIsLostDoubledOrReorderedOnItsWayIsFoundWithinADay(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModeCallbacks)
		j.platform.SetFaults(simulator.Faults{Lose: 0.05, Duplicate: 0.3, Reorder: 0.3})
		j.live(300)
		j.platform.SetFaults(simulator.Faults{Lose: 1})
		for i := range strangers { // who is there already is refused
			_ = j.platform.People().AddRelation(simulator.Friendship{UserID: members[0], ExternalUserID: external(i), AddWay: 1})
		}
		must(t, j.platform.Drain(t.Context()))
		must(t, j.readLetters(t.Context()))
		must(t, j.Turn(t.Context()))
		if len(j.differences()) == 0 {
			t.Error("no loss mattered: the test proves nothing")
		}
		j.clock.Set(j.clock.Now().Add(24 * time.Hour))
		must(t, j.timers.Run(t.Context()))
		must(t, j.Turn(t.Context()))
		if got := j.differences(); len(got) != 0 {
			t.Errorf("a day after the last act: %q", got)
		}
		if c := j.platform.PushCounters(); c.Lost == 0 || c.Duplicated == 0 || c.Reordered == 0 {
			t.Errorf("nothing went wrong on purpose: %+v", c)
		}
		r, err := j.Verify(t.Context())
		must(t, err)
		if r.Differences != 0 {
			t.Errorf("folding the log again: %d differences", r.Differences)
		}
	})
}
