package webtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/vault"
	"siyu/internal/web"
)

// ShelfStep is a task of a process that is done with a picture.
const ShelfStep = "store.1.1.1.1.0"

func (b *Brand) fillTouches() {
	b.fillSteps()
	texts := []string{
		"{name}，上次的茉莉绿快喝完了吧？要不要给你留两袋？", "{name}，最近冷泡季，你平时喝浓一点还是淡一点？", "{name}，上次说茶味太淡，我们换了新批次，想请你尝一小份。",
	}
	parts := []insight.Part{insight.Exposure, insight.Need, insight.Trust}
	purposes := []event.Purpose{event.Remind, event.Ask, event.Serve}
	channels := []event.Channel{event.OneToOne, event.MassSend, event.OneToOne}
	for i := range 12 {
		member := b.staff[i*4%len(b.staff)]
		batch := web.BatchView{Batch: web.Batch{
			ID: int64(1000 + i), Store: b.storeName(member.Store), Staff: member.Name, Purpose: purposes[i%3], Channel: channels[i%3], Limiting: parts[i%3],
			Customers: 180 - i*11, Gain: estimate(float64(90000-i*6000), .3, insight.Fen), Text: b.text(texts[i%3]), From: b.now.Add(time.Hour), Until: b.now.Add(12 * time.Hour),
		}}
		for n := range 5 {
			c := b.customers[(i*5+n)%len(b.customers)]
			batch.Samples = append(batch.Samples, web.Sample{
				Customer: c.ID, Name: c.Name, Because: []insight.Reason{{Key: "exposure.memory", Weight: -.5, Number: 46}, {Key: "need.due", Weight: .4, Number: 1.1, Line: line(0)}},
				Gain: estimate(700, .4, insight.Fen), Text: b.text("小满，上次的茉莉绿快喝完了吧？"),
			})
		}
		batch.Quota = web.BatchQuota{Limit: 30, Until: b.now.AddDate(0, 0, 20), Left: []web.QuotaLeft{{Customers: 2}, {Low: 1, High: 1, Customers: 3}, {Low: 4, High: 30, Customers: batch.Customers - 5}},
			Skipped: 2, Who: []web.Skipped{{Customer: b.customers[0].ID, Name: b.customers[0].Name}, {Customer: b.customers[1].ID, Name: b.customers[1].Name}}}
		if i == 1 { // of a process: no plan expects anything of it
			batch.Gain.Evidence = insight.NotMeasurable
			batch.Process = web.BatchStep{Name: WelcomeProcess, Version: 2, Owner: LeadAccount, Title: sop.Text{ZH: b.text("新客欢迎"), EN: "Welcome"}, Step: sop.Text{ZH: b.text("第七天回访"), EN: "Day seven"}}
			batch.Files = []content.File{b.picture("garden.png", 90, 120, 60)}
		}
		b.batches = append(b.batches, batch)
	}
	for i := range 2 {
		b.doubts = append(b.doubts, web.Doubt{
			Dispatch: int64(500 + i), Staff: b.staff[i].Name, Store: b.stores[0].Name, Purpose: event.Remind, Channel: event.MassSend, Customers: 42,
			CalledAt: b.now.Add(-90 * time.Minute), CheckedAt: b.now.Add(-20 * time.Minute), Listed: i == 0, Evidence: []string{"listed", "process_ended"}[i], Text: b.text("新茶到了，给你留了一份。"),
		})
	}
	for i := range 8 {
		c := b.customers[i*10]
		b.tasks = append(b.tasks, web.Task{
			ID: int64(9000 + i), Customer: c.ID, Name: c.Name, Channel: event.OneToOne, Purpose: purposes[i%3], Limiting: parts[i%3], Urged: i == 1,
			Because: []insight.Reason{{Key: "need.due", Number: 1.1, Line: line(0)}, {Key: "need.asked", Number: 3, Line: line(0)}},
			Text:    b.text("小满，冷泡的话建议试试茉莉绿，4 克茶 500 毫升凉水冷藏 6 小时，不苦。上次的快喝完了吧？要不要给你留两袋？"), Until: b.now.Add(12 * time.Hour), State: web.TaskOpen,
		})
	}
	for i := range b.tasks {
		if b.tasks[i].ID == 9000 {
			b.tasks[i].Files = []content.File{b.picture("tea.png", 40, 90, 60), b.picture("pot.png", 60, 60, 120)}
		}
	}
	b.fillCalls()
	b.fillSent()
	b.fillPosts()
	b.tasks = append(b.tasks, web.Task{ID: 9101, Count: 3, Channel: event.GroupPost, Purpose: event.Serve, Text: b.text("今天有新茶，来店里坐坐。"), Until: b.now.Add(10 * time.Hour), State: web.TaskOpen})
	b.tasks = append(b.tasks, web.Task{ID: 9100, Count: 86, Channel: event.MassSend, Purpose: event.Ask, Text: b.text("最近冷泡季，你平时喝浓一点还是淡一点？"), Until: b.now.Add(10 * time.Hour), State: web.TaskOpen})
}

// Calls among the tasks by hand: with a number, and without one.
const (
	CallTask  = 9002
	CallBlind = 9005
	Called    = 20 // the customer of CallTask
)

// fillCalls makes calls of two contacts by hand.
func (b *Brand) fillCalls() {
	for i := range b.tasks {
		if t := &b.tasks[i]; t.ID == CallTask || t.ID == CallBlind {
			t.How, t.Process, t.Title = sop.Call, sop.Text{ZH: b.text("投诉挽回"), EN: "Complaint recovery"}, sop.Text{ZH: "打电话说清楚", EN: "Solve it on the phone"}
			t.Text, t.Do = "", sop.Text{ZH: b.text("先复述客户的问题，再给两个方案让客户选。"), EN: "Repeat the problem in the customer's words, then offer two ways out."}
			if t.ID == CallTask {
				t.Phone = "13812345678"
			}
		}
	}
}

// fillSteps adds what processes ask of the member beside contacts.
func (b *Brand) fillSteps() {
	b.photos = map[string][]byte{}
	b.tasks = append(b.tasks, web.Task{Step: ShelfStep, Process: sop.Text{ZH: b.text("新品上架"), EN: "New on the shelf"}, Title: sop.Text{ZH: "陈列拍照", EN: "Show the shelf"}, How: sop.Task, Photo: true,
		About: b.stores[0].Name, Do: sop.Text{ZH: "把新品放到第一层，拍一张整排的照片。", EN: "Put the new things on the first board and photograph the whole shelf."}, Until: b.now.Add(9 * time.Hour), State: web.TaskOpen})
}

// Batches implements web.Touches.
func (b *Brand) Batches(_ context.Context, _ org.Scope, q web.BatchQuery) (web.BatchPage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var page web.BatchPage
	for i, batch := range b.batches {
		if q.Limiting != "" && batch.Limiting != q.Limiting || q.Purpose != "" && batch.Purpose != q.Purpose {
			continue
		}
		if (q.After == "") == (i < 10) {
			page.Batches = append(page.Batches, batch.Batch)
		}
	}
	if q.After == "" && len(b.batches) > 10 {
		page.Next = "10"
	}
	return page, b.Fail
}

// Batch implements web.Touches.
func (b *Brand) Batch(_ context.Context, _ org.Scope, batch int64) (web.BatchView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, v := range b.batches {
		if v.ID == batch {
			return v, b.Fail
		}
	}
	return web.BatchView{}, fault.New(fault.NotFound, "batch: unknown")
}

// Unconfirmed implements web.Touches.
func (b *Brand) Unconfirmed(_ context.Context, scope org.Scope, after string) (web.TaskPage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var page web.TaskPage
	for i, s := range b.staff {
		if b.sees(scope, s.ID) && (after == "") == (i < 20) {
			page.Tasks = append(page.Tasks, web.OpenTask{ID: int64(i), Staff: s.Name, Store: b.storeName(s.Store), Channel: event.MassSend, Purpose: event.Ask, Customers: 60 + i, Since: b.now.Add(-time.Hour), Until: b.now.Add(time.Duration(4+i) * time.Hour)})
		}
	}
	for i := range b.posts {
		if p := &b.posts[i]; after == "" && p.Stage == web.PostConfirm && b.seesPost(scope, p) {
			page.Tasks = append(page.Tasks, web.OpenTask{ID: p.ID, Staff: p.Sends[0].Staff, Store: p.Sends[0].Store, Channel: p.Channel, Purpose: p.Purpose, Customers: p.Audience,
				Since: b.now.Add(-time.Hour), Until: p.Until})
		}
	}
	for i := range b.processes {
		if p := &b.processes[i].Document; after == "" && len(b.staff) > 0 && b.sees(scope, b.staff[0].ID) {
			page.Tasks = append(page.Tasks, web.OpenTask{Staff: b.staff[0].Name, Store: b.storeName(b.staff[0].Store), Process: p.Name, Title: p.Title, Step: p.Steps[0].Title,
				How: sop.Group, Tasks: 1 + i, Since: b.now.Add(-time.Hour), Until: b.now.Add(2 * time.Hour)})
		}
	}
	if after == "" {
		page.Tasks = append(page.Tasks, b.contactLists(scope)...)
	}
	if after == "" && len(b.staff) > 20 {
		page.Next = "20"
	}
	return page, b.Fail
}

// Execution implements web.Touches.
func (b *Brand) Execution(_ context.Context, scope org.Scope, after string) (web.ExecutionPage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var page web.ExecutionPage
	for i, s := range b.staff {
		if b.sees(scope, s.ID) && (after == "") == (i < 20) {
			page.Staff = append(page.Staff, web.StaffExecution{Staff: s.ID, Name: s.Name, Store: b.storeName(s.Store), Due: 40, Done: min(40, 12+i), OnTime: 10 + i/2, Open: max(0, 28-i), Unseen: max(0, 5-i)})
			row := &page.Staff[len(page.Staff)-1]
			switch i {
			case 1:
				row.UrgedAt, row.Urges, row.UrgeNext = b.now.Add(-time.Hour), 2, b.now.Add(3*time.Hour)
			case 2:
				row.Unreached = web.OutOfReach
			}
			if i > 2 {
				row.SeenAt = b.now.Add(-30 * time.Minute)
			}
		}
	}
	if after == "" && len(b.staff) > 20 {
		page.Next = "20"
	}
	return page, b.Fail
}

// InDoubt implements web.Touches.
func (b *Brand) InDoubt(context.Context, org.Scope) ([]web.Doubt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.doubts), b.Fail
}

// Quotas implements web.Touches.
func (b *Brand) Quotas(context.Context, org.Scope) ([]web.Quota, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.customers) == 0 {
		return nil, b.Fail
	}
	month := time.Date(b.now.Year(), b.now.Month()+1, 1, 0, 0, 0, 0, b.now.Location())
	return []web.Quota{{Name: "mass_send_month", Used: 21300, Limit: 620000, Until: month}, {Name: "confirm_day", Used: 88, Limit: 135, Until: b.now.Add(16 * time.Hour)}}, b.Fail
}

// Reject implements web.Decisions.
func (b *Brand) Reject(_ context.Context, by web.Asker, batch int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.batches = slices.DeleteFunc(b.batches, func(v web.BatchView) bool { return v.ID == batch })
	b.did(by, "touch.rejected", fmt.Sprint(batch))
	return nil
}

// TakeBack implements web.Decisions. The last task is confirmed while the page
// is read.
func (b *Brand) TakeBack(_ context.Context, by web.Asker, dispatch int64) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !by.Scope.Everything {
		return false, fault.New(fault.NotFound, "take back: unknown dispatch")
	}
	if dispatch == Confirmed {
		return false, fault.WithKey(fault.Conflict, "error.confirmed", errors.New("take back: it was confirmed"))
	}
	b.did(by, "touch.taken_back", id.Text(dispatch))
	return dispatch != Unanswered, nil
}

// Dispatches that TakeBack does not stop: one that was confirmed meanwhile, and
// one for which WeCom does not answer.
const (
	Confirmed  = 701
	Unanswered = 702
)

// UrgeStore implements web.Decisions.
func (b *Brand) UrgeStore(_ context.Context, by web.Asker, store id.Store) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !by.Scope.Sees(store) {
		return 0, fault.New(fault.NotFound, "urge: unknown store")
	}
	b.urged[store] = b.now
	b.did(by, "touch.urged", id.Text(store))
	return 4, nil
}

// UrgeStaff implements web.Decisions.
func (b *Brand) UrgeStaff(_ context.Context, by web.Asker, staff id.Staff) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.sees(by.Scope, staff) {
		return 0, fault.New(fault.NotFound, "urge: unknown member")
	}
	b.did(by, "touch.urged", id.Text(staff))
	return 1, nil
}

// Resend implements web.Decisions.
func (b *Brand) Resend(_ context.Context, by web.Asker, dispatch int64) error {
	return b.settle(by, "touch.resent", dispatch)
}

// Drop implements web.Decisions.
func (b *Brand) Drop(_ context.Context, by web.Asker, dispatch int64) error {
	return b.settle(by, "touch.dropped", dispatch)
}

func (b *Brand) settle(by web.Asker, how string, dispatch int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.doubts = slices.DeleteFunc(b.doubts, func(d web.Doubt) bool { return d.Dispatch == dispatch })
	b.did(by, how, fmt.Sprint(dispatch))
	return nil
}

// Tasks implements web.Tasks.
func (b *Brand) Tasks(_ context.Context, scope org.Scope) (web.TaskList, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := web.TaskList{Tasks: slices.Clone(b.tasks), Total: len(b.tasks)}
	for _, s := range b.staff {
		if s.ID == scope.Staff {
			list.Staff, list.Store = s.Name, b.storeName(s.Store)
		}
	}
	slices.SortStableFunc(list.Tasks, func(a, b web.Task) int { return rank(a) - rank(b) })
	for _, t := range b.tasks {
		if t.State == web.TaskDone {
			list.Done++
		}
	}
	return list, b.Fail
}

func rank(t web.Task) int {
	if t.State == web.TaskOpen {
		return 0
	}
	return 1
}

// Photo implements web.Tasks. The one member's pictures are shown to who sees the
// member.
func (b *Brand) Photo(_ context.Context, scope org.Scope, step string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if photo := b.photos[step]; photo != nil && b.sees(scope, b.staff[0].ID) {
		return photo, b.Fail
	}
	return nil, fault.New(fault.NotFound, "no such picture")
}

// Answer implements web.Tasks.
func (b *Brand) Answer(_ context.Context, by web.Asker, a web.TaskAnswer) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, t := range b.tasks {
		if t.ID != a.Task || t.Step != a.Step || t.State != web.TaskOpen {
			continue
		}
		if a.State == web.TaskPostponed {
			if t.PutOffsLeft() == 0 {
				return fault.WithKey(fault.Invalid, "error.put_off_enough", errors.New("put off often enough"))
			}
			b.tasks[i].PutOffs++ // and it is tomorrow
			return nil
		}
		if t.Photo && a.State == web.TaskDone {
			if len(a.Photo) == 0 {
				return fault.WithKey(fault.Invalid, "error.photo_missing", errors.New("no picture"))
			}
			clean, err := vault.CleanPhoto(a.Photo)
			if err != nil {
				return err
			}
			b.photos[t.Step] = clean
		}
		b.tasks[i].State = a.State
	}
	b.did(by, "task.answered", strings.TrimSpace(fmt.Sprint(a.Task)+" "+string(a.Call)))
	return nil
}
