package webtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

var _ web.Processes = (*Brand)(nil)

// WelcomeProcess is the process that the full brand follows; ShelvedProcess is one
// of the library that it has not installed.
const (
	WelcomeProcess = "new-customer-30"
	ShelvedProcess = "first-72-hours"
)

// process is an installed process and how it was followed.
type process struct {
	web.ProcessRow
	text     string
	newest   string // text of a version that waits, "" for none
	versions []web.ProcessVersion
	counts   []sop.Count
	runs     []sop.Run
	given    []string // who approved the version that is not in force
	moves    []web.ProcessMove
}

func (b *Brand) fillProcesses() {
	first := b.shelved(WelcomeProcess)
	first.Title.ZH = cut(b.text(first.Title.ZH))
	first.Owner = LeadAccount
	second := first
	second.Steps = slices.Clone(first.Steps)
	second.Steps[1].At.Clock += time.Hour
	second.Steps[1].Content = append(slices.Clone(second.Steps[1].Content), sop.Variant{Name: "short", Text: sop.Text{ZH: "{name}，首单权益还在，要用跟我说一声。"}})
	p := process{ProcessRow: web.ProcessRow{Name: first.Name, State: web.ProcessActive, Version: 2, Document: second, Changed: b.now.AddDate(0, 0, -9), By: LeadAccount}}
	p.versions = []web.ProcessVersion{
		{Version: 2, Document: second, Note: b.text("首单权益晚一小时说"), By: LeadAccount, At: b.now.AddDate(0, 0, -9), Forced: b.now.AddDate(0, 0, -9)},
		{Version: 1, Document: first, By: OwnerAccount, At: b.now.AddDate(0, 0, -60), Forced: b.now.AddDate(0, 0, -60)},
	}
	for i, c := range b.customers {
		r := second.Enter(sop.RunKey{Subject: sop.OfCustomer, ID: int64(c.ID), Process: 1, Occurrence: b.now.Add(-time.Hour * time.Duration(1+i*5)).UnixMilli()}, 1, b.now, b.now.Location())
		r.Version, r.Step = 1+min(1, i%5), i%len(second.Steps)
		p.runs = append(p.runs, r)
	}
	p.counts = b.processCounts(second)
	paused := b.shelved("birthday")
	b.processes = []process{p, {ProcessRow: web.ProcessRow{Name: paused.Name, State: web.ProcessPaused, Version: 1, Document: paused, Changed: b.now.AddDate(0, 0, -2), By: OwnerAccount},
		versions: []web.ProcessVersion{{Version: 1, Document: paused, By: OwnerAccount, At: b.now.AddDate(0, 0, -2), Forced: b.now.AddDate(0, 0, -2)}}}}
}

// cut leaves of a text what a title may hold: no NUL, and so many letters.
func cut(text string) string {
	const most = 140
	letters := []rune(strings.ReplaceAll(text, "\x00", ""))
	return string(letters[:min(len(letters), most)])
}

func (b *Brand) shelved(name string) sop.Process {
	text, _ := sop.FromLibrary(name)
	p, err := sop.Parse(text)
	if err != nil {
		panic(fmt.Sprint("the library of processes is wrong: ", err))
	}
	return p
}

func (b *Brand) processCounts(p sop.Process) (counts []sop.Count) {
	add := func(c sop.Count) { counts = append(counts, c) }
	for i, member := range b.staff {
		for step := range p.Steps {
			at := sop.Count{Version: 2, Step: step, Staff: member.ID, Store: member.Store}
			with := func(f sop.Figure, because sop.Because, bucket, n int) {
				c := at
				c.Figure, c.Because, c.Bucket, c.N = f, because, bucket, n
				add(c)
			}
			with(sop.Figure(sop.Given), "", 0, 12+i%5)
			with(sop.Figure(sop.Done), "", 3+i%5, 8)
			with(sop.Figure(sop.Done), sop.BecauseLate, 10, i%4)
			with(sop.Figure(sop.Dropped), sop.BecauseWindow, 0, i%2)
			with(sop.Figure(sop.Postponed), "", 0, 1)
			with(sop.Figure(sop.Skipped), sop.BecauseCondition, 0, 2)
			with(sop.Figure(sop.Withheld), sop.Because(decision.BecauseBudgetWeek), 0, 1)
		}
	}
	for figure, n := range map[sop.Figure]int{sop.GoalReached: 412, sop.GoalMissed: 1120} {
		add(sop.Count{Version: 1, Step: sop.RunStep, Figure: figure, N: n})
		add(sop.Count{Version: 1, Step: sop.RunStep, Figure: figure, Held: true, N: n / 20})
	}
	add(sop.Count{Version: 2, Step: sop.RunStep, Figure: sop.GoalReached, N: 9})
	return counts
}

// line adds up what a scope sees of a process.
func (p *process) line(scope org.Scope) sop.Line {
	all := sop.Adherence(p.seen(scope), func(sop.Count) bool { return true })
	if all[true] == nil {
		return sop.Line{}
	}
	return *all[true]
}

func (p *process) seen(scope org.Scope) []sop.Count {
	return slices.DeleteFunc(slices.Clone(p.counts), func(c sop.Count) bool { return c.Step == sop.RunStep || !scope.Sees(c.Store) })
}

// Processes implements web.Processes.
func (b *Brand) Processes(_ context.Context, scope org.Scope) (rows []web.ProcessRow, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.processes {
		row := b.processes[i].ProcessRow
		row.Followed, row.Running = b.processes[i].line(scope), -1
		if scope.Everything {
			row.Running = len(b.processes[i].runs)
		}
		rows = append(rows, row)
	}
	return rows, b.Fail
}

// Process implements web.Processes.
func (b *Brand) Process(ctx context.Context, scope org.Scope, name string) (v web.ProcessView, err error) {
	rows, err := b.Processes(ctx, scope)
	at := slices.IndexFunc(rows, func(r web.ProcessRow) bool { return r.Name == name })
	if err != nil || at < 0 {
		return v, cmp.Or(err, fault.New(fault.NotFound, "no process %q", name))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p := &b.processes[at]
	v = web.ProcessView{ProcessRow: rows[at], Text: p.text, Versions: p.versions}
	if v.Text == "" {
		raw, _ := sop.Format(&p.Document) // of a document that Check has let through
		v.Text = string(raw)
	}
	named := func(step int) string {
		if step < len(p.Document.Steps) {
			return p.Document.Steps[step].Name
		}
		return ""
	}
	if scope.Everything {
		v.Moves = p.moves
	}
	for i, r := range p.runs {
		if j := slices.IndexFunc(v.Standing, func(s web.ProcessStanding) bool { return s.Version == r.Version && s.Step == named(r.Step) }); j >= 0 {
			v.Standing[j].N++
		} else if scope.Everything {
			v.Standing = append(v.Standing, web.ProcessStanding{Version: r.Version, Step: named(r.Step), N: 1})
		}
		c := &b.customers[i]
		if len(v.Sample) < 8 && b.sees(scope, b.holder[c.ID]) {
			v.Sample = append(v.Sample, web.ProcessRun{Customer: c.ID, Name: c.Name, Store: c.Store, Version: r.Version, Step: named(r.Step), Due: r.DueAt.Time(), Held: i%6 == 5})
		}
	}
	v.Newest = v.Text
	if p.newest != "" {
		v.Newest = p.newest
	}
	b.addLines(&v, p.seen(scope), named)
	if scope.Everything {
		v.Results = sop.Results(p.counts)
	}
	return v, nil
}

func (b *Brand) addLines(v *web.ProcessView, counts []sop.Count, named func(int) string) {
	steps := sop.Adherence(counts, func(c sop.Count) string { return named(c.Step) })
	for i := range v.Document.Steps {
		if line := steps[named(i)]; line != nil {
			v.Steps = append(v.Steps, web.ProcessLine{Name: named(i), Line: *line})
		}
	}
	members := sop.Adherence(counts, func(c sop.Count) id.Staff { return c.Staff })
	v.Spread = sop.SpreadOf(members)
	for _, s := range b.staff {
		if line := members[s.ID]; line != nil {
			v.Staff = append(v.Staff, web.ProcessLine{Name: s.Name, Staff: s.ID, Store: b.storeName(s.Store), Line: *line})
		}
	}
	stores := sop.Adherence(counts, func(c sop.Count) id.Store { return c.Store })
	v.Between = sop.SpreadOf(stores)
	areas := sop.Adherence(counts, func(c sop.Count) string {
		return b.areaOf(slices.IndexFunc(b.stores, func(s web.StoreName) bool { return s.ID == c.Store }))
	})
	for area, line := range areas {
		v.Areas = append(v.Areas, web.ProcessLine{Name: area, Line: *line})
	}
	slices.SortFunc(v.Areas, func(a, b web.ProcessLine) int { return cmp.Compare(b.Name, a.Name) })
	if b.photos[ShelfStep] != nil {
		v.Photos = []web.ProcessPhoto{{Key: ShelfStep, Step: named(0), Staff: b.staff[0].Name, Store: b.stores[0].Name, At: b.now.Add(-time.Hour)}}
	}
	for _, s := range b.stores {
		if line := stores[s.ID]; line != nil {
			v.Stores = append(v.Stores, web.ProcessLine{Name: s.Name, At: s.ID, Line: *line})
		}
	}
}

// InstallProcess implements web.Processes.
func (b *Brand) InstallProcess(_ context.Context, by web.Asker, f web.ProcessForm) (waits bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.processes, func(p process) bool { return p.Name == f.Document.Name })
	if i >= 0 && f.Of != f.Document.Name {
		return false, fault.WithKey(fault.Conflict, "error.process_taken", errors.New("a process is called so already"))
	}
	b.did(by, "process.saved", f.Document.Name)
	if i < 0 {
		b.processes = append(b.processes, process{ProcessRow: web.ProcessRow{Name: f.Document.Name, State: web.ProcessDraft}})
		i = len(b.processes) - 1
	}
	p := &b.processes[i]
	if p.Version > 0 && p.Document.Subject != f.Document.Subject {
		return false, fault.WithKey(fault.Conflict, "error.process_subject", errors.New("a process keeps its subject"))
	}
	v := web.ProcessVersion{Version: len(p.versions) + 1, Document: f.Document, Note: f.Note, By: by.Account, At: b.now}
	waits = p.State == web.ProcessActive && f.Document.ByHand() && slices.ContainsFunc(sop.Diff(&p.Document, &f.Document), func(c sop.Change) bool { return !c.Harmless() })
	p.given = nil
	if waits {
		p.newest = f.Text
	} else {
		p.Version, p.Document, p.text, p.newest, p.Changed, p.By = v.Version, f.Document, f.Text, "", b.now, by.Account
		if p.State == web.ProcessActive {
			v.Forced = b.now
		}
	}
	p.versions = slices.Insert(p.versions, 0, v)
	return waits, b.Fail
}

// pending returns the version of a process that could come into force, nil for none.
func (p *process) pending() *web.ProcessVersion {
	i := slices.IndexFunc(p.versions, func(v web.ProcessVersion) bool { return v.Version == p.Version })
	switch {
	case p.State != web.ProcessActive:
		return &p.versions[i]
	case p.newest != "":
		return &p.versions[0]
	}
	return nil
}

// ProcessPending implements web.Processes.
func (b *Brand) ProcessPending(_ context.Context, by web.Asker, name string) (web.ProcessPending, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.process(name)
	if err != nil {
		return web.ProcessPending{}, err
	}
	return b.pendingOf(by, p), b.Fail
}

// ProcessesWaiting implements web.Processes.
func (b *Brand) ProcessesWaiting(_ context.Context, by web.Asker) (list []web.ProcessWaiting, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.processes {
		p := &b.processes[i]
		if v := p.pending(); v != nil && by.Scope.Everything && (p.newest != "" || len(p.given) > 0) {
			pending := b.pendingOf(by, p)
			list = append(list, web.ProcessWaiting{Version: v.Version, Document: p.Document, May: pending.Asked && pending.Why == ""})
		}
	}
	return list, b.Fail
}

func (b *Brand) pendingOf(by web.Asker, p *process) (pending web.ProcessPending) {
	v := p.pending()
	if v == nil {
		return pending
	}
	pending.ProcessVersion = *v
	if pending.Asked = v.Forced.IsZero() && v.Document.ByHand(); !pending.Asked {
		return pending
	}
	reaches := len(b.customers)
	if v.Document.Trigger.Fact != "" {
		if b.trial.State != web.TrialDone || len(sop.Diff(&b.trial.Document, &v.Document)) > 0 {
			pending.Lacks = "error.process_untried"
			return pending
		}
		reaches = b.trial.Trial.Entered
	}
	pending.ApprovalView = b.approvable(by, &web.BatchView{Batch: web.Batch{Customers: reaches, Approved: p.given}})
	return pending
}

func (b *Brand) process(name string) (*process, error) {
	i := slices.IndexFunc(b.processes, func(p process) bool { return p.Name == name })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "no process %q", name)
	}
	return &b.processes[i], nil
}

// WithdrawProcess implements web.Processes.
func (b *Brand) WithdrawProcess(_ context.Context, by web.Asker, name string, version int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.process(name)
	if err != nil {
		return err
	}
	v := p.pending()
	if v == nil || v.Version != version || p.newest == "" && len(p.given) == 0 {
		return fault.WithKey(fault.Conflict, "error.process_waits", errors.New("it does not wait"))
	}
	if p.newest != "" {
		v.Withdrawn = b.now
	}
	p.newest, p.given = "", nil
	b.did(by, "process.withdrawn", name)
	return b.Fail
}

// SetProcess implements web.Processes.
func (b *Brand) SetProcess(_ context.Context, by web.Asker, s web.ProcessSet) (done web.ApprovalDone, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.process(s.Name)
	if err != nil {
		return done, err
	}
	if s.To == web.ProcessActive {
		v := p.pending()
		if v == nil || v.Version != s.Version {
			return done, fault.WithKey(fault.Conflict, "error.form_stale", errors.New("another version by now"))
		}
		pending := b.pendingOf(by, p)
		switch {
		case !pending.Asked:
		case pending.Lacks != "":
			return done, fault.WithKey(fault.Conflict, pending.Lacks, errors.New("nobody knows whom it reaches"))
		case pending.Why != "":
			done.Left = []web.ApprovalLeft{{ApprovalView: pending.ApprovalView}}
			return done, b.Fail
		case pending.Typed() && s.Typed != pending.Number:
			done.Typed, done.Number = []int64{1}, pending.Number
			return done, b.Fail
		case !pending.Goes:
			p.given = append(p.given, by.Account)
			done.Waits = 1
			return done, b.Fail
		}
		v.Forced = b.now
		if p.newest != "" {
			p.Version, p.Document, p.text, p.newest = v.Version, v.Document, p.newest, ""
		}
	}
	p.State = s.To
	b.did(by, "process."+string(s.To), s.Name)
	return done, b.Fail
}

// MoveProcess implements web.Processes.
func (b *Brand) MoveProcess(_ context.Context, by web.Asker, name string, from int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.process(name)
	if err != nil {
		return err
	}
	move := web.ProcessMove{Version: from, Asked: b.now, By: by.Account}
	for i := range p.runs { // the first; the others in a while
		if p.runs[i].Version == from && move.Moved == 0 {
			p.runs[i].Version = p.Version
			move.Moved++
		}
	}
	p.moves = append(p.moves, move)
	b.did(by, "process.moved", name)
	return b.Fail
}

// StartTrial implements web.Processes: it is looked at twice before it is through. One
// over a year waits behind another.
func (b *Brand) StartTrial(_ context.Context, _ web.Asker, p *sop.Process, days int) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trial = web.TrialView{ID: "t1", Document: *p, Days: days, Begun: b.now, State: web.TrialRunning, Trial: b.tried(p, days)}
	if days == 365 {
		b.trial.State, b.trial.Before, b.trial.First = web.TrialWaiting, 2, p.Title
	}
	return b.trial.ID, b.Fail
}

// Trial implements web.Processes.
func (b *Brand) Trial(_ context.Context, trial string) (web.TrialView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.trial.ID != trial {
		return web.TrialView{}, fault.New(fault.NotFound, "no dry run %q", trial)
	}
	seen := b.trial
	if b.trial.Looked += len(b.customers); b.trial.State == web.TrialRunning && b.trial.Looked > len(b.customers) {
		b.trial.State = web.TrialDone
	}
	return seen, b.Fail
}

// StopTrial implements web.Processes.
func (b *Brand) StopTrial(_ context.Context, trial string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.trial.ID != trial {
		return fault.New(fault.NotFound, "no dry run %q", trial)
	}
	b.trial.State = web.TrialStopped
	return b.Fail
}

func (b *Brand) tried(p *sop.Process, days int) web.ProcessTrial {
	until := b.now.Truncate(24 * time.Hour)
	t := web.ProcessTrial{From: until.AddDate(0, 0, -days), Until: until, Customers: len(b.customers), Entered: 1550, Hours: 41.5,
		Withheld: map[sop.Because]int{sop.Because(decision.BecauseBudgetWeek): 210, sop.Because(decision.BecauseHoldout): 100}, Stopped: map[sop.Because]int{}}
	for i := range p.Stop {
		t.Stopped[sop.Because("stop:"+p.Stop[i].Name)] = 12
	}
	for i := range p.Steps {
		n := 1240 / len(p.Steps)
		t.Given += n
		t.Steps = append(t.Steps, web.TrialStep{Name: p.Steps[i].Name, ByHand: i % 2 * 12, Outcomes: map[sop.Outcome]int{sop.Given: n, sop.Skipped: 4}, Because: map[sop.Because]int{sop.BecauseCondition: 4}})
	}
	return t
}
