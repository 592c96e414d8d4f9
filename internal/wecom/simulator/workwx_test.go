package simulator

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/xen0n/go-workwx"
)

// foreign is a client library that is not ours, talking to a platform over
// real HTTP, with its own callback handler.
type foreign struct {
	*workwx.WorkwxApp
	p      *Platform
	mu     sync.Mutex
	events []*workwx.RxMessage
}

func (f *foreign) OnIncomingMessage(m *workwx.RxMessage) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, m)
	return nil
}

// received waits until everything is delivered and returns the events.
func (f *foreign) received(t *testing.T) []*workwx.RxMessage {
	t.Helper()
	drain(t, f.p)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.events
}

func drain(t *testing.T, p *Platform) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	must(t, p.Drain(ctx))
}

func connect(t *testing.T, p *Platform) *foreign {
	t.Helper()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	c := p.Credentials(0)
	f := &foreign{p: p, WorkwxApp: workwx.New(c.Corp, workwx.WithQYAPIHost(server.URL)).WithApp(c.Secret, int64(c.AgentID))}
	handler, err := workwx.NewHTTPHandler(c.Token, c.AESKey, f)
	must(t, err)
	callback := httptest.NewServer(handler)
	t.Cleanup(callback.Close)
	p.SetCallback(0, callback.URL+"/callback")
	return f
}

// shop has two members; anna knows Wang and Li, ben knows Li.
func shop(t testing.TB, p *Platform) {
	t.Helper()
	h := p.Past(noon.AddDate(0, -1, 0))
	for _, id := range []string{"anna", "ben"} {
		must(t, h.AddMember(Member{UserID: id, Name: id, Position: "guide"}))
	}
	for _, id := range []string{"wmwang", "wmli", "wmzhao"} {
		_, err := h.AddExternal(Profile{ExternalUserID: id, Name: id, UnionID: "u" + id, Gender: 2})
		must(t, err)
	}
	must(t, h.AddRelation(Friendship{UserID: "anna", ExternalUserID: "wmwang", AddWay: 1, State: "counter"}))
	must(t, h.AddRelation(Friendship{UserID: "anna", ExternalUserID: "wmli", AddWay: 3}))
	must(t, h.AddRelation(Friendship{UserID: "ben", ExternalUserID: "wmli", AddWay: 3}))
}

func errcodeOf(err error) int {
	var no *workwx.WorkwxClientError
	if errors.As(err, &no) {
		return int(no.Code)
	}
	return 0
}

func TestAnotherClientReadsMembersAndCustomers(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	c := connect(t, p)
	staff, err := c.ExternalContactListFollowUser()
	must(t, err)
	if len(staff.FollowUser) != 2 {
		t.Errorf("follow users: %v", staff.FollowUser)
	}
	ids, err := c.ListExternalContact("anna")
	must(t, err)
	if len(ids) != 2 {
		t.Errorf("anna's customers: %v", ids)
	}
	who, err := c.GetExternalContact("wmli")
	must(t, err)
	if len(who.FollowUser) != 2 || who.ExternalContact.Unionid != "uwmli" {
		t.Errorf("wmli: %+v", who)
	}
	page, err := c.BatchListExternalContact("anna", "", 1)
	must(t, err)
	if len(page.Result) != 1 || page.NextCursor == "" {
		t.Fatalf("first page: %+v", page)
	}
	page, err = c.BatchListExternalContact("anna", page.NextCursor, 1)
	must(t, err)
	if len(page.Result) != 1 || page.NextCursor != "" || page.Result[0].ExternalContact.ExternalUserid != "wmli" {
		t.Errorf("second page: %+v", page)
	}
	member, err := c.GetUser("anna")
	must(t, err)
	if member.Name != "anna" || member.Mobile != "" {
		t.Errorf("a thin member was expected: %+v", member)
	}
	depts, err := c.ListAllDepts()
	must(t, err)
	if len(depts) != 1 {
		t.Errorf("departments: %v", depts)
	}
}

func TestAnotherClientManagesTagsAndRemarks(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	c := connect(t, p)
	group, err := c.AddExternalContactCorpTag(workwx.ExternalContactAddCorpTagGroup{
		GroupName: "taste", Tag: []workwx.ExternalContactAddCorpTag{{Name: "green"}, {Name: "black"}},
	})
	must(t, err)
	green := group.Tag[0].ID
	must(t, c.MarkExternalContactTag("anna", "wmwang", []string{green}, nil))
	must(t, c.RemarkExternalContact(&workwx.ExternalContactRemark{Userid: "anna", ExternalUserid: "wmwang", Remark: "regular"}))
	must(t, c.EditExternalContactCorpTag(green, "emerald", 7))
	who, err := c.GetExternalContact("wmwang")
	must(t, err)
	pair := who.FollowUser[0]
	if pair.Remark != "regular" || len(pair.Tags) != 1 || pair.Tags[0].TagName != "emerald" {
		t.Errorf("wmwang: %+v", pair)
	}
	if code := errcodeOf(c.MarkExternalContactTag("ben", "wmwang", []string{green}, nil)); code != codeNoRelation {
		t.Errorf("marking a stranger: %d, want %d", code, codeNoRelation)
	}
	must(t, c.DelExternalContactCorpTag(nil, []string{group.GroupID}))
	left, err := c.ListExternalContactCorpTags()
	must(t, err)
	if len(left) != 0 {
		t.Errorf("tags left: %v", left)
	}
	if got := c.received(t); len(got) != 0 {
		t.Errorf("changes by API pushed %v", got)
	}
}

func TestAnotherClientManagesContactAndJoinWays(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	c := connect(t, p)
	way, err := c.ExternalContactAddContact(1, 2, 0, "door", true, "door1", []string{"anna"}, nil, false, 0, 0, "", workwx.Conclusions{})
	must(t, err)
	if way.QRCode == "" {
		t.Error("no QR code")
	}
	got, err := c.ExternalContactGetContactWay(way.ConfigID)
	must(t, err)
	if got.State != "door1" || len(got.User) != 1 {
		t.Errorf("contact way: %+v", got)
	}
	chat, err := p.Past(noon).CreateGroup(NewGroup{Name: "tea", Owner: "anna"})
	must(t, err)
	room, err := c.ExternalContactAddGroupChatJoinWay(workwx.ExternalGroupChatJoinWay{Scene: 2, ChatIDs: []string{chat}, State: "room1", AutoCreateRoom: 1})
	must(t, err)
	joined, err := c.ExternalContactGetGroupChatJoinWay(room)
	must(t, err)
	if joined.State != "room1" {
		t.Errorf("join way: %+v", joined)
	}
	must(t, c.ExternalContactDelContactWay(way.ConfigID))
	if _, err := c.ExternalContactGetContactWay(way.ConfigID); errcodeOf(err) != codeBadConfigID {
		t.Errorf("a deleted contact way answers %v", err)
	}
}

func TestAnotherClientReadsGroups(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	c := connect(t, p)
	chat, err := p.People().CreateGroup(NewGroup{Name: "tea", Owner: "anna", Members: []string{"wmwang", "wmli"}})
	must(t, err)
	list, err := c.GetGroupChatList(workwx.ReqChatList{Limit: 10})
	must(t, err)
	if len(list.GroupChatList) != 1 || list.GroupChatList[0].ChatID != chat {
		t.Fatalf("groups: %+v", list)
	}
	info, err := c.GetGroupChatInfo(chat, workwx.ChatNeedName)
	must(t, err)
	if info.Owner != "anna" || len(info.MemberList) != 3 || info.MemberList[1].Name != "wmwang" {
		t.Errorf("group: %+v", info)
	}
	id, err := c.ConvertOpenGIDToChatID(OpenGID(chat))
	must(t, err)
	if id != chat {
		t.Errorf("opengid leads to %s", id)
	}
}

func TestAnotherClientSendsAMassMessage(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	c := connect(t, p)
	sent, err := c.AddMsgTemplate(workwx.ChatTypeSingle, "", []string{"wmwang", "wmli", "wmnobody"}, workwx.Text{Content: "new tea"},
		[]workwx.Attachments{{MsgType: workwx.AttachmentMsgTypeLink, Link: workwx.Link{Title: "t", URL: "https://example.com/t"}}})
	must(t, err)
	if len(sent.FailList) != 1 || sent.FailList[0] != "wmnobody" {
		t.Errorf("fail list: %v", sent.FailList)
	}
	if n := len(p.Deliveries()); n != 0 {
		t.Fatalf("%d deliveries before anybody confirmed", n)
	}
	for _, task := range p.PendingTasks("") {
		must(t, p.People().ConfirmTask(task.UserID, task.ID))
	}
	if n := len(p.Deliveries()); n != 2 {
		t.Errorf("%d deliveries, want 2", n)
	}
}

func TestAnotherClientReadsTheEventsAndWelcomes(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	c := connect(t, p)
	must(t, p.VerifyCallback(context.Background(), 0))
	must(t, p.People().AddRelation(Friendship{UserID: "ben", ExternalUserID: "wmzhao", AddWay: 1, State: "counter"}))
	added, ok := c.received(t)[0].EventAddExternalContact()
	if !ok || added.GetState() != "counter" || added.GetExternalUserID() != "wmzhao" || added.GetWelcomeCode() == "" {
		t.Fatalf("event: %v", c.events[0])
	}
	must(t, c.SendWelcomeMsg(added.GetWelcomeCode(), workwx.Text{Content: "hello"}, nil))
	if code := errcodeOf(c.SendWelcomeMsg(added.GetWelcomeCode(), workwx.Text{Content: "hello"}, nil)); code != codeWelcomed {
		t.Errorf("second welcome: %d, want %d", code, codeWelcomed)
	}
	chat, err := p.People().CreateGroup(NewGroup{Name: "tea", Owner: "anna"})
	must(t, err)
	must(t, p.People().DeleteByCustomer("ben", "wmzhao"))
	found := map[string]bool{}
	for _, m := range c.received(t) {
		if e, ok := m.EventChangeExternalChat(); ok && e.GetChatID() == chat {
			found["group"] = true
		}
		if e, ok := m.EventDelFollowUser(); ok && e.GetUserID() == "ben" {
			found["loss"] = true
		}
	}
	if !found["group"] || !found["loss"] {
		t.Errorf("events: %v", c.events)
	}
}

func TestAnotherClientUploadsAndWritesToStaff(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	c := connect(t, p)
	media, err := workwx.NewMediaFromBuffer("a.png", []byte("not really a picture"))
	must(t, err)
	up, err := c.UploadTempImageMedia(media)
	must(t, err)
	image := []workwx.Attachments{{MsgType: workwx.AttachmentMsgTypeImage, Image: workwx.Image{MediaID: up.MediaID}}}
	_, err = c.AddMsgTemplate(workwx.ChatTypeSingle, "anna", []string{"wmwang"}, workwx.Text{}, image)
	must(t, err)
	v.Set(noon.Add(73 * time.Hour))
	// The library renews its token by its own clock, which does not move here.
	c = connect(t, p)
	if _, err = c.AddMsgTemplate(workwx.ChatTypeSingle, "anna", []string{"wmwang"}, workwx.Text{}, image); errcodeOf(err) != codeBadMediaID {
		t.Errorf("a file older than three days: %v", err)
	}
	must(t, c.SendTextCardMessage(&workwx.Recipient{UserIDs: []string{"anna"}}, "task", "please call", "https://example.com", "open", false))
	if got := p.StaffMessages("anna"); len(got) != 1 || got[0].MsgType != "textcard" {
		t.Errorf("anna received %+v", got)
	}
}

func TestALibraryThatRefusesOurSignatureWouldBeNoticed(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	refused := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }))
	defer refused.Close()
	p.SetCallback(0, refused.URL)
	must(t, p.People().AddRelation(Friendship{UserID: "ben", ExternalUserID: "wmzhao"}))
	drain(t, p)
	if got := p.PushCounters(); got.GivenUp != 1 || got.Requests != 3 {
		t.Errorf("counters %+v, want one event given up after 3 attempts", got)
	}
}
