package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/vault"
	"siyu/internal/web"
)

// holds tells whether something about a customer waits to be done by a member.
func (d *Desk) holds(ctx context.Context, staff id.Staff, c id.Customer) (bool, error) {
	if staff == 0 {
		return false, nil
	}
	contacts, err := d.DB.StaffTasks(ctx, delivery.TaskQuery{Staff: staff, Customers: []id.Customer{c}, Scope: org.All()})
	if err != nil || len(contacts) > 0 {
		return len(contacts) > 0, err
	}
	steps, err := d.DB.StepTasks(ctx, storage.StepTaskQuery{Staff: staff, Scope: org.All()})
	return slices.ContainsFunc(steps, func(s storage.StepTask) bool { return s.Subject == sop.OfCustomer && s.Customer() == c }), err
}

// documents are versions of processes that were read: a version never changes.
type documents struct {
	mu    sync.Mutex
	known map[versionKey]*sop.Process
}

type versionKey struct {
	process int64
	version int
}

// document returns a version of a process.
func (d *Desk) document(ctx context.Context, process int64, version int) (*sop.Process, error) {
	d.documents.mu.Lock()
	defer d.documents.mu.Unlock()
	key := versionKey{process, version}
	if p := d.documents.known[key]; p != nil {
		return p, nil
	}
	versions, err := d.DB.ProcessVersions(ctx, process)
	if err != nil {
		return nil, err
	}
	if d.documents.known == nil {
		d.documents.known = map[versionKey]*sop.Process{}
	}
	for i := range versions {
		d.documents.known[versionKey{process, versions[i].Version}] = &versions[i].Document
	}
	if p := d.documents.known[key]; p != nil {
		return p, nil
	}
	return nil, notFound("version of the process")
}

// step returns the document of a step that happened, and the step in it.
func (d *Desk) step(ctx context.Context, r *sop.StepRecord) (*sop.Process, *sop.Step, error) {
	p, err := d.document(ctx, r.Process, r.Version)
	if err != nil {
		return nil, nil, err
	}
	if r.Step < 0 || r.Step >= len(p.Steps) {
		return nil, nil, notFound("step")
	}
	return p, &p.Steps[r.Step], nil
}

// stepName names a step in addresses.
func stepName(k storage.StepKey) string {
	return strings.Join([]string{string(k.Subject), id.Text(k.ID), id.Text(k.Process), id.Text(k.Occurrence), strconv.Itoa(k.Version), strconv.Itoa(k.Step)}, ".")
}

func parseStepName(text string) (k storage.StepKey, err error) {
	parts := strings.Split(text, ".")
	const members = 6
	if len(parts) != members {
		return k, notFound("step")
	}
	k.Subject = sop.Subject(parts[0])
	var ok [3]bool
	k.ID, ok[0] = id.Parse[int64](parts[1])
	k.Process, ok[1] = id.Parse[int64](parts[2])
	k.Occurrence, ok[2] = id.Parse[int64](parts[3])
	var wrong, wrong2 error
	k.Version, wrong = strconv.Atoi(parts[4])
	k.Step, wrong2 = strconv.Atoi(parts[5])
	if !slices.Contains(sop.Subjects(), k.Subject) || slices.Contains(ok[:], false) || errors.Join(wrong, wrong2) != nil {
		return k, notFound("step")
	}
	return k, nil
}

func keyOf(r *sop.StepRecord) storage.StepKey {
	return storage.StepKey{RunKey: r.RunKey, Version: r.Version, Step: r.Step}
}

// stepTasks returns a member's tasks of processes that are no contacts: those that
// wait, and those answered today.
func (d *Desk) stepTasks(ctx context.Context, staff id.Staff, called string, urged time.Time) ([]web.Task, error) {
	waiting, err := d.DB.StepTasks(ctx, storage.StepTaskQuery{Staff: staff, Scope: org.All(), Begun: d.Clock.Now(), Limit: maxTasks})
	if err != nil {
		return nil, err
	}
	answered, err := d.DB.AnsweredSteps(ctx, staff, d.today())
	if err != nil {
		return nil, err
	}
	all := append(waiting, answered...)
	abouts, err := d.abouts(ctx, all)
	if err != nil {
		return nil, err
	}
	tasks := make([]web.Task, 0, len(all))
	for i := range all {
		s := &all[i]
		p, step, err := d.step(ctx, &s.StepRecord)
		if err != nil {
			return nil, err
		}
		about := abouts[aboutSubject(s.RunKey)]
		task := web.Task{Step: stepName(keyOf(&s.StepRecord)), Process: p.Title, Title: titleOf(step), How: step.Channel, Purpose: step.Purpose, Photo: step.ProofOf() == sop.ByPhoto,
			Urged: urgedFor(urged, latest(s.From, s.At.Time())), Until: s.Until, PutOffs: s.PutOffs, State: web.TaskOpen, AsOf: d.Clock.Now()}
		if s.Subject == sop.OfCustomer {
			task.Customer, task.Name = s.Customer(), about
		} else {
			task.About = about
		}
		d.say(&task, p, step, s.Variant, called)
		switch s.Outcome {
		case sop.Done:
			task.State = web.TaskDone
		case sop.NoNeed:
			task.State = web.TaskNoNeed
		}
		tasks = append(tasks, task)
	}
	return tasks, nil
}

// say adds what a task says: to customers in the process's language, to the member
// in his own.
func (d *Desk) say(task *web.Task, p *sop.Process, step *sop.Step, variant int, called string) {
	if variant >= len(step.Content) {
		return
	}
	v := &step.Content[variant]
	said, link := v.Text, v.Link
	task.Files = content.FilesOf(v.Files)
	if v.Material != "" {
		at := slices.IndexFunc(d.Brand.Documents().Library.Materials, func(m content.Material) bool { return m.Code == v.Material })
		if at < 0 {
			return
		}
		m := &d.Brand.Documents().Library.Materials[at]
		said, link, task.Files = sop.Text{ZH: m.Text, EN: m.Text}, m.Link, m.Files
	}
	task.Link = link
	if task.Instructs() {
		task.Do = sop.Text{ZH: content.Fill(said.ZH, task.Name, called), EN: content.Fill(said.EN, task.Name, called)}
	} else {
		task.Text = content.Fill(said.In(p.Speaks()), task.Name, called)
	}
}

// titleOf returns what a step is called.
func titleOf(s *sop.Step) sop.Text {
	if s.Title.Empty() {
		return sop.Text{ZH: s.Name, EN: s.Name}
	}
	return s.Title
}

func aboutSubject(k sop.RunKey) event.Subject {
	kind := map[sop.Subject]event.SubjectType{sop.OfCustomer: event.AboutCustomer, sop.OfGroup: event.AboutGroup, sop.OfMember: event.AboutStaff, sop.OfStore: event.AboutStore}[k.Subject]
	return event.Subject{Type: kind, ID: k.ID}
}

// abouts returns what the customers, groups, stores and members of tasks are called.
func (d *Desk) abouts(ctx context.Context, tasks []storage.StepTask) (map[event.Subject]string, error) {
	var people []event.Subject
	var groups []id.Group
	names := map[event.Subject]string{}
	for i := range tasks {
		switch s := aboutSubject(tasks[i].RunKey); s.Type {
		case event.AboutStore:
			names[s] = d.Brand.StoreName(id.Store(s.ID))
		case event.AboutGroup:
			groups = append(groups, id.Group(s.ID))
		default:
			people = append(people, s)
		}
	}
	known, err := d.Names.NamesOf(ctx, people)
	if err != nil {
		return nil, err
	}
	for s, name := range known {
		names[s] = name
	}
	if len(groups) == 0 {
		return names, nil
	}
	states, err := d.DB.LoadGroups(ctx, groups)
	for i := range states {
		names[event.Subject{Type: event.AboutGroup, ID: int64(states[i].ID)}] = states[i].Name
	}
	return names, err
}

// nameSteps says of contacts which step of a process they are. What a call says tells
// the member what to do and is nothing to send.
func (d *Desk) nameSteps(ctx context.Context, tasks []web.Task, called string) error {
	customers, touches := make([]id.Customer, len(tasks)), make([]int64, len(tasks))
	for i := range tasks {
		customers[i], touches[i] = tasks[i].Customer, tasks[i].ID
	}
	steps, err := d.DB.StepsOfTouches(ctx, customers, touches)
	if err != nil {
		return err
	}
	for i := range tasks {
		r, ours := steps[tasks[i].ID]
		if !ours {
			continue
		}
		p, step, err := d.step(ctx, &r)
		if err != nil {
			return err
		}
		tasks[i].Process, tasks[i].Title, tasks[i].How, tasks[i].Photo = p.Title, titleOf(step), step.Channel, step.ProofOf() == sop.ByPhoto
		tasks[i].Pressing = step.Pressing()
		if tasks[i].Calls() {
			tasks[i].Do, tasks[i].Text = sop.Text{ZH: tasks[i].Text, EN: tasks[i].Text}, ""
			d.say(&tasks[i], p, step, r.Variant, called)
		}
	}
	return nil
}

// Pressing returns which of these contacts by hand are steps that press, by the number of
// the touch.
func (d *Desk) Pressing(ctx context.Context, customers []id.Customer, touches []int64) (map[int64]bool, error) {
	steps, err := d.DB.StepsOfTouches(ctx, customers, touches)
	if err != nil {
		return nil, err
	}
	press := map[int64]bool{}
	for touch, r := range steps {
		_, step, err := d.step(ctx, &r)
		if err != nil {
			return nil, err
		}
		press[touch] = step.Pressing()
	}
	return press, nil
}

// answerStep answers a task of a process that is no contact.
func (d *Desk) answerStep(ctx context.Context, by web.Asker, a web.TaskAnswer) error {
	key, err := parseStepName(a.Step)
	if err != nil {
		return err
	}
	task, err := d.DB.StepTaskOf(ctx, key)
	if err != nil {
		return err
	}
	now := d.Clock.Now()
	answer := storage.StepAnswer{StepKey: key, At: now, Because: a.Because}
	switch a.State {
	case web.TaskNoNeed:
		answer.Outcome = sop.NoNeed
	case web.TaskPostponed:
		answer.Outcome = sop.Postponed
		answer.From, answer.Until = d.Brand.Documents().Rules.Window(clock.Day(now, d.Zone).AddDate(0, 0, 1), now)
	default:
		answer.Outcome = sop.Done
		if answer.Photo, err = d.proof(ctx, by, &task.StepRecord, a.Photo); err != nil {
			return err
		}
	}
	return d.DB.AnswerStep(ctx, by.Scope, answer)
}

var errNoPhoto = errors.New("the step is done only with a picture")

// proof returns the sealed picture that a step asks for, nil for a step that asks
// for none. Whoever does not hold the step is fault.Denied.
func (d *Desk) proof(ctx context.Context, by web.Asker, r *sop.StepRecord, photo []byte) (*storage.StepPhoto, error) {
	_, step, err := d.step(ctx, r)
	if err != nil || step.ProofOf() != sop.ByPhoto {
		return nil, err
	}
	if by.Scope.Staff != 0 && by.Scope.Staff != r.Staff || by.Scope.Staff == 0 && !by.Scope.Sees(r.Store) {
		return nil, fault.New(fault.Denied, "it is another member's")
	}
	if len(photo) == 0 {
		return nil, fault.WithKey(fault.Invalid, "error.photo_missing", errNoPhoto)
	}
	clean, err := vault.CleanPhoto(photo)
	if err != nil {
		return nil, err
	}
	key := keyOf(r)
	return &storage.StepPhoto{StepKey: key, Staff: r.Staff, Store: r.Store, At: d.Clock.Now(), Account: by.Account, Box: d.Vault.SealPhoto(clean, stepName(key))}, nil
}

// proveContact keeps the picture that the step behind a contact asks for.
func (d *Desk) proveContact(ctx context.Context, by web.Asker, task int64, photo []byte) error {
	step, ours, err := d.DB.StepOfTask(ctx, task)
	if err != nil || !ours || step.Outcome != sop.Given {
		return err
	}
	proof, err := d.proof(ctx, by, &step, photo)
	if err != nil || proof == nil {
		return err
	}
	return d.DB.KeepPhoto(ctx, *proof)
}

// Photo implements web.Tasks.
func (d *Desk) Photo(ctx context.Context, scope org.Scope, step string) ([]byte, error) {
	key, err := parseStepName(step)
	if err != nil {
		return nil, err
	}
	photo, err := d.DB.Photo(ctx, scope, key)
	if err != nil {
		return nil, err
	}
	return d.Vault.OpenPhoto(photo.Box, stepName(key))
}

// answerContact answers a contact by hand.
func (d *Desk) answerContact(ctx context.Context, by web.Asker, a web.TaskAnswer) error {
	states := map[web.TaskState]delivery.StaffTaskState{
		web.TaskDone: delivery.DoneState, web.TaskPostponed: delivery.Postponed, web.TaskNoNeed: delivery.NoNeed,
	}
	if a.State == web.TaskDone {
		if err := d.proveContact(ctx, by, a.Task, a.Photo); err != nil {
			return err
		}
	}
	results := map[web.CallResult]delivery.Result{web.CallReached: delivery.Answered, web.CallMissed: delivery.NoAnswer}
	return d.Gate().AnswerTask(ctx, by.Scope, delivery.Answer{Task: a.Task, State: states[a.State], Result: results[a.Call], By: by.Account, Because: string(a.Because)})
}
