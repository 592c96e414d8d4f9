package event

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
)

// quickWriter is a body that writes itself, byte for byte as encoding/json
// would, in a fraction of the time: an import writes one for every line.
type quickWriter interface{ write(to []byte) []byte }

// quickReader reads what the body's own writer wrote. It returns false for any
// other text, also for one that says the same; then encoding/json reads it, and
// the body may hold anything.
type quickReader interface{ read(from []byte) bool }

func (b OrderPaid) write(to []byte) []byte {
	to = appendNumber(append(to, `{"order":`...), int64(b.Order))
	to = appendText(append(to, `,"shop":`...), b.Shop)
	if b.Store != 0 {
		to = appendNumber(append(to, `,"store":`...), int64(b.Store))
	}
	to = appendNumber(append(to, `,"amount":`...), int64(b.Amount))
	if len(b.Items) > 0 {
		to = append(to, `,"items":[`...)
		for i := range b.Items {
			if i > 0 {
				to = append(to, ',')
			}
			to = b.Items[i].write(to)
		}
		to = append(to, ']')
	}
	return append(to, '}')
}

func (i OrderItem) write(to []byte) []byte {
	to = append(to, '{')
	if i.Line != 0 {
		to = append(appendNumber(append(to, `"line":`...), int64(i.Line)), ',')
	}
	if i.SKU != "" {
		to = append(appendText(append(to, `"sku":`...), i.SKU), ',')
	}
	to = appendNumber(append(to, `"quantity":`...), int64(i.Quantity))
	to = appendNumber(append(to, `,"amount":`...), int64(i.Amount))
	return append(to, '}')
}

func (b CustomerIdentified) write(to []byte) []byte {
	to = appendText(append(to, `{"identity":`...), string(b.Identity))
	to = append(to, `,"key":`...)
	if b.Key == nil {
		return append(to, "null}"...)
	}
	to = base64.StdEncoding.AppendEncode(append(to, '"'), b.Key)
	return append(to, `"}`...)
}

func (b *OrderPaid) read(from []byte) bool {
	s := scanner{rest: from}
	s.expect(`{"order":`)
	number(&s, &b.Order)
	s.expect(`,"shop":`)
	b.Shop = s.text()
	if s.next(`,"store":`) {
		number(&s, &b.Store)
	}
	s.expect(`,"amount":`)
	number(&s, &b.Amount)
	if s.next(`,"items":[`) {
		for again := true; again && !s.failed; again = s.next(`,`) {
			b.Items = append(b.Items, s.item())
		}
		s.expect(`]`)
	}
	s.expect(`}`)
	return !s.failed && len(s.rest) == 0
}

func (s *scanner) item() (i OrderItem) {
	s.expect(`{`)
	if s.next(`"line":`) {
		number(s, &i.Line)
		s.expect(`,`)
	}
	if s.next(`"sku":`) {
		i.SKU = s.text()
		s.expect(`,`)
	}
	s.expect(`"quantity":`)
	number(s, &i.Quantity)
	s.expect(`,"amount":`)
	number(s, &i.Amount)
	s.expect(`}`)
	return i
}

func (b *CustomerIdentified) read(from []byte) bool {
	s := scanner{rest: from}
	s.expect(`{"identity":`)
	b.Identity = IdentityKind(s.text())
	s.expect(`,"key":`)
	key := s.text()
	s.expect(`}`)
	if s.failed || len(s.rest) > 0 {
		return false
	}
	var err error
	b.Key, err = base64.StdEncoding.Strict().DecodeString(key)
	return err == nil
}

func appendNumber(to []byte, n int64) []byte { return strconv.AppendInt(to, n, 10) }

// appendText leaves to encoding/json what it would not write as it stands.
func appendText(to []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&':
			quoted, err := json.Marshal(text)
			if err != nil {
				panic("a string cannot be written as JSON: " + err.Error())
			}
			return append(to, quoted...)
		}
	}
	return append(append(append(to, '"'), text...), '"')
}

// scanner takes a text apart. After the first surprise it has failed.
type scanner struct {
	rest   []byte
	failed bool
}

// next takes a text off the front if it stands there.
func (s *scanner) next(text string) bool {
	if s.failed || len(s.rest) < len(text) || string(s.rest[:len(text)]) != text {
		return false
	}
	s.rest = s.rest[len(text):]
	return true
}

func (s *scanner) expect(text string) {
	if !s.next(text) {
		s.failed = true
	}
}

// number takes a whole number off the front.
func number[N ~int64 | ~int](s *scanner, to *N) {
	negative := s.next("-")
	const most = 18 // digits that cannot overflow; one more is looked at
	n, digits := uint64(0), 0
	for digits < len(s.rest) && digits <= most && s.rest[digits] >= '0' && s.rest[digits] <= '9' {
		n = n*10 + uint64(s.rest[digits]-'0')
		digits++
	}
	if digits == 0 || digits > 1 && s.rest[0] == '0' || n > math.MaxInt64 {
		s.failed = true
		return
	}
	s.rest = s.rest[digits:]
	if *to = N(n); negative {
		*to = -*to
	}
}

// text takes a quoted text off the front that means what it says.
func (s *scanner) text() string {
	s.expect(`"`)
	for i, c := range s.rest {
		switch {
		case c == '"' && !s.failed:
			text := string(s.rest[:i])
			s.rest = s.rest[i+1:]
			return text
		case c < ' ' || c > '~' || c == '\\':
			s.failed = true
			return ""
		}
	}
	s.failed = true
	return ""
}
