package desk

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// Unconfirmed implements web.Touches: mass sends and posts to confirm, lists of
// contacts by hand and tasks of processes, merged by when they end.
func (d *Desk) Unconfirmed(ctx context.Context, scope org.Scope, after string) (page web.TaskPage, err error) {
	from, err := parseTaskCursor(after)
	if err != nil {
		return page, err
	}
	sends, err := d.DB.OpenDispatches(ctx, scope, from.send, pageSize+1)
	if err != nil {
		return page, err
	}
	posts, err := d.DB.OpenPosts(ctx, scope, from.post, pageSize+1)
	if err != nil {
		return page, err
	}
	lists, err := d.DB.ContactLists(ctx, storage.ContactQuery{Scope: scope, Begun: d.Clock.Now(), After: from.list, Limit: pageSize + 1})
	if err != nil {
		return page, err
	}
	steps, err := d.DB.StepLists(ctx, storage.StepListQuery{Scope: scope, Begun: d.Clock.Now(), After: from.step, Limit: pageSize + 1})
	if err != nil {
		return page, err
	}
	var rows []taskCursor
	for i := range sends {
		rows = append(rows, taskCursor{send: &sends[i]})
	}
	for i := range posts {
		rows = append(rows, taskCursor{post: &posts[i]})
	}
	for i := range lists {
		rows = append(rows, taskCursor{list: &lists[i]})
	}
	for i := range steps {
		rows = append(rows, taskCursor{step: &steps[i]})
	}
	slices.SortStableFunc(rows, func(a, b taskCursor) int { return cmp.Or(a.until().Compare(b.until()), a.rank()-b.rank()) })
	if len(rows) > pageSize {
		rows = rows[:pageSize]
		page.Next = rows[pageSize-1].text()
	}
	page.Tasks, err = d.openTasks(ctx, rows)
	return page, err
}

// taskCursor is one task that waits: a mass send, a post, a list of contacts or the
// tasks of a step. Of those that end at the same time they stand in this order.
type taskCursor struct {
	send *delivery.Dispatch
	post *storage.OpenPost
	list *storage.ContactList
	step *storage.StepList
}

func (c taskCursor) rank() int {
	return flagged(c.post != nil) + 2*flagged(c.list != nil) + 3*flagged(c.step != nil)
}

func (c taskCursor) until() time.Time {
	switch {
	case c.send != nil:
		return c.send.Until
	case c.post != nil:
		return c.post.Until
	case c.list != nil:
		return c.list.Until
	}
	return c.step.Until
}

func (c taskCursor) text() string {
	end := id.Text(c.until().UnixMilli())
	switch {
	case c.send != nil:
		return strings.Join([]string{"send", end, id.Text(c.send.ID)}, ".")
	case c.post != nil:
		return strings.Join([]string{"post", end, id.Text(c.post.Send), id.Text(c.post.Staff)}, ".")
	case c.list != nil:
		return strings.Join([]string{"list", end, id.Text(c.list.Staff), string(c.list.Purpose)}, ".")
	}
	s := c.step
	return strings.Join([]string{"step", end, id.Text(s.Staff), id.Text(s.Process), strconv.Itoa(s.Version), strconv.Itoa(s.Step)}, ".")
}

// parseTaskCursor returns from where on each kind goes on.
func parseTaskCursor(text string) (c taskCursor, err error) {
	if text == "" {
		return c, nil
	}
	parts := strings.Split(text, ".")
	if len(parts) < 3 {
		return c, notFound("page")
	}
	until, err1 := strconv.ParseInt(parts[1], 36, 64)
	which, err2 := strconv.ParseInt(parts[2], 36, 64)
	if err1 != nil || err2 != nil {
		return c, notFound("page")
	}
	end := time.UnixMilli(until)
	// Before the task that the text names all of its end are through, after it none.
	c.send = &delivery.Dispatch{ID: math.MaxInt64, Until: end}
	c.post = &storage.OpenPost{Send: math.MinInt64, Until: end}
	c.list = &storage.ContactList{Staff: math.MinInt64, Until: end}
	c.step = &storage.StepList{Staff: math.MinInt64, Until: end}
	switch {
	case parts[0] == "send" && len(parts) == 3:
		c.send.ID = which
	case parts[0] == "post" && len(parts) == 4:
		c.post.Send = which
		c.post.Staff, _ = id.Parse[id.Staff](parts[3])
	case parts[0] == "list" && len(parts) == 4:
		c.post.Send = math.MaxInt64
		c.list.Staff, c.list.Purpose = id.Staff(which), event.Purpose(parts[3])
	case parts[0] == "step" && len(parts) == 6:
		c.post.Send, c.list.Staff, c.step.Staff = math.MaxInt64, math.MaxInt64, id.Staff(which)
		c.step.StepRef, err = parseStepRef(parts[3:])
		return c, err
	default:
		return c, notFound("page")
	}
	return c, nil
}

func parseStepRef(parts []string) (s storage.StepRef, err error) {
	process, ok := id.Parse[int64](parts[0])
	version, err1 := strconv.Atoi(parts[1])
	step, err2 := strconv.Atoi(parts[2])
	if !ok || err1 != nil || err2 != nil {
		return s, notFound("page")
	}
	return storage.StepRef{Process: process, Version: version, Step: step}, nil
}

func (d *Desk) openTasks(ctx context.Context, rows []taskCursor) ([]web.OpenTask, error) {
	var staff []id.Staff
	var sends []delivery.Dispatch
	var numbers []int64
	for _, r := range rows {
		switch {
		case r.send != nil:
			staff, sends = append(staff, r.send.Staff), append(sends, *r.send)
		case r.post != nil:
			staff, numbers = append(staff, r.post.Staff), append(numbers, r.post.Post)
		case r.list != nil:
			staff = append(staff, r.list.Staff)
		default:
			staff = append(staff, r.step.Staff)
		}
	}
	names, err := d.staffNames(ctx, staff)
	if err != nil {
		return nil, err
	}
	reach, err := d.reach(ctx, sends)
	if err != nil {
		return nil, err
	}
	posts, err := d.DB.Posts(ctx, numbers)
	if err != nil {
		return nil, err
	}
	purposes := map[int64]event.Purpose{}
	for i := range posts {
		purposes[posts[i].ID] = posts[i].Purpose
	}
	before, err := d.urges(ctx, staff...)
	if err != nil {
		return nil, err
	}
	tasks := make([]web.OpenTask, len(rows))
	for i, r := range rows {
		task := web.OpenTask{Until: r.until()}
		var urged []time.Time
		switch {
		case r.send != nil:
			x := r.send
			task.ID, task.Staff, task.Store, task.Channel, task.Purpose = x.ID, names[x.Staff], d.Brand.StoreName(x.Store), event.MassSend, x.Purpose
			task.Customers, task.Since, urged = reach[x.ID], x.TaskSince, x.Urged
		case r.post != nil:
			x := r.post
			task.ID, task.Staff, task.Store, task.Channel, task.Purpose = x.Post, names[x.Staff], d.Brand.StoreName(x.Store), x.Channel, purposes[x.Post]
			task.Customers, task.Since, urged = x.Audience, x.Since, x.Urged
		case r.step != nil:
			x := r.step
			if err := d.addStep(ctx, x, &task); err != nil {
				return nil, err
			}
			task.Staff, task.Store = names[x.Staff], d.Brand.StoreName(x.Store)
		default:
			x := r.list
			task.ID, task.Staff, task.Store, task.Channel, task.Purpose = x.First, names[x.Staff], d.Brand.StoreName(x.Store), event.OneToOne, x.Purpose
			task.Customers, task.Since = x.Customers, x.Since
		}
		if last := before.last(staff[i]); urgedFor(last, task.Since) {
			task.UrgedAt = last
		}
		if n := len(urged); n > 0 {
			task.UrgedAt = latest(task.UrgedAt, urged[n-1])
		}
		tasks[i] = task
	}
	return tasks, nil
}

// addStep says which step of which process a task is of.
func (d *Desk) addStep(ctx context.Context, x *storage.StepList, task *web.OpenTask) error {
	p, err := d.document(ctx, x.Process, x.Version)
	if err != nil {
		return err
	}
	if x.Step >= len(p.Steps) {
		return notFound("step")
	}
	s := &p.Steps[x.Step]
	task.Process, task.Title, task.Step, task.How, task.Purpose = p.Name, p.Title, titleOf(s), s.Channel, s.Purpose
	task.Tasks, task.Since = x.N, x.Since
	if p.Subject == sop.OfCustomer {
		task.Customers = x.N
	}
	return nil
}
