package delivery_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/fault/killtest"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
)

// The kill test: a child process queues and sends, the parent holds WeCom and
// kills the child (SIGKILL) at a random moment, again and again. Then the
// platform's own ledger is compared with Siyu's.
const (
	killMembers   = 10
	perDispatch   = 2                      // customers
	perRound      = 8                      // dispatches that a child queues when it starts
	roundTime     = 4 * time.Second        // of the virtual clock between two kills
	longestSpared = 120 * time.Millisecond // real time a child gets once it sends
)

// killRules let one member have many tasks a day: the limit is not what is
// tested here.
func killRules() decision.Settings {
	rules := decision.Defaults()
	rules.MaxConfirmations, rules.SilentAfter = 1<<30, 0 // nobody wrote for a year
	return rules
}

// killSettings believe WeCom's list after ten seconds, twice the longest lag
// under test, so that rows are reconciled while others are being sent.
func killSettings() delivery.Settings {
	s := delivery.Defaults()
	s.Approve, s.Quarantine, s.CallTimeout = true, 10*time.Second, 5*time.Second
	return s
}

// orders tell a child what to do.
type orders struct {
	DB, WeCom, Secret string
	Now               time.Time
	Round             int
	Customers         int  // per member
	Posts             bool // of posts instead of mass sends
	Objecting         bool // the first customer of every dispatch objects once it is accepted
}

func TestMain(m *testing.M) { killtest.Main(m, runChild) }

// runChild is the process that gets killed: recover, queue, tell the parent,
// send, reconcile, read back.
func runChild(o orders) error {
	if o.Posts {
		return runPostChild(o)
	}
	ctx := context.Background()
	db, err := storage.Open(ctx, storage.Config{URL: o.DB})
	if err != nil {
		return err
	}
	gate, err := killGate(ctx, db, o)
	if err != nil {
		return err
	}
	fmt.Println("started") // the kill can also hit recovery and queueing
	if _, err := gate.Recover(ctx); err != nil {
		return err
	}
	if _, err := gate.Queue(ctx, killActions(o), library); err != nil {
		return err
	}
	for {
		if _, err := gate.Send(ctx); err != nil {
			return err
		}
		if _, err := gate.Reconcile(ctx); err != nil {
			return err
		}
		if o.Objecting {
			if err := object(ctx, gate, o); err != nil {
				return err
			}
		}
		if _, err := gate.Read(ctx); err != nil {
			return err
		}
	}
}

func killGate(ctx context.Context, db *storage.DB, o orders) (*delivery.Gate, error) {
	now := clock.NewVirtual(o.Now)
	client, err := wecom.New(wecom.Config{BaseURL: o.WeCom, Corp: corp, Secret: wecom.Secret(o.Secret), Clock: now, Limits: unlimited()})
	if err != nil {
		return nil, err
	}
	return delivery.NewGate(ctx, "node", delivery.Parts{
		Ledger: db, Tasks: db, Nodes: db, Addresses: addressesOf(killMembers, o.Customers), Facts: eventlog.New(db, now), Clock: now, Zone: clock.Shanghai,
		Corps: map[id.Corp]delivery.WeCom{corp: client}, Settings: killSettings(),
		Rules: killRules, Org: func() org.Org { return orgOf(killMembers) },
		Orders: func(context.Context) (decision.OrdersKnown, error) { return decision.OrdersKnown{AsOf: o.Now}, nil },
	})
}

// killActions are the contacts of one round, customers nobody had before. Half
// of them have a link and can be found by its marker.
func killActions(o orders) []decision.Action {
	day := clock.Day(o.Now, clock.Shanghai)
	from, until := killRules().Window(day, o.Now)
	var actions []decision.Action
	for n := range perRound * perDispatch {
		dispatch := o.Round*perRound + n/perDispatch
		member, number := dispatch%killMembers, dispatch/killMembers*perDispatch+n%perDispatch
		material := []string{"ask", "remind"}[dispatch%2]
		actions = append(actions, decision.Action{
			ID: int64(dispatch*perDispatch + n%perDispatch + 1), Day: day, Customer: customer(member, number), Staff: staff(member), Store: 1, Corp: corp,
			Purpose: event.Ask, Channel: event.MassSend, Material: material, From: from, Until: until.AddDate(0, 0, 1),
		})
	}
	return actions
}

func TestKilledAtAnyMomentNothingIsSentTwiceOrLost(t *testing.T) {
	kills := killtest.Rounds(t)
	lags := []time.Duration{0, 500 * time.Millisecond, 5 * time.Second}
	for i, lag := range lags {
		t.Run("list lag "+lag.String(), func(t *testing.T) {
			t.Parallel()
			rounds := kills / len(lags)
			newSlaughter(t, lag, rounds, uint64(i)).run(t, rounds)
		})
	}
}

// slaughter is one configuration of the kill test.
type slaughter struct {
	*desk
	path      string
	customers int
	rng       *rand.Rand
}

func newSlaughter(t *testing.T, lag time.Duration, rounds int, seed uint64) *slaughter {
	t.Helper()
	s := &slaughter{path: storagetest.SQLite(t), rng: rand.New(rand.NewPCG(seed, 300))}
	s.customers = (rounds+1)*perRound*perDispatch/killMembers + perDispatch
	s.desk = &desk{clock: clock.NewVirtual(morning), addresses: addressesOf(killMembers, s.customers)}
	s.platform = platformWith(t, simulator.Config{
		Corp: string(corp), Clock: s.clock, ListLag: lag, Limits: simulator.Limits{PerMinute: -1, PerHour: -1},
	}, killMembers, s.customers)
	s.server = httptest.NewServer(s.platform)
	t.Cleanup(s.server.Close)
	db, err := storage.Open(t.Context(), storage.Config{URL: s.path})
	must(t, err)
	knowCustomers(t, db, killMembers, s.customers)
	must(t, db.Close())
	return s
}

func (s *slaughter) orders(round int) orders {
	return orders{
		DB: s.path, WeCom: s.server.URL, Secret: s.platform.Credentials(0).Secret, Now: s.clock.Now(), Round: round, Customers: s.customers,
	}
}

func (s *slaughter) run(t *testing.T, rounds int) {
	t.Helper()
	for round := range rounds {
		s.kill(t, round)
		if round%3 == 0 {
			s.confirm(t)
		}
		s.pass(roundTime)
	}
	s.settle(t, rounds)
}

// kill starts a child and kills it.
func (s *slaughter) kill(t *testing.T, round int) {
	t.Helper()
	killtest.Start(t, s.orders(round)).Kill(time.Duration(s.rng.Int64N(int64(longestSpared))))
}

// settle lets a last, undisturbed start finish the work, then compares both
// ledgers, then has a person send again what is still in doubt.
func (s *slaughter) settle(t *testing.T, rounds int) {
	t.Helper()
	var err error
	s.db = openDB(t, s.path)
	s.log = eventlog.New(s.db, s.clock)
	s.gate, err = killGate(t.Context(), s.db, s.orders(rounds))
	must(t, err)
	_, err = s.gate.Recover(t.Context())
	must(t, err)
	s.send(t)
	s.pass(time.Minute)
	s.gate, err = killGate(t.Context(), s.db, s.orders(rounds))
	must(t, err)
	_, err = s.gate.Reconcile(t.Context())
	must(t, err)
	s.confirm(t)
	s.read(t)

	before := s.compare(t, delivery.InDoubt)
	doubts := s.dispatches(t, delivery.InDoubt)
	for _, d := range doubts {
		_, err := s.gate.Resend(t.Context(), "lead", d.ID)
		must(t, err)
	}
	s.send(t)
	s.confirm(t)
	s.read(t)
	after := s.compare(t, delivery.Planned)
	if after.waiting != 0 {
		t.Errorf("%d messages still wait after a person has sent again", after.waiting)
	}
	t.Logf("%d kills, %d messages: %d twice, %d lost, %d in %d dispatches waited for a person",
		rounds, after.messages, after.twice, before.lost+after.lost, before.waiting, len(doubts))
}

// balance is the result of comparing the two ledgers.
type balance struct{ messages, delivered, waiting, twice, lost int }

// compare checks touch by touch that WeCom's ledger and ours agree. Touches
// may wait in dispatches of that state; anything else that did not arrive, or
// arrived unknown to us, is lost.
func (s *slaughter) compare(t *testing.T, waiting delivery.State) balance {
	t.Helper()
	var b balance
	got := received(s.platform)
	for _, n := range got {
		if n > 1 {
			b.twice++
		}
	}
	for _, d := range s.dispatches(t) {
		list, err := s.db.TouchesOf(t.Context(), d.ID)
		must(t, err)
		for _, touch := range list {
			b.messages++
			reached := got[s.addresses[touch.Customer]] > 0
			switch {
			case touch.State == delivery.Delivered && reached:
				b.delivered++
			case touch.State == delivery.Underway && !reached && d.State == waiting:
				b.waiting++
			default:
				b.lost++
				t.Errorf("touch %d of %s dispatch %d is %s, reached: %v", touch.ID, d.State, d.ID, touch.State, reached)
			}
		}
	}
	if facts := s.facts(t, event.KindTouchDelivered); facts != b.delivered || len(got) != b.delivered || b.twice > 0 {
		t.Errorf("WeCom reached %d customers, %d of them twice; the ledger knows %d, the facts %d", len(got), b.twice, b.delivered, facts)
	}
	return b
}
