package tag_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/connector/intake"
	"siyu/internal/connector/tag"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/fault/killtest"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
	"siyu/internal/vault"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
)

// The kill test: a child process tags many customers, the parent holds WeCom
// and kills the child (SIGKILL) at a random moment, again and again. Then the
// platform is compared with what Siyu told.
const (
	killStaff     = 5
	killCustomers = 900                    // every third known by two members
	killsPerWork  = 12                     // about
	longestSpared = 150 * time.Millisecond // real time a child gets
)

var noon = time.Date(2026, time.May, 15, 12, 0, 0, 0, clock.Shanghai)

// orders tell a child what to do.
type orders struct {
	DB, WeCom, Secret string
	Corp              id.Corp
	Now               time.Time
	Work              int64
}

func TestMain(m *testing.M) { killtest.Main(m, runChild) }

// runChild is the process that gets killed.
func runChild(o orders) error {
	ctx := context.Background()
	db, err := storage.Open(ctx, storage.Config{URL: o.DB})
	if err != nil {
		return err
	}
	bulk, err := bulkOn(db, o)
	if err != nil {
		return err
	}
	fmt.Println("started")
	for {
		if w, err := bulk.Step(ctx, o.Work); err != nil {
			return err
		} else if w.State != tag.Open {
			select {} // until it is killed
		}
	}
}

func bulkOn(db *storage.DB, o orders) (*tag.Bulk, error) {
	now := clock.NewVirtual(o.Now)
	limits := wecom.DefaultLimits()
	limits.Rate = wecom.Rate{PerMinute: 1 << 30, PerHour: 1 << 30}
	client, err := wecom.New(wecom.Config{BaseURL: o.WeCom, Corp: o.Corp, Secret: wecom.Secret(o.Secret), Clock: now, Limits: &limits})
	if err != nil {
		return nil, err
	}
	log := eventlog.New(db, now)
	marks := tag.Marks{API: client, Intake: &intake.Intake{Corp: o.Corp, Log: log, Vault: noVault{}, Ledger: db, Clock: now}}
	return &tag.Bulk{
		Works: db, People: people{o.Corp}, Log: log, Clock: now,
		Marks: func(id.Corp) (tag.Marks, bool) { return marks, true },
		Lost:  func(context.Context, tag.Key) error { return nil },
	}, nil
}

// noVault is for marks, which bring no texts.
type noVault struct{ intake.Vault }

func (noVault) Put(context.Context, []vault.Entry) error { return nil }

// people are known by number.
type people struct{ corp id.Corp }

func external(n int) string { return fmt.Sprintf("wm%04d", n) }

// staffOf returns who knows a customer.
func staffOf(n int) []string {
	if n%3 == 0 {
		return []string{fmt.Sprint("staff", n%killStaff), fmt.Sprint("staff", (n+1)%killStaff)}
	}
	return []string{fmt.Sprint("staff", n%killStaff)}
}

func (p people) Bonds(_ context.Context, corp id.Corp, customers []id.Customer, _ id.Staff) (list []tag.Bond, _ error) {
	numbers := map[id.Customer]int{}
	for n := range killCustomers {
		numbers[id.CustomerOf(corp, external(n))] = n
	}
	for _, c := range customers {
		for _, staff := range staffOf(numbers[c]) {
			list = append(list, tag.Bond{Customer: c, UserID: staff, ExternalUserID: external(numbers[c])})
		}
	}
	return list, nil
}

func (people) Answering(context.Context, []id.Customer) (map[id.Customer]id.Customer, error) {
	return nil, nil
}

func (people) Carrying(context.Context, id.Tag, []id.Customer) (map[id.Customer]bool, error) {
	return nil, nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestKilledAtAnyMomentEveryCustomerIsTaggedAndToldOnce(t *testing.T) {
	works := max(2, killtest.Rounds(t)/6/killsPerWork)
	now, rng := clock.NewVirtual(noon), rand.New(rand.NewPCG(3, 1))
	platform, err := simulator.New(simulator.Config{Clock: now, Seed: 5, Limits: simulator.Limits{PerMinute: -1, PerHour: -1, Latency: time.Millisecond}})
	must(t, err)
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/mark_tag") {
			calls.Add(1)
		}
		platform.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.Close(); platform.Close() })
	name, pairs, customers := populate(t, platform)
	own := platform.Credentials(0)
	o := orders{DB: storagetest.SQLite(t), WeCom: server.URL, Secret: own.Secret, Corp: id.Corp(own.Corp), Now: now.Now()}
	kills := 0
	for n := range works {
		o.Now = now.Now()
		o.Work = prepare(t, o, tag.Key{Corp: o.Corp, ID: name}, customers, n%2 == 1)
		for finished := false; !finished; finished = ended(t, o) {
			child := killtest.Start(t, o)
			child.Kill(time.Duration(rng.Int64N(int64(longestSpared))))
			kills++
		}
		want := pairs
		if n%2 == 1 {
			want = 0
		}
		if got := carrying(platform, name); got != want {
			t.Fatalf("after work %d %d of %d pairs carry the tag, want %d", n, got, pairs, want)
		}
		now.Set(now.Now().Add(time.Hour))
	}
	told := marksTold(t, o)
	if told != works*pairs {
		t.Errorf("%d works over %d pairs were told %d times", works, pairs, told)
	}
	if extra := int(calls.Load()) - works*pairs; extra < 0 || extra > kills*200 { // of one step at most
		t.Errorf("%d calls beyond the needed after %d kills", extra, kills)
	}
	t.Logf("%d kills, %d calls beyond the %d needed", kills, int(calls.Load())-works*pairs, works*pairs)
	if kills <= works {
		t.Error("no work was interrupted: the test proves nothing")
	}
}

// populate makes members, customers and a tag; it returns the tag, how many
// pairs there are and the customers.
func populate(t *testing.T, platform *simulator.Platform) (name string, pairs int, customers []id.Customer) {
	t.Helper()
	past := platform.Past(noon.AddDate(0, -1, 0))
	for n := range killStaff {
		must(t, past.AddMember(simulator.Member{UserID: fmt.Sprint("staff", n), Name: "Name"}))
	}
	name, err := past.CreateTag("group", "tag")
	must(t, err)
	for n := range killCustomers {
		_, err := past.AddExternal(simulator.Profile{ExternalUserID: external(n), Name: "Name"})
		must(t, err)
		for _, staff := range staffOf(n) {
			must(t, past.AddRelation(simulator.Friendship{UserID: staff, ExternalUserID: external(n), AddWay: 1}))
			pairs++
		}
		customers = append(customers, id.CustomerOf(id.Corp(platform.Credentials(0).Corp), external(n)))
	}
	return name, pairs, customers
}

func prepare(t *testing.T, o orders, of tag.Key, customers []id.Customer, off bool) int64 {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: o.DB})
	must(t, err)
	bulk, err := bulkOn(db, o)
	must(t, err)
	w, err := bulk.Bulk(t.Context(), tag.Work{Tag: of, Name: "tag", By: "lead"}, customers, off)
	must(t, err)
	must(t, db.Close())
	if w.Total != len(customers) {
		t.Fatalf("work over %d customers has %d", len(customers), w.Total)
	}
	return w.ID
}

// ended looks at what the killed child left behind.
func ended(t *testing.T, o orders) bool {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: o.DB})
	must(t, err)
	w, err := db.TagWork(t.Context(), o.Work)
	must(t, err)
	must(t, db.Close())
	if w.State == tag.Finished && (w.Done != w.Total || w.Failed != 0) {
		t.Fatalf("the work ended as %+v", w)
	}
	return w.State != tag.Open
}

func carrying(platform *simulator.Platform, name string) (n int) {
	for _, r := range platform.Relations() {
		if len(r.Tags) == 1 && r.Tags[0] == name {
			n++
		}
	}
	return n
}

func marksTold(t *testing.T, o orders) (n int) {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: o.DB})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	for after := int64(0); ; {
		facts, err := db.FactsAfter(t.Context(), after, 1000)
		must(t, err)
		if len(facts) == 0 {
			return n
		}
		for _, f := range facts {
			if after = f.Seq; f.Kind == event.KindRelationTagged {
				n++
			}
		}
	}
}
