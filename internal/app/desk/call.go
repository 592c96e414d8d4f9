package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/vault"
	"siyu/internal/web"
)

// addPhones adds to calls that wait the number to ring. A member gets only what he
// noted himself in WeCom, where he sees it anyway; a colleague's note stays the
// colleague's.
func (d *Desk) addPhones(ctx context.Context, staff id.Staff, tasks []web.Task) error {
	var customers []id.Customer
	for i := range tasks {
		if tasks[i].Calls() && tasks[i].State == web.TaskOpen {
			customers = append(customers, tasks[i].Customer)
		}
	}
	if len(customers) == 0 {
		return nil
	}
	own, err := d.notedBy(ctx, staff, customers)
	if err != nil {
		return err
	}
	for i := range tasks {
		if tasks[i].Calls() && tasks[i].State == web.TaskOpen {
			tasks[i].Phone = own[tasks[i].Customer]
		}
	}
	return d.addFriends(ctx, staff, customers, tasks)
}

// addFriends adds to calls to customers with whom the member is not connected who is.
func (d *Desk) addFriends(ctx context.Context, staff id.Staff, customers []id.Customer, tasks []web.Task) error {
	states, err := d.DB.LoadCustomers(ctx, customers)
	if err != nil {
		return fmt.Errorf("load customers of calls: %w", err)
	}
	friends := map[id.Customer]id.Staff{}
	for i := range states {
		c := &states[i]
		if !c.RelatedTo(staff) {
			friends[c.ID] = decision.Contactor(c, func(id.Staff) bool { return true })
		}
	}
	if len(friends) == 0 {
		return nil
	}
	names, err := d.staffNames(ctx, slices.Collect(maps.Values(friends)))
	for i := range tasks {
		if friend := friends[tasks[i].Customer]; friend != 0 && tasks[i].Calls() {
			tasks[i].Friend = names[friend]
		}
	}
	return err
}

// notedBy returns the number that a member noted in WeCom for each customer.
func (d *Desk) notedBy(ctx context.Context, staff id.Staff, customers []id.Customer) (map[id.Customer]string, error) {
	member, _ := d.Brand.Member(staff)
	prefix := string(member.Corp) + "/" + member.UserID + "/" // of what intake keeps of the member's notes
	aliases, err := d.DB.AliasesOf(ctx, customers)
	if err != nil {
		return nil, err
	}
	var subjects []event.Subject
	of := map[event.Subject]id.Customer{}
	for c, all := range aliases {
		for _, one := range all {
			subjects = append(subjects, event.Customer(one))
			of[event.Customer(one)] = c
		}
	}
	entries, err := d.Vault.Of(ctx, subjects, []vault.Field{vault.Phone})
	if err != nil {
		return nil, err
	}
	noted := map[id.Customer]string{}
	for _, e := range entries {
		if strings.HasPrefix(e.Part, prefix) {
			noted[of[e.Subject]] = e.Text
		}
	}
	return noted, nil
}

// addAsked adds what processes ask of members about the customer and that waits.
func (d *Desk) addAsked(ctx context.Context, c *profile.Customer, v *web.CustomerView) error {
	rows, err := d.DB.StaffTasks(ctx, delivery.TaskQuery{Customers: []id.Customer{c.ID}, States: []delivery.StaffTaskState{delivery.Due, delivery.Postponed}, Scope: org.All()})
	if err != nil || len(rows) == 0 {
		return err
	}
	staff := make([]id.Staff, len(rows))
	for i := range rows {
		staff[i] = rows[i].Staff
	}
	names, err := d.staffNames(ctx, staff)
	if err != nil {
		return err
	}
	waiting := make([]storage.SeenTask, len(rows))
	for i := range rows {
		waiting[i] = storage.SeenTask{Staff: rows[i].Staff, Kind: storage.SeenHand, Task: rows[i].ID}
	}
	seen, err := d.DB.Seen(ctx, waiting)
	if err != nil {
		return err
	}
	for i := range rows {
		one := []web.Task{{ID: rows[i].ID, Customer: rows[i].Customer, Name: v.Name, Text: rows[i].Text, Until: rows[i].Until, Purpose: rows[i].Purpose}}
		if err := d.nameSteps(ctx, one, names[rows[i].Staff]); err != nil {
			return err
		}
		if one[0].How != "" {
			v.Asked = append(v.Asked, web.Asked{Task: one[0], Staff: names[rows[i].Staff], Seen: seen[waiting[i]]})
		}
	}
	return nil
}

// nameCalls tells calls apart from messages among contacts by hand that arrived;
// entries and facts stand in the same order.
func (d *Desk) nameCalls(ctx context.Context, entries []web.TimelineEntry, facts []event.Fact) error {
	var customers []id.Customer
	var touches []int64
	at := map[int64]int{}
	for i := range entries {
		if facts[i].Kind != event.KindTouchDelivered || entries[i].Channel != event.OneToOne {
			continue
		}
		body, err := event.Read[event.TouchDelivered](facts[i])
		if err != nil {
			return err
		}
		customers, touches = append(customers, id.Customer(facts[i].Subject.ID)), append(touches, body.Touch)
		at[body.Touch] = i
	}
	steps, err := d.DB.StepsOfTouches(ctx, customers, touches)
	if err != nil {
		return err
	}
	for touch := range steps {
		r := steps[touch]
		_, step, err := d.step(ctx, &r)
		if err != nil {
			return err
		}
		entries[at[touch]].Called = step.Channel == sop.Call
	}
	return nil
}
