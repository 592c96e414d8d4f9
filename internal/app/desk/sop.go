package desk

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/web"
)

var _ web.Processes = (*Desk)(nil)

// Operating changes and tries standard processes, as the command line does.
type Operating struct {
	// Install stores a document as a draft, or as a new version of the process that it is
	// of: of "" or of another one, the name of an installed process is fault.Conflict. In
	// place of one that is at work the version waits if asks says so of what changes.
	Install func(ctx context.Context, of string, v flow.ProcessVersion, asks func(was, is *sop.Process) bool) (waits bool, err error)
	// Force puts a version to work that was looked at: the one that waits in place of
	// one that is at work, else the one that there is. Another one is fault.Conflict.
	Force func(ctx context.Context, name string, version int, by string) error
	// Withdraw takes back the version that waits in place of the one in force. Another one
	// is fault.Conflict.
	Withdraw func(ctx context.Context, name string, version int) error
	// Set puts a process to work or pauses it.
	Set func(ctx context.Context, name string, to flow.ProcessState, by string) error
	// Move lets the runs of an older version be taken over into the one in force, in the
	// background.
	Move func(ctx context.Context, name string, from int, by string) error
	// Try begins to play a document with the customers of the last days in the
	// background, after others that were asked for. Who asks for one that is open gets that
	// one; where too many wait it is fault.Conflict.
	Try func(ctx context.Context, by string, p *sop.Process, days int) (trial int64, err error)
	// Tried returns the newest dry run of exactly a document that is through, over at
	// least so many days; nil where there is none of the last week.
	Tried func(ctx context.Context, p *sop.Process, days int) (*flow.DryRun, error)
	// Trial returns a dry run. StopTrial gives it up.
	Trial     func(ctx context.Context, trial int64) (Trial, error)
	StopTrial func(ctx context.Context, trial int64) error
}

// Trial is a dry run in the background.
type Trial struct {
	Document string       `json:"-"`
	Days     int          `json:"-"`
	Begun    time.Time    `json:"-"`
	Failed   bool         `json:"-"`
	Waits    bool         `json:"-"`                 // for its turn
	Before   int          `json:"-"`                 // how many come before it
	First    string       `json:"-"`                 // the document of the first of those
	Looked   int          `json:"looked"`            // customers so far
	Stopped  bool         `json:"stopped,omitempty"` // by a person
	Result   *flow.DryRun `json:"result,omitempty"`  // once it is through
}

// Processes implements web.Processes.
func (d *Desk) Processes(ctx context.Context, scope org.Scope) ([]web.ProcessRow, error) {
	list, err := d.DB.Processes(ctx)
	list = slices.DeleteFunc(list, func(p flow.Process) bool { return p.Document.OneOff != nil })
	if err != nil || len(list) == 0 {
		return nil, err
	}
	counts, err := d.stepSums(ctx, web.ProcessDays, storage.StepSumQuery{Scope: scope, ByProcess: true})
	if err != nil {
		return nil, err
	}
	lines := sop.Adherence(counts, func(c sop.Count) int64 { return c.Process })
	rows := make([]web.ProcessRow, len(list))
	for i := range list {
		rows[i] = processRow(&list[i])
		if line := lines[list[i].Number]; line != nil {
			rows[i].Followed = *line
		}
		if !scope.Everything {
			continue
		}
		runs, err := d.ahead(ctx, &list[i])
		if err != nil {
			return nil, err
		}
		rows[i].Running, rows[i].More = len(runs), len(runs) == mostRuns
	}
	return rows, nil
}

func processRow(p *flow.Process) web.ProcessRow {
	return web.ProcessRow{Name: p.Name, State: web.ProcessState(p.State), Version: p.Version, Document: p.Document, Changed: p.Changed, By: p.Changer, Running: -1}
}

// stepSums returns what was counted on the last days. What is counted of runs
// belongs to no store.
func (d *Desk) stepSums(ctx context.Context, days int64, q storage.StepSumQuery) ([]sop.Count, error) {
	q.To = event.At(d.Clock.Now()).Day()
	q.From = q.To - days + 1
	return d.DB.StepSums(ctx, q)
}

// mostRuns is how many runs of a process a page reads.
const mostRuns = 2000

// ahead returns the runs of a process that have not ended, those due first, at most
// mostRuns.
func (d *Desk) ahead(ctx context.Context, p *flow.Process) ([]sop.Run, error) {
	return d.DB.DueRuns(ctx, flow.DueQuery{Until: math.MaxInt64, Processes: []int64{p.Number}, Limit: mostRuns})
}

// Process implements web.Processes.
func (d *Desk) Process(ctx context.Context, scope org.Scope, name string) (v web.ProcessView, err error) {
	p, err := d.installed(ctx, name)
	if err != nil {
		return v, err
	}
	v.ProcessRow = processRow(&p)
	versions, err := d.DB.ProcessVersions(ctx, p.Number)
	if err != nil {
		return v, err
	}
	documents := map[int]*sop.Process{}
	for i := range versions {
		one := &versions[i]
		documents[one.Version] = &one.Document
		if one.Version == p.Version {
			v.Text = one.Text
		}
		v.Versions = append(v.Versions, versionOf(one))
	}
	if v.Newest = v.Text; p.Waiting(versions) != nil {
		v.Newest = versions[0].Text
	}
	runs, err := d.ahead(ctx, &p)
	if err != nil {
		return v, err
	}
	if scope.Everything {
		v.Running, v.More, v.Standing = len(runs), len(runs) == mostRuns, standing(&p, runs, documents)
	}
	if v.Sample, err = d.processSample(ctx, scope, runs, documents); err != nil {
		return v, err
	}
	if err := d.followed(ctx, scope, &p, documents, &v); err != nil || !scope.Everything {
		return v, err
	}
	moves, err := d.DB.MovesOf(ctx, p.Number)
	if err != nil {
		return v, err
	}
	for _, m := range moves {
		v.Moves = append(v.Moves, web.ProcessMove{Version: m.Version, Asked: m.Asked, By: m.By, Moved: m.Moved, Ended: m.Ended})
	}
	counts, err := d.stepSums(ctx, web.GoalDays, storage.StepSumQuery{Scope: scope, Process: p.Number, Of: storage.OfRuns, ByVersion: true, ByArm: true})
	v.Results = sop.Results(counts)
	return v, err
}

func (d *Desk) installed(ctx context.Context, name string) (flow.Process, error) {
	list, err := d.DB.Processes(ctx)
	if err != nil {
		return flow.Process{}, err
	}
	i := slices.IndexFunc(list, func(p flow.Process) bool { return p.Name == name })
	if i < 0 {
		return flow.Process{}, notFound("process")
	}
	return list[i], nil
}

// stepAt names a step of a version, "" for none.
func stepAt(documents map[int]*sop.Process, version, step int) string {
	p := documents[version]
	if p == nil || step < 0 || step >= len(p.Steps) {
		return ""
	}
	return p.Steps[step].Name
}

// standing counts runs by version, the newest first, and by the step to come, in
// the order of the steps.
func standing(p *flow.Process, runs []sop.Run, documents map[int]*sop.Process) (list []web.ProcessStanding) {
	for i := range runs {
		at := web.ProcessStanding{Version: runs[i].Version, Step: stepAt(documents, runs[i].Version, runs[i].Step), N: 1}
		j := slices.IndexFunc(list, func(s web.ProcessStanding) bool { return s.Version == at.Version && s.Step == at.Step })
		if j < 0 {
			list = append(list, at)
			continue
		}
		list[j].N++
	}
	place := func(s web.ProcessStanding) int {
		if at := p.Document.Step(s.Step); at >= 0 {
			return at
		}
		return len(p.Document.Steps)
	}
	slices.SortStableFunc(list, func(a, b web.ProcessStanding) int {
		return cmp.Or(cmp.Compare(b.Version, a.Version), cmp.Compare(place(a), place(b)))
	})
	return list
}

// A page names so many of those who follow a process, looked for among so many.
const (
	sampleRuns  = 8
	sampleAmong = 60
)

// processSample returns customers on their way within a scope, those due first.
func (d *Desk) processSample(ctx context.Context, scope org.Scope, runs []sop.Run, documents map[int]*sop.Process) ([]web.ProcessRun, error) {
	runs = slices.DeleteFunc(slices.Clone(runs), func(r sop.Run) bool { return r.Subject != sop.OfCustomer })
	runs = runs[:min(len(runs), sampleAmong)]
	customers := make([]id.Customer, len(runs))
	for i := range runs {
		customers[i] = runs[i].Customer()
	}
	states, err := d.DB.LoadCustomers(ctx, customers)
	if err != nil {
		return nil, err
	}
	names, err := d.customerNames(ctx, customers)
	if err != nil {
		return nil, err
	}
	var sample []web.ProcessRun
	for i := range runs {
		r := &runs[i]
		at := slices.IndexFunc(states, func(c profile.Customer) bool { return c.ID == r.Customer() })
		if at < 0 || len(sample) == sampleRuns {
			continue
		}
		owner := newest(&states[at])
		if !scope.Everything && !d.covers(scope, owner) {
			continue
		}
		sample = append(sample, web.ProcessRun{Customer: r.Customer(), Name: names[r.Customer()], Store: d.Brand.StoreName(d.Brand.StoreOf(owner)),
			Version: r.Version, Step: stepAt(documents, r.Version, r.Step), Due: r.DueAt.Time(), Held: r.Held})
	}
	return sample, nil
}

// mostFollowing is how many members or stores a page lists, those least on time.
const mostFollowing = 100

// followed adds how a process was followed in the last days.
func (d *Desk) followed(ctx context.Context, scope org.Scope, p *flow.Process, documents map[int]*sop.Process, v *web.ProcessView) error {
	steps, err := d.stepSums(ctx, web.ProcessDays, storage.StepSumQuery{Scope: scope, Process: p.Number, ByVersion: true, ByStep: true})
	if err != nil {
		return err
	}
	if all := sop.Adherence(steps, func(sop.Count) bool { return true })[true]; all != nil {
		v.Followed = *all
	}
	steps = slices.DeleteFunc(steps, func(c sop.Count) bool { return c.Step == sop.RunStep })
	v.Steps = stepLines(p, sop.Adherence(steps, func(c sop.Count) string { return stepAt(documents, c.Version, c.Step) }))
	people, err := d.stepSums(ctx, web.ProcessDays, storage.StepSumQuery{Scope: scope, Process: p.Number, Of: storage.OfSteps, ByStaff: true, ByStore: true})
	if err != nil {
		return err
	}
	if err := d.followedBy(ctx, people, v); err != nil {
		return err
	}
	d.followedIn(people, v)
	v.Photos, err = d.processPhotos(ctx, scope, p, documents)
	return err
}

// followedBy adds how members followed a process.
func (d *Desk) followedBy(ctx context.Context, counts []sop.Count, v *web.ProcessView) error {
	byStaff := sop.Adherence(counts, func(c sop.Count) id.Staff { return c.Staff })
	delete(byStaff, 0)
	v.Spread = sop.SpreadOf(byStaff)
	names, err := d.staffNames(ctx, slices.Collect(maps.Keys(byStaff)))
	if err != nil {
		return err
	}
	for s, line := range byStaff {
		v.Staff = append(v.Staff, web.ProcessLine{Name: names[s], Staff: s, Store: d.Brand.StoreName(d.Brand.StoreOf(s)), Line: *line})
	}
	v.Staff = leastOnTime(v.Staff)
	return nil
}

// followedIn adds how a process was followed in stores and areas.
func (d *Desk) followedIn(counts []sop.Count, v *web.ProcessView) {
	stores := sop.Adherence(counts, func(c sop.Count) id.Store { return c.Store })
	v.Between = sop.SpreadOf(stores)
	for s, line := range stores {
		v.Stores = append(v.Stores, web.ProcessLine{Name: d.Brand.StoreName(s), At: s, Line: *line})
	}
	areas := map[id.Store]string{}
	for _, s := range d.Brand.Org().Stores {
		areas[s.ID] = s.Area
	}
	for area, line := range sop.Adherence(counts, func(c sop.Count) string { return areas[c.Store] }) {
		v.Areas = append(v.Areas, web.ProcessLine{Name: area, Line: *line})
	}
	if len(v.Areas) == 1 && v.Areas[0].Name == "" {
		v.Areas = nil
	}
	v.Stores, v.Areas = leastOnTime(v.Stores), leastOnTime(v.Areas)
}

// mostPhotos is how many pictures a page of a process shows.
const mostPhotos = 12

func (d *Desk) processPhotos(ctx context.Context, scope org.Scope, p *flow.Process, documents map[int]*sop.Process) (list []web.ProcessPhoto, err error) {
	photos, err := d.DB.Photos(ctx, scope, p.Number, mostPhotos)
	if err != nil || len(photos) == 0 {
		return nil, err
	}
	staff := make([]id.Staff, len(photos))
	for i := range photos {
		staff[i] = photos[i].Staff
	}
	names, err := d.staffNames(ctx, staff)
	for _, f := range photos {
		list = append(list, web.ProcessPhoto{Key: stepName(f.StepKey), Step: stepAt(documents, f.Version, f.Step), Staff: names[f.Staff], Store: d.Brand.StoreName(f.Store), At: f.At})
	}
	return list, err
}

// stepLines returns lines of steps in their order, those of older versions last.
func stepLines(p *flow.Process, by map[string]*sop.Line) (lines []web.ProcessLine) {
	for i := range p.Document.Steps {
		name := p.Document.Steps[i].Name
		if line := by[name]; line != nil {
			lines = append(lines, web.ProcessLine{Name: name, Line: *line})
		}
		delete(by, name)
	}
	known := len(lines)
	for name, line := range by {
		lines = append(lines, web.ProcessLine{Name: name, Line: *line})
	}
	slices.SortFunc(lines[known:], func(a, b web.ProcessLine) int { return cmp.Compare(a.Name, b.Name) })
	return lines
}

// leastOnTime sorts lines by the share on time, those with nothing to do last, and
// cuts them to mostFollowing.
func leastOnTime(lines []web.ProcessLine) []web.ProcessLine {
	share := func(l *web.ProcessLine) float64 {
		if share, ok := l.OnTimeShare(); ok {
			return share
		}
		return math.Inf(1)
	}
	slices.SortFunc(lines, func(a, b web.ProcessLine) int {
		return cmp.Or(cmp.Compare(share(&a), share(&b)), cmp.Compare(b.Due(), a.Due()), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Store, b.Store))
	})
	return lines[:min(len(lines), mostFollowing)]
}

func versionOf(v *flow.ProcessVersion) web.ProcessVersion {
	return web.ProcessVersion{Version: v.Version, Document: v.Document, Note: v.Note, By: v.By, At: v.At, Forced: v.Forced, Withdrawn: v.Withdrawn}
}

// InstallProcess implements web.Processes.
func (d *Desk) InstallProcess(ctx context.Context, by web.Asker, f web.ProcessForm) (waits bool, err error) {
	v := flow.ProcessVersion{Document: f.Document, Text: f.Text, Note: f.Note, By: by.Account, At: d.Clock.Now()}
	if waits, err = d.Operator.Install(ctx, f.Of, v, d.asksAnew); err != nil {
		return false, err
	}
	return waits, d.audit(ctx, by, "process.saved", f.Document.Name)
}

// MoveProcess implements web.Processes.
func (d *Desk) MoveProcess(ctx context.Context, by web.Asker, name string, from int) error {
	if err := d.Operator.Move(ctx, name, from, by.Account); err != nil {
		return err
	}
	return d.audit(ctx, by, "process.moved", name+" "+strconv.Itoa(from))
}

// StartTrial implements web.Processes.
func (d *Desk) StartTrial(ctx context.Context, by web.Asker, p *sop.Process, days int) (string, error) {
	trial, err := d.Operator.Try(ctx, by.Account, p, days)
	return id.Text(trial), err
}

// Trial implements web.Processes.
func (d *Desk) Trial(ctx context.Context, trial string) (v web.TrialView, err error) {
	number, ok := id.Parse[int64](trial)
	if !ok {
		return v, notFound("dry run")
	}
	t, err := d.Operator.Trial(ctx, number)
	if err != nil {
		return v, err
	}
	v = web.TrialView{ID: trial, Days: t.Days, Begun: t.Begun, Looked: t.Looked, State: web.TrialRunning}
	if v.Document, err = sop.Parse([]byte(t.Document)); err != nil {
		return v, err
	}
	switch {
	case t.Stopped:
		v.State = web.TrialStopped
	case t.Waits:
		v.State, v.Before = web.TrialWaiting, t.Before
		if t.First != "" {
			first, err := sop.Parse([]byte(t.First))
			if err != nil {
				return v, err
			}
			v.First = first.Title
		}
	case t.Failed:
		v.State = web.TrialFailed
	case t.Result != nil:
		v.State, v.Trial = web.TrialDone, triedOf(t.Result)
	}
	return v, nil
}

// StopTrial implements web.Processes.
func (d *Desk) StopTrial(ctx context.Context, trial string) error {
	number, ok := id.Parse[int64](trial)
	if !ok {
		return notFound("dry run")
	}
	return d.Operator.StopTrial(ctx, number)
}

func triedOf(run *flow.DryRun) web.ProcessTrial {
	t := web.ProcessTrial{From: run.From, Until: run.Until, Customers: run.Customers, Entered: run.Entered, Given: run.Given, Hours: run.Minutes / 60,
		Withheld: run.Withheld, Stopped: run.Stopped}
	for _, s := range run.Steps {
		t.Steps = append(t.Steps, web.TrialStep{Name: s.Name, Outcomes: s.Outcome, Because: s.Because, ByHand: s.ByHand})
	}
	return t
}
