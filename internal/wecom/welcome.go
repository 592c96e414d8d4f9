package wecom

import (
	"context"
	"net/http"
	"time"
)

// WelcomeLife is how long a welcome code can be used, once.
const WelcomeLife = 20 * time.Second

// MostAttachments of a welcome or a mass message.
const MostAttachments = 9

// Text is the text part of a message, at most 4,000 bytes.
type Text struct {
	Content string `json:"content"`
}

// Attachment is one part of a message beside the text: exactly the object
// that Type names is set.
type Attachment struct {
	Type        AttachmentType   `json:"msgtype"`
	Image       *ImagePart       `json:"image,omitempty"`
	Link        *LinkPart        `json:"link,omitempty"`
	MiniProgram *MiniProgramPart `json:"miniprogram,omitempty"`
	Video       *MediaPart       `json:"video,omitempty"`
	File        *MediaPart       `json:"file,omitempty"`
}

// AttachmentType names an attachment's object.
type AttachmentType string

// Attachment types.
const (
	AttachImage       AttachmentType = "image"
	AttachLink        AttachmentType = "link"
	AttachMiniProgram AttachmentType = "miniprogram"
	AttachVideo       AttachmentType = "video"
	AttachFile        AttachmentType = "file"
)

// ImagePart is an image by media id or by a URL from UploadImage.
type ImagePart struct {
	MediaID string `json:"media_id,omitempty"`
	URL     string `json:"pic_url,omitempty"`
}

// LinkPart is a card that opens a page.
type LinkPart struct {
	Title       string `json:"title"` // at most 128 bytes
	Picture     string `json:"picurl,omitempty"`
	Description string `json:"desc,omitempty"` // at most 512 bytes
	URL         string `json:"url"`            // at most 2,048 bytes
}

// MiniProgramPart is a card that opens a mini-program.
type MiniProgramPart struct {
	Title   string `json:"title"` // at most 64 bytes
	MediaID string `json:"pic_media_id"`
	AppID   string `json:"appid"`
	Page    string `json:"page"`
}

// MediaPart is an uploaded file.
type MediaPart struct {
	MediaID string `json:"media_id"`
}

// Content is a message: text, attachments or both.
type Content struct {
	Text        *Text        `json:"text,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
}

// SendWelcome greets a new customer with the code of his add event. A code
// works once, so callers may repeat a call that ended InDoubt; they alone can
// then tell whether CodeWelcomed means their own first attempt.
func (c *Client) SendWelcome(ctx context.Context, code Secret, content Content) error {
	_, err := call[answer](ctx, c, request{
		method: http.MethodPost, path: "externalcontact/send_welcome_msg", priority: WelcomeFirst,
		body: struct {
			Code string `json:"welcome_code"`
			Content
		}{string(code), content},
	})
	return err
}
