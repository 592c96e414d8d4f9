package world

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/wecom/simulator"
)

// stepHours moves the platform's clock and the world hour by hour.
func stepHours(t *testing.T, w *World, platform *simulator.Platform, virtual *clock.Virtual, hours int) {
	t.Helper()
	for range hours {
		virtual.Set(virtual.Now().Add(time.Hour))
		platform.Tick()
		if err := w.Step(t.Context(), virtual.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

func onClock(t *testing.T, config Config) (*World, *simulator.Platform, *clock.Virtual) {
	t.Helper()
	config.Start = time.Date(2026, time.November, 1, 0, 0, 0, 0, clock.Shanghai)
	virtual := clock.NewVirtual(config.Start)
	platform, err := simulator.New(simulator.Config{Clock: virtual, Seed: config.Seed, Archive: simulator.Archive{On: config.Archive}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(platform.Close)
	w, err := New(platform, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.History(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w, platform, virtual
}

// agree fails unless platform and world tell the same relations and groups.
func agree(t *testing.T, w *World, platform *simulator.Platform) {
	t.Helper()
	living := 0
	for _, r := range platform.Relations() {
		i, known := w.known[r.ExternalUserID]
		if !known {
			t.Fatalf("the platform knows %s, the world does not", r.ExternalUserID)
		}
		if alive := w.people[i].knows(w.staffOf(r.UserID)); alive != (r.Bond == "added") {
			t.Fatalf("%s and %s are %s on the platform, alive in the world: %v", r.UserID, r.ExternalUserID, r.Bond, alive)
		} else if alive {
			living++
		}
	}
	if living != w.Relations() {
		t.Errorf("%d living relations on the platform, %d in the world", living, w.Relations())
	}
	for g, state := range platform.Groups() {
		members := 0
		for _, id := range state.Members {
			if i, known := w.known[id]; known {
				members++
				if w.people[i].group < 0 || w.stageGroup(w.people[i].group) != state.ChatID {
					t.Errorf("%s is in group %s on the platform alone", id, state.ChatID)
				}
			}
		}
		if index := slices.Index(w.duty.stage.chats, state.ChatID); members != len(w.members[index]) {
			t.Errorf("group %d has %d members on the platform, %d in the world", g, members, len(w.members[index]))
		}
	}
}

func (w *World) stageGroup(g int) string { return w.duty.stage.chats[g] }

func TestPlatformAndWorldAgreeAfterTheYearAndAfterDaysOfLife(t *testing.T) {
	w, platform, virtual := onClock(t, Config{Customers: 1000, Seed: 9})
	agree(t, w, platform)
	if n := len(platform.Groups()); n != 60 {
		t.Errorf("%d groups", n)
	}
	orders, people := len(w.orders), w.People()
	stepHours(t, w, platform, virtual, 10*24)
	agree(t, w, platform)
	if len(w.orders) == orders || w.People() == people {
		t.Errorf("ten days brought %d orders and %d people", len(w.orders)-orders, w.People()-people)
	}
	accepted := 0
	for _, r := range platform.Relations() {
		if r.Added.After(w.config.Start) && r.Bond == "added" && (r.State == "live" || r.State == "video") {
			accepted++
		}
	}
	if accepted == 0 {
		t.Error("nobody who had to be accepted was")
	}
	if !w.Now().Equal(virtual.Now()) {
		t.Errorf("the world lives at %v, the clock shows %v", w.Now(), virtual.Now())
	}
}

// call posts to the platform as an app of the corp would.
func call(t *testing.T, platform *simulator.Platform, token, path string, body, answer any) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest("POST", path+"?access_token="+token, bytes.NewReader(raw))
	recorder := httptest.NewRecorder()
	platform.ServeHTTP(recorder, request)
	if err := json.Unmarshal(recorder.Body.Bytes(), answer); err != nil {
		t.Fatalf("%s answered %q: %v", path, recorder.Body, err)
	}
}

func token(t *testing.T, platform *simulator.Platform) string {
	t.Helper()
	c := platform.Credentials(0)
	recorder := httptest.NewRecorder()
	platform.ServeHTTP(recorder, httptest.NewRequest("GET", "/cgi-bin/gettoken?corpid="+c.Corp+"&corpsecret="+c.Secret, nil))
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil || answer.Token == "" {
		t.Fatalf("gettoken answered %q", recorder.Body)
	}
	return answer.Token
}

func TestMembersConfirmSomeTasksAndPeopleReactToWhatReachesThem(t *testing.T) {
	w, platform, virtual := onClock(t, Config{Customers: 1000, Seed: 10})
	stepHours(t, w, platform, virtual, 10)
	pass := token(t, platform)
	var to []int
	for i := range w.people {
		if w.people[i].reachable() {
			to = append(to, i)
		}
	}
	for wave := range 4 {
		var ids []string
		for _, i := range to[wave*200 : wave*200+200] {
			ids = append(ids, w.people[i].external)
		}
		var answer struct {
			Code int    `json:"errcode"`
			ID   string `json:"msgid"`
			Text string `json:"errmsg"`
		}
		call(t, platform, pass, "/cgi-bin/externalcontact/add_msg_template", map[string]any{
			"external_userid": ids, "text": map[string]string{"content": fmt.Sprintf("按您平时的节奏该补货了 %d", wave)},
		}, &answer)
		if answer.Code != 0 {
			t.Fatalf("mass message refused: %+v", answer)
		}
	}
	tasks := len(platform.PendingTasks(""))
	before := map[int]hidden{}
	for _, i := range to[:800] {
		before[i] = w.people[i].hidden
	}
	delivered := len(platform.Deliveries())
	stepHours(t, w, platform, virtual, 5*24)
	done := 1 - float64(len(platform.PendingTasks("")))/float64(tasks)
	t.Logf("%d tasks, %.2f confirmed within five days", tasks, done)
	if done < 0.4 || done > 0.95 {
		t.Errorf("%.2f of %d tasks were confirmed, expected 0.40 to 0.95", done, tasks)
	}
	tired := 0
	for _, d := range platform.Deliveries()[delivered:] {
		if i := w.known[d.ExternalUserID]; w.people[i].fatigue > before[i].fatigue*0.5 {
			tired++
		}
	}
	if reached := len(platform.Deliveries()) - delivered; reached < 200 || tired < reached*9/10 {
		t.Errorf("%d messages reached people, %d of them were read", reached, tired)
	}
	agree(t, w, platform)
}

func TestWritingPersonallyIsReadAndKeptOnThePlatform(t *testing.T) {
	w, _, _ := onClock(t, Config{Customers: 300, Seed: 12})
	i := slices.IndexFunc(w.people, func(p person) bool { return p.reachable() && p.trust < 0.5 && !p.hidden.complains })
	p := &w.people[i]
	before := p.hidden
	contact := Contact{UserID: w.brand.Staff[p.guide].UserID, ExternalUserID: p.external, Kind: Serve}
	if err := w.Write(contact); err != nil {
		t.Fatal(err)
	}
	if p.trust <= before.trust || p.memory <= before.memory {
		t.Errorf("being served left trust at %v (was %v) and memory at %v (was %v)", p.trust, before.trust, p.memory, before.memory)
	}
	stranger := Contact{UserID: "nobody", ExternalUserID: p.external, Kind: Serve}
	after := p.hidden
	if err := w.Write(stranger); err != nil || p.hidden != after {
		t.Errorf("somebody unknown wrote: %v", err)
	}
}

func TestWhatHappensBehindPeoplesBacksIsNoticedNextMorning(t *testing.T) {
	w, platform, virtual := onClock(t, Config{Customers: 300, Seed: 13})
	i := slices.IndexFunc(w.people, func(p person) bool { return len(p.relations) == 1 && p.reachable() })
	p := &w.people[i]
	hand := platform.People()
	if err := hand.DeleteByMember(w.brand.Staff[p.guide].UserID, p.external); err != nil {
		t.Fatal(err)
	}
	if err := hand.AddRelation(simulator.Friendship{UserID: "hq-content", ExternalUserID: p.external}); err != nil {
		t.Fatal(err)
	}
	stepHours(t, w, platform, virtual, 26)
	if guide := w.people[i].guide; guide < 0 || w.brand.Staff[guide].UserID != "hq-content" {
		t.Errorf("the person still has %d", guide)
	}
	agree(t, w, platform)
}
