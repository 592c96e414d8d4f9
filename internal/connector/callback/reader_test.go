package callback_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/connector/callback"
	"siyu/internal/connector/intake/intaketest"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
)

var noon = time.Date(2026, time.May, 15, 12, 0, 0, 0, clock.Shanghai)

// letters is an inbox in memory.
type letters struct {
	mu      sync.Mutex
	order   [][32]byte
	all     map[[32]byte]*vault.Letter
	done    map[[32]byte]bool
	reasons map[[32]byte]string
}

func newLetters() *letters {
	return &letters{all: map[[32]byte]*vault.Letter{}, done: map[[32]byte]bool{}, reasons: map[[32]byte]string{}}
}

func (l *letters) Put(_ context.Context, one vault.Letter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all[one.Hash] == nil {
		l.all[one.Hash] = &one
		l.order = append(l.order, one.Hash)
	}
	return nil
}

func (l *letters) Pending(_ context.Context, limit int) (pending []vault.Letter, _ error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, hash := range l.order {
		if !l.done[hash] && len(pending) < limit {
			pending = append(pending, *l.all[hash])
		}
	}
	return pending, nil
}

func (l *letters) FinishLetters(_ context.Context, hashes [][32]byte, _ time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, hash := range hashes {
		l.done[hash] = true
	}
	return nil
}

func (l *letters) FailLetter(_ context.Context, hash [32]byte, reason string, limit int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all[hash].Attempts++
	if l.all[hash].Attempts >= limit {
		l.done[hash], l.reasons[hash] = true, reason
	}
	return nil
}

// greeter notes who arrived.
type greeter struct {
	mu       sync.Mutex
	client   *wecom.Client
	arrivals []callback.Arrival
	errs     []error
}

func (g *greeter) Welcome(ctx context.Context, a callback.Arrival) error {
	err := g.client.SendWelcome(ctx, a.Code, wecom.Content{Text: &wecom.Text{Content: "hello " + a.Name}})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.arrivals, g.errs = append(g.arrivals, a), append(g.errs, err)
	return err
}

// shop is a simulated WeCom, connected over HTTP both ways.
type shop struct {
	t        testing.TB
	platform *simulator.Platform
	clock    *clock.Virtual
	memory   *intaketest.Memory
	inbox    *letters
	reader   *callback.Reader
	greeter  *greeter
	corp     id.Corp
	door     callback.Door
	tags     []wecom.TagGroup // as last seen
}

func (s *shop) lookAtTags(ctx context.Context) (err error) {
	s.tags, err = s.door.Client.Tags(ctx)
	return err
}

func open(t testing.TB, change func(*simulator.Config)) *shop {
	t.Helper()
	now := clock.NewVirtual(noon)
	config := simulator.Config{Clock: now, Seed: 7}
	if change != nil {
		change(&config)
	}
	platform, err := simulator.New(config)
	must(t, err)
	api := httptest.NewServer(platform)
	t.Cleanup(func() { platform.Close(); api.Close() })
	own := platform.Credentials(0)
	client, err := wecom.New(wecom.Config{BaseURL: api.URL, Corp: id.Corp(own.Corp), Secret: wecom.Secret(own.Secret), AgentID: int64(own.AgentID), Clock: now})
	must(t, err)
	s := &shop{t: t, platform: platform, clock: now, memory: intaketest.New(), inbox: newLetters(), corp: id.Corp(own.Corp), greeter: &greeter{client: client}}
	s.door = callback.Door{Client: client, Intake: s.memory.Intake(s.corp, now), Tags: s.lookAtTags}
	s.reader = callback.NewReader(callback.Config{
		Doors: map[id.Corp]callback.Door{s.corp: s.door}, Inbox: s.inbox, Welcomer: s.greeter,
		Settings: callback.DefaultSettings(), Clock: now, Logger: slog.New(slog.DiscardHandler),
	})
	crypt, err := wecom.NewCrypt(s.corp, wecom.Secret(own.Token), wecom.Secret(own.AESKey))
	must(t, err)
	handler, err := wecom.NewCallbackHandler(callback.NewSink(s.inbox, s.reader.Wake), now, crypt)
	must(t, err)
	hook := httptest.NewServer(handler)
	t.Cleanup(hook.Close)
	platform.SetCallback(0, hook.URL)
	must(t, platform.VerifyCallback(t.Context(), 0))
	past := platform.Past(noon.AddDate(0, -1, 0))
	for _, name := range []string{"anna", "ben"} {
		must(t, past.AddMember(simulator.Member{UserID: name, Name: "Name of " + name}))
	}
	for _, name := range []string{"wmwang", "wmli", "wmzhao"} {
		_, err := past.AddExternal(simulator.Profile{ExternalUserID: name, Name: "Name of " + name, UnionID: "union " + name})
		must(t, err)
	}
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// settle delivers what happened and reads it until nothing is left.
func (s *shop) settle() []event.Fact {
	s.t.Helper()
	before := len(s.memory.Facts(0))
	must(s.t, s.platform.Drain(s.t.Context()))
	for range 100 {
		handled, err := s.reader.Turn(s.t.Context())
		must(s.t, err)
		pending, _ := s.inbox.Pending(s.t.Context(), 1)
		if len(pending) == 0 {
			return s.memory.Facts(before)
		}
		if handled == 0 {
			s.clock.Set(s.clock.Now().Add(3 * time.Second))
		}
	}
	s.t.Fatal("letters stay in the inbox")
	return nil
}

func kinds(facts []event.Fact) map[event.Kind]int {
	count := map[event.Kind]int{}
	for _, f := range facts {
		count[f.Kind]++
	}
	return count
}

func one[B event.Body](t testing.TB, facts []event.Fact) (B, event.Fact) {
	t.Helper()
	var body B
	for _, f := range facts {
		if f.Kind == body.Kind() {
			body, err := event.Read[B](f)
			must(t, err)
			return body, f
		}
	}
	t.Fatalf("no %s among %v", body.Kind(), kinds(facts))
	return body, event.Fact{}
}

func (s *shop) customer(name string) event.Subject {
	return event.Customer(id.CustomerOf(s.corp, name))
}

func TestANewCustomerBecomesFactsAndIsWelcomedByName(t *testing.T) {
	s := open(t, nil)
	must(t, s.platform.People().AddRelation(simulator.Friendship{UserID: "anna", ExternalUserID: "wmwang", AddWay: 1, State: "counter"}))
	facts := s.settle()
	want := map[event.Kind]int{event.KindCustomerSeen: 1, event.KindCustomerIdentified: 1, event.KindRelationAdded: 1}
	if got := kinds(facts); !maps.Equal(got, want) {
		t.Errorf("facts %v, want %v", got, want)
	}
	added, fact := one[event.RelationAdded](t, facts)
	if added != (event.RelationAdded{Staff: id.StaffOf(s.corp, "anna"), AddWay: 1, State: "counter"}) || fact.Subject != s.customer("wmwang") ||
		!fact.At.Equal(noon) || fact.Source != event.FromCallback {
		t.Errorf("added %+v, %+v", added, fact)
	}
	if s.memory.Text(s.customer("wmwang"), vault.Name, "") != "Name of wmwang" || s.memory.Text(s.customer("wmwang"), vault.UserID, string(s.corp)) != "wmwang" {
		t.Error("name or id are not in the vault")
	}
	for _, f := range facts {
		if slices.Contains([]string{"Name of wmwang", "union wmwang"}, string(f.Body)) {
			t.Errorf("a fact holds personal data: %s", f.Body)
		}
	}
	s.waitForWelcomes(1)
	if a := s.greeter.arrivals[0]; s.greeter.errs[0] != nil || a.Name != "Name of wmwang" || a.State != "counter" || a.UserID != "anna" {
		t.Errorf("welcome %+v: %v", a, s.greeter.errs[0])
	}
}

func (s *shop) waitForWelcomes(n int) {
	s.t.Helper()
	stop := time.After(10 * time.Second)
	for {
		s.greeter.mu.Lock()
		have := len(s.greeter.arrivals)
		s.greeter.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-stop:
			s.t.Fatalf("%d of %d welcomes", have, n)
		case <-time.After(time.Millisecond):
		}
	}
}

func TestAHalfAddedCustomerIsCompletedWhenTheMemberConfirms(t *testing.T) {
	s := open(t, nil)
	must(t, s.platform.People().HalfAdd(simulator.Friendship{UserID: "anna", ExternalUserID: "wmwang", AddWay: 1, State: "counter"}))
	half, _ := one[event.RelationAdded](t, s.settle())
	if !half.Half || half.State != "counter" {
		t.Errorf("half %+v", half)
	}
	s.clock.Set(noon.Add(time.Minute))
	must(t, s.platform.People().ConfirmHalf("anna", "wmwang"))
	whole, fact := one[event.RelationAdded](t, s.settle())
	if whole.Half || !fact.At.Equal(noon.Add(time.Minute)) {
		t.Errorf("whole %+v at %v", whole, fact.At)
	}
}

func TestDeletionsSayWhoDeletedAndBulkDeletionIsAnAlarm(t *testing.T) {
	s := open(t, nil)
	past := s.platform.Past(noon.AddDate(0, -1, 0))
	for i := range 12 {
		name := fmt.Sprintf("wm%02d", i)
		_, err := past.AddExternal(simulator.Profile{ExternalUserID: name})
		must(t, err)
		must(t, past.AddRelation(simulator.Friendship{UserID: "ben", ExternalUserID: name}))
	}
	must(t, past.AddRelation(simulator.Friendship{UserID: "anna", ExternalUserID: "wmwang"}))
	must(t, s.platform.People().DeleteByCustomer("anna", "wmwang"))
	ended, fact := one[event.RelationEnded](t, s.settle())
	if ended.By != event.ByCustomer || ended.Staff != id.StaffOf(s.corp, "anna") || fact.Subject != s.customer("wmwang") {
		t.Errorf("ended %+v", ended)
	}
	for i := range 12 {
		must(t, s.platform.People().DeleteByMember("ben", fmt.Sprintf("wm%02d", i)))
		s.clock.Set(s.clock.Now().Add(10 * time.Second))
	}
	facts := s.settle()
	if got := kinds(facts); got[event.KindRelationEnded] != 12 || got[event.KindStaffDeletedInBulk] != 1 {
		t.Errorf("facts %v", got)
	}
	alarm, fact := one[event.StaffDeletedInBulk](t, facts)
	if alarm.Count < 10 || alarm.Window != 3600 || fact.Subject != event.Staff(id.StaffOf(s.corp, "ben")) {
		t.Errorf("alarm %+v about %v", alarm, fact.Subject)
	}
}

func TestEditsGiveTagsAndPhonesOnce(t *testing.T) {
	s := open(t, nil)
	must(t, s.platform.Past(noon.AddDate(0, -1, 0)).AddRelation(simulator.Friendship{UserID: "anna", ExternalUserID: "wmwang"}))
	tag, err := s.platform.People().CreateTag("taste", "green tea")
	must(t, err)
	remark := "likes green tea"
	must(t, s.platform.People().SetRemark("anna", "wmwang", simulator.Remark{Remark: &remark, Mobiles: []string{"138 1234 5678", "none"}}))
	must(t, s.platform.People().TagInClient("anna", "wmwang", []string{tag}, nil))
	facts := s.settle()
	tagged, _ := one[event.RelationTagged](t, facts)
	if !slices.Equal(tagged.Tags, []string{tag}) || kinds(facts)[event.KindRelationTagged] != 1 {
		t.Errorf("tags %+v, %v", tagged, kinds(facts))
	}
	var phones [][]byte
	for _, f := range facts {
		if body, err := event.Read[event.CustomerIdentified](f); err == nil && body.Identity == event.ByPhone {
			phones = append(phones, body.Key)
		}
	}
	if len(phones) != 1 || string(phones[0]) != string(s.memory.PhoneHash("13812345678")) {
		t.Errorf("%d phone identities", len(phones))
	}
	if s.memory.Text(s.customer("wmwang"), vault.Remark, string(s.corp)+"/anna") != remark {
		t.Error("the remark is not in the vault")
	}
	if len(s.tags) != 1 || s.tags[0].Tags[0].ID != tag || s.tags[0].Tags[0].Name != "green tea" {
		t.Errorf("tags %+v", s.tags)
	}
	for _, change := range [][2][]string{{nil, {tag}}, {{tag}, nil}} { // off, and the same on again
		s.clock.Set(s.clock.Now().Add(time.Second)) // two edits of one second are one event
		must(t, s.platform.People().TagInClient("anna", "wmwang", change[0], change[1]))
		if n := kinds(s.settle())[event.KindRelationTagged]; n != 1 {
			t.Errorf("%d tag facts for one change", n)
		}
	}
}

func TestGroupsAreReadWhenTheyCanBeSeen(t *testing.T) {
	s := open(t, func(c *simulator.Config) { c.GroupLag = 5 * time.Second })
	chat, err := s.platform.People().CreateGroup(simulator.NewGroup{Name: "tea lovers", Owner: "anna", Members: []string{"wmwang"}})
	must(t, err)
	facts := s.settle()
	seen, _ := one[event.GroupSeen](t, facts)
	if seen.Name != "tea lovers" || seen.Customers != 1 || seen.Staff != 1 || seen.Owner != id.StaffOf(s.corp, "anna") {
		t.Errorf("group %+v", seen)
	}
	s.clock.Set(s.clock.Now().Add(time.Minute))
	_, err = s.platform.People().JoinGroup(simulator.Join{ChatID: chat, Who: "wmli", Scene: simulator.JoinScanned})
	must(t, err)
	joined, fact := one[event.GroupJoined](t, s.settle())
	if joined.Scene != simulator.JoinScanned || fact.Subject != s.customer("wmli") {
		t.Errorf("joined %+v by %v", joined, fact.Subject)
	}
	s.clock.Set(s.clock.Now().Add(time.Minute))
	must(t, s.platform.People().LeaveGroup(chat, "wmwang"))
	if _, fact := one[event.GroupLeft](t, s.settle()); fact.Subject != s.customer("wmwang") {
		t.Errorf("left by %v", fact.Subject)
	}
	s.clock.Set(s.clock.Now().Add(time.Minute))
	must(t, s.platform.People().DismissGroup(chat))
	if got := kinds(s.settle()); got[event.KindGroupDismissed] != 1 || got[event.KindGroupLeft] != 1 {
		t.Errorf("after the dismissal %v", got)
	}
}

func TestStaffChangesAreFacts(t *testing.T) {
	s := open(t, nil)
	must(t, s.platform.People().AddMember(simulator.Member{UserID: "carl", Name: "Name of carl"}))
	seen, fact := one[event.StaffSeen](t, s.settle())
	if seen.UserID != "carl" || !seen.Contact || seen.Status != wecom.StaffActive || s.memory.Text(fact.Subject, vault.Name, "") != "Name of carl" {
		t.Errorf("seen %+v", seen)
	}
	must(t, s.platform.People().MemberLeaves("carl"))
	if got := kinds(s.settle()); got[event.KindStaffLeft] != 1 {
		t.Errorf("facts %v", got)
	}
}

func TestDuplicatesAndDisorderChangeNothing(t *testing.T) {
	act := func(s *shop) {
		h := s.platform.People()
		for range 20 {
			must(t, h.AddRelation(simulator.Friendship{UserID: "anna", ExternalUserID: "wmwang", AddWay: 1}))
			s.clock.Set(s.clock.Now().Add(time.Minute))
			must(t, h.DeleteByCustomer("anna", "wmwang"))
			s.clock.Set(s.clock.Now().Add(time.Minute))
		}
		must(t, h.AddRelation(simulator.Friendship{UserID: "anna", ExternalUserID: "wmwang", AddWay: 1}))
	}
	calm, wild := open(t, nil), open(t, func(c *simulator.Config) { c.Faults = simulator.Faults{Duplicate: 0.5, Reorder: 0.5} })
	act(calm)
	act(wild)
	want, got := kinds(calm.settle()), kinds(wild.settle())
	if !maps.Equal(want, got) || got[event.KindRelationAdded] != 21 || got[event.KindRelationEnded] != 20 {
		t.Errorf("calm %v, wild %v", want, got)
	}
	if c := wild.platform.PushCounters(); c.Duplicated == 0 || c.Reordered == 0 {
		t.Errorf("nothing went wrong on purpose: %+v", c)
	}
}

func TestAPoisonousLetterIsSetAsideAndHarmsNoOther(t *testing.T) {
	s := open(t, nil)
	for i, text := range []string{"not XML", "<xml><Event>change_external_contact</Event><ChangeType>add_external_contact</ChangeType></xml>"} {
		must(t, s.inbox.Put(t.Context(), vault.Letter{Hash: [32]byte{byte(i + 1)}, Corp: s.corp, Received: noon, Body: []byte(text)}))
	}
	must(t, s.inbox.Put(t.Context(), vault.Letter{Hash: [32]byte{9}, Corp: "wwOTHER", Received: noon, Body: []byte("<xml></xml>")}))
	must(t, s.platform.People().AddRelation(simulator.Friendship{UserID: "anna", ExternalUserID: "wmwang"}))
	if got := kinds(s.settle()); got[event.KindRelationAdded] != 1 {
		t.Errorf("facts %v", got)
	}
	if len(s.inbox.reasons) != 3 {
		t.Errorf("set aside: %v", s.inbox.reasons)
	}
}

func TestAFailingStoreBlamesNoLetter(t *testing.T) {
	s := open(t, nil)
	must(t, s.platform.People().AddRelation(simulator.Friendship{UserID: "anna", ExternalUserID: "wmwang"}))
	must(t, s.platform.Drain(t.Context()))
	s.memory.Fail = func(string) error { return errors.New("disk full") }
	for range 10 {
		if _, err := s.reader.Turn(t.Context()); err == nil {
			t.Fatal("the failure is not reported")
		}
	}
	s.memory.Fail = nil
	if got := kinds(s.settle()); got[event.KindRelationAdded] != 1 || len(s.inbox.reasons) != 0 {
		t.Errorf("facts %v, set aside %v", got, s.inbox.reasons)
	}
}

func TestAnUnreachablePlatformLosesNothing(t *testing.T) {
	s := open(t, nil)
	s.platform.SetLimits(simulator.Limits{PerMinute: 1, PerHour: 1000})
	for _, name := range []string{"wmwang", "wmli", "wmzhao"} {
		must(t, s.platform.People().AddRelation(simulator.Friendship{UserID: "anna", ExternalUserID: name}))
	}
	must(t, s.platform.Drain(t.Context()))
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, _ = s.reader.Turn(ctx)
		cancel()
		s.clock.Set(s.clock.Now().Add(time.Hour + time.Minute))
		if pending, _ := s.inbox.Pending(t.Context(), 1); len(pending) == 0 {
			break
		}
	}
	if got := kinds(s.memory.Facts(0)); got[event.KindRelationAdded] != 3 || len(s.inbox.reasons) != 0 {
		t.Errorf("facts %v, set aside %v", got, s.inbox.reasons)
	}
}
