package delivery

import (
	"context"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/wecom"
)

// postParts are the files of a post as WeCom gets them: of groups, or of Moments.
type postParts struct {
	message []wecom.Attachment
	moment  []wecom.MomentAttachment
}

// attach uploads the files of a post, as far as the corp has not got them.
func (g PostGate) attach(ctx context.Context, p Post, s PostSend) (parts postParts, err error) {
	if s.Channel == event.GroupPost {
		parts.message, err = g.attachments(ctx, s.Corp, p.Files)
		return parts, err
	}
	files := content.FilesOf(p.Files)
	uploading := uploading{MediaKey: mediaOf(s), upload: func(ctx context.Context, kind wecom.MediaKind, file wecom.File) (wecom.Media, error) {
		return g.Moments[s.Corp].UploadAttachment(ctx, kind, wecom.ForMoment, file)
	}}
	for _, f := range files {
		media, err := g.mediaID(ctx, uploading, f)
		if err != nil {
			return parts, err
		}
		a := wecom.MomentAttachment{Type: wecom.AttachmentType(f.Kind)}
		switch {
		case hasCard(s.Channel, p.Title, s.Link, files):
			a.Type, a.Link = wecom.AttachLink, &wecom.MomentLink{Title: p.Title, URL: s.Link, MediaID: media}
		case f.Kind == content.KindVideo:
			a.Video = &wecom.MediaPart{MediaID: media}
		default:
			a.Image = &wecom.MediaPart{MediaID: media}
		}
		parts.moment = append(parts.moment, a)
	}
	return parts, nil
}

// mediaOf returns for what the files of a send are uploaded.
func mediaOf(s PostSend) MediaKey {
	if s.Channel == event.Moments {
		return MediaKey{Corp: s.Corp, Use: MediaMoments}
	}
	return MediaKey{Corp: s.Corp, Use: MediaMessages}
}

// withoutFiles ends a claim whose files could not be uploaded: tried again later where
// WeCom is away, else dropped.
func (g PostGate) withoutFiles(ctx context.Context, s PostSend, cause error) (state State, err error) {
	err = g.Posts.ChangePost(ctx, s.ID, func(r *PostRecord) error {
		if r.Send.State != Claimed || !r.Send.ownedBy(g.owner) {
			return errLost
		}
		now := g.Clock.Now()
		defer func() { state = r.Send.State }()
		if !uploadLater(cause) {
			return r.drop(now, fileRefused)
		}
		r.Send.NotBefore = now.Add(g.Settings.RetryAfter)
		return r.Send.enter(Planned, now, fileNotUploaded)
	})
	return state, err
}

// contentOf returns a post as WeCom gets it in groups.
func contentOf(p Post, s PostSend, files []wecom.Attachment) wecom.Content {
	message := wecom.Content{Text: &wecom.Text{Content: p.Text}}
	addLink(&message, p.Title, s.Link)
	message.Attachments = append(files, message.Attachments...)
	return message
}

// momentOf returns a post as WeCom gets it for Moments: without a card the address
// stands under the text.
func momentOf(p Post, s PostSend, userIDs []string, files []wecom.MomentAttachment) wecom.MomentTask {
	message := wecom.Content{Text: &wecom.Text{Content: p.Text}}
	if len(files) == 0 || files[0].Link == nil {
		addLink(&message, "", s.Link)
	}
	task := wecom.MomentTask{Text: message.Text, Attachments: files, Range: &wecom.MomentRange{Senders: &wecom.MomentSenders{UserIDs: userIDs}}}
	if len(p.Tags) > 0 {
		task.Range.Customers = &wecom.MomentCustomers{TagIDs: p.Tags}
	}
	return task
}
