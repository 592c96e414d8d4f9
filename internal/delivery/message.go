package delivery

import (
	"crypto/sha256"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"siyu/internal/content"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// markerKey is the query parameter that carries a dispatch's marker in a link.
const markerKey = "siyu"

// impersonal matches placeholders together with the punctuation and space that
// follow: a mass message has one text for everybody.
var impersonal = regexp.MustCompile(`\{(name|staff)\}[\s,，、:：!！]*`)

// massText returns the material's text as a mass message can send it.
func massText(m content.Material) string { return MassText(m.Text) }

// MassText returns a text as a mass message says it to everybody.
func MassText(text string) string { return impersonal.ReplaceAllString(text, "") }

// marked returns link with the marker in it, "" for no link. A link that
// cannot be parsed is returned as it is, without a marker.
func marked(link string, dispatch int64) (withMarker, marker string) {
	parsed, err := url.Parse(link)
	if link == "" || err != nil {
		return link, ""
	}
	marker = id.Text(dispatch)
	query := parsed.Query()
	query.Set(markerKey, marker)
	parsed.RawQuery = query.Encode()
	return parsed.String(), marker
}

// messageOf returns the content as WeCom gets it.
func messageOf(d Dispatch) wecom.Content {
	message := wecom.Content{Text: &wecom.Text{Content: d.Text}}
	addLink(&message, d.Title, d.Link)
	return message
}

// addLink adds a link: as a card that shows its title, or as the bare address
// under the text.
func addLink(to *wecom.Content, title, link string) {
	switch {
	case link == "":
	case title != "":
		to.Attachments = append(to.Attachments, wecom.Attachment{Type: wecom.AttachLink, Link: &wecom.LinkPart{Title: title, URL: link}})
	default:
		to.Text = &wecom.Text{Content: strings.TrimSpace(to.Text.Content + "\n" + link)}
	}
}

// carries tells whether a message holds a dispatch's marker.
func carries(message wecom.Content, marker string) bool {
	is := markerKey + "=" + marker
	for _, a := range message.Attachments {
		if a.Link != nil && strings.Contains(a.Link.URL, is) {
			return true
		}
	}
	return message.Text != nil && strings.Contains(message.Text.Content, is)
}

func requestFor(d Dispatch, userID string, addresses []string) wecom.MassSend {
	return wecom.MassSend{To: wecom.ToCustomers, CustomerIDs: addresses, Sender: userID, Content: messageOf(d)}
}

// requestHash is what the ledger keeps of a request, which holds
// external_userids and must not be kept itself.
func requestHash(m wecom.MassSend) [32]byte {
	raw, err := json.Marshal(m)
	if err != nil {
		panic("a mass send is plain data: " + err.Error())
	}
	return sha256.Sum256(raw)
}
