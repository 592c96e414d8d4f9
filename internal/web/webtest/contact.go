package webtest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/web"
)

// contacts returns the contacts by hand of the one member that wait.
func (b *Brand) contacts(scope org.Scope) (waiting []web.Task) {
	for _, t := range b.tasks {
		if t.Channel == event.OneToOne && t.Customer != 0 && t.State == web.TaskOpen && len(b.staff) > 0 && b.sees(scope, b.staff[0].ID) {
			waiting = append(waiting, t)
		}
	}
	return waiting
}

// contactLists returns the lists that the contacts stand in.
func (b *Brand) contactLists(scope org.Scope) (lists []web.OpenTask) {
	for _, t := range b.contacts(scope) {
		at := slices.IndexFunc(lists, func(l web.OpenTask) bool { return l.Purpose == t.Purpose })
		if at < 0 {
			at = len(lists)
			lists = append(lists, web.OpenTask{ID: t.ID, Staff: b.staff[0].Name, Store: b.storeName(b.staff[0].Store), Channel: event.OneToOne, Purpose: t.Purpose, Since: b.now, Until: t.Until})
		}
		lists[at].Customers++
	}
	return lists
}

// ContactWords implements web.Contacts.
func (b *Brand) ContactWords(_ context.Context, scope org.Scope) (words []web.ContactWords, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.contacts(scope) {
		at := slices.IndexFunc(words, func(w web.ContactWords) bool { return w.Purpose == t.Purpose && w.Text == t.Text })
		switch {
		case t.Text == "":
		case at < 0:
			words = append(words, web.ContactWords{First: t.ID, Purpose: t.Purpose, Text: t.Text, Customers: 1, Staff: 1, Until: t.Until})
		default:
			words[at].Customers++
		}
	}
	return words, b.Fail
}

// ContactList implements web.Contacts.
func (b *Brand) ContactList(_ context.Context, scope org.Scope, contact int64) (list web.ContactList, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := slices.IndexFunc(b.tasks, func(t web.Task) bool { return t.ID == contact })
	if at < 0 || !b.sees(scope, b.staff[0].ID) {
		return list, fault.New(fault.NotFound, "no such contact")
	}
	of := b.tasks[at]
	list = web.ContactList{Staff: b.staff[0].Name, Store: b.storeName(b.staff[0].Store), Purpose: of.Purpose, Until: of.Until}
	for _, t := range b.contacts(scope) {
		if t.Purpose == of.Purpose {
			list.First = t.ID
			list.Contacts = append(list.Contacts, web.Contact{ID: t.ID, Customer: t.Customer, Name: t.Name, Text: t.Text})
		}
	}
	return list, b.Fail
}

// TakeContacts implements web.Contacts.
func (b *Brand) TakeContacts(_ context.Context, by web.Asker, contact int64, which web.WhichContacts) (taken int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := slices.IndexFunc(b.tasks, func(t web.Task) bool { return t.ID == contact })
	if at < 0 || !b.sees(by.Scope, b.staff[0].ID) {
		return 0, fault.New(fault.NotFound, "no such contact")
	}
	of, waiting := b.tasks[at], b.contacts(by.Scope)
	for i := range b.tasks {
		t := &b.tasks[i]
		waits := slices.ContainsFunc(waiting, func(w web.Task) bool { return w.ID == t.ID })
		meant := t.ID == contact || which != web.ThisContact && t.Purpose == of.Purpose && (which == web.ThisList || t.Text == of.Text)
		if waits && meant {
			t.State = web.TaskNoNeed
			taken++
		}
	}
	if taken == 0 {
		return 0, fault.WithKey(fault.Conflict, "error.contacts_gone", errors.New("none waits"))
	}
	b.did(by, "touch.contacts_back", fmt.Sprint(which, " ", taken))
	return taken, nil
}
