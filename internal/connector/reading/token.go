// Package reading is tracked reading: links that count when they are opened and
// lead on to the brand's content, and pages of the brand that tell of openings
// by themselves. It keeps no address of who opened and sets no cookie.
package reading

import (
	"encoding/base64"
	"encoding/binary"

	"siyu/internal/content"
	"siyu/internal/id"
	"siyu/internal/vault"
)

// Tokens are the last part of tracked links: they say which message carried the
// link, to whoever has the key, and can be neither guessed nor altered.
type Tokens struct{ key vault.Key }

// NewTokens returns the tokens of an installation.
func NewTokens(key vault.Key) Tokens { return Tokens{key} }

// The kinds of token, in their first byte, and how many numbers follow.
const (
	one  = 1 // piece, staff, touch, customer
	mass = 2 // piece, staff, dispatch

	numberBytes = 8
	oneBytes    = 1 + 4*numberBytes
	massBytes   = 1 + 3*numberBytes
)

// mostToken is longer than any token is.
const mostToken = 128

// bound keeps tokens apart from all else that is sealed under the key.
var bound = []byte("tracked link")

// Write returns the token of a message, of letters, digits, - and _. No two are
// equal.
func (t Tokens) Write(s content.Sent) string {
	numbers := []int64{int64(s.Piece), int64(s.Staff), s.Dispatch}
	kind := byte(mass)
	if s.One() {
		numbers, kind = []int64{int64(s.Piece), int64(s.Staff), s.Touch, int64(s.Customer)}, one
	}
	text := []byte{kind}
	for _, n := range numbers {
		text = binary.BigEndian.AppendUint64(text, uint64(n)) //nolint:gosec // an id, kept as bits
	}
	return base64.RawURLEncoding.EncodeToString(t.key.Seal(text, bound))
}

// Read returns the message of a token. ok is false for anything that Write did
// not return.
func (t Tokens) Read(token string) (s content.Sent, ok bool) {
	if len(token) > mostToken {
		return s, false
	}
	box, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return s, false
	}
	text, err := t.key.Open(box, bound)
	if err != nil {
		return s, false
	}
	number := func(i int) int64 {
		return int64(binary.BigEndian.Uint64(text[1+i*numberBytes:])) //nolint:gosec // as in Write
	}
	switch {
	case len(text) == oneBytes && text[0] == one:
		s.Touch, s.Customer = number(2), id.Customer(number(3))
	case len(text) == massBytes && text[0] == mass:
		s.Dispatch = number(2)
	default:
		return s, false
	}
	s.Piece, s.Staff = id.Code(number(0)), id.Staff(number(1))
	return s, true
}
