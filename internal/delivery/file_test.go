package delivery_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// counted counts uploads and what mass sends carry.
type counted struct {
	delivery.WeCom
	uploads, pictures int
}

func (c *counted) UploadMedia(ctx context.Context, kind wecom.MediaKind, file wecom.File) (wecom.Media, error) {
	c.uploads++
	return c.WeCom.UploadMedia(ctx, kind, file)
}

func (c *counted) AddMassSend(ctx context.Context, m wecom.MassSend) (wecom.MassSendAccepted, error) {
	accepted, err := c.WeCom.AddMassSend(ctx, m)
	for _, a := range m.Attachments {
		if a.Image != nil && err == nil {
			c.pictures++
		}
	}
	return accepted, err
}

// picture is the texts, one of them with a picture that the desk's database has.
func (d *desk) picture(t *testing.T) content.Library {
	t.Helper()
	data := []byte("\x89PNG\r\n\x1a\nleaves")
	file, flaw := content.NewFile("tea.png", data)
	if flaw != "" {
		t.Fatal(flaw)
	}
	must(t, d.db.PutFile(t.Context(), file, data, d.clock.Now()))
	with := library
	with.Materials = slices.Clone(library.Materials)
	with.Materials[0].Files = []content.File{file}
	return with
}

func messageMedia(code id.Code) delivery.MediaKey {
	return delivery.MediaKey{Corp: corp, Use: delivery.MediaMessages, Code: code}
}

func (d *desk) counting() *counted {
	c := &counted{WeCom: d.gate.Corps[corp]}
	d.gate.Corps[corp] = c
	return c
}

func (d *desk) planWith(t *testing.T, texts content.Library, member int) {
	t.Helper()
	_, err := d.gate.Queue(t.Context(), []decision.Action{d.action(member, 0, event.MassSend, "ask")}, texts)
	must(t, err)
}

func TestAPictureIsUploadedOnceAndAgainWhenItsIDHasExpired(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 3, 1)
	texts, wecomSees := d.picture(t), d.counting()
	d.planWith(t, texts, 0)
	d.planWith(t, texts, 1)
	if sent := d.send(t); sent.Accepted != 2 || wecomSees.uploads != 1 || wecomSees.pictures != 2 {
		t.Fatalf("sent %+v, %+v", sent, wecomSees)
	}
	d.pass(wecom.MediaLife)
	d.planWith(t, texts, 2)
	if sent := d.send(t); sent.Accepted != 1 || wecomSees.uploads != 2 || wecomSees.pictures != 3 {
		t.Errorf("three days later sent %+v, %+v", sent, wecomSees)
	}
}

func TestAMediaIDThatWeComNoLongerKnowsIsUploadedAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	texts, wecomSees := d.picture(t), d.counting()
	file := texts.Materials[0].Files[0]
	must(t, d.db.KeepMediaID(t.Context(), messageMedia(file.Code), "gone", d.clock.Now().Add(wecom.MediaLife)))
	d.planWith(t, texts, 0)
	if sent := d.send(t); sent.Later != 1 || wecomSees.uploads != 0 {
		t.Fatalf("sent %+v, %+v", sent, wecomSees)
	}
	d.pass(time.Minute)
	if sent := d.send(t); sent.Accepted != 1 || wecomSees.uploads != 1 || wecomSees.pictures != 1 {
		t.Errorf("sent %+v, %+v", sent, wecomSees)
	}
}

func TestWithoutItsFileAMassSendIsDropped(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	texts := d.picture(t)
	texts.Materials[0].Files = []content.File{{Code: 99, Kind: content.KindImage, Name: "gone.png"}}
	d.planWith(t, texts, 0)
	if sent := d.send(t); sent.Dropped != 1 {
		t.Errorf("sent %+v", sent)
	}
	if words := d.touches(t, 0, 0); !slices.Equal(words, []string{"withdrawn:file_refused"}) {
		t.Errorf("ledger says %v", words)
	}
}

func TestAWelcomeLeavesWithoutItsPictureRatherThanNotAtAll(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1, 1)
	texts := d.picture(t)
	greet := library.Materials[2]
	greet.Files = texts.Materials[0].Files
	must(t, d.db.KeepMediaID(t.Context(), messageMedia(greet.Files[0].Code), "gone", d.clock.Now().Add(wecom.MediaLife)))
	for _, code := range d.welcomeCodes(t, 2) {
		got, err := d.gate.Welcome(t.Context(), delivery.Greeting{
			Corp: corp, Staff: staff(0), Store: 1, Customer: customer(0, 100), Code: wecom.Secret(code), Added: d.clock.Now(),
			Message: wecom.Content{Text: &wecom.Text{Content: "hello"}}, Material: greet,
		})
		if got != delivery.Greeted || err != nil {
			t.Errorf("%s, %v", got, err)
		}
	}
	if kept, err := d.db.MediaID(t.Context(), messageMedia(greet.Files[0].Code), d.clock.Now()); kept == "gone" || kept == "" || err != nil {
		t.Errorf("the second welcome used media %q, %v", kept, err)
	}
}
