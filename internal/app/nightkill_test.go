package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"siyu/internal/app/brand"
	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault/killtest"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
)

// The kill test of nights: a child process is the product on a data folder. It
// plans the day, hands the plan over, has a person approve and sends to a WeCom
// that the parent holds, until the parent kills it (SIGKILL), again and again, over
// several days. The parent lives the same nights without stops on copies.
const (
	killedMembers  = 4
	theirCustomers = 40 // of each member
	handsADay      = 5  // contacts by hand of a member: most customers need a mass send
	buyersADay     = 12
	killsOfNights  = 25 // one of so many kills is of nights
	killsANight    = 4
	livesPerNight  = 3 // a child that is to ask WeCom gets so many times the real time of a night without stops
	callsADay      = 4 // which of the first calls of the day is the child's last
	betweenKills   = time.Minute
	pastTheDoubt   = 11 * time.Minute // longer than delivery.Settings.Quarantine
)

// nightOrders tell a child on which data it lives, and when.
type nightOrders struct {
	Data, WeCom string
	Now         time.Time
	Timers      []string // that it runs
}

// What a child runs of the timetable.
var (
	planning = append([]string{"night"}, watching...)
	watching = []string{"turn", "send", "results", "in_doubt", "tasks"}
)

func TestMain(m *testing.M) { killtest.Main(m, liveNight) }

// liveNight is the process that gets killed.
func liveNight(o nightOrders) error {
	a, err := openNight(context.Background(), o)
	if err != nil {
		return err
	}
	fmt.Println("started")
	for {
		if err := a.lived(context.Background(), o.Timers); err != nil {
			return err
		}
	}
}

func openNight(ctx context.Context, o nightOrders) (*App, error) {
	return openNightBy(ctx, o, clock.NewVirtual(o.Now))
}

func openNightBy(ctx context.Context, o nightOrders, c clock.Clock) (*App, error) {
	config, err := LoadConfig("", func(string) string { return "" })
	if err != nil {
		return nil, err
	}
	config.Data, config.WeComURL, config.PublicURL = o.Data, o.WeCom, "https://siyu.example"
	return Open(ctx, config, c, slog.New(slog.DiscardHandler))
}

// lived runs timers of the timetable as if all were due, and approves before it sends.
func (a *App) lived(ctx context.Context, timers []string) error {
	var failed []error
	for _, one := range a.timetable() {
		if one.name == "send" {
			failed = append(failed, a.approvedAll(ctx))
		}
		if slices.Contains(timers, one.name) {
			failed = append(failed, one.do(ctx))
		}
	}
	return errors.Join(failed...)
}

func (a *App) approvedAll(ctx context.Context) error {
	waiting, err := a.db.Dispatches(ctx, delivery.Query{States: []delivery.State{delivery.Planned}, Scope: org.All()})
	if err != nil {
		return err
	}
	var numbers []int64
	for i := range waiting {
		numbers = append(numbers, waiting[i].ID)
	}
	_, err = a.gate.Load().Approve(ctx, "lead", numbers)
	return err
}

// killedBrand is the brand whose nights are killed.
type killedBrand struct {
	*testing.T
	clock    *clock.Virtual
	platform *simulator.Platform
	wecom    *deafWeCom
	server   *httptest.Server
	data     string
	dice     *rand.Rand
	orders   int
	days     []time.Time
	compared int
	left     map[phase]int // kills by how they left the day
}

// phase is how far a day has come.
type phase string

const (
	unplanned  phase = "nothing of the plan"
	half       phase = "part of the plan"
	unhanded   phase = "a whole plan, not all of it handed over"
	unsentAll  phase = "a plan handed over, not all of it sent"
	everything phase = "everything sent"
)

func TestKilledWhileANightPlansAndSendsEveryCustomerHasOneAnswerAndAtMostOneMessage(t *testing.T) {
	kills := max(3*killsANight, killtest.Rounds(t)/killsOfNights)
	b := openKilledBrand(t)
	for done := 0; done < kills; done += killsANight {
		b.day(min(killsANight, kills-done))
	}
	b.settled()
	if b.compared != len(b.days) {
		t.Errorf("%d of %d plans were compared", b.compared, len(b.days))
	}
	if kills > 15*killsANight && (b.left[unplanned]+b.left[half] == 0 || b.left[unsentAll] == 0) {
		t.Errorf("no child was killed while it planned, or while it sent: %v", b.left)
	}
	t.Logf("%d kills in %d nights of %d customers left %v", kills, len(b.days), killedMembers*theirCustomers, b.left)
}

func openKilledBrand(t *testing.T) *killedBrand {
	t.Helper()
	b := &killedBrand{T: t, clock: clock.NewVirtual(monday.Add(time.Hour)), data: t.TempDir(), dice: rand.New(rand.NewPCG(5, 23)), left: map[phase]int{}}
	var err error
	b.platform, err = simulator.New(simulator.Config{Clock: b.clock, Seed: 7, Limits: simulator.Limits{PerMinute: -1, PerHour: -1}})
	must(t, err)
	b.wecom = &deafWeCom{Handler: b.platform, struck: make(chan struct{}, 1)}
	b.server = httptest.NewServer(b.wecom)
	t.Cleanup(func() { b.platform.Close(); b.server.Close() })
	past := b.platform.Past(monday.AddDate(0, -4, 0))
	for m := range killedMembers {
		must(t, past.AddMember(simulator.Member{UserID: fmt.Sprint("m", m), Name: "Name"}))
		for c := range theirCustomers {
			_, err := past.AddExternal(simulator.Profile{ExternalUserID: external(m*theirCustomers + c), Name: "Name"})
			must(t, err)
			must(t, past.AddRelation(simulator.Friendship{UserID: fmt.Sprint("m", m), ExternalUserID: external(m*theirCustomers + c), AddWay: 1}))
		}
	}
	b.open(func(a *App) {
		own := b.platform.Credentials(0)
		must(t, a.Connect(t.Context(), Connection{
			Corp: id.Corp(own.Corp), Agent: int64(own.AgentID), Mode: web.ModePolling,
			Secret: wecom.Secret(own.Secret), Token: wecom.Secret(own.Token), AESKey: wecom.Secret(own.AESKey),
		}, "lead"))
		d := a.brand.Documents()
		d.General.Salt = "killed" // the same people are held out in each run of the test
		d.Rules.Holdout.OffBelow, d.Rules.Capacity = 0, handsADay
		must(t, a.brand.Set(t.Context(), brand.GeneralDoc, d.General, "lead"))
		must(t, a.brand.Set(t.Context(), brand.RulesDoc, d.Rules, "lead"))
		must(t, a.Backfill(t.Context()))
		must(t, a.Turn(t.Context()))
		for c := range killedMembers * theirCustomers {
			for n := range c % 5 {
				b.buys(a, c, b.clock.Now().AddDate(0, 0, -7*(c%9)-28*n-1))
			}
		}
	})
	return b
}

// open lets the parent be the product for a while, on its own clock.
func (b *killedBrand) open(do func(*App)) { b.Helper(); b.openOn(b.data, do) }

func (b *killedBrand) openOn(data string, do func(*App)) {
	b.Helper()
	a, err := openNightBy(b.Context(), nightOrders{Data: data, WeCom: b.server.URL}, b.clock)
	must(b.T, err)
	defer func() { must(b.T, a.Close()) }()
	do(a)
}

func (b *killedBrand) customer(c int) id.Customer {
	return id.CustomerOf(id.Corp(b.platform.Credentials(0).Corp), external(c))
}

// buys stores an order that nobody has looked at yet.
func (b *killedBrand) buys(a *App, c int, at time.Time) {
	b.Helper()
	b.orders++
	fact, err := event.New(event.Customer(b.customer(c)), at, event.FromOrders, id.Hash(fmt.Sprint("order ", b.orders)),
		event.OrderPaid{Order: id.Order(b.orders), Shop: "youzan", Store: 3, Amount: 9900})
	must(b.T, err)
	_, err = a.facts.Append(b.Context(), fact)
	must(b.T, err)
}

// day lives one day, of which so many children are killed.
func (b *killedBrand) day(kills int) {
	b.Helper()
	b.clock.Set(clock.Day(b.clock.Now(), clock.Shanghai).AddDate(0, 0, 1).Add(10 * time.Hour))
	b.platform.Tick()
	day := clock.Day(b.clock.Now(), clock.Shanghai)
	b.days = append(b.days, day)
	b.open(func(a *App) {
		for range buyersADay {
			b.buys(a, b.dice.IntN(killedMembers*theirCustomers), b.clock.Now().Add(-time.Duration(b.dice.IntN(20))*time.Hour))
		}
	})
	want, takes := b.withoutStops(day)
	planned := false
	for range kills {
		b.kill(takes)
		left := b.leftBy(day)
		b.left[left]++
		if left == unplanned || left == half {
			continue // the next child plans at the same moment, as the life without stops did
		}
		if !planned {
			planned = true
			b.same(day, want)
		}
		b.pass(betweenKills)
		if b.dice.IntN(2) == 0 {
			b.confirm()
		}
	}
	b.open(func(a *App) {
		must(b.T, a.night(b.Context()))
		if !planned {
			b.sameOf(a.db, day, want)
		}
		b.finish(a)
	})
}

// kill starts a child and kills it: at any moment of a night, or while it asks WeCom
// for a task, which WeCom then has or has not.
func (b *killedBrand) kill(night time.Duration) {
	b.Helper()
	spared := time.Duration(b.dice.Int64N(int64(night)))
	if b.dice.IntN(2) == 0 {
		spared = livesPerNight * night
		b.wecom.strike("/cgi-bin/externalcontact/add_msg_template", 1+b.dice.Int64N(callsADay), b.dice.IntN(2) == 0)
	}
	b.killed(spared, planning)
}

// killed starts a child and kills it once WeCom is struck, or after a while.
func (b *killedBrand) killed(spared time.Duration, timers []string) {
	b.Helper()
	child := killtest.Start(b.T, nightOrders{Data: b.data, WeCom: b.server.URL, Now: b.clock.Now(), Timers: timers})
	select {
	case <-b.wecom.struck:
	case <-time.After(spared): // of real time, as the kill is
	}
	child.Kill(0)
	b.wecom.strike("", 0, false)
}

// deafWeCom is a WeCom whose answer to one call gets lost: whoever asks is killed
// meanwhile.
type deafWeCom struct {
	http.Handler
	path   atomic.Value // of the calls that count
	left   atomic.Int64 // of them until then; 0 or less: never
	does   atomic.Bool  // WeCom does what it is asked then
	struck chan struct{}
}

// strike sets which call to a path is lost, 0 for none.
func (w *deafWeCom) strike(path string, call int64, does bool) {
	w.path.Store(path)
	w.does.Store(does)
	w.left.Store(call)
	select {
	case <-w.struck:
	default:
	}
}

// ServeHTTP implements http.Handler.
func (w *deafWeCom) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	if r.URL.Path != w.path.Load() || w.left.Add(-1) != 0 {
		w.Handler.ServeHTTP(answer, r)
		return
	}
	if w.does.Load() {
		w.Handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	_, _ = io.Copy(io.Discard, r.Body) // else the server does not see who called go
	w.struck <- struct{}{}
	<-r.Context().Done()
}

// withoutStops plans the day on a copy of the data and returns what comes of it,
// and the real time that it takes.
func (b *killedBrand) withoutStops(day time.Time) (want answersOfDay, takes time.Duration) {
	b.Helper()
	copied := b.TempDir()
	must(b.T, os.CopyFS(copied, os.DirFS(b.data)))
	must(b.T, os.Chmod(Config{Data: copied}.KeyPath(), 0o600))
	b.openOn(copied, func(a *App) {
		began := time.Now()
		must(b.T, a.night(b.Context()))
		takes = time.Since(began)
		want = b.answers(a.db, day)
	})
	return want, takes
}

// answersOfDay is what a night decided.
type answersOfDay struct {
	Actions  []decision.Action
	Withheld []decision.Withheld
	Counted  map[flow.PlanKey]int
	Prices   *decision.Prices
}

func (b *killedBrand) answers(db *storage.DB, day time.Time) (of answersOfDay) {
	b.Helper()
	plan, err := db.PlanOf(b.Context(), day, b.everybody())
	must(b.T, err)
	slices.SortFunc(plan.Actions, func(x, y decision.Action) int { return cmp.Compare(x.Customer, y.Customer) })
	slices.SortFunc(plan.Withheld, func(x, y decision.Withheld) int { return cmp.Compare(x.Customer, y.Customer) })
	of = answersOfDay{Actions: plan.Actions, Withheld: plan.Withheld, Counted: map[flow.PlanKey]int{}}
	counts, err := db.PlanCounts(b.Context(), day)
	must(b.T, err)
	for _, c := range counts {
		of.Counted[c.PlanKey] += c.Customers
	}
	of.Prices, err = flow.PricesOf(b.Context(), db, day)
	must(b.T, err)
	return of
}

func (b *killedBrand) everybody() (all []id.Customer) {
	for c := range killedMembers * theirCustomers {
		all = append(all, b.customer(c))
	}
	return all
}

// looked opens the database alone for a moment.
func (b *killedBrand) looked(do func(*storage.DB)) {
	b.Helper()
	db, err := storage.Open(b.Context(), storage.Config{URL: Config{Data: b.data}.DatabaseURL()})
	must(b.T, err)
	defer func() { must(b.T, db.Close()) }()
	do(db)
}

func (b *killedBrand) leftBy(day time.Time) (left phase) {
	b.Helper()
	b.looked(func(db *storage.DB) {
		planned, err := db.Planned(b.Context(), day)
		must(b.T, err)
		toHand, err := db.StaffToHand(b.Context(), day)
		must(b.T, err)
		unsent, err := db.Dispatches(b.Context(), delivery.Query{
			States: []delivery.State{delivery.Planned, delivery.Claimed, delivery.Calling}, Scope: org.All(),
		})
		must(b.T, err)
		switch {
		case !planned && len(toHand) == 0:
			left = unplanned
		case !planned:
			left = half
		case len(toHand) > 0:
			left = unhanded
		case len(unsent) > 0:
			left = unsentAll
		default:
			left = everything
		}
	})
	return left
}

func (b *killedBrand) same(day time.Time, want answersOfDay) {
	b.Helper()
	b.looked(func(db *storage.DB) { b.sameOf(db, day, want) })
}

// sameOf compares a day's plan with that of the life without stops.
func (b *killedBrand) sameOf(db *storage.DB, day time.Time, want answersOfDay) {
	b.Helper()
	b.compared++
	got := b.answers(db, day)
	if len(want.Actions) == 0 || len(want.Withheld) == 0 || len(want.Actions)+len(want.Withheld) != killedMembers*theirCustomers {
		b.Fatalf("%s: without stops %d are planned and %d withheld", day.Format(time.DateOnly), len(want.Actions), len(want.Withheld))
	}
	if reflect.DeepEqual(got, want) {
		return
	}
	b.Errorf("%s: %d actions and %d withheld, prices %+v\nwithout stops %d and %d, %+v", day.Format(time.DateOnly),
		len(got.Actions), len(got.Withheld), got.Prices, len(want.Actions), len(want.Withheld), want.Prices)
	for i := range min(len(got.Actions), len(want.Actions)) {
		if !reflect.DeepEqual(got.Actions[i], want.Actions[i]) {
			b.Fatalf("%+v\nwithout stops\n%+v", got.Actions[i], want.Actions[i])
		}
	}
}

func (b *killedBrand) pass(by time.Duration) { b.clock.Set(b.clock.Now().Add(by)); b.platform.Tick() }

// confirm lets every member confirm every task.
func (b *killedBrand) confirm() {
	b.Helper()
	for _, task := range b.platform.PendingTasks("") {
		must(b.T, b.platform.People().ConfirmTask(task.UserID, task.ID))
	}
}

// sends lets an undisturbed start send what is left of the day: doubts are settled, by a
// person at last, and everything is confirmed.
func (b *killedBrand) sends(a *App, timers []string) {
	b.Helper()
	for range 3 {
		must(b.T, a.lived(b.Context(), timers))
		b.pass(pastTheDoubt)
		must(b.T, a.lived(b.Context(), timers))
		doubts, err := a.db.Dispatches(b.Context(), delivery.Query{States: []delivery.State{delivery.InDoubt}, Scope: org.All()})
		must(b.T, err)
		for i := range doubts {
			must(b.T, second(a.gate.Load().Resend(b.Context(), "lead", doubts[i].ID)))
		}
		posts, err := a.db.PostSends(b.Context(), delivery.PostQuery{States: []delivery.State{delivery.InDoubt}, Scope: org.All()})
		must(b.T, err)
		for i := range posts {
			must(b.T, second(a.postGate().ResendPost(b.Context(), "lead", posts[i].ID)))
		}
		b.confirm()
	}
}

// finish lets an undisturbed start do what is left of the day, and half of the contacts
// by hand.
func (b *killedBrand) finish(a *App) {
	b.Helper()
	b.sends(a, planning)
	due, err := a.db.StaffTasks(b.Context(), delivery.TaskQuery{States: []delivery.StaffTaskState{delivery.Due}, Scope: org.All()})
	must(b.T, err)
	for i := range due {
		if i%2 == 0 {
			must(b.T, a.gate.Load().AnswerTask(b.Context(), org.All(), delivery.Answer{Task: due[i].ID, State: delivery.DoneState, By: "lead"}))
		}
	}
	must(b.T, a.lived(b.Context(), planning))
}

// settled checks all that must hold however often the nights were killed.
func (b *killedBrand) settled() {
	b.Helper()
	b.open(func(a *App) {
		b.everyActionIsATouch(a)
		b.nobodyGotTooMuch(a)
		problems, err := a.db.Check(b.Context())
		if err != nil || len(problems) > 0 {
			b.Errorf("the database finds %v, %v", problems, err)
		}
		if r, err := a.Verify(b.Context()); err != nil || r.Differences != 0 || r.Customers < killedMembers*theirCustomers {
			b.Errorf("folding the log again: %+v, %v", r, err)
		}
	})
}

// touches returns every contact by the action that it came of, which is of one
// customer and day.
func (b *killedBrand) touches(a *App) map[int64][]delivery.Touch {
	b.Helper()
	all := map[int64][]delivery.Touch{}
	sent, err := a.db.Dispatches(b.Context(), delivery.Query{Scope: org.All(), Limit: 1 << 20})
	must(b.T, err)
	for i := range sent {
		list, err := a.db.TouchesOf(b.Context(), sent[i].ID)
		must(b.T, err)
		for _, one := range list {
			all[one.Action] = append(all[one.Action], one)
		}
	}
	tasks, err := a.db.StaffTasks(b.Context(), delivery.TaskQuery{Scope: org.All(), Limit: 1 << 20})
	must(b.T, err)
	for _, task := range tasks {
		touch := delivery.Touch{TouchKey: delivery.TouchKey{Customer: task.Customer, Channel: event.OneToOne}, State: delivery.Withdrawn, At: task.Since}
		switch task.State {
		case delivery.DoneState:
			touch.State = delivery.Delivered
		case delivery.Due, delivery.Postponed:
			touch.State = delivery.Underway
		}
		all[task.Action] = append(all[task.Action], touch)
	}
	return all
}

// everyActionIsATouch: whatever a night planned was handed over, once, and nothing
// else was.
func (b *killedBrand) everyActionIsATouch(a *App) {
	b.Helper()
	touches, planned := b.touches(a), map[int64]bool{}
	for _, day := range b.days {
		of := b.answers(a.db, day)
		counted := 0
		for _, n := range of.Counted {
			counted += n
		}
		if counted != killedMembers*theirCustomers || len(of.Actions)+len(of.Withheld) != counted {
			b.Errorf("%s: %d planned, %d withheld, %d counted, of %d customers", day.Format(time.DateOnly), len(of.Actions), len(of.Withheld), counted, killedMembers*theirCustomers)
		}
		for _, action := range of.Actions {
			planned[action.ID] = true
			if len(touches[action.ID]) == 0 {
				b.Errorf("%s: nothing became of an action by %s", day.Format(time.DateOnly), action.Channel)
			}
		}
	}
	for action, list := range touches {
		standing := slices.DeleteFunc(slices.Clone(list), func(t delivery.Touch) bool { return t.State == delivery.Withdrawn })
		if len(standing) > 1 || len(standing) == 1 && !planned[action] {
			b.Errorf("%d contacts came of an action, planned: %v: %+v", len(standing), planned[action], standing)
		}
	}
}

// nobodyGotTooMuch compares what reached customers by WeCom's own ledger with ours,
// and with the budgets.
func (b *killedBrand) nobodyGotTooMuch(a *App) {
	b.Helper()
	got, said, days := map[id.Customer]int{}, map[id.Customer]int{}, map[id.Customer][]time.Time{}
	corp := id.Corp(b.platform.Credentials(0).Corp)
	for _, row := range b.platform.Deliveries() {
		got[id.CustomerOf(corp, row.ExternalUserID)]++
	}
	byHand := 0
	for _, list := range b.touches(a) {
		for _, one := range list {
			if one.State != delivery.Delivered {
				continue
			}
			days[one.Customer] = append(days[one.Customer], clock.Day(one.At, clock.Shanghai))
			if one.Channel == event.MassSend {
				said[one.Customer]++
			} else {
				byHand++
			}
		}
	}
	if !maps.Equal(got, said) || len(got) == 0 || byHand == 0 {
		b.Errorf("WeCom reached %d customers by mass sends, the ledger knows %d; %d contacts by hand\n%v\n%v", len(got), len(said), byHand, got, said)
	}
	budget := a.brand.Documents().Rules.Budget
	for c, at := range days {
		slices.SortFunc(at, time.Time.Compare)
		for i := range at {
			for most, span := range map[int]int{budget.Day: 1, budget.Week: 7, budget.Month: 30} {
				if i >= most && at[i].Before(at[i-most].AddDate(0, 0, span)) {
					b.Errorf("customer %d got %d contacts in %d days: %v", c, most+1, span, at)
				}
			}
		}
	}
}
