package web

import (
	"siyu/internal/fault"
	"siyu/internal/id"
)

type contactsPage struct{ Words []ContactWords }

func (v *visit) contactWords() error {
	found, err := v.Contacts.ContactWords(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	return v.showTouch("contacts", contactsPage{found})
}

func (v *visit) contactList() error {
	contact, err := v.number("id")
	if err != nil {
		return err
	}
	found, err := v.Contacts.ContactList(v.r.Context(), v.seat.Scope, contact)
	if err != nil {
		return err
	}
	return v.showTouch("contact", found)
}

func (v *visit) contactBack() error {
	contact, err := v.number("id")
	if err != nil {
		return err
	}
	which := WhichContacts(v.r.FormValue("which"))
	to, known := map[WhichContacts]string{
		ThisContact: "/touch/contacts/" + id.Text(contact) + "?done=contact_back",
		ThisList:    "/touch/tasks?done=contacts_back",
		TheseWords:  "/touch/contacts?done=contacts_back",
	}[which]
	if !known {
		return fault.New(fault.Invalid, "take contacts back: which is %q, expected one, list or words", which)
	}
	if _, err := v.Contacts.TakeContacts(v.r.Context(), v.asker(), contact, which); err != nil {
		return err
	}
	v.redirect(to)
	return nil
}
