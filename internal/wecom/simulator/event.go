package simulator

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
	"time"
)

// event is something the platform tells apps about.
type event struct {
	name, change string
	right        Right
	member       *member // whose visibility decides who is told; nil tells every app
	fields       []field
	perApp       map[*app][]field
	at           time.Time
}

// field is one element of an event. Texts stand in CDATA, numbers bare, lists
// as Item elements.
type field struct {
	name, value string
	bare        bool
	items       []string
}

func text(name, value string) field       { return field{name: name, value: value} }
func number(name string, v int) field     { return field{name: name, value: strconv.Itoa(v), bare: true} }
func items(name string, v []string) field { return field{name: name, items: v} }

// emit queues the event for every app that listens and may know.
func (p *Platform) emit(e event) {
	for _, a := range p.apps {
		if a.Callback.URL == "" || !a.may(e.right) || (e.member != nil && !p.sees(a, e.member)) {
			continue
		}
		p.push.enqueue(job{
			url: a.Callback.URL, token: a.Callback.Token, key: a.Callback.AESKey,
			agentID: a.AgentID, subject: e.subject(), plain: e.encode(p.cfg.Corp, a),
		})
	}
}

// subject is the customer or group the event is about, else its kind.
func (e event) subject() string {
	for _, f := range e.fields {
		if f.name == "ExternalUserID" || f.name == "ChatId" {
			return f.value
		}
	}
	return e.name
}

// encode writes the event as the XML an app receives after decryption.
func (e event) encode(corp string, a *app) []byte {
	fields := []field{
		text("ToUserName", corp), text("FromUserName", "sys"),
		{name: "CreateTime", value: strconv.FormatInt(e.at.Unix(), 10), bare: true},
		text("MsgType", "event"), text("Event", e.name),
	}
	if e.change != "" {
		fields = append(fields, text("ChangeType", e.change))
	}
	fields = append(append(fields, e.fields...), e.perApp[a]...)
	var b bytes.Buffer
	b.WriteString("<xml>")
	for _, f := range fields {
		f.write(&b)
	}
	b.WriteString("</xml>")
	return b.Bytes()
}

func (f field) write(b *bytes.Buffer) {
	b.WriteString("<" + f.name + ">")
	switch {
	case f.items != nil:
		for _, item := range f.items {
			field{name: "Item", value: item}.write(b)
		}
	case f.bare:
		_ = xml.EscapeText(b, []byte(f.value))
	default:
		b.WriteString("<![CDATA[" + strings.ReplaceAll(f.value, "]]>", "]]]]><![CDATA[>") + "]]>")
	}
	b.WriteString("</" + f.name + ">")
}
