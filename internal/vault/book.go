package vault

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"siyu/internal/event"
	"siyu/internal/id"
)

// book holds what millions of people are called in sheets of bytes, one entry
// after another, and where the entry of each begins: neither has pointers, so that
// the collector of memory need not look through them, and an entry takes little
// more than its letters.
//
// An entry is the kind of subject (0: removed), its id, how many bytes follow, and
// these: the name and each remark's part and text, every one led by its length.
type book struct {
	sheets [][]byte
	places map[event.SubjectType]map[int64]spot
	live   int // bytes of entries that count
	dead   int // of those that were removed
}

// spot is a sheet, in the upper bits, and where in it.
type spot uint64

const (
	sheetBits = 20
	sheetSize = 1 << sheetBits
	headSize  = 1 + 8 + 4 // kind, id, length
)

// kinds are the subjects that have names, by their number in an entry.
var kinds = [...]event.SubjectType{"", event.AboutCustomer, event.AboutGroup, event.AboutStaff, event.AboutStore}

func newBook() *book { return &book{places: map[event.SubjectType]map[int64]spot{}} }

// of returns what the subject is called.
func (b *book) of(s event.Subject) (c called) {
	at, known := b.places[s.Type][s.ID]
	if !known {
		return c
	}
	for i, text := 0, b.body(at); len(text) > 0; i++ {
		var word []byte
		switch word, text = cutWord(text); {
		case i == 0:
			c.name = string(word)
		case i%2 == 1:
			c.remarks = append(c.remarks, remark{part: string(word)})
		default:
			c.remarks[len(c.remarks)-1].text = string(word)
		}
	}
	return c
}

func (b *book) body(at spot) []byte { return bodyOf(b.sheets[at>>sheetBits][at%sheetSize:]) }

// bodyOf returns what follows the head of the entry that leads bytes.
func bodyOf(entry []byte) []byte {
	return entry[headSize : headSize+int(binary.LittleEndian.Uint32(entry[headSize-4:]))]
}

func cutWord(text []byte) (word, rest []byte) {
	n, size := binary.Uvarint(text)
	return text[size : size+int(n)], text[size+int(n):] //nolint:gosec // a length that put wrote
}

// put replaces what the subject is called.
func (b *book) put(s event.Subject, c called) {
	b.remove(s)
	words := []string{c.name}
	for _, r := range c.remarks {
		words = append(words, r.part, r.text)
	}
	size := headSize
	for _, w := range words {
		size += binary.MaxVarintLen32 + len(w)
	}
	entry := make([]byte, headSize, size)
	for i, k := range kinds {
		if k == s.Type {
			entry[0] = byte(i)
		}
	}
	binary.LittleEndian.PutUint64(entry[1:], uint64(s.ID)) //nolint:gosec // an id, kept as bits
	for _, w := range words {
		entry = append(binary.AppendUvarint(entry, uint64(len(w))), w...)
	}
	binary.LittleEndian.PutUint32(entry[headSize-4:], uint32(len(entry)-headSize)) //nolint:gosec // a few remarks
	b.append(s, entry)
	if b.dead > b.live+sheetSize {
		b.pack()
	}
}

func (b *book) append(s event.Subject, entry []byte) {
	last := len(b.sheets) - 1
	if last < 0 || len(b.sheets[last])+len(entry) > cap(b.sheets[last]) {
		b.sheets = append(b.sheets, make([]byte, 0, max(sheetSize, len(entry))))
		last++
	}
	if b.places[s.Type] == nil {
		b.places[s.Type] = map[int64]spot{}
	}
	b.places[s.Type][s.ID] = spot(last<<sheetBits | len(b.sheets[last])) //nolint:gosec // never negative
	b.sheets[last] = append(b.sheets[last], entry...)
	b.live += len(entry)
}

// remove forgets what the subject is called; its letters do not stay in memory.
func (b *book) remove(s event.Subject) {
	at, known := b.places[s.Type][s.ID]
	if !known {
		return
	}
	delete(b.places[s.Type], s.ID)
	b.sheets[at>>sheetBits][at%sheetSize] = 0
	body := b.body(at)
	clear(body)
	b.live, b.dead = b.live-headSize-len(body), b.dead+headSize+len(body)
}

// pack leaves out what was removed.
func (b *book) pack() {
	before := *b
	*b = *newBook()
	for _, sheet := range before.sheets {
		for len(sheet) > 0 {
			entry := sheet[:headSize+len(bodyOf(sheet))]
			if kind := entry[0]; kind != 0 {
				b.append(event.Subject{Type: kinds[kind], ID: subjectID(entry)}, entry)
			}
			sheet = sheet[len(entry):]
		}
	}
}

func subjectID(entry []byte) int64 {
	return int64(binary.LittleEndian.Uint64(entry[1:])) //nolint:gosec // an id, kept as bits
}

// find returns up to limit subjects of a kind whose name or remark holds the
// text, which is in lower case.
func (b *book) find(kind event.SubjectType, wanted string, limit int) (found []id.Customer) {
	var lower []byte
	for _, sheet := range b.sheets {
		for len(sheet) > 0 {
			body := bodyOf(sheet)
			if kinds[sheet[0]] == kind && holds(body, []byte(wanted), &lower) {
				if found = append(found, id.Customer(subjectID(sheet))); len(found) == limit {
					return found
				}
			}
			sheet = sheet[headSize+len(body):]
		}
	}
	return found
}

// holds tells whether the name or a remark's text holds what is wanted; room is
// used again and again.
func holds(body, wanted []byte, room *[]byte) bool {
	for i := 0; len(body) > 0; i++ {
		var word []byte
		word, body = cutWord(body)
		if i%2 == 1 { // whose remark it is
			continue
		}
		if *room = appendLower((*room)[:0], word); bytes.Contains(*room, wanted) {
			return true
		}
	}
	return false
}

// appendLower is strings.ToLower without an allocation.
func appendLower(to, text []byte) []byte {
	for at := 0; at < len(text); {
		b := text[at]
		if b < utf8.RuneSelf {
			if 'A' <= b && b <= 'Z' {
				b += 'a' - 'A'
			}
			to = append(to, b)
			at++
			continue
		}
		r, size := utf8.DecodeRune(text[at:])
		if r >= firstHan && r <= lastHan { // most names: these have no case
			to = append(to, text[at:at+size]...)
		} else {
			to = utf8.AppendRune(to, unicode.ToLower(r))
		}
		at += size
	}
	return to
}

const firstHan, lastHan = '\u3400', '\u9fff'
