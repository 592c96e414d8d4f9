// Package id names things: customers, staff, groups, stores and the WeCom
// corps they belong to.
//
// Every number is derived from what the outside world calls the thing, so
// that two nodes, two imports or two replays always agree without asking a
// database: the same external_userid of the same corp is the same Customer.
package id

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
)

// Corp is a WeCom corp id ("ww..."). Platform ids are unique only inside it.
type Corp string

// Customer is one person the brand knows, however many staff know them.
type Customer int64

// Staff is a person who works for the brand and has a WeCom account.
type Staff int64

// Group is a WeCom customer group chat.
type Group int64

// Store is a shop, direct or franchise.
type Store int64

// Line is a product line.
type Line int64

// CustomerOf returns the Customer behind a WeCom external_userid.
func CustomerOf(corp Corp, externalUserID string) Customer {
	return Customer(derive("external_userid", string(corp), externalUserID))
}

// BuyerOf returns the Customer known only from a shop, by the keyed hash of a
// phone number (never by the number itself).
func BuyerOf(phoneHash []byte) Customer {
	return Customer(derive("phone", string(phoneHash)))
}

// StaffOf returns the Staff behind a WeCom userid.
func StaffOf(corp Corp, userID string) Staff { return Staff(derive("staff", string(corp), userID)) }

// GroupOf returns the Group behind a WeCom chat_id.
func GroupOf(corp Corp, chatID string) Group { return Group(derive("group", string(corp), chatID)) }

// StoreOf returns the Store known by a shop system under this name or code.
func StoreOf(name string) Store { return Store(derive("store", name)) }

// Order is one purchase as a shop counts it, whatever files it stands in.
type Order int64

// OrderOf returns the Order with this number in this shop system.
func OrderOf(shop, number string) Order { return Order(derive("order", shop, number)) }

// LineOf returns the product Line with this code.
func LineOf(code string) Line { return Line(derive("line", code)) }

// Tag is one of the brand's own tags, known to Siyu only. WeCom's tags have ids
// of the platform's.
type Tag int64

// TagOf returns the Tag that was made under a text nobody else uses, such as a
// random one: tags are renamed, their ids are not.
func TagOf(made string) Tag { return Tag(derive("tag", made)) }

// Code stands for a text that customers share, such as a tag, a city or a
// channel, where a column of numbers is wanted.
type Code int64

// CodeOf returns the Code of a text.
func CodeOf(text string) Code { return Code(derive("code", text)) }

// Hash returns the sha256 over the parts, each preceded by its length, so
// that no two different lists of parts share an input. It is the source key
// by which facts are de-duplicated.
func Hash(parts ...string) [32]byte {
	text := make([]byte, 0, 256) // more than the usual parts need, and no allocation
	for _, p := range parts {
		text = append(binary.BigEndian.AppendUint64(text, uint64(len(p))), p...)
	}
	return sha256.Sum256(text)
}

// derive keeps 63 bits: ids stay positive in every database. Among ten
// million customers the chance of any collision is about 5 in a million.
func derive(parts ...string) int64 {
	sum := Hash(parts...)
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1)
}

// Text returns the id as it stands in URLs: base 36, without sign.
func Text[T ~int64](v T) string { return strconv.FormatInt(int64(v), 36) }

// Parse reads what Text wrote. ok is false for anything else.
func Parse[T ~int64](s string) (v T, ok bool) {
	n, err := strconv.ParseInt(strings.ToLower(s), 36, 64)
	return T(n), err == nil && n > 0
}
