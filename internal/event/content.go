package event

import "siyu/internal/id"

// KindContentOpened is the kind of fact about content of the brand that
// somebody read. Subject: customer.
const KindContentOpened Kind = "content_opened"

// ContentOpened says that the customer opened something of the brand: once a
// business day for each message, however often it was opened that day.
type ContentOpened struct {
	Content id.Code  `json:"content"`         // see content.Piece
	Touch   int64    `json:"touch,omitempty"` // that carried the link, 0 for none
	Staff   id.Staff `json:"staff,omitempty"` // who sent it
}

// Kind implements Body.
func (ContentOpened) Kind() Kind { return KindContentOpened }

func (b ContentOpened) write(to []byte) []byte {
	to = appendNumber(append(to, `{"content":`...), int64(b.Content))
	if b.Touch != 0 {
		to = appendNumber(append(to, `,"touch":`...), b.Touch)
	}
	if b.Staff != 0 {
		to = appendNumber(append(to, `,"staff":`...), int64(b.Staff))
	}
	return append(to, '}')
}

func (b *ContentOpened) read(from []byte) bool {
	s := scanner{rest: from}
	s.expect(`{"content":`)
	number(&s, &b.Content)
	if s.next(`,"touch":`) {
		number(&s, &b.Touch)
	}
	if s.next(`,"staff":`) {
		number(&s, &b.Staff)
	}
	s.expect(`}`)
	return !s.failed && len(s.rest) == 0
}
