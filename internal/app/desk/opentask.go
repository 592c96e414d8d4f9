package desk

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// Unconfirmed implements web.Touches: mass sends to confirm and lists of
// contacts by hand, merged by when they end.
func (d *Desk) Unconfirmed(ctx context.Context, scope org.Scope, after string) (page web.TaskPage, err error) {
	from, err := parseTaskCursor(after)
	if err != nil {
		return page, err
	}
	sends, err := d.DB.OpenDispatches(ctx, scope, from.send, pageSize+1)
	if err != nil {
		return page, err
	}
	lists, err := d.DB.ContactLists(ctx, storage.ContactQuery{Scope: scope, Begun: d.Clock.Now(), After: from.list, Limit: pageSize + 1})
	if err != nil {
		return page, err
	}
	sends, lists, page.Next = firstOf(sends, lists)
	page.Tasks, err = d.openTasks(ctx, sends, lists)
	return page, err
}

// firstOf returns what stands on one page, and the cursor behind it if there
// is more.
func firstOf(sends []delivery.Dispatch, lists []storage.ContactList) ([]delivery.Dispatch, []storage.ContactList, string) {
	s, l, cursor := 0, 0, ""
	for s+l < min(pageSize, len(sends)+len(lists)) {
		if l == len(lists) || s < len(sends) && !sends[s].Until.After(lists[l].Until) {
			cursor = taskCursor{send: &sends[s]}.text()
			s++
		} else {
			cursor = taskCursor{list: &lists[l]}.text()
			l++
		}
	}
	if s+l == len(sends)+len(lists) {
		cursor = ""
	}
	return sends[:s], lists[:l], cursor
}

// taskCursor is the last task of a page. A mass send stands before a list that
// ends at the same time.
type taskCursor struct {
	send *delivery.Dispatch
	list *storage.ContactList
}

func (c taskCursor) text() string {
	if c.send != nil {
		return strings.Join([]string{"send", id.Text(c.send.Until.UnixMilli()), id.Text(c.send.ID)}, ".")
	}
	return strings.Join([]string{"list", id.Text(c.list.Until.UnixMilli()), id.Text(c.list.Staff), string(c.list.Purpose)}, ".")
}

// parseTaskCursor returns from where on each kind goes on.
func parseTaskCursor(text string) (c taskCursor, err error) {
	if text == "" {
		return c, nil
	}
	parts := strings.SplitN(text, ".", 4)
	if len(parts) < 3 {
		return c, notFound("page")
	}
	until, err1 := strconv.ParseInt(parts[1], 36, 64)
	which, err2 := strconv.ParseInt(parts[2], 36, 64)
	if err1 != nil || err2 != nil {
		return c, notFound("page")
	}
	end := time.UnixMilli(until)
	switch {
	case parts[0] == "send" && len(parts) == 3:
		c.send = &delivery.Dispatch{ID: which, Until: end}
		c.list = &storage.ContactList{Staff: math.MinInt64, Until: end}
	case parts[0] == "list" && len(parts) == 4:
		c.send = &delivery.Dispatch{ID: math.MaxInt64, Until: end}
		c.list = &storage.ContactList{Staff: id.Staff(which), Purpose: event.Purpose(parts[3]), Until: end}
	default:
		return c, notFound("page")
	}
	return c, nil
}

func (d *Desk) openTasks(ctx context.Context, sends []delivery.Dispatch, lists []storage.ContactList) ([]web.OpenTask, error) {
	staff := staffOf(sends)
	for _, l := range lists {
		staff = append(staff, l.Staff)
	}
	names, err := d.staffNames(ctx, staff)
	if err != nil {
		return nil, err
	}
	reach, err := d.reach(ctx, sends)
	if err != nil {
		return nil, err
	}
	tasks := make([]web.OpenTask, 0, len(sends)+len(lists))
	for _, x := range sends {
		task := web.OpenTask{ID: x.ID, Staff: names[x.Staff], Store: d.Brand.StoreName(x.Store), Channel: event.MassSend, Purpose: x.Purpose,
			Customers: reach[x.ID], Since: x.TaskSince, Until: x.Until}
		if n := len(x.Urged); n > 0 {
			task.UrgedAt = x.Urged[n-1]
		}
		tasks = append(tasks, task)
	}
	for _, l := range lists {
		tasks = append(tasks, web.OpenTask{ID: l.First, Staff: names[l.Staff], Store: d.Brand.StoreName(l.Store), Channel: event.OneToOne,
			Purpose: l.Purpose, Customers: l.Customers, Since: l.Since, Until: l.Until})
	}
	slices.SortStableFunc(tasks, func(a, b web.OpenTask) int {
		return cmp.Or(a.Until.Compare(b.Until), flagged(a.Channel == event.OneToOne)-flagged(b.Channel == event.OneToOne))
	})
	return tasks, nil
}
