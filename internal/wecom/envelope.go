package wecom

import (
	"bytes"
	"encoding/xml"
	"errors"
)

var errEnvelope = errors.New("callback body is not an envelope")

// envelope is the outer XML of a delivery. The slices point into the body.
type envelope struct {
	toUser  []byte
	encrypt []byte
}

// parseEnvelope reads the platform's own form with a scanner that allocates
// nothing, and any other well-formed XML with encoding/xml.
func parseEnvelope(body []byte) (envelope, error) {
	if e, ok := scanEnvelope(body); ok {
		return e, nil
	}
	var slow struct {
		ToUserName []byte
		Encrypt    []byte
	}
	if err := xml.Unmarshal(body, &slow); err != nil || len(slow.Encrypt) == 0 {
		return envelope{}, errEnvelope
	}
	return envelope{toUser: bytes.TrimSpace(slow.ToUserName), encrypt: bytes.TrimSpace(slow.Encrypt)}, nil
}

// scanEnvelope accepts <xml> holding flat elements without attributes whose
// content is one CDATA section or text without markup. It says no to
// everything else, never something wrong.
func scanEnvelope(body []byte) (e envelope, ok bool) {
	rest, found := bytes.CutPrefix(bytes.TrimSpace(body), []byte("<xml>"))
	if !found {
		return e, false
	}
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n")
		if string(rest) == "</xml>" {
			return e, len(e.encrypt) > 0
		}
		var name, content []byte
		name, content, rest, ok = scanElement(rest)
		if !ok {
			return e, false
		}
		switch string(name) {
		case "ToUserName":
			e.toUser = content
		case "Encrypt":
			e.encrypt = content
		}
	}
}

func scanElement(text []byte) (name, content, rest []byte, ok bool) {
	if len(text) < 2 || text[0] != '<' {
		return nil, nil, nil, false
	}
	end := bytes.IndexByte(text, '>')
	if end < 2 {
		return nil, nil, nil, false
	}
	name, rest = text[1:end], text[end+1:]
	for _, b := range name {
		if !isLetterOrDigit(b) {
			return nil, nil, nil, false
		}
	}
	if inner, cdata := bytes.CutPrefix(rest, []byte("<![CDATA[")); cdata {
		content, rest, ok = bytes.Cut(inner, []byte("]]>"))
	} else if at := bytes.IndexByte(rest, '<'); at >= 0 {
		content, rest, ok = bytes.TrimSpace(rest[:at]), rest[at:], bytes.IndexByte(rest[:at], '&') < 0
	}
	if !ok || len(rest) < len(name)+3 || string(rest[:2]) != "</" || rest[len(name)+2] != '>' ||
		!bytes.Equal(rest[2:len(name)+2], name) {
		return nil, nil, nil, false
	}
	return name, content, rest[len(name)+3:], true
}
