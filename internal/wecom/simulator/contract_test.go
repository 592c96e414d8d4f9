package simulator_test

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/id"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
)

// counter is a callback sink that counts different callbacks.
type counter struct {
	mu   sync.Mutex
	seen map[[32]byte]wecom.Event
}

func (c *counter) Put(_ context.Context, cb wecom.Callback) error {
	e, err := wecom.ParseEvent(cb.Plain)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[cb.Hash] = e
	return err
}

func check(t *testing.T, name string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// office is the product's own client at a platform over real HTTP.
type office struct {
	t      *testing.T
	p      *simulator.Platform
	c      *wecom.Client
	ctx    context.Context
	clock  *clock.Virtual
	events *counter
}

func open(t *testing.T) *office {
	now := clock.NewVirtual(time.Date(2026, 5, 15, 12, 0, 0, 0, clock.Shanghai))
	p, err := simulator.New(simulator.Config{Clock: now, Archive: simulator.Archive{On: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	cred := p.Credentials(0)
	c, err := wecom.New(wecom.Config{
		BaseURL: server.URL, Corp: id.Corp(cred.Corp), Secret: wecom.Secret(cred.Secret), AgentID: int64(cred.AgentID), Clock: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, p: p, c: c, ctx: t.Context(), clock: now, events: &counter{seen: map[[32]byte]wecom.Event{}}}
	crypt, err := wecom.NewCrypt(id.Corp(cred.Corp), wecom.Secret(cred.Token), wecom.Secret(cred.AESKey))
	if err != nil {
		t.Fatal(err)
	}
	handler, err := wecom.NewCallbackHandler(o.events, now, crypt)
	if err != nil {
		t.Fatal(err)
	}
	callback := httptest.NewServer(handler)
	t.Cleanup(callback.Close)
	p.SetCallback(0, callback.URL)
	h := p.Past(now.Now().AddDate(0, 0, -20))
	for _, userID := range []string{"anna", "ben"} {
		check(t, "member", h.AddMember(simulator.Member{UserID: userID, Name: userID}))
	}
	for _, external := range []string{"wmwang", "wmli"} {
		_, err := h.AddExternal(simulator.Profile{ExternalUserID: external, Name: external})
		check(t, "customer", err)
		check(t, "relation", h.AddRelation(simulator.Friendship{UserID: "anna", ExternalUserID: external}))
	}
	_, err = h.CreateGroup(simulator.NewGroup{ChatID: "wrtea", Name: "tea", Owner: "anna", Members: []string{"wmwang"}})
	check(t, "group", err)
	return o
}

func TestTheProductsClientReadsEverythingItNeeds(t *testing.T) {
	o := open(t)
	c, ctx, day := o.c, o.ctx, o.clock.Now().AddDate(0, 0, -1)
	for name, call := range map[string]func() (int, error){
		"follow users": func() (int, error) { got, err := c.FollowUsers(ctx); return len(got) - 1, err },
		"customers":    func() (int, error) { got, err := c.CustomersOf(ctx, "anna"); return len(got) - 1, err },
		"customer":     func() (int, error) { got, err := c.Customer(ctx, "wmli", ""); return len(got.Followers), err },
		"batch": func() (int, error) {
			got, err := c.Batch(ctx, []string{"anna", "ben"}, "")
			return len(got.Relations) - 1, err
		},
		"memberships":    func() (int, error) { got, err := c.Memberships(ctx, ""); return len(got.Memberships) - 1, err },
		"members":        func() (int, error) { got, err := c.MembersOf(ctx, 1); return len(got) - 1, err },
		"member":         func() (int, error) { got, err := c.Member(ctx, "anna"); return len(got.Name) - 3, err },
		"departments":    func() (int, error) { got, err := c.Departments(ctx, 0); return len(got), err },
		"department ids": func() (int, error) { got, err := c.DepartmentIDs(ctx, 1); return len(got), err },
		"groups":         func() (int, error) { got, err := c.Groups(ctx, nil, ""); return len(got.Groups), err },
		"group":          func() (int, error) { got, err := c.Group(ctx, "wrtea"); return len(got.Members) - 1, err },
		"behaviour":      func() (int, error) { got, err := c.Behaviour(ctx, []string{"anna"}, day, day); return len(got), err },
		"callback IPs":   func() (int, error) { got, err := c.CallbackIPs(ctx); return len(got), err },
		"archived":       func() (int, error) { got, err := c.ArchivedMembers(ctx, 0); return len(got) - 1, err },
		"group activity": func() (int, error) {
			got, err := c.GroupActivityByOwner(ctx, wecom.GroupActivityQuery{Owners: []string{"anna"}, Start: day, End: day})
			return len(got.Items), err
		},
		"group days": func() (int, error) {
			got, err := c.GroupActivityByDay(ctx, wecom.GroupActivityQuery{Owners: []string{"anna"}, Start: day, End: day})
			return len(got), err
		},
	} {
		if n, err := call(); n != 1 || err != nil {
			t.Errorf("%s: off by %d, %v", name, n-1, err)
		}
	}
	if at, err := c.ServerTime(ctx); err != nil || !at.Equal(o.clock.Now()) {
		t.Errorf("the platform's clock shows %v, %v", at, err)
	}
	if got, err := c.CustomersOf(ctx, "ben"); err != nil || len(got) != 0 {
		t.Errorf("ben's customers: %v, %v", got, err)
	}
}

func TestTheProductsClientChangesWhatItMay(t *testing.T) {
	o := open(t)
	c, ctx := o.c, o.ctx
	tags, err := c.AddTags(ctx, wecom.NewTags{GroupName: "taste", Tags: []wecom.NewTag{{Name: "green"}}})
	check(t, "add tags", err)
	check(t, "mark", c.MarkTags(ctx, wecom.TagMark{UserID: "anna", ExternalUserID: "wmli", Add: []string{tags.Tags[0].ID}}))
	check(t, "remark", c.SetRemark(ctx, wecom.Remark{UserID: "anna", ExternalUserID: "wmli", Remark: "regular"}))
	got, err := c.Batch(ctx, []string{"anna"}, "")
	check(t, "batch", err)
	if li := got.Relations[1].Follow; li.Remark != "regular" || len(li.TagIDs) != 1 {
		t.Errorf("wmli: %+v", li)
	}
	check(t, "edit tag", c.EditTag(ctx, wecom.TagEdit{ID: tags.Tags[0].ID, Name: "emerald"}))
	check(t, "delete tags", c.DeleteTags(ctx, nil, []string{tags.ID}))
	way, _, err := c.AddContactWay(ctx, wecom.ContactWay{Type: 1, Scene: 2, Users: []string{"anna"}, State: "door"})
	check(t, "add contact way", err)
	check(t, "update contact way", c.UpdateContactWay(ctx, wecom.ContactWayChange{ID: way, Remark: "front"}))
	if got, err := c.ContactWay(ctx, way); err != nil || got.State != "door" || got.Remark != "front" {
		t.Errorf("contact way %+v, %v", got, err)
	}
	check(t, "delete contact way", c.DeleteContactWay(ctx, way))
	room, err := c.AddJoinWay(ctx, wecom.JoinWay{Scene: 2, ChatIDs: []string{"wrtea"}})
	check(t, "add join way", err)
	if got, err := c.JoinWay(ctx, room); err != nil || got.QRCode == "" {
		t.Errorf("join way %+v, %v", got, err)
	}
	check(t, "delete join way", c.DeleteJoinWay(ctx, room))
	_, err = c.UploadImage(ctx, wecom.File{Name: "a.png", Data: []byte("a picture")})
	check(t, "upload image", err)
	_, err = c.SendTextCard(ctx, []string{"anna"}, wecom.TextCard{Title: "t", Description: "d", URL: "https://example.com"})
	check(t, "text card", err)
	rows, err := c.TransferCustomers(ctx, wecom.Transfer{From: "anna", To: "ben", CustomerIDs: []string{"wmli"}})
	if err != nil || rows[0].Code != 0 {
		t.Errorf("transfer %v, %v", rows, err)
	}
}

func TestTheProductsMassSendIsConfirmedAndReadBack(t *testing.T) {
	o := open(t)
	c, ctx, now := o.c, o.ctx, o.clock.Now()
	media, err := c.UploadMedia(ctx, wecom.MediaImage, wecom.File{Name: "a.png", Data: []byte("a picture")})
	check(t, "upload", err)
	made, err := c.AddMassSend(ctx, wecom.MassSend{To: wecom.ToCustomers, CustomerIDs: []string{"wmwang", "wmli", "wmx"}, Content: wecom.Content{
		Text: &wecom.Text{Content: "new tea"}, Attachments: []wecom.Attachment{{Type: wecom.AttachImage, Image: &wecom.ImagePart{MediaID: media.ID}}},
	}})
	if err != nil || len(made.Failed) != 1 {
		t.Fatalf("made %+v, %v", made, err)
	}
	list, err := c.MassSends(ctx, wecom.MassSendQuery{To: wecom.ToCustomers, Start: now.Add(-time.Hour), End: now})
	if err != nil || len(list.Records) != 1 || list.Records[0].Text.Content != "new tea" || !list.Records[0].Created.Time().Equal(now) {
		t.Errorf("list %+v, %v", list, err)
	}
	check(t, "remind", c.RemindMassSend(ctx, made.MessageID))
	check(t, "confirm", o.p.People().ConfirmTask("anna", made.MessageID))
	results, err := c.SendResults(ctx, made.MessageID, "anna", "")
	if err != nil || len(results.Results) != len(o.p.Deliveries()) || len(results.Results) != 2 {
		t.Errorf("results %+v, %v; ledger %v", results, err, o.p.Deliveries())
	}
	job, err := c.AddMoment(ctx, wecom.MomentTask{Text: &wecom.Text{Content: "hello"}})
	check(t, "add moment", err)
	o.clock.Set(now.Add(time.Minute))
	done, err := c.MomentJob(ctx, job)
	if err != nil || done.Status != wecom.MomentJobDone {
		t.Errorf("job %+v, %v", done, err)
	}
	check(t, "cancel", c.CancelMassSend(ctx, made.MessageID))
}

func TestTheProductReceivesEventsInSpiteOfFaults(t *testing.T) {
	o := open(t)
	check(t, "verification", o.p.VerifyCallback(o.ctx, 0))
	o.p.SetFaults(simulator.Faults{Duplicate: .5, Reorder: .5})
	h := o.p.People()
	for range 10 {
		check(t, "delete", h.DeleteByCustomer("anna", "wmli"))
		o.clock.Set(o.clock.Now().Add(time.Second))
		check(t, "add", h.AddRelation(simulator.Friendship{UserID: "anna", ExternalUserID: "wmli", State: "again"}))
		o.clock.Set(o.clock.Now().Add(time.Second))
	}
	check(t, "rename", h.RenameGroup("wrtea", "green tea"))
	check(t, "drain", o.p.Drain(o.ctx))
	o.events.mu.Lock()
	defer o.events.mu.Unlock()
	if len(o.events.seen) != 21 {
		t.Errorf("%d different events, want 21", len(o.events.seen))
	}
	o.p.ExpireTokens()
	_, err := o.c.FollowUsers(o.ctx)
	check(t, "a call after the token was taken away", err)
}
