package intake

import (
	"strconv"
	"strings"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
	"siyu/internal/wecom"
)

// person keeps what WeCom says of a customer apart from relations. at is when
// the brand met the customer, as far as this look knows.
func (b *Batch) person(c wecom.Customer, at wecom.Seconds) error {
	customer := id.CustomerOf(b.Corp, c.ExternalUserID)
	subject := event.Customer(customer)
	b.keep(subject, vault.UserID, string(b.Corp), c.ExternalUserID)
	b.keep(subject, vault.Name, "", c.Name)
	err := b.tell(subject, b.or(at.Time()), event.CustomerSeen{Corp: b.Corp, Type: contactType(c)}, c.ExternalUserID)
	if err != nil || c.UnionID == "" {
		return err
	}
	return b.identified(customer, event.ByUnionID, b.Vault.KeyedHash(c.UnionID), at)
}

func (b *Batch) identified(customer id.Customer, by event.IdentityKind, key []byte, at wecom.Seconds) error {
	return b.tell(event.Customer(customer), b.or(at.Time()), event.CustomerIdentified{Identity: by, Key: key}, string(by), string(key))
}

// contactType takes the type from the id where a call does not give it: ids of
// WeCom contacts begin with wo.
func contactType(c wecom.Customer) int {
	switch {
	case c.Type != 0:
		return int(c.Type)
	case strings.HasPrefix(c.ExternalUserID, "wo"):
		return wecom.ContactWeCom
	default:
		return wecom.ContactWeChat
	}
}

// noted keeps what a member wrote about a customer, also that it is empty now.
// Phones recognise the customer in shop orders.
func (b *Batch) noted(c wecom.Customer, f wecom.Follow) error {
	customer := id.CustomerOf(b.Corp, c.ExternalUserID)
	subject := event.Customer(customer)
	part := string(b.Corp) + "/" + f.UserID
	b.entries = append(b.entries, vault.Entry{Subject: subject, Field: vault.Remark, Part: part, Text: f.Remark})
	for i, written := range f.RemarkMobiles {
		digits, ok := vault.PhoneDigits(written)
		if !ok {
			continue
		}
		b.keep(subject, vault.Phone, part+"/"+strconv.Itoa(i), digits)
		if err := b.identified(customer, event.ByPhone, b.Vault.PhoneHash(digits), f.Created); err != nil {
			return err
		}
	}
	return nil
}
