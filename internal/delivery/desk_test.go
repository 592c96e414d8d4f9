package delivery_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
)

// morning is the moment in which tests begin: a Tuesday in working time.
var morning = time.Date(2026, 5, 5, 10, 0, 0, 0, clock.Shanghai)

// desk is a WeCom on loopback, a database and the gate between them.
type desk struct {
	clock    *clock.Virtual
	platform *simulator.Platform
	server   *httptest.Server
	db       *storage.DB
	log      *eventlog.Log
	gate     *delivery.Gate
	rules    decision.Settings
	settings delivery.Settings
	org      org.Org
	orders   time.Duration // how long before now orders are known until
	addresses
}

const corp id.Corp = "ww1234567890abcdef"

// newDesk opens a desk with members m0, m1 ... each of whom has that many
// customers: m0c0, m0c1 ...
func newDesk(t testing.TB, members, customers int) *desk {
	t.Helper()
	return newDeskOn(t, openDB(t, storagetest.SQLite(t)), members, customers)
}

func newDeskOn(t testing.TB, db *storage.DB, members, customers int) *desk {
	t.Helper()
	d := &desk{clock: clock.NewVirtual(morning), rules: decision.Defaults(), settings: delivery.Defaults()}
	d.settings.Approve, d.rules.SilentAfter = true, 0 // they are a year old and nobody wrote
	d.platform = platformWith(t, simulator.Config{Corp: string(corp), Clock: d.clock, Limits: simulator.Limits{PerMinute: -1, PerHour: -1}}, members, customers)
	d.server = httptest.NewServer(d.platform)
	t.Cleanup(d.server.Close)
	d.org, d.addresses = orgOf(members), addressesOf(members, customers)
	d.db = db
	d.log = eventlog.New(d.db, d.clock)
	knowCustomers(t, d.db, members, customers)
	d.restart(t)
	return d
}

func platformWith(t testing.TB, config simulator.Config, members, customers int) *simulator.Platform {
	t.Helper()
	p, err := simulator.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	past := p.Past(morning.AddDate(-1, 0, 0))
	for m := range members {
		must(t, past.AddMember(simulator.Member{UserID: userID(m), Name: "member", Departments: []int{1}}))
		for c := range customers {
			_, err := past.AddExternal(simulator.Profile{ExternalUserID: externalID(m, c), Name: "customer", Type: 1})
			must(t, err)
			must(t, past.AddRelation(simulator.Friendship{UserID: userID(m), ExternalUserID: externalID(m, c), AddWay: 1}))
		}
	}
	return p
}

func orgOf(members int) org.Org {
	var o org.Org
	for m := range members {
		o.Staff = append(o.Staff, org.Staff{ID: staff(m), Corp: corp, UserID: userID(m), Store: 1, Active: true, Contact: true})
	}
	return o
}

func openDB(t testing.TB, path string) *storage.DB {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: path})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// knowCustomers folds the customers into the database as backfill would.
func knowCustomers(t testing.TB, db *storage.DB, members, customers int) {
	t.Helper()
	fold := flow.Fold{Reader: "test", Cursor: 1}
	for m := range members {
		for c := range customers {
			fold.Customers = append(fold.Customers, profile.Customer{
				ID: customer(m, c), Corps: []id.Corp{corp},
				Relations: []profile.Relation{{Staff: staff(m), Since: event.At(morning.AddDate(-1, 0, 0))}},
			})
		}
	}
	must(t, db.CommitFold(t.Context(), fold))
}

// restart is what a new start of the program does: a new fence, and recovery.
func (d *desk) restart(t testing.TB) {
	t.Helper()
	d.gate = d.open(t, "node")
	_, err := d.gate.Recover(t.Context())
	must(t, err)
}

func (d *desk) open(t testing.TB, node string) *delivery.Gate {
	t.Helper()
	gate, err := delivery.NewGate(t.Context(), node, delivery.Parts{
		Ledger: d.db, Tasks: d.db, Nodes: d.db, Sends: d.db, Files: d.db, Addresses: d.addresses, Facts: d.log, Clock: d.clock, Zone: clock.Shanghai,
		Wait:  func(_ context.Context, pause time.Duration) error { d.pass(pause); return nil },
		Corps: map[id.Corp]delivery.WeCom{corp: d.client(t, d.server.URL)}, Settings: d.settings,
		Rules: func() decision.Settings { return d.rules }, Org: func() org.Org { return d.org },
		Orders: func(context.Context) (decision.OrdersKnown, error) {
			return decision.OrdersKnown{AsOf: d.clock.Now().Add(-d.orders)}, nil
		},
	})
	must(t, err)
	return gate
}

func (d *desk) client(t testing.TB, url string) *wecom.Client {
	t.Helper()
	c := d.platform.Credentials(0)
	client, err := wecom.New(wecom.Config{
		BaseURL: url, Corp: corp, Secret: wecom.Secret(c.Secret), Clock: d.clock, Limits: unlimited(),
		Wait: func(_ context.Context, pause time.Duration) error { d.pass(pause); return nil },
	})
	must(t, err)
	return client
}

// unlimited keeps the client from pacing itself on a clock that stands still.
func unlimited() *wecom.Limits {
	limits := wecom.DefaultLimits()
	limits.Rate = wecom.Rate{PerMinute: 1 << 30, PerHour: 1 << 30}
	return &limits
}

// addresses knows the external_userid of the tests' customers, which is what
// the vault does for real ones.
type addresses map[id.Customer]string

func addressesOf(members, customers int) addresses {
	all := addresses{}
	for m := range members {
		for c := range customers {
			all[customer(m, c)] = externalID(m, c)
		}
	}
	return all
}

func (a addresses) ExternalIDs(_ context.Context, _ id.Corp, _ id.Staff, customers []id.Customer) (map[id.Customer]string, error) {
	found := map[id.Customer]string{}
	for _, c := range customers {
		if text, ok := a[c]; ok {
			found[c] = text
		}
	}
	return found, nil
}

func userID(member int) string { return "m" + strconv.Itoa(member) }
func externalID(member, customer int) string {
	return fmt.Sprintf("wm%010d%020d", member, customer)
}
func staff(member int) id.Staff               { return id.StaffOf(corp, userID(member)) }
func customer(member, number int) id.Customer { return id.CustomerOf(corp, externalID(member, number)) }

func (d *desk) pass(t time.Duration) { d.clock.Set(d.clock.Now().Add(t)); d.platform.Tick() }

var library = content.Library{Materials: []content.Material{
	{Code: "ask", Purpose: event.Ask, Text: "{name}，最近想喝点什么？", Link: "https://shop.example/menu?x=1"},
	{Code: "remind", Purpose: event.Remind, Text: "茶该喝完了吧？"},
	{Code: "greet", Purpose: event.Greet, Text: "你好，{name}"},
}}

// action plans a contact of a member with a customer.
func (d *desk) action(member, number int, channel event.Channel, material string) decision.Action {
	now := d.clock.Now()
	day := clock.Day(now, clock.Shanghai)
	from, until := d.rules.Window(day, now)
	purpose := event.Ask
	if material == "remind" {
		purpose = event.Remind
	}
	if channel == event.MassSend {
		until = until.AddDate(0, 0, d.rules.WindowDays-1)
	}
	return decision.Action{
		ID: int64(customer(member, number)) ^ day.Unix(), Day: day, Customer: customer(member, number), Staff: staff(member), Store: 1, Corp: corp,
		Purpose: purpose, Channel: channel, Material: material, From: from, Until: until,
	}
}

// plan queues one mass send of a member to the customers.
func (d *desk) plan(t testing.TB, material string, member int, numbers ...int) {
	t.Helper()
	var actions []decision.Action
	for _, n := range numbers {
		actions = append(actions, d.action(member, n, event.MassSend, material))
	}
	queued, err := d.gate.Queue(t.Context(), actions, library)
	must(t, err)
	if queued.Touches != len(numbers) {
		t.Fatalf("queued %+v, want %d touches", queued, len(numbers))
	}
}

func (d *desk) send(t testing.TB) delivery.Sent {
	t.Helper()
	sent, err := d.gate.Send(t.Context())
	must(t, err)
	return sent
}

func (d *desk) read(t testing.TB) delivery.Results {
	t.Helper()
	results, err := d.gate.Read(t.Context())
	must(t, err)
	return results
}

// confirm lets every member confirm every task.
func (d *desk) confirm(t testing.TB) {
	t.Helper()
	for _, task := range d.platform.PendingTasks("") {
		must(t, d.platform.People().ConfirmTask(task.UserID, task.ID))
	}
}

func (d *desk) dispatches(t testing.TB, states ...delivery.State) []delivery.Dispatch {
	t.Helper()
	all, err := d.db.Dispatches(t.Context(), delivery.Query{States: states, Scope: org.All()})
	must(t, err)
	return all
}

// only returns the single dispatch in one of the states.
func (d *desk) only(t testing.TB, states ...delivery.State) delivery.Dispatch {
	t.Helper()
	all := d.dispatches(t, states...)
	if len(all) != 1 {
		t.Fatalf("%d dispatches are %v, want one", len(all), states)
	}
	return all[0]
}

// touch returns what the ledger says of a customer's touches, by dispatch
// order: "delivered", "withdrawn:objection".
func (d *desk) touches(t testing.TB, member, number int) (words []string) {
	t.Helper()
	for _, dispatch := range d.dispatches(t) {
		touches, err := d.db.TouchesOf(t.Context(), dispatch.ID)
		must(t, err)
		for _, touch := range touches {
			if touch.Customer == customer(member, number) {
				word := string(touch.State)
				if touch.Because != "" {
					word += ":" + touch.Because
				}
				words = append(words, word)
			}
		}
	}
	return words
}

// received returns how many messages reached each customer, by the platform's
// own ledger.
func received(p *simulator.Platform) map[string]int {
	got := map[string]int{}
	for _, row := range p.Deliveries() {
		got[row.ExternalUserID]++
	}
	return got
}

func (d *desk) facts(t testing.TB, kind event.Kind) (count int) {
	t.Helper()
	_, err := d.log.Each(t.Context(), 0, func(f event.Fact) error {
		if f.Kind == kind {
			count++
		}
		return nil
	})
	must(t, err)
	return count
}

// happened appends a fact about a customer.
func (d *desk) happened(t testing.TB, c id.Customer, body event.Body) {
	t.Helper()
	now := d.clock.Now()
	fact, err := event.New(event.Customer(c), now, event.FromCallback, id.Hash(string(body.Kind()), now.String()), body)
	must(t, err)
	_, err = d.log.Append(t.Context(), fact)
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func sameMessage(text, externalUserID string) wecom.MassSend {
	return wecom.MassSend{
		To: wecom.ToCustomers, CustomerIDs: []string{externalUserID}, Sender: userID(0),
		Content: wecom.Content{Text: &wecom.Text{Content: text}},
	}
}

// codeSink passes on the welcome codes of callbacks.
type codeSink chan string

func (s codeSink) Put(_ context.Context, c wecom.Callback) error {
	e, err := wecom.ParseEvent(c.Plain)
	if e.Change == wecom.CustomerAdded {
		s <- string(e.WelcomeCode)
	}
	return err
}

// sendBehindTheBack makes WeCom have the dispatch without the ledger knowing.
func (d *desk) sendBehindTheBack(t testing.TB, dispatch delivery.Dispatch) {
	t.Helper()
	message := sameMessage(dispatch.Text+"\n"+dispatch.Link, "")
	touches, err := d.db.TouchesOf(t.Context(), dispatch.ID)
	must(t, err)
	message.CustomerIDs = nil
	for _, touch := range touches {
		message.CustomerIDs = append(message.CustomerIDs, d.addresses[touch.Customer])
	}
	_, err = d.client(t, d.server.URL).AddMassSend(t.Context(), message)
	must(t, err)
}

// welcomeCodes lets new customers add the first member and returns the welcome
// codes that the platform's callbacks carry.
func (d *desk) welcomeCodes(t testing.TB, customers int) []string {
	t.Helper()
	credentials := d.platform.Credentials(0)
	crypt, err := wecom.NewCrypt(corp, wecom.Secret(credentials.Token), wecom.Secret(credentials.AESKey))
	must(t, err)
	codes := make(codeSink, customers)
	handler, err := wecom.NewCallbackHandler(codes, d.clock, crypt)
	must(t, err)
	door := httptest.NewServer(handler)
	t.Cleanup(door.Close)
	d.platform.SetCallback(0, door.URL)
	var all []string
	for c := range customers {
		_, err := d.platform.People().AddExternal(simulator.Profile{ExternalUserID: externalID(0, 100+c), Name: "new", Type: 1})
		must(t, err)
		must(t, d.platform.People().AddRelation(simulator.Friendship{UserID: userID(0), ExternalUserID: externalID(0, 100+c), AddWay: 1}))
		all = append(all, <-codes)
	}
	return all
}
