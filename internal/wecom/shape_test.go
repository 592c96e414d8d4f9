package wecom

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/xen0n/go-workwx"
)

// heard keeps what go-workwx, an implementation that is not ours, understood.
type heard struct{ messages []*workwx.RxMessage }

func (h *heard) OnIncomingMessage(m *workwx.RxMessage) error {
	h.messages = append(h.messages, m)
	return nil
}

func TestAnotherLibraryOpensAndReadsWhatWeSeal(t *testing.T) {
	c := crypt(t, "token", keyOne)
	var h heard
	handler, err := workwx.NewHTTPHandler("token", string(keyOne), &h)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	sealed := c.Seal([16]byte{1, 2, 3}, eventXML(`<Event>change_external_contact</Event><ChangeType>add_external_contact</ChangeType>`+
		`<UserID>zhangsan</UserID><ExternalUserID>wm1</ExternalUserID><State>door</State><WelcomeCode>code</WelcomeCode>`))
	status, _ := post(t, sealedURL(server.URL, c, sealed, noon), envelopeOf(testCorp, sealed))
	if status != http.StatusOK || len(h.messages) != 1 {
		t.Fatalf("status %d, %d messages", status, len(h.messages))
	}
	if e, ok := h.messages[0].EventAddExternalContact(); !ok || e.GetExternalUserID() != "wm1" || e.GetState() != "door" {
		t.Errorf("understood %+v", h.messages[0])
	}
	status, _ = post(t, strings.Replace(sealedURL(server.URL, c, sealed, noon), "msg_signature=", "msg_signature=0", 1), envelopeOf(testCorp, sealed))
	if status == http.StatusOK || len(h.messages) != 1 {
		t.Errorf("it accepts any signature: %d", status)
	}
}

// Fields that nobody set must not be sent: the platform may read null as a
// change.
func TestAbsentFieldsAreAbsent(t *testing.T) {
	var body string
	p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
		text := make([]byte, r.ContentLength)
		_, _ = r.Body.Read(text)
		body = strings.TrimSpace(string(text))
		_, _ = w.Write([]byte(`{"errcode":0}`))
	})
	c, _ := newClient(t, p.URL, nil)
	skip := false
	for want, try := range map[string]func() error{
		`{"chat_type":"single","external_userid":["wm1"],"sender":"a","text":{"content":"<b>&"},"attachments":[{"msgtype":"link","link":{"title":"t","url":"http://u?a&b"}}]}`: func() error {
			_, err := c.AddMassSend(t.Context(), MassSend{To: ToCustomers, CustomerIDs: []string{"wm1"}, Sender: "a", Content: Content{
				Text: &Text{"<b>&"}, Attachments: []Attachment{{Type: AttachLink, Link: &LinkPart{Title: "t", URL: "http://u?a&b"}}}}})
			return err
		},
		`{"welcome_code":"code","text":{"content":"hi"}}`: func() error { return c.SendWelcome(t.Context(), "code", Content{Text: &Text{"hi"}}) },
		`{"config_id":"c","skip_verify":false}`: func() error {
			return c.UpdateContactWay(t.Context(), ContactWayChange{ID: "c", SkipVerify: &skip})
		},
		`{"userid":"a","external_userid":"wm1","remark":"r"}`: func() error {
			return c.SetRemark(t.Context(), Remark{UserID: "a", ExternalUserID: "wm1", Remark: "r"})
		},
		`{"userid":"a","external_userid":"wm1","add_tag":["et1"]}`: func() error {
			return c.MarkTags(t.Context(), TagMark{UserID: "a", ExternalUserID: "wm1", Add: []string{"et1"}})
		},
		`{"userid_list":["a"],"limit":100}`: func() error { _, err := c.Batch(t.Context(), []string{"a"}, ""); return err },
		`{"text":{"content":"x"}}`:          func() error { _, err := c.AddMoment(t.Context(), MomentTask{Text: &Text{"x"}}); return err },
	} {
		if err := try(); err != nil || body != want {
			t.Errorf("sent %s, %v\nwant %s", body, err, want)
		}
	}
}

// What SDKs have stumbled over: a profile object in a batch, order of tag
// groups, times as text, missing fields, unknown ones.
func TestOddAnswersAreRead(t *testing.T) {
	answers := map[string]string{
		"/cgi-bin/externalcontact/batch/get_by_user": `{"errcode":0,"errmsg":"ok","next_cursor":"a+/=&b","external_contact_list":[{"external_contact":{"external_userid":"wo1","name":"a` + "\x01" + `b","type":2,
			"external_profile":{"external_attr":[{"type":0,"name":"n","text":{"value":"v"}},{"type":9,"unheard":{}}]}},"follow_info":{"userid":"u","createtime":1600000000,"tag_id":["et1"],"add_way":999,"state":"s"}},
			{"external_contact":{"external_userid":"wm2"},"follow_info":{"userid":"u"}}]}`,
		"/cgi-bin/externalcontact/get_corp_tag_list":      `{"errcode":0,"tag_group":[{"group_id":"g","order":4294967295,"tag":[{"id":"et1","name":"n","order":3}]}]}`,
		"/cgi-bin/externalcontact/get_groupmsg_list_v2":   `{"errcode":0,"group_msg_list":[{"msgid":"m","create_time":"1600000000","text":{"content":"x"}}]}`,
		"/cgi-bin/media/upload":                           `{"errcode":0,"type":"image","media_id":"id","created_at":"1380000000"}`,
		"/cgi-bin/media/upload_attachment":                `{"errcode":0,"type":"image","media_id":"id","created_at":1380000000}`,
		"/cgi-bin/externalcontact/list":                   `{"errcode":84061,"errmsg":"not external contact"}`,
		"/cgi-bin/externalcontact/groupchat/get":          `{"errcode":0,"group_chat":{"chat_id":"wr1","member_list":[{"userid":"wm1","type":2,"join_time":1,"join_scene":3}]}}`,
		"/cgi-bin/externalcontact/get_user_behavior_data": `{"errcode":0,"behavior_data":[{"stat_time":1,"chat_cnt":0},{"stat_time":2,"chat_cnt":3,"reply_percentage":80.5,"avg_reply_time":12}]}`,
	}
	var cursor string
	p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("cursor") {
			cursor = r.URL.Query().Get("cursor")
			_, _ = w.Write([]byte(`{"errcode":0,"external_contact":{"external_userid":"wm1"},"follow_user":[]}`))
			return
		}
		_, _ = w.Write([]byte(answers[r.URL.Path]))
	})
	c, _ := newClient(t, p.URL, nil)
	page, err := c.Batch(t.Context(), []string{"u"}, "")
	if err != nil || len(page.Relations) != 2 || page.Relations[0].Customer.Name != "a b" || page.Relations[0].Follow.AddWay != 999 || page.Relations[0].Follow.State != "s" ||
		page.Relations[0].Customer.Profile.Attributes[0].Text.Value != "v" || !page.Relations[1].Follow.Created.Time().IsZero() {
		t.Errorf("batch %+v, %v", page, err)
	}
	if _, err := c.Customer(t.Context(), "wm1", page.Next); err != nil || cursor != "a+/=&b" {
		t.Errorf("the cursor arrives as %q, %v", cursor, err)
	}
	if tags, err := c.Tags(t.Context()); err != nil || tags[0].Order != 4294967295 || tags[0].Tags[0].ID != "et1" {
		t.Errorf("tags %+v, %v", tags, err)
	}
	if list, err := c.MassSends(t.Context(), MassSendQuery{To: ToCustomers, Start: noon, End: noon}); err != nil || list.Records[0].Created.Time().Unix() != 1600000000 || list.Records[0].Text.Content != "x" {
		t.Errorf("mass sends %+v, %v", list, err)
	}
	for _, upload := range []func() (Media, error){
		func() (Media, error) { return c.UploadMedia(t.Context(), MediaImage, File{"a.png", []byte("12345")}) },
		func() (Media, error) {
			return c.UploadAttachment(t.Context(), MediaImage, ForMoment, File{"a.png", []byte("12345")})
		},
	} {
		if m, err := upload(); err != nil || m.ID != "id" || m.Created.Time().Unix() != 1380000000 {
			t.Errorf("media %+v, %v", m, err)
		}
	}
	if ids, err := c.CustomersOf(t.Context(), "u"); err != nil || len(ids) != 0 {
		t.Errorf("no customers: %v, %v", ids, err)
	}
	if g, err := c.Group(t.Context(), "wr1"); err != nil || g.Members[0].Invitor != nil || g.Members[0].JoinScene != JoinedByScan {
		t.Errorf("group %+v, %v", g, err)
	}
	if days, err := c.Behaviour(t.Context(), []string{"u"}, noon, noon); err != nil || days[0].ReplyPercentage != nil || *days[1].ReplyPercentage != 80.5 {
		t.Errorf("behaviour %+v, %v", days, err)
	}
}
