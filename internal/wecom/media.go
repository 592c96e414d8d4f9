package wecom

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// MediaKind is what a file is.
type MediaKind string

// Kinds of media.
const (
	MediaImage MediaKind = "image" // JPG or PNG up to 10 MB
	MediaVoice MediaKind = "voice" // AMR up to 2 MB and 60 s
	MediaVideo MediaKind = "video" // MP4 up to 10 MB
	MediaFile  MediaKind = "file"  // up to 20 MB
)

// MediaLife is how long a media_id can be used.
const MediaLife = 3 * 24 * time.Hour

// Media is an uploaded file.
type Media struct {
	ID      string    `json:"media_id"`
	Kind    MediaKind `json:"type"`
	Created Seconds   `json:"created_at"`
}

type mediaAnswer struct {
	answer
	Media
}

// File is what is uploaded.
type File struct {
	Name string
	Data []byte
}

type upload struct {
	data        []byte
	contentType string
}

// UploadMedia stores a file for messages, for MediaLife and all apps of the
// corp.
func (c *Client) UploadMedia(ctx context.Context, kind MediaKind, file File) (Media, error) {
	got, err := send[mediaAnswer](ctx, c, "media/upload", url.Values{"type": {string(kind)}}, file)
	return got.Media, err
}

// AttachmentUse says what an attachment is for.
type AttachmentUse int

// Uses of attachments.
const (
	ForMoment       AttachmentUse = 1
	ForProductAlbum AttachmentUse = 2
)

// UploadAttachment stores a file for Moments or product albums, for MediaLife.
func (c *Client) UploadAttachment(ctx context.Context, kind MediaKind, use AttachmentUse, file File) (Media, error) {
	got, err := send[mediaAnswer](ctx, c, "media/upload_attachment",
		url.Values{"media_type": {string(kind)}, "attachment_type": {strconv.Itoa(int(use))}}, file)
	return got.Media, err
}

// UploadImage stores an image up to 2 MB for ever and returns its URL. The
// platform takes 1,000 a day and 3,000 a month.
func (c *Client) UploadImage(ctx context.Context, file File) (string, error) {
	got, err := send[struct {
		answer
		URL string `json:"url"`
	}](ctx, c, "media/uploadimg", nil, file)
	return got.URL, err
}

// send uploads. A second copy does no harm, so uploads are repeatable.
func send[T any, P answerOf[T]](ctx context.Context, c *Client, path string, query url.Values, file File) (T, error) {
	var buffer bytes.Buffer
	form := multipart.NewWriter(&buffer)
	part, err := form.CreateFormFile("media", file.Name)
	if err == nil {
		_, err = part.Write(file.Data)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		var none T
		return none, &Error{Call: path, Message: "the form cannot be built", Outcome: NoEffect, cause: errMisuse}
	}
	body := &upload{data: buffer.Bytes(), contentType: form.FormDataContentType()}
	return call[T, P](ctx, c, request{method: http.MethodPost, path: path, query: query, body: body, priority: TaskNext, repeatable: true})
}
