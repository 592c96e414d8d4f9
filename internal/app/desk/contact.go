package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"siyu/internal/content"
	"siyu/internal/delivery"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

var _ web.Contacts = (*Desk)(nil)

// ContactWords implements web.Contacts.
func (d *Desk) ContactWords(ctx context.Context, scope org.Scope) ([]web.ContactWords, error) {
	found, err := d.DB.ContactWords(ctx, scope, web.MostContactWords)
	words := make([]web.ContactWords, len(found))
	for i := range found {
		words[i] = web.ContactWords(found[i])
	}
	return words, err
}

// ContactList implements web.Contacts.
func (d *Desk) ContactList(ctx context.Context, scope org.Scope, contact int64) (list web.ContactList, err error) {
	one, err := d.contact(ctx, scope, contact)
	if err != nil {
		return list, err
	}
	waiting, err := d.DB.StaffTasks(ctx, d.meant(one, scope, web.ThisList))
	if err != nil {
		return list, err
	}
	names, err := d.staffNames(ctx, []id.Staff{one.Staff})
	if err != nil {
		return list, err
	}
	list = web.ContactList{Staff: names[one.Staff], Store: d.Brand.StoreName(one.Store), Purpose: one.Purpose, Until: one.Until}
	customers, tasks := make([]id.Customer, len(waiting)), make([]storage.SeenTask, len(waiting))
	for i := range waiting {
		customers[i] = waiting[i].Customer
		tasks[i] = storage.SeenTask{Staff: one.Staff, Kind: storage.SeenHand, Task: waiting[i].ID}
	}
	called, err := d.customerNames(ctx, customers)
	if err != nil {
		return list, err
	}
	seen, err := d.DB.Seen(ctx, tasks)
	for i, t := range waiting {
		list.First = t.ID
		list.Contacts = append(list.Contacts, web.Contact{ID: t.ID, Customer: t.Customer, Name: called[t.Customer],
			Text: content.Fill(t.Text, called[t.Customer], list.Staff), Seen: seen[tasks[i]]})
	}
	return list, err
}

var errContactsGone = errors.New("none of the contacts waits any more")

// TakeContacts implements web.Contacts.
func (d *Desk) TakeContacts(ctx context.Context, by web.Asker, contact int64, which web.WhichContacts) (taken int, err error) {
	one, err := d.contact(ctx, by.Scope, contact)
	if err != nil {
		return 0, err
	}
	if which == web.TheseWords && one.Text == "" {
		return 0, notFound("words")
	}
	if taken, err = d.Gate().TakeTasks(ctx, d.meant(one, by.Scope, which)); err != nil {
		return taken, err
	}
	if taken == 0 {
		return 0, fault.WithKey(fault.Conflict, "error.contacts_gone", errContactsGone)
	}
	return taken, d.audit(ctx, by, "touch.contacts_back", fmt.Sprintf("%s %s: %d", which, one.Purpose, taken))
}

// contact returns a contact within the scope, be it done already.
func (d *Desk) contact(ctx context.Context, scope org.Scope, contact int64) (t delivery.StaffTask, err error) {
	found, err := d.DB.StaffTasksNamed(ctx, []int64{contact})
	if err != nil {
		return t, err
	}
	if len(found) == 0 || !scope.Sees(found[0].Store) {
		return t, notFound("contact")
	}
	return found[0], nil
}

// meant returns which contacts are meant by naming one.
func (d *Desk) meant(one delivery.StaffTask, scope org.Scope, which web.WhichContacts) delivery.TaskQuery {
	q := delivery.TaskQuery{Unsaid: true, Purpose: one.Purpose, Scope: scope}
	switch which {
	case web.TheseWords:
		q.Text = one.Text
	case web.ThisList:
		q.Staff, q.FromBefore, q.UntilFrom, q.UntilBefore = one.Staff, d.Clock.Now(), one.Until, one.Until.Add(time.Millisecond)
	default:
		q.Task = one.ID
	}
	return q
}
