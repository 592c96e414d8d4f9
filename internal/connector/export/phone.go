package export

import (
	"strings"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/sheet"
)

// PhoneState says whether a phone can recognise its owner.
type PhoneState string

// The states of a phone in a file.
const (
	PhoneUsable  PhoneState = "usable"
	PhoneMissing PhoneState = "missing"
	PhoneMasked  PhoneState = "masked"  // hidden or replaced by the platform: ***, ##, $$, an extension
	PhoneDamaged PhoneState = "damaged" // digits lost in Excel: 1.38E+10
	PhoneForeign PhoneState = "foreign" // not a mobile number of mainland China
)

// PhoneKeys makes the keyed hash by which a phone is known; no phone is kept.
type PhoneKeys interface {
	// PhoneHash returns the hash of the 11 digits of a mobile number.
	PhoneHash(digits string) []byte
}

// hotline is the number of China Mobile that cashiers type when asked for one.
const hotline = "13800138000"

const phoneDigits = 11

// PhoneOf returns the 11 digits of a mobile number, or why the cell has none.
func PhoneOf(cell string) (string, PhoneState) {
	if len(cell) == phoneDigits && PlainDigits(cell) {
		return mobile(cell)
	}
	if Missing(cell) {
		return "", PhoneMissing
	}
	text := sheet.Narrow(cell)
	switch {
	case strings.ContainsAny(text, "*#$•×xX") || strings.Contains(text, "密文"):
		return "", PhoneMasked
	case sheet.Damaged(text):
		return "", PhoneDamaged
	}
	digits, rest := leadingPhone(text)
	if rest != "" { // 13812345678-1234 and 13812345678转1234 are numbers lent by the platform
		return "", PhoneMasked
	}
	return mobile(strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(digits, "00"), "86"), "0"))
}

func mobile(digits string) (string, PhoneState) {
	if len(digits) != phoneDigits || digits[0] != '1' || digits[1] < '3' {
		return "", PhoneForeign
	}
	if digits == hotline || strings.HasSuffix(digits, "00000000") {
		return "", PhoneMissing
	}
	return digits, PhoneUsable
}

// leadingPhone collects digits over spaces, brackets and hyphens. What follows
// a complete number is returned as rest.
func leadingPhone(text string) (digits, rest string) {
	var out strings.Builder
	for i, r := range text {
		switch {
		case r >= '0' && r <= '9':
			if complete(out.String()) {
				return out.String(), text[i:]
			}
			out.WriteRune(r)
		case strings.ContainsRune(" -+().", r):
		default:
			return out.String(), text[i:]
		}
	}
	return out.String(), ""
}

func complete(digits string) bool {
	national := strings.TrimPrefix(strings.TrimPrefix(digits, "00"), "86")
	return len(national) == phoneDigits && national[0] == '1'
}

// PlainDigits tells whether a text is digits and nothing else.
func PlainDigits(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// Missing reports whether a cell holds one of the signs by which exports say
// "nothing".
func Missing(cell string) bool {
	switch cell {
	case "", "-", "--", "—", "/", "\\", "无", "空", "null", "NULL", "None", "N/A", "#N/A", "\\N", "暂无":
		return true
	}
	return false
}

// Met returns the fact that a customer can be recognised by a phone since a
// time. Whoever tells it first, it is one fact.
func Met(customer id.Customer, at time.Time, from event.Source, phone []byte) (event.Fact, error) {
	key := id.Hash("orders", string(event.ByPhone), string(phone))
	return event.New(event.Customer(customer), at, from, key, event.CustomerIdentified{Identity: event.ByPhone, Key: phone})
}
