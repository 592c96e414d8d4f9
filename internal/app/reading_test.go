package app

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/app/brand"
	"siyu/internal/audience"
	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

const publicURL = "https://siyu.example"

// readers are three customers: who agreed, who said nothing, who refused.
const (
	agreed  = id.Customer(21)
	silent  = id.Customer(22)
	refused = id.Customer(23)
)

var brewing = content.Material{Code: "serve.brew", Purpose: event.Serve, Text: "{name}, how to brew", Link: "https://shop.example/brew", Title: "How to brew", Kind: content.Article}

// readingHouse is a house with readers, a public address and a material with a
// link.
func readingHouse(t *testing.T, db string) *house {
	t.Helper()
	h := openHouseOn(t, t.TempDir(), db)
	h.reading.public = publicURL
	var facts []event.Fact
	for _, c := range []id.Customer{agreed, silent, refused} {
		facts = append(facts, h.related(c, monday.AddDate(0, -1, 0))...)
	}
	phone := event.CustomerIdentified{Identity: event.ByPhone, Key: h.vault.PhoneHash("13800000001")}
	facts = append(facts, h.fact(event.Customer(agreed), monday.AddDate(0, 0, -9), event.MarketingAllowed{By: "customer"}),
		h.fact(event.Customer(agreed), monday, phone),
		h.fact(event.Customer(refused), monday.AddDate(0, 0, -9), event.MarketingRefused{By: "customer"}))
	h.tell(facts...)
	library := h.brand.Documents().Library
	library.Materials = append(slices.Clone(library.Materials), brewing)
	must(t, h.brand.Set(t.Context(), brand.LibraryDoc, library, "lead"))
	must(t, h.brand.Reload(t.Context()))
	return h
}

// hand gives the member a task for each of the readers and returns their links.
func (h *house) hand(day time.Time) map[id.Customer]string {
	h.t.Helper()
	var actions []decision.Action
	for i, c := range []id.Customer{agreed, silent, refused} {
		actions = append(actions, decision.Action{ID: int64(i + 1), Customer: c, Corp: corp, Staff: guide, Purpose: event.Serve, Channel: event.OneToOne,
			Material: brewing.Code, Day: clock.Day(day, clock.Shanghai), From: day, Until: day.Add(8 * time.Hour)})
	}
	library := h.brand.Documents().Library
	_, err := h.gate.Load().Queue(h.t.Context(), actions, library)
	must(h.t, err)
	links := map[id.Customer]string{}
	tasks, err := h.db.StaffTasks(h.t.Context(), delivery.TaskQuery{Staff: guide, States: []delivery.StaffTaskState{delivery.Due}, FromBefore: day, Scope: org.All()})
	must(h.t, err)
	for _, task := range tasks {
		links[task.Customer] = task.Link
		must(h.t, h.gate.Load().AnswerTask(h.t.Context(), org.All(), delivery.Answer{Task: task.ID, State: delivery.DoneState, By: "guide"}))
	}
	return links
}

// visit opens a link in WeChat and returns where it leads.
func (h *house) visit(link string) string {
	h.t.Helper()
	handler, err := h.Handler()
	must(h.t, err)
	r := httptest.NewRequest(http.MethodGet, strings.TrimPrefix(link, publicURL), nil)
	r.Header.Set("User-Agent", "MicroMessenger/8.0")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != http.StatusFound {
		h.t.Fatalf("%s answers %d", link, w.Code)
	}
	return w.Header().Get("Location")
}

func (h *house) row(scope org.Scope, name string) web.ContentRow {
	h.t.Helper()
	view, err := h.desk.Content(h.t.Context(), scope)
	must(h.t, err)
	i := slices.IndexFunc(view.Rows, func(r web.ContentRow) bool { return r.Name == name })
	if i < 0 {
		h.t.Fatalf("no row of %s in %+v", name, view.Rows)
	}
	return view.Rows[i]
}

func TestAReaderIsCountedOnceADayAndNobodyElseIs(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h := readingHouse(t, db)
		ctx := t.Context()
		if links := h.hand(monday); links[agreed] != brewing.Link || links[silent] != brewing.Link || links[refused] != brewing.Link {
			t.Fatalf("while nothing is tracked: %v", links)
		}
		must(t, h.desk.SetReading(ctx, web.Asker{Account: "lead", Scope: org.All()}, web.WhoseAgreed))
		h.clock.Set(monday.AddDate(0, 0, 1))
		links := h.hand(h.clock.Now())
		if !strings.HasPrefix(links[agreed], publicURL+"/o/") || links[silent] != brewing.Link || links[refused] != brewing.Link {
			t.Fatalf("of those who agreed: %v", links)
		}
		for range 3 {
			if to := h.visit(links[agreed]); to != brewing.Link {
				t.Fatalf("leads to %s", to)
			}
		}
		h.clock.Set(monday.AddDate(0, 0, 2))
		h.visit(links[agreed])
		must(t, h.Turn(ctx))
		if o := h.state(agreed).Openings; o.Count != 2 || len(o.Recent) != 2 || o.Recent[0].Touch == 0 {
			t.Errorf("%+v", o)
		}
		if r := h.row(org.All(), brewing.Code); r.Sent != 1 || r.OpenedOnce != 1 || r.Opened != 2 || r.Readers != 1 || r.Low <= 0 || r.High != 1 {
			t.Errorf("%+v", r)
		}
		if r := h.row(org.Scope{Stores: []id.Store{99}}, brewing.Code); r.Sent != 0 || r.Opened != 0 {
			t.Errorf("another store sees %+v", r)
		}
		theRulesFindTheReader(t, h)
		theTimelineNamesWhatWasOpened(t, h)
		// An objection takes effect with the next opening, and with what is shown.
		h.tell(h.fact(event.Customer(agreed), h.clock.Now().Add(time.Minute), event.MarketingRefused{By: "customer"}))
		h.clock.Set(monday.AddDate(0, 0, 3))
		if to := h.visit(links[agreed]); to != brewing.Link {
			t.Fatalf("leads to %s", to)
		}
		must(t, h.Turn(ctx))
		if n := h.state(agreed).Openings.Count; n != 2 {
			t.Errorf("%d openings after an objection", n)
		}
		h.verified()
		problems, err := h.db.Check(ctx)
		must(t, err)
		if len(problems) > 0 {
			t.Errorf("counted wrongly: %q", problems)
		}
	})
}

func theRulesFindTheReader(t *testing.T, h *house) {
	t.Helper()
	rule := audience.Rule{All: []audience.Rule{
		{Ask: &audience.Condition{Field: "openings", Window: 7, Is: audience.AtLeast, Values: []audience.Value{{Number: 2}}}},
		{Ask: &audience.Condition{Field: "last_opened", Is: audience.Last, Values: []audience.Value{{Number: 1}}}},
	}}
	n, err := h.db.CountAudience(t.Context(), storage.AudienceQuery{Rule: &rule, Scope: org.All(), Today: event.At(h.clock.Now()).Day()})
	must(t, err)
	if n != 1 {
		t.Errorf("%d customers opened twice this week, today last", n)
	}
}

func theTimelineNamesWhatWasOpened(t *testing.T, h *house) {
	t.Helper()
	page, err := h.desk.Timeline(t.Context(), org.All(), web.TimelineQuery{Customer: agreed, Limit: 20})
	must(t, err)
	i := slices.IndexFunc(page.Entries, func(e web.TimelineEntry) bool { return e.Kind == event.KindContentOpened })
	if i < 0 || page.Entries[i].Detail != brewing.Title {
		t.Errorf("the timeline says %+v", page.Entries)
	}
}

func TestTheLinkOfAMassMessageCountsForNobody(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h := readingHouse(t, db)
		ctx := t.Context()
		must(t, h.brand.Set(ctx, brand.ReadingDoc, brand.Reading{Whose: brand.OfNotRefused}, "lead"))
		dispatched := func(first id.Customer, many int) delivery.Dispatch {
			var actions []decision.Action
			for i := range many {
				actions = append(actions, decision.Action{ID: int64(first) + int64(i), Customer: first + id.Customer(i), Corp: corp, Staff: guide, Purpose: event.Serve,
					Channel: event.MassSend, Material: brewing.Code, Day: clock.Day(monday, clock.Shanghai), From: monday, Until: monday.Add(8 * time.Hour)})
			}
			_, err := h.gate.Load().Queue(ctx, actions, h.brand.Documents().Library)
			must(t, err)
			list, err := h.db.Dispatches(ctx, delivery.Query{Customers: []id.Customer{first}, Scope: org.All()})
			must(t, err)
			return list[0]
		}
		few := dispatched(100, 4)
		if few.Content != 0 || !strings.HasPrefix(few.Link, brewing.Link+"?") || few.Title != brewing.Title {
			t.Errorf("to four customers went %q", few.Link)
		}
		many := dispatched(200, 5)
		if many.Content == 0 || !strings.HasPrefix(many.Link, publicURL+"/o/") || !strings.Contains(many.Link, many.Marker) {
			t.Fatalf("to five customers went %q", many.Link)
		}
		for range 3 {
			h.visit(many.Link)
		}
		n, err := h.db.DispatchOpenings(ctx, many.ID)
		must(t, err)
		if r := h.row(org.All(), brewing.Code); n != 3 || r.OpenedMass != 3 || r.Opened != 0 || r.Readers != 0 {
			t.Errorf("%d openings of the message, %+v", n, r)
		}
		// A start later the link still leads on, also when the material is gone.
		h.reading.pieces = map[id.Code]content.Piece{}
		if to := h.visit(many.Link); to != brewing.Link {
			t.Errorf("leads to %s", to)
		}
	})
}

func TestAPageOfTheBrandTellsOfOpeningsOnce(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h := readingHouse(t, db)
		ctx, lead := t.Context(), web.Asker{Account: "key shop", Scope: org.All()}
		o := web.PageOpening{Event: "visit 1", Who: web.Who{Phone: "138 0000 0001"}, Name: "guide", Title: "Guide", At: h.clock.Now()}
		if kept, err := h.desk.TellOpening(ctx, lead, o); kept || err != nil {
			t.Fatalf("while nothing is tracked: %v, %v", kept, err)
		}
		must(t, h.brand.Set(ctx, brand.ReadingDoc, brand.Reading{Whose: brand.OfNotRefused}, "lead"))
		o2, other := o, o
		o2.Event, o2.Title = "visit 2", ""
		other.Who = web.Who{Customer: refused}
		for _, one := range []web.PageOpening{o, o, o2} {
			if kept, err := h.desk.TellOpening(ctx, lead, one); !kept || err != nil {
				t.Fatalf("%v, %v", kept, err)
			}
		}
		if kept, err := h.desk.TellOpening(ctx, lead, other); kept || err != nil {
			t.Errorf("of who refused: %v, %v", kept, err)
		}
		for name, wrong := range map[string]web.PageOpening{"an unknown phone": {Who: web.Who{Phone: "13900000009"}}, "an unknown id": {Who: web.Who{Customer: 12345}}, "somebody else's corp": {Who: web.Who{ExternalUserID: "wmNOBODY"}}} {
			wrong.Event, wrong.Name, wrong.At = "e", "guide", o.At
			if _, err := h.desk.TellOpening(ctx, lead, wrong); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		elsewhere := web.Asker{Account: "key", Scope: org.Scope{Stores: []id.Store{99}}}
		if _, err := h.desk.TellOpening(ctx, elsewhere, o); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("of another store's customer: %v", err)
		}
		must(t, h.Turn(ctx))
		if n := h.state(agreed).Openings.Count; n != 2 {
			t.Errorf("%d openings of two events", n)
		}
		if r := h.row(org.All(), "guide"); r.Kind != content.Page || r.Title != "Guide" || r.Opened != 2 || r.Readers != 1 || r.Gone {
			t.Errorf("%+v", r)
		}
		h.door.AddLost(2)
		must(t, h.keepLost(ctx))
		must(t, h.keepLost(ctx))
		if view, err := h.desk.Content(ctx, org.All()); err != nil || view.Lost != 2 || h.figure(flow.CountLost) != 2 {
			t.Errorf("%d lost, %v", view.Lost, err)
		}
	})
}
