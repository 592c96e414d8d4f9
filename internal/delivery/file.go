package delivery

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/content"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// Files keeps pictures and files, and under which names corps know them.
type Files interface {
	// File returns the name and the content of a file; one that is not there is
	// fault.NotFound.
	File(ctx context.Context, code id.Code) (name string, data []byte, err error)
	// MediaID returns under which name a corp has the file until after a time, "" if
	// it has not.
	MediaID(ctx context.Context, of MediaKey, after time.Time) (string, error)
	// KeepMediaID stores such a name with its end; "" forgets it.
	KeepMediaID(ctx context.Context, of MediaKey, mediaID string, until time.Time) error
}

// MediaKey is a file as a corp may have it.
type MediaKey struct {
	Corp id.Corp
	Use  MediaUse
	Code id.Code
}

// MediaUse is for what a file was uploaded: WeCom takes no file of one use for the
// other.
type MediaUse string

// The uses.
const (
	MediaMessages MediaUse = "messages"
	MediaMoments  MediaUse = "moments"
)

// mediaMargin is how long a media id must still live to be used: calls are repeated,
// and WeCom reads the file when the task is made.
const mediaMargin = time.Hour

// attachments returns the files as WeCom gets them in messages. Each is uploaded once
// for a corp, and again when its media id comes to its end.
func (g *Gate) attachments(ctx context.Context, corp id.Corp, files string) (list []wecom.Attachment, err error) {
	for _, f := range content.FilesOf(files) {
		media, err := g.MessageMedia(ctx, corp, f)
		if err != nil {
			return nil, err
		}
		a := wecom.Attachment{Type: wecom.AttachmentType(f.Kind)}
		switch f.Kind {
		case content.KindImage:
			a.Image = &wecom.ImagePart{MediaID: media}
		case content.KindVideo:
			a.Video = &wecom.MediaPart{MediaID: media}
		default:
			a.File = &wecom.MediaPart{MediaID: media}
		}
		list = append(list, a)
	}
	return list, nil
}

// MessageMedia returns under which name a corp has a file for messages, for the hour to
// come at least; the file is uploaded where it has not. A file that is not there, or a
// corp that this node has no door to, is fault.NotFound.
func (g *Gate) MessageMedia(ctx context.Context, corp id.Corp, f content.File) (media string, err error) {
	door, known := g.Corps[corp]
	if !known {
		return "", fault.New(fault.NotFound, "no door to the corp")
	}
	return g.mediaID(ctx, uploading{MediaKey{Corp: corp, Use: MediaMessages}, door.UploadMedia}, f)
}

// uploading is how a corp gets files of a use.
type uploading struct {
	MediaKey // without Code
	upload   func(context.Context, wecom.MediaKind, wecom.File) (wecom.Media, error)
}

func (g *Gate) mediaID(ctx context.Context, to uploading, f content.File) (media string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("attach file %s: %w", id.Text(f.Code), err)
		}
	}()
	if g.Files == nil {
		return "", fault.New(fault.NotFound, "no files are kept here")
	}
	key, now := to.MediaKey, g.Clock.Now()
	key.Code = f.Code
	known, err := g.Files.MediaID(ctx, key, now.Add(mediaMargin))
	if err != nil || known != "" {
		return known, err
	}
	name, data, err := g.Files.File(ctx, f.Code)
	if err != nil {
		return "", err
	}
	uploaded, err := to.upload(ctx, wecom.MediaKind(f.Kind), wecom.File{Name: name, Data: data})
	if err != nil {
		return "", err
	}
	return uploaded.ID, g.Files.KeepMediaID(ctx, key, uploaded.ID, now.Add(wecom.MediaLife))
}

// forgetMedia lets files be uploaded again: WeCom does not know their ids any more.
func (g *Gate) forgetMedia(ctx context.Context, of MediaKey, files string) error {
	for _, f := range content.FilesOf(files) {
		of.Code = f.Code
		if err := g.Files.KeepMediaID(ctx, of, "", time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// withoutFiles ends a claim whose files could not be uploaded: tried again later
// where WeCom is away, else dropped.
func (g *Gate) withoutFiles(ctx context.Context, d Dispatch, cause error) (State, error) {
	var state State
	err := g.Ledger.ChangeDispatch(ctx, d.ID, func(r *Record) error {
		if r.Dispatch.State != Claimed || !r.Dispatch.OwnedBy(g.owner) {
			return errLost
		}
		now := g.Clock.Now()
		defer func() { state = r.Dispatch.State }()
		if !uploadLater(cause) {
			return r.drop(now, fileRefused)
		}
		r.Dispatch.NotBefore = now.Add(g.Settings.RetryAfter)
		return r.Dispatch.enter(Planned, now, fileNotUploaded)
	})
	return state, err
}

// uploadLater tells whether a file that could not be uploaded may be later.
func uploadLater(cause error) bool {
	return fault.CodeOf(cause) != fault.NotFound && wecom.ReactionOf(cause) == wecom.TryLater
}

// Why a send waits or is dropped whose picture or file WeCom does not take.
const (
	fileNotUploaded = "file_not_uploaded"
	fileRefused     = "file_refused"
)

// welcomeFilesWithin is how long a welcome waits for its pictures: it must leave within
// twenty seconds, and does without them rather than not at all.
const welcomeFilesWithin = 6 * time.Second

func (g *Gate) attachToWelcome(ctx context.Context, w *Greeting) {
	if len(w.Material.Files) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, welcomeFilesWithin)
	defer cancel()
	if list, err := g.attachments(ctx, w.Corp, content.FilesText(w.Material.Files)); err == nil {
		w.Message.Attachments = append(w.Message.Attachments, list...)
	}
}

// withoutMedia returns what of a message needs no upload.
func withoutMedia(list []wecom.Attachment) (kept []wecom.Attachment) {
	for _, a := range list {
		if a.Type == wecom.AttachLink {
			kept = append(kept, a)
		}
	}
	return kept
}
