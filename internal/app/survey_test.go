package app

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"siyu/internal/app/brand"
	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// question is a text that asks a survey.
var question = web.Text{Code: "ask.visit", Purpose: event.Ask, Text: "{name}, one question", Title: "How was your visit?", Kind: content.Survey}

// surveyed is a house whose member has a task for each of the readers that asks the
// question, and the links of these tasks.
func surveyed(t *testing.T, db string) (h *house, links map[id.Customer]string) {
	t.Helper()
	h = readingHouse(t, db)
	ctx := t.Context()
	must(t, h.desk.SetText(ctx, web.Asker{Account: "lead", Scope: org.All()}, web.TextForm{Version: h.brand.Documents().Versions[brand.LibraryDoc], New: true, Text: question}))
	must(t, h.brand.Reload(ctx))
	var actions []decision.Action
	for i, c := range []id.Customer{agreed, silent, refused} {
		actions = append(actions, h.action(int64(i+1), c, event.OneToOne))
	}
	_, err := h.gate.Load().Queue(ctx, actions, h.brand.Documents().Library)
	must(t, err)
	list, err := h.desk.Tasks(ctx, org.Scope{Staff: guide})
	must(t, err)
	links = map[id.Customer]string{}
	for _, task := range list.Tasks {
		links[task.Customer] = task.Link
		must(t, h.gate.Load().AnswerTask(ctx, org.All(), delivery.Answer{Task: task.ID, State: delivery.DoneState, By: "guide"}))
	}
	return h, links
}

func (h *house) action(number int64, c id.Customer, channel event.Channel) decision.Action {
	return decision.Action{ID: number, Customer: c, Corp: corp, Staff: guide, Purpose: event.Ask, Channel: channel,
		Material: question.Code, Day: clock.Day(monday, clock.Shanghai), From: monday, Until: monday.AddDate(0, 0, 1)}
}

// answer taps a score on the page where a link leads, as a customer in WeChat.
func (h *house) answer(link, score string) {
	h.t.Helper()
	to := h.visit(link)
	handler, err := h.Handler()
	must(h.t, err)
	ask := func(method, to string, body url.Values) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, to, strings.NewReader(body.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	if w := ask(http.MethodGet, to, nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), question.Title) {
		h.t.Fatalf("the page of the survey answers %d: %s", w.Code, w.Body)
	}
	if w := ask(http.MethodPost, to, url.Values{"score": {score}}); w.Code != http.StatusSeeOther {
		h.t.Fatalf("an answer is answered %d: %s", w.Code, w.Body)
	}
}

func TestACustomerAnswersWhatAMessageAsksOnceWhoeverIsCountedForReading(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h, links := surveyed(t, db)
		ctx := t.Context()
		for _, c := range []id.Customer{agreed, silent, refused} { // tracked reading is off
			if !strings.HasPrefix(links[c], publicURL+"/o/") {
				t.Fatalf("the link of %s is %q", id.Text(c), links[c])
			}
		}
		h.answer(links[agreed], "5")
		h.answer(links[agreed], "1") // the first answer stands
		h.answer(links[refused], "2")
		must(t, h.Turn(ctx))
		if s := h.state(agreed).Surveys; len(s) != 1 || s[0].Score != 5 || s[0].Touch == 0 {
			t.Errorf("the state holds %+v", s)
		}
		if n := h.state(agreed).Openings.Count; n != 0 {
			t.Errorf("%d openings are kept while nothing is tracked", n)
		}
		r := h.row(org.All(), question.Code)
		if r.Kind != content.Survey || r.Gone || r.Sent != 3 || r.Scores.Of != [5]int{0, 1, 0, 0, 1} || r.Scores.Mean != 3.5 {
			t.Errorf("%+v", r)
		}
		token := links[agreed][strings.LastIndex(links[agreed], "/")+1:]
		if v, err := h.desk.Survey(ctx, token); err != nil || v.Score != 5 || !v.Named || v.Question != question.Title {
			t.Errorf("the page says %+v, %v", v, err)
		}
		for _, wrong := range []string{"", "made-up", token + "A"} {
			if _, err := h.desk.Survey(ctx, wrong); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%q: %v", wrong, err)
			}
			if err := h.desk.AnswerSurvey(ctx, wrong, 3); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("answer %q: %v", wrong, err)
			}
		}
		h.sound()
	})
}

func TestAnswersToAMassMessageAreCountedForNobody(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h, _ := surveyed(t, db)
		ctx := t.Context()
		var actions []decision.Action
		for i := range 6 {
			actions = append(actions, h.action(int64(100+i), id.Customer(100+i), event.MassSend))
		}
		_, err := h.gate.Load().Queue(ctx, actions, h.brand.Documents().Library)
		must(t, err)
		list, err := h.db.Dispatches(ctx, delivery.Query{Customers: []id.Customer{100}, Scope: org.All()})
		must(t, err)
		h.answer(list[0].Link, "4")
		h.answer(list[0].Link, "3") // perhaps of somebody else
		must(t, h.Turn(ctx))
		if r := h.row(org.All(), question.Code); r.MassScores.Of != [5]int{0, 0, 1, 1, 0} || r.Scores.Answers != 0 {
			t.Errorf("%+v", r)
		}
		h.sound()
	})
}

func TestASurveyNeedsItsQuestionAnAddressAndATextThatDoesNotSell(t *testing.T) {
	h := readingHouse(t, "")
	ctx, lead := t.Context(), web.Asker{Account: "lead", Scope: org.All()}
	save := func(change func(*web.Text)) error {
		text := question
		change(&text)
		return h.desk.SetText(ctx, lead, web.TextForm{Version: h.brand.Documents().Versions[brand.LibraryDoc], New: true, Text: text})
	}
	for name, change := range map[string]func(*web.Text){
		"no question": func(m *web.Text) { m.Title = " " }, "a link": func(m *web.Text) { m.Link = "https://shop.example/form" },
		"an offer": func(m *web.Text) { m.Purpose = event.Promote }, "nobody reaches it": func(*web.Text) { h.reading.public = "" },
	} {
		h.reading.public = publicURL
		if err := save(change); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.reading.public = publicURL
	must(t, save(func(*web.Text) {}))
	scripts, err := h.desk.Scripts(ctx, org.All(), agreed)
	must(t, err)
	if slices.ContainsFunc(scripts.Scripts, func(s web.Script) bool { return strings.Contains(s.Text, "one question") }) {
		t.Error("a survey is offered beside a chat, where it has no link")
	}
}
