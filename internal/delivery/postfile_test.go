package delivery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/content"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

type momentDoor interface{ delivery.Moments }

// postWire is a WeCom that notes what leaves: uploads, and posts as they are written.
type postWire struct {
	delivery.WeCom
	momentDoor
	uploads []string
	sent    []string
	jobCode int // with which jobs of Moments end, 0 as they do
	stopped int // what WeCom says when messages are to be stopped, 0 as it does
}

func (w *postWire) CancelMassSend(ctx context.Context, msgID string) error {
	if w.stopped != 0 {
		return &wecom.Error{Call: "cancel_groupmsg_send", Code: w.stopped, Outcome: wecom.NoEffect}
	}
	return w.WeCom.CancelMassSend(ctx, msgID)
}

func (w *postWire) CancelMoment(ctx context.Context, momentID string) error {
	if w.stopped != 0 {
		return &wecom.Error{Call: "cancel_moment_task", Code: w.stopped, Outcome: wecom.NoEffect}
	}
	return w.momentDoor.CancelMoment(ctx, momentID)
}

func (w *postWire) MomentJob(ctx context.Context, jobID string) (job wecom.MomentJob, err error) {
	if w.jobCode == 0 {
		return w.momentDoor.MomentJob(ctx, jobID)
	}
	job.Status, job.Result.Code = wecom.MomentJobDone, w.jobCode
	return job, nil
}

func (w *postWire) UploadMedia(ctx context.Context, kind wecom.MediaKind, file wecom.File) (wecom.Media, error) {
	w.uploads = append(w.uploads, fmt.Sprint("message ", kind, " ", file.Name))
	return w.WeCom.UploadMedia(ctx, kind, file)
}

func (w *postWire) UploadAttachment(ctx context.Context, kind wecom.MediaKind, use wecom.AttachmentUse, file wecom.File) (wecom.Media, error) {
	w.uploads = append(w.uploads, fmt.Sprint("attachment ", int(use), " ", kind, " ", file.Name))
	return w.momentDoor.UploadAttachment(ctx, kind, use, file)
}

func (w *postWire) AddMassSend(ctx context.Context, m wecom.MassSend) (wecom.MassSendAccepted, error) {
	w.note(m)
	return w.WeCom.AddMassSend(ctx, m)
}

func (w *postWire) AddMoment(ctx context.Context, m wecom.MomentTask) (string, error) {
	w.note(m)
	return w.momentDoor.AddMoment(ctx, m)
}

func (w *postWire) note(request any) {
	raw, err := json.Marshal(request)
	if err != nil {
		panic(err)
	}
	w.sent = append(w.sent, string(raw))
}

// wired returns the gate of posts with a wire that notes.
func (d *postDesk) wired(t *testing.T) (delivery.PostGate, *postWire) {
	gate := d.posts(t)
	wire := &postWire{WeCom: d.gate.Corps[corp], momentDoor: gate.Moments[corp]}
	d.gate.Corps[corp] = wire
	gate.Moments[corp] = wire
	return gate, wire
}

func (d *postDesk) file(t *testing.T, name, data string) content.File {
	t.Helper()
	file, flaw := content.NewFile(name, []byte(data))
	if flaw != "" {
		t.Fatal(flaw)
	}
	must(t, d.db.PutFile(t.Context(), file, []byte(data), d.clock.Now()))
	return file
}

func (d *postDesk) png(t *testing.T, name string) content.File {
	return d.file(t, name+".png", "\x89PNG\r\n\x1a\n"+name)
}

func (d *postDesk) mp4(t *testing.T, name string) content.File {
	return d.file(t, name+".mp4", "0000ftypisom"+name)
}

func TestPostsLeaveAsWeComWantsThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		channel     event.Channel
		link, title string
		files       func(*postDesk) []content.File
		want        string // media ids are their order, the marker M
	}{
		"pictures, a film, a file and a card into groups": {event.GroupPost, "https://shop.example/tea", "新茶", func(d *postDesk) []content.File {
			return []content.File{d.png(t, "a"), d.mp4(t, "b"), d.file(t, "list.txt", "prices of teas")}
		}, `{"chat_type":"group","chat_id_list":["wr0g0"],"sender":"m0","text":{"content":"今天有新茶"},"attachments":[{"msgtype":"image","image":{"media_id":"1"}},` +
			`{"msgtype":"video","video":{"media_id":"2"}},{"msgtype":"file","file":{"media_id":"3"}},{"msgtype":"link","link":{"title":"新茶","url":"https://shop.example/tea?M"}}]}`},
		"pictures and an address in Moments": {event.Moments, "https://shop.example/tea", "", func(d *postDesk) []content.File { return []content.File{d.png(t, "a"), d.png(t, "b")} },
			`{"text":{"content":"今天有新茶\nhttps://shop.example/tea?M"},"attachments":[{"msgtype":"image","image":{"media_id":"1"}},{"msgtype":"image","image":{"media_id":"2"}}],` +
				`"visible_range":{"sender_list":{"user_list":["m0"]}}}`},
		"a card with its picture in Moments": {event.Moments, "https://shop.example/tea", "新茶", func(d *postDesk) []content.File { return []content.File{d.png(t, "a")} },
			`{"text":{"content":"今天有新茶"},"attachments":[{"msgtype":"link","link":{"title":"新茶","url":"https://shop.example/tea?M","media_id":"1"}}],` +
				`"visible_range":{"sender_list":{"user_list":["m0"]}}}`},
		"a film in Moments": {event.Moments, "", "", func(d *postDesk) []content.File { return []content.File{d.mp4(t, "a")} },
			`{"text":{"content":"今天有新茶"},"attachments":[{"msgtype":"video","video":{"media_id":"1"}}],"visible_range":{"sender_list":{"user_list":["m0"]}}}`},
	} {
		d := newPostDesk(t, 1, 1, 1)
		gate, wire := d.wired(t)
		o := d.order(c.channel)
		o.Link, o.Title, o.Files = c.link, c.title, c.files(d)
		_, err := gate.WritePost(t.Context(), o)
		must(t, err)
		if sent, err := gate.SendPosts(t.Context()); sent.Accepted != 1 || err != nil {
			t.Fatalf("%s: sent %+v, %v", name, sent, err)
		}
		got := strings.ReplaceAll(wire.sent[0], "siyu="+d.onlySend(t).Marker, "M")
		for i, f := range o.Files {
			use := delivery.MediaMessages
			if c.channel == event.Moments {
				use = delivery.MediaMoments
			}
			media, err := d.db.MediaID(t.Context(), delivery.MediaKey{Corp: corp, Use: use, Code: f.Code}, d.clock.Now())
			must(t, err)
			got = strings.ReplaceAll(got, `"media_id":"`+media+`"`, fmt.Sprintf(`"media_id":"%d"`, i+1))
		}
		if got != c.want {
			t.Errorf("%s: left as\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestAPictureOfPostsIsUploadedOnceForGroupsAndOnceForMoments(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 2, 1, 1)
	gate, wire := d.wired(t)
	picture := d.png(t, "tea")
	write := func(key string, channel event.Channel) {
		o := d.order(channel)
		o.Key, o.Files = key, []content.File{picture}
		_, err := gate.WritePost(t.Context(), o)
		must(t, err)
		if sent, err := gate.SendPosts(t.Context()); sent.Accepted == 0 || err != nil {
			t.Fatalf("%s: sent %+v, %v", key, sent, err)
		}
	}
	write("groups", event.GroupPost)
	write("moments", event.Moments)
	want := []string{"message image tea.png", "attachment 1 image tea.png"}
	if !slices.Equal(wire.uploads, want) {
		t.Errorf("uploads %v, want %v", wire.uploads, want)
	}
	d.pass(wecom.MediaLife)
	write("groups later", event.GroupPost)
	write("moments later", event.Moments)
	if want := append(want, want...); !slices.Equal(wire.uploads, want) {
		t.Errorf("three days later uploads %v, want %v", wire.uploads, want)
	}
}

func TestAMediaIDThatWeComForgotIsUploadedAnewForPosts(t *testing.T) {
	t.Parallel()
	for channel, use := range map[event.Channel]delivery.MediaUse{event.GroupPost: delivery.MediaMessages, event.Moments: delivery.MediaMoments} {
		d := newPostDesk(t, 1, 1, 1)
		gate, wire := d.wired(t)
		o := d.order(channel)
		o.Files = []content.File{d.png(t, "tea")}
		must(t, d.db.KeepMediaID(t.Context(), delivery.MediaKey{Corp: corp, Use: use, Code: o.Files[0].Code}, "gone", d.clock.Now().Add(wecom.MediaLife)))
		_, err := gate.WritePost(t.Context(), o)
		must(t, err)
		if sent, err := gate.SendPosts(t.Context()); sent.Later != 1 || err != nil {
			t.Fatalf("%s: sent %+v, %v", channel, sent, err)
		}
		d.pass(time.Minute)
		if sent, err := gate.SendPosts(t.Context()); sent.Accepted != 1 || len(wire.uploads) != 1 || err != nil {
			t.Errorf("%s: sent %+v, uploads %v, %v", channel, sent, wire.uploads, err)
		}
	}
}

func TestWithoutItsFileAPostIsDroppedAndWaitsWhereWeComIsAway(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 1)
	gate, _ := d.wired(t)
	o := d.order(event.Moments)
	o.Files = []content.File{{Code: id.Code(99), Kind: content.KindImage, Name: "gone.png"}}
	_, err := gate.WritePost(t.Context(), o)
	must(t, err)
	if sent, err := gate.SendPosts(t.Context()); sent.Dropped != 1 || err != nil {
		t.Errorf("sent %+v, %v", sent, err)
	}
	if got := d.targets(t); !slices.Equal(got, []string{"withdrawn:file_refused"}) {
		t.Errorf("targets %v", got)
	}
}

func TestAPostWithFilesThatWeComWouldNotTakeIsRefused(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 1)
	var many []content.File
	for n := range 10 {
		many = append(many, d.png(t, fmt.Sprint("tea", n)))
	}
	list := d.file(t, "list.txt", "prices of teas")
	film := d.mp4(t, "tea")
	for name, c := range map[string]struct {
		channel event.Channel
		title   string
		files   []content.File
		want    string
	}{
		"nine pictures in Moments":        {event.Moments, "", many[:9], ""},
		"nine pictures into groups":       {event.GroupPost, "", many[:9], ""},
		"eight pictures and a card":       {event.GroupPost, "tea", many[:8], ""},
		"nine pictures and a card":        {event.GroupPost, "tea", many[:9], "error.post_files"},
		"ten pictures":                    {event.Moments, "", many, "error.post_files"},
		"one picture twice":               {event.GroupPost, "", []content.File{film, film}, "error.post_files"},
		"a file in Moments":               {event.Moments, "", []content.File{list}, "error.post_moment_files"},
		"a film and a picture in Moments": {event.Moments, "", []content.File{film, many[0]}, "error.post_moment_files"},
		"a card without a picture":        {event.Moments, "tea", nil, "error.post_card"},
		"a card with two pictures":        {event.Moments, "tea", many[:2], "error.post_card"},
		"a card with a long title":        {event.Moments, strings.Repeat("茶", 22), many[:1], "error.post_title"},
	} {
		o := d.order(c.channel)
		o.Title, o.Files = c.title, c.files
		if err := o.Flaw(); fault.KeyOf(err) != c.want && !(c.want == "" && err == nil) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestAFileThatAJobOfMomentsDoesNotKnowIsUploadedAgainForTheNextPost(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, 1, 1, 1)
	gate, wire := d.wired(t)
	o := d.order(event.Moments)
	o.Files = []content.File{d.png(t, "a")}
	send := func() {
		t.Helper()
		_, err := gate.WritePost(t.Context(), o)
		must(t, err)
		_, err = gate.SendPosts(t.Context())
		must(t, err)
		_, err = gate.ReadPosts(t.Context())
		must(t, err)
	}
	wire.jobCode = 40007 // invalid media_id
	send()
	d.onlySend(t, delivery.Rejected)
	wire.jobCode, o.Key = 0, "again"
	send()
	if len(wire.uploads) != 2 {
		t.Errorf("uploaded %v", wire.uploads)
	}
}
