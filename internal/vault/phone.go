package vault

import (
	"strings"

	"siyu/internal/event"
)

// PhoneDigits returns the digits of a mobile number as people and shops write it:
// with spaces, dashes, +86 or 0086, full-width digits. ok is false for what is
// no mainland mobile number, masked ones ("138****1234") included.
func PhoneDigits(text string) (digits string, ok bool) {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '０' && r <= '９':
			b.WriteRune(r - '０' + '0')
		case r == ' ' || r == '-' || r == '+' || r == '\u3000' || r == '\t' || r == '＋' || r == '－':
		default:
			return "", false
		}
	}
	digits = b.String()
	for _, prefix := range []string{"0086", "86"} {
		if len(digits) == len(prefix)+11 {
			digits = strings.TrimPrefix(digits, prefix)
		}
	}
	if len(digits) != 11 || digits[0] != '1' || digits[1] < '3' {
		return "", false
	}
	return digits, true
}

// PhoneHash returns the keyed hash by which the phone with these digits is
// found; see PhoneDigits.
func (k Key) PhoneHash(digits string) []byte { return k.Hash(string(event.ByPhone), digits) }

// Key returns the key for hashes and boxes outside the vault's own rows.
func (v *Vault) Key() Key { return v.key }
