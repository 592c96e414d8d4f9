package simulator

import (
	"cmp"
	"encoding/json"
)

// Attachment is one part of a message beside its text. Exactly the object
// that MsgType names is given; empty others are tolerated, as clients send
// them.
type Attachment struct {
	MsgType     string       `json:"msgtype"`
	Image       *Picture     `json:"image,omitempty"`
	Link        *Link        `json:"link,omitempty"`
	MiniProgram *MiniProgram `json:"miniprogram,omitempty"`
	Video       *MediaRef    `json:"video,omitempty"`
	File        *MediaRef    `json:"file,omitempty"`
}

// Picture is an image by media id or by uploaded address; the id wins.
type Picture struct {
	MediaID string `json:"media_id,omitempty"`
	PicURL  string `json:"pic_url,omitempty"`
}

// Link is a web page with title and picture.
type Link struct {
	Title   string `json:"title"`
	PicURL  string `json:"picurl,omitempty"`
	Desc    string `json:"desc,omitempty"`
	URL     string `json:"url"`
	MediaID string `json:"media_id,omitempty"`
}

// MiniProgram is a page of a mini-program.
type MiniProgram struct {
	Title      string `json:"title"`
	PicMediaID string `json:"pic_media_id"`
	AppID      string `json:"appid"`
	Page       string `json:"page"`
}

// MediaRef names an uploaded file.
type MediaRef struct {
	MediaID string `json:"media_id"`
}

// TextBody is the text of a message.
type TextBody struct {
	Content string `json:"content"`
}

const (
	maxAttachments = 9
	maxTextBytes   = 4000
	maxTitleBytes  = 128
	maxURLBytes    = 2048
)

func (a Attachment) identity() string {
	switch {
	case a.MsgType == "image" && a.Image != nil:
		return cmp.Or(a.Image.MediaID, a.Image.PicURL)
	case a.MsgType == "link" && a.Link != nil:
		return a.Link.URL
	case a.MsgType == "miniprogram" && a.MiniProgram != nil:
		return a.MiniProgram.AppID + " " + a.MiniProgram.Page
	case a.MsgType == "video" && a.Video != nil:
		return a.Video.MediaID
	case a.MsgType == "file" && a.File != nil:
		return a.File.MediaID
	}
	return ""
}

// check refuses an attachment whose object does not match its msgtype or
// whose file is unknown or expired.
func (a Attachment) check(c *call) error {
	if a.identity() == "" {
		return refuse(codeBadMsgType, "attachment of msgtype "+a.MsgType+" without its object")
	}
	switch a.MsgType {
	case "image":
		if a.Image.MediaID == "" {
			return nil
		}
		return c.needMedia(a.Image.MediaID, "image", inMessages)
	case "link":
		if a.Link.Title == "" {
			return refuse(codeNoTitle, "missing title of link")
		}
		if len(a.Link.URL) > maxURLBytes || len(a.Link.PicURL) > maxURLBytes || len(a.Link.Title) > maxTitleBytes {
			return refuse(codeTooLong, "link is too long")
		}
		return nil
	case "miniprogram":
		return c.needMedia(a.MiniProgram.PicMediaID, "image", inMessages)
	}
	return c.needMedia(a.identity(), a.MsgType, inMessages)
}

// content is what messages of every kind consist of.
type content struct {
	Text        *TextBody    `json:"text,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
}

// link returns where the first card with a link leads, "" without one.
func (b content) link() string {
	for _, a := range b.Attachments {
		if a.Link != nil {
			return a.Link.URL
		}
	}
	return ""
}

func (b content) words() string {
	if b.Text == nil {
		return ""
	}
	return b.Text.Content
}

func (b content) hash() string { return ContentHash(b.words(), b.Attachments) }

func (b content) check(c *call) error {
	if b.words() == "" && len(b.Attachments) == 0 {
		return refuse(codeEmptyText, "text and attachments are both empty")
	}
	if len(b.words()) > maxTextBytes {
		return refuse(codeTooLong, "text is longer than 4000 bytes")
	}
	if len(b.Attachments) > maxAttachments {
		return refuse(codeTooManyAttachments, "more than 9 attachments")
	}
	for _, a := range b.Attachments {
		if err := a.check(c); err != nil {
			return err
		}
	}
	return nil
}

// agentNumber is an agentid given as a number or, by some clients, as a text.
type agentNumber int

// UnmarshalJSON reads 7, "7", "" and null.
func (n *agentNumber) UnmarshalJSON(raw []byte) error {
	if string(raw) == `""` {
		return nil
	}
	var v json.Number
	if err := json.Unmarshal(raw, &v); err != nil || v == "" {
		return err
	}
	i, err := v.Int64()
	*n = agentNumber(i)
	return err
}
