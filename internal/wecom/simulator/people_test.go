package simulator

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"siyu/internal/clock"
)

// noon is a Friday in the middle of a month.
var noon = time.Date(2026, 5, 15, 12, 0, 0, 0, clock.Shanghai)

// start returns a platform on a virtual clock that stands at noon.
func start(t testing.TB, change func(*Config)) (*Platform, *clock.Virtual) {
	t.Helper()
	v := clock.NewVirtual(noon)
	cfg := Config{Clock: v, Seed: 1, Push: Push{Workers: 1}}
	if change != nil {
		change(&cfg)
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, v
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// history builds staff, customers, relations, groups and chats in the past.
func history(t testing.TB, p *Platform, customers, messages int) {
	const staff, groups = 45, 60
	begin := noon.AddDate(-1, 0, 0)
	h := p.Past(begin)
	for i := range staff {
		must(t, h.AddMember(Member{UserID: fmt.Sprint("staff", i), Name: fmt.Sprint("Staff ", i)}))
	}
	ids := make([]string, customers)
	for i := range ids {
		at := begin.Add(time.Duration(i) * 365 * 24 * time.Hour / time.Duration(customers))
		id, err := p.Past(at).AddExternal(Profile{Name: "c", UnionID: fmt.Sprint("u", i)})
		must(t, err)
		must(t, p.Past(at).AddRelation(Friendship{UserID: fmt.Sprint("staff", i%staff), ExternalUserID: id, AddWay: 1, State: "s"}))
		if i%10 < 3 {
			must(t, p.Past(at).AddRelation(Friendship{UserID: fmt.Sprint("staff", (i+1)%staff), ExternalUserID: id, AddWay: 3}))
		}
		ids[i] = id
	}
	for i := range groups {
		_, err := h.CreateGroup(NewGroup{Name: "g", Owner: fmt.Sprint("staff", i%staff), Members: ids[i*50 : i*50+50]})
		must(t, err)
	}
	for i := range messages {
		c := i % customers
		at := noon.AddDate(0, 0, -i%365)
		_, err := p.Past(at).ChatMessage(Message{From: ids[c], To: fmt.Sprint("staff", c%staff), Kind: "text", Length: 12})
		must(t, err)
	}
}

func TestAYearOfHistoryIsBuiltQuicklyAndSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("builds 20,000 customers")
	}
	p, _ := start(t, nil)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begun := time.Now()
	history(t, p, 20_000, 1_000_000)
	took := time.Since(begun)
	runtime.GC()
	runtime.ReadMemStats(&after)
	size := (after.HeapAlloc - before.HeapAlloc) >> 20
	t.Logf("20,000 customers, %d pairs, 60 groups, 1,000,000 messages: %v, %d MB", len(p.Relations()), took, size)
	if size > 300 {
		t.Errorf("the history takes %d MB, at most 300 were promised", size)
	}
	if got := len(p.Relations()); got != 26_000 {
		t.Errorf("%d pairs, want 26,000", got)
	}
	runtime.KeepAlive(p)
}
