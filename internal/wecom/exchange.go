package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
)

// answerLimit is far above the largest page the platform sends.
const answerLimit = 32 << 20

// answer is what every answer of the API holds.
type answer struct {
	Code    *int   `json:"errcode"`
	Message string `json:"errmsg"`
}

func (a *answer) head() *answer { return a }

type answered interface{ head() *answer }

// answerOf is a pointer to an answer type.
type answerOf[T any] interface {
	*T
	answered
}

// exchange sends one request and reads its answer. The error is an *Error
// whose outcome is NoEffect unless the whole request may have left.
func (c *Client) exchange(ctx context.Context, req request, token Token, into answered) error {
	var left atomic.Bool
	// Headers are buffered and flushed after this hook, so before it at most
	// a part of the headers can have left.
	trace := &httptrace.ClientTrace{
		WroteHeaders: func() { left.Store(true) },
		WroteRequest: func(httptrace.WroteRequestInfo) { left.Store(true) },
	}
	out, err := c.prepare(httptrace.WithClientTrace(ctx, trace), req, token)
	if err != nil {
		return &Error{Call: req.path, Message: "the request cannot be built", Outcome: NoEffect, cause: errMisuse}
	}
	reply, err := c.http.Do(out) //nolint:gosec // the host is configured, paths are constants
	if err != nil {
		return c.broken(req, token, left.Load(), err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(io.LimitReader(reply.Body, answerLimit+1))
	switch {
	case err != nil:
		return c.broken(req, token, true, err)
	case reply.StatusCode != http.StatusOK:
		return &Error{Call: req.path, Message: "HTTP status " + c.scrub(reply.Status, token), Outcome: InDoubt}
	case len(body) > answerLimit:
		return &Error{Call: req.path, Message: "the answer is too large", Outcome: InDoubt}
	}
	err = decode(body, into)
	head := into.head()
	switch {
	case head.Code == nil:
		return &Error{Call: req.path, Message: "the answer cannot be read", Outcome: InDoubt}
	case *head.Code != CodeOK:
		return refused(req.path, *head.Code, c.scrub(head.Message, token), req.repeatable)
	case err != nil:
		return &Error{Call: req.path, Message: "the answer has a field of an unexpected type", Outcome: InDoubt}
	}
	return nil
}

func (c *Client) prepare(ctx context.Context, req request, token Token) (*http.Request, error) {
	query := maps.Clone(req.query)
	if query == nil {
		query = url.Values{}
	}
	if token.Value != "" {
		query.Set("access_token", string(token.Value))
	}
	body, contentType, err := encode(req.body)
	if err != nil {
		return nil, err
	}
	target := c.config.BaseURL + "/cgi-bin/" + req.path + "?" + query.Encode()
	out, err := http.NewRequestWithContext(ctx, req.method, target, body)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		out.Header.Set("Content-Type", contentType)
	}
	return out, nil
}

func encode(body any) (io.Reader, string, error) {
	switch b := body.(type) {
	case nil:
		return http.NoBody, "", nil
	case *upload:
		return bytes.NewReader(b.data), b.contentType, nil
	default:
		var buffer bytes.Buffer
		encoder := json.NewEncoder(&buffer)
		encoder.SetEscapeHTML(false) // the platform counts bytes of texts and links
		err := encoder.Encode(b)
		return bytes.NewReader(buffer.Bytes()), "application/json", err
	}
}

// decode reads JSON. The platform passes control characters of nicknames and
// messages through unescaped, which JSON forbids; they become spaces.
func decode(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	if _, broken := errors.AsType[*json.SyntaxError](err); !broken {
		return err
	}
	for i, b := range body {
		if b < ' ' {
			body[i] = ' '
		}
	}
	return json.Unmarshal(body, into)
}

// broken is an exchange without a complete answer.
func (c *Client) broken(req request, token Token, left bool, err error) *Error {
	outcome := NoEffect
	if left {
		outcome = InDoubt
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the URL
	}
	return &Error{Call: req.path, Message: c.scrub(err.Error(), token), Outcome: outcome, cause: contextCause(err)}
}

// scrub removes secrets from text that others composed.
func (c *Client) scrub(text string, token Token) string {
	for _, secret := range [...]Secret{c.config.Secret, token.Value} {
		if secret != "" {
			text = strings.ReplaceAll(text, string(secret), hidden)
			text = strings.ReplaceAll(text, url.QueryEscape(string(secret)), hidden)
		}
	}
	return text
}
