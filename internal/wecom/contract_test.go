package wecom_test

import (
	"bytes"
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/id"
	"siyu/internal/wecom"
	"siyu/internal/wecom/simulator"
)

var noon = time.Date(2026, time.May, 15, 12, 0, 0, 0, clock.Shanghai)

// desk is a simulated WeCom with two members, three customers and a group,
// and the product's client connected to it.
type desk struct {
	*wecom.Client
	t        *testing.T
	platform *simulator.Platform
	clock    *clock.Virtual
	chat     string
}

func sit(t *testing.T, change func(*simulator.Config)) *desk {
	t.Helper()
	now := clock.NewVirtual(noon)
	config := simulator.Config{Clock: now, Seed: 5, Archive: simulator.Archive{On: true}}
	if change != nil {
		change(&config)
	}
	platform, err := simulator.New(config)
	must(t, err)
	server := httptest.NewServer(platform)
	t.Cleanup(func() { platform.Close(); server.Close() })
	platform.SetPublicURL(server.URL)
	own := platform.Credentials(0)
	client, err := wecom.New(wecom.Config{BaseURL: server.URL, Corp: id.Corp(own.Corp), Secret: wecom.Secret(own.Secret), AgentID: int64(own.AgentID), Clock: now,
		Wait: func(ctx context.Context, d time.Duration) error { now.Set(now.Now().Add(d)); return ctx.Err() }})
	must(t, err)
	past := platform.Past(noon.AddDate(0, -1, 0))
	must(t, past.AddDepartment(simulator.Department{ID: 2, Name: "store one"}))
	for _, name := range []string{"anna", "ben"} {
		must(t, past.AddMember(simulator.Member{UserID: name, Name: name, Departments: []int{2}}))
	}
	for _, name := range []string{"wmwang", "wmli", "wozhao"} {
		_, err := past.AddExternal(simulator.Profile{ExternalUserID: name, Name: name, UnionID: "u" + name})
		must(t, err)
		must(t, past.AddRelation(simulator.Friendship{UserID: "anna", ExternalUserID: name, AddWay: 1, State: "counter"}))
	}
	chat, err := past.CreateGroup(simulator.NewGroup{Name: "tea", Owner: "anna", Members: []string{"wmwang", "ben"}})
	must(t, err)
	return &desk{Client: client, t: t, platform: platform, clock: now, chat: chat}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// got returns the value of a call that must succeed and show what ok wants.
func got[T any](t *testing.T, ok func(T) bool) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		must(t, err)
		if !ok(v) {
			t.Errorf("answer %+v", v)
		}
		return v
	}
}

func TestMembersAndDepartments(t *testing.T) {
	d, ctx := sit(t, nil), t.Context()
	got(t, func(p wecom.MembershipPage) bool { return len(p.Memberships) == 2 && p.Memberships[0].Department == 2 })(d.Memberships(ctx, ""))
	got(t, func(m wecom.Member) bool {
		return m.UserID == "anna" && m.Status == wecom.StaffActive && len(m.Departments) == 1
	})(d.Member(ctx, "anna"))
	got(t, func(list []wecom.Member) bool { return len(list) == 2 && list[0].Name != "" })(d.MembersOf(ctx, 2))
	got(t, func(list []wecom.Department) bool { return len(list) == 2 })(d.DepartmentIDs(ctx, 0))
	got(t, func(list []wecom.Department) bool { return len(list) == 2 && list[1].Name == "store one" })(d.Departments(ctx, 0))
	got(t, func(one wecom.Department) bool { return one.Name == "store one" && one.Parent == 1 })(d.Department(ctx, 2))
	got(t, func(list []string) bool { return len(list) == 2 })(d.FollowUsers(ctx))
	got(t, func(list []string) bool { return len(list) > 0 })(d.CallbackIPs(ctx))
	got(t, func(list []string) bool { return len(list) > 0 })(d.APIIPs(ctx))
	got(t, func(list []string) bool { return len(list) == 2 })(d.ArchivedMembers(ctx, wecom.ArchiveAny))
	_, err := d.Member(ctx, "nobody")
	if wecom.ReactionOf(err) != wecom.SkipObject || wecom.OutcomeOf(err) != wecom.NoEffect {
		t.Errorf("nobody: %v", err)
	}
}

func TestCustomersAndTags(t *testing.T) {
	d, ctx := sit(t, nil), t.Context()
	got(t, func(ids []string) bool { return len(ids) == 3 })(d.CustomersOf(ctx, "anna"))
	got(t, func(ids []string) bool { return len(ids) == 0 })(d.CustomersOf(ctx, "ben"))
	group := got(t, func(g wecom.TagGroup) bool { return len(g.Tags) == 2 })(d.AddTags(ctx, wecom.NewTags{GroupName: "taste", Tags: []wecom.NewTag{{Name: "green"}, {Name: "black", Order: 3}}}))
	must(t, d.EditTag(ctx, wecom.TagEdit{ID: group.Tags[0].ID, Name: "white"}))
	got(t, func(list []wecom.TagGroup) bool { return len(list) == 1 && len(list[0].Tags) == 2 })(d.Tags(ctx))
	must(t, d.MarkTags(ctx, wecom.TagMark{UserID: "anna", ExternalUserID: "wmwang", Add: []string{group.Tags[0].ID}}))
	must(t, d.SetRemark(ctx, wecom.Remark{UserID: "anna", ExternalUserID: "wmwang", Remark: "vip", Mobiles: []string{"13812345678"}}))
	page := got(t, func(p wecom.RelationPage) bool { return len(p.Relations) == 3 && p.Next == "" })(d.Batch(ctx, []string{"anna", "ben"}, ""))
	for _, r := range page.Relations {
		if r.Customer.ExternalUserID == "wmwang" && (len(r.Follow.TagIDs) != 1 || r.Follow.Remark != "vip" || r.Follow.RemarkMobiles[0] != "13812345678" || r.Follow.State != "counter" || r.Follow.Created == 0) {
			t.Errorf("relation %+v", r.Follow)
		}
	}
	got(t, func(c wecom.CustomerFollowers) bool {
		return c.Customer.UnionID == "uwmwang" && len(c.Followers) == 1 && len(c.Followers[0].Tags) == 1
	})(d.Customer(ctx, "wmwang", ""))
	must(t, d.DeleteTags(ctx, []string{group.Tags[0].ID}, nil))
	rule, err := d.platform.People().CreateRuleGroup("north")
	must(t, err)
	ids := got(t, func(p wecom.StrategyPage) bool { return len(p.IDs) == 1 && p.Next == "" })(d.Strategies(ctx, ""))
	got(t, func(s wecom.Strategy) bool { return s.Name == "north" && int(s.ID) == rule && s.Parent == 0 })(d.Strategy(ctx, ids.IDs[0]))
	city := got(t, func(g wecom.TagGroup) bool { return len(g.Tags) == 1 && g.Strategy == wecom.Number(rule) })(d.AddStrategyTags(ctx, ids.IDs[0], wecom.NewTags{GroupName: "city", Tags: []wecom.NewTag{{Name: "Peking"}}}))
	must(t, d.EditStrategyTag(ctx, wecom.TagEdit{ID: city.Tags[0].ID, Name: "Beijing"}))
	got(t, func(list []wecom.TagGroup) bool { return len(list) == 1 && list[0].Tags[0].Name == "Beijing" })(d.StrategyTags(ctx, 0))
	must(t, d.DeleteStrategyTags(ctx, nil, []string{city.ID}))
	err = d.MarkTags(ctx, wecom.TagMark{UserID: "ben", ExternalUserID: "wmwang", Add: []string{group.Tags[1].ID}})
	if wecom.ReactionOf(err) != wecom.RelationLost {
		t.Errorf("no relation: %v", err)
	}
}

func TestContactWaysAndJoinWays(t *testing.T) {
	d, ctx := sit(t, nil), t.Context()
	name, code, err := d.AddContactWay(ctx, wecom.ContactWay{Type: wecom.ContactWaySingle, Scene: wecom.SceneQR, Users: []string{"anna"}, State: "door"})
	must(t, err)
	if name == "" || code == "" {
		t.Errorf("contact way %q %q", name, code)
	}
	must(t, d.UpdateContactWay(ctx, wecom.ContactWayChange{ID: name, Users: []string{"ben"}}))
	got(t, func(w wecom.ContactWay) bool { return w.State == "door" && len(w.Users) == 1 && w.Users[0] == "ben" })(d.ContactWay(ctx, name))
	got(t, func(p wecom.ContactWayPage) bool { return len(p.IDs()) == 1 && p.IDs()[0] == name })(d.ContactWays(ctx, time.Time{}, time.Time{}, ""))
	must(t, d.DeleteContactWay(ctx, name))
	join := got(t, func(id string) bool { return id != "" })(d.AddJoinWay(ctx, wecom.JoinWay{Scene: wecom.SceneQR, ChatIDs: []string{d.chat}, State: "poster"}))
	way := got(t, func(w wecom.JoinWay) bool { return w.State == "poster" && w.QRCode != "" })(d.JoinWay(ctx, join))
	way.Remark = "at the door"
	must(t, d.UpdateJoinWay(ctx, wecom.JoinWay{ID: join, Scene: way.Scene, Remark: way.Remark, ChatIDs: way.ChatIDs}))
	must(t, d.DeleteJoinWay(ctx, join))
}

func TestGroupsAndStatistics(t *testing.T) {
	d, ctx := sit(t, nil), t.Context()
	got(t, func(p wecom.GroupPage) bool { return len(p.Groups) == 1 && p.Groups[0].ChatID == d.chat })(d.Groups(ctx, nil, ""))
	got(t, func(p wecom.GroupPage) bool { return len(p.Groups) == 0 })(d.Groups(ctx, []string{"ben"}, ""))
	got(t, func(g wecom.Group) bool { return len(g.Members) == 3 && g.Owner == "anna" && g.Version != "" })(d.Group(ctx, d.chat))
	from, to := noon.AddDate(0, 0, -7), noon.AddDate(0, 0, -1)
	got(t, func(days []wecom.Behaviour) bool { return len(days) == 7 })(d.Behaviour(ctx, []string{"anna"}, from, to))
	q := wecom.GroupActivityQuery{Owners: []string{"anna"}, Start: from, End: to}
	got(t, func(p wecom.GroupActivityPage) bool { return p.Total == 1 && p.Items[0].Data.Groups == 1 })(d.GroupActivityByOwner(ctx, q))
	got(t, func(days []wecom.GroupActivity) bool { return len(days) == 7 })(d.GroupActivityByDay(ctx, q))
}

func TestMassSendsBecomeTasksAndResults(t *testing.T) {
	d, ctx := sit(t, nil), t.Context()
	sent := got(t, func(a wecom.MassSendAccepted) bool { return a.MessageID != "" && len(a.Failed) == 1 })(d.AddMassSend(ctx, wecom.MassSend{
		To: wecom.ToCustomers, Sender: "anna", CustomerIDs: []string{"wmwang", "wmli", "wmnobody"},
		Content: wecom.Content{Text: &wecom.Text{Content: "hello"}, Attachments: []wecom.Attachment{{Type: wecom.AttachLink, Link: &wecom.LinkPart{Title: "tea", URL: "https://example.com/?m=1"}}}},
	}))
	got(t, func(p wecom.MassSendTaskPage) bool { return len(p.Tasks) == 1 && p.Tasks[0].Status == wecom.TaskOpen })(d.MassSendTasks(ctx, sent.MessageID, ""))
	must(t, d.RemindMassSend(ctx, sent.MessageID))
	must(t, d.platform.People().ConfirmTask("anna", sent.MessageID))
	got(t, func(p wecom.MassSendTaskPage) bool {
		return p.Tasks[0].Status == wecom.TaskConfirmed && p.Tasks[0].Sent != 0
	})(d.MassSendTasks(ctx, sent.MessageID, ""))
	got(t, func(p wecom.SendResultPage) bool { return len(p.Results) == 2 && p.Results[0].Status == wecom.SendDone })(d.SendResults(ctx, sent.MessageID, "anna", ""))
	got(t, func(p wecom.MassSendPage) bool {
		return len(p.Records) == 1 && p.Records[0].MessageID == sent.MessageID && p.Records[0].Attachments[0].Link.URL == "https://example.com/?m=1"
	})(d.MassSends(ctx, wecom.MassSendQuery{To: wecom.ToCustomers, Start: noon.Add(-time.Hour), End: noon.Add(time.Hour)}))
	other := got(t, func(a wecom.MassSendAccepted) bool { return a.MessageID != "" })(d.AddMassSend(ctx, wecom.MassSend{
		To: wecom.ToGroups, Sender: "anna", ChatIDs: []string{d.chat}, Content: wecom.Content{Text: &wecom.Text{Content: "hello all"}},
	}))
	must(t, d.platform.People().ConfirmTask("anna", other.MessageID))
	got(t, func(p wecom.SendResultPage) bool {
		return len(p.Results) == 1 && p.Results[0].ChatID == d.chat && p.Results[0].Status == wecom.SendDone
	})(d.SendResults(ctx, other.MessageID, "anna", ""))
	got(t, func(p wecom.MassSendPage) bool {
		return len(p.Records) == 1 && p.Records[0].MessageID == other.MessageID
	})(d.MassSends(ctx, wecom.MassSendQuery{To: wecom.ToGroups, Start: noon.Add(-time.Hour), End: noon.Add(time.Hour)}))
	must(t, d.CancelMassSend(ctx, other.MessageID))
	if n := len(d.platform.Deliveries()); n != 3 {
		t.Errorf("%d deliveries", n)
	}
}

func TestMomentsAndMedia(t *testing.T) {
	d, ctx := sit(t, nil), t.Context()
	picture := wecom.File{Name: "tea.png", Data: append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{1}, 100)...)}
	got(t, func(m wecom.Media) bool { return m.ID != "" && !m.Created.Time().IsZero() })(d.UploadMedia(ctx, wecom.MediaImage, picture))
	got(t, func(u string) bool { return u != "" })(d.UploadImage(ctx, picture))
	media := got(t, func(m wecom.Media) bool { return m.ID != "" })(d.UploadAttachment(ctx, wecom.MediaImage, wecom.ForMoment, picture))
	job := got(t, func(j string) bool { return j != "" })(d.AddMoment(ctx, wecom.MomentTask{
		Text: &wecom.Text{Content: "new tea"}, Attachments: []wecom.MomentAttachment{{Type: wecom.AttachImage, Image: &wecom.MediaPart{MediaID: media.ID}}},
		Range: &wecom.MomentRange{Senders: &wecom.MomentSenders{UserIDs: []string{"anna"}}},
	}))
	d.clock.Set(noon.Add(time.Minute))
	made := got(t, func(j wecom.MomentJob) bool { return j.Status == wecom.MomentJobDone && j.Result.MomentID != "" })(d.MomentJob(ctx, job))
	moment := made.Result.MomentID
	got(t, func(p wecom.MomentPage) bool { return len(p.Moments) == 1 && p.Moments[0].ID == moment })(d.Moments(ctx, noon.Add(-time.Hour), noon.Add(time.Hour), ""))
	must(t, d.platform.People().PublishMoment("anna", moment))
	got(t, func(p wecom.MomentMemberPage) bool { return len(p.Members) == 1 && p.Members[0].Published == 1 })(d.MomentMembers(ctx, moment, ""))
	got(t, func(p wecom.MomentCustomerPage) bool { return len(p.Customers) > 0 && p.Next == "" })(d.MomentChosen(ctx, moment, "anna", ""))
	got(t, func(p wecom.MomentCustomerPage) bool { return len(p.Customers) > 0 && p.Next == "" })(d.MomentSeen(ctx, moment, "anna", ""))
	must(t, d.platform.People().LikeMoment(moment, "anna", "wmwang"))
	got(t, func(v wecom.MomentVoices) bool { return len(v.Likes) == 1 && v.Likes[0].ExternalUserID == "wmwang" })(d.MomentComments(ctx, moment, "anna"))
	must(t, d.CancelMoment(ctx, moment))
}

func TestTransfersTakeADay(t *testing.T) {
	d, ctx := sit(t, nil), t.Context()
	got(t, func(rows []wecom.TransferRow) bool { return len(rows) == 2 && rows[0].Code == 0 })(d.TransferCustomers(ctx, wecom.Transfer{From: "anna", To: "ben", CustomerIDs: []string{"wmwang", "wmli"}, Message: "your new guide"}))
	got(t, func(p wecom.TransferResultPage) bool {
		return len(p.Results) == 2 && p.Results[0].Status == wecom.TransferWaiting
	})(d.TransferResults(ctx, "anna", "ben", ""))
	d.clock.Set(noon.Add(25 * time.Hour))
	d.platform.Tick()
	got(t, func(p wecom.TransferResultPage) bool { return p.Results[0].Status == wecom.TransferDone })(d.TransferResults(ctx, "anna", "ben", ""))
	got(t, func(failed []wecom.GroupTransferFailure) bool { return len(failed) == 0 })(d.TransferGroups(ctx, []string{d.chat}, "ben"))
	must(t, d.platform.People().MemberLeaves("anna"))
	got(t, func(p wecom.UnassignedPage) bool {
		return len(p.Customers) == 1 && p.Customers[0].ExternalUserID == "wozhao"
	})(d.Unassigned(ctx, ""))
	got(t, func(rows []wecom.TransferRow) bool { return len(rows) == 1 && rows[0].Code == 0 })(d.TransferFromLeaver(ctx, wecom.Transfer{From: "anna", To: "ben", CustomerIDs: []string{"wozhao"}}))
	got(t, func(p wecom.TransferResultPage) bool { return len(p.Results) == 1 })(d.LeaverTransferResults(ctx, "anna", "ben", ""))
	got(t, func(failed []wecom.GroupTransferFailure) bool { return len(failed) == 1 && failed[0].ChatID == d.chat })(d.TransferGroupsOfLeaver(ctx, []string{d.chat}, "ben"))
}

func TestMessagesToStaff(t *testing.T) {
	d, ctx := sit(t, nil), t.Context()
	got(t, func(m wecom.MessageSent) bool { return m.InvalidUsers == "nobody" })(d.SendText(ctx, []string{"anna", "nobody"}, "a new task"))
	got(t, func(m wecom.MessageSent) bool { return m.InvalidUsers == "" })(d.SendTextCard(ctx, []string{"anna"}, wecom.TextCard{Title: "Today", Description: "3 customers", URL: "https://example.com/"}))
	if n := len(d.platform.StaffMessages("anna")); n != 2 {
		t.Errorf("%d messages", n)
	}
	if _, err := d.SendText(ctx, nil, "nobody"); wecom.ReactionOf(err) != wecom.OurDefect {
		t.Errorf("no receiver: %v", err)
	}
}

func TestTokensThatExpireAreRenewedWithoutAnError(t *testing.T) {
	d, ctx := sit(t, nil), t.Context()
	for range 50 {
		got(t, func(list []string) bool { return len(list) == 2 })(d.FollowUsers(ctx))
		d.platform.ExpireTokens()
	}
}

func TestAnAppWithoutTheRightIsSaidToLackIt(t *testing.T) {
	d := sit(t, func(c *simulator.Config) {
		c.Apps = []simulator.App{{Rights: []simulator.Right{simulator.RightContacts}}}
	})
	_, err := d.FollowUsers(t.Context())
	if wecom.ReactionOf(err) != wecom.AskRights {
		t.Errorf("%v", err)
	}
	_, err = d.WithApp("another secret", 0).FollowUsers(t.Context())
	if wecom.ReactionOf(err) != wecom.FixSettings {
		t.Errorf("%v", err)
	}
}
