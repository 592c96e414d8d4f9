package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"siyu/internal/audience"
	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// ProcessAsked is a command about standard processes on the socket.
type ProcessAsked struct {
	Name     string `json:"name,omitempty"`     // of an installed process, or of the library
	Document string `json:"document,omitempty"` // YAML
	Note     string `json:"note,omitempty"`
	Activate bool   `json:"activate,omitempty"`
	State    string `json:"state,omitempty"`
	From     int    `json:"from,omitempty"` // version whose runs are moved
	Days     int    `json:"days,omitempty"` // of a dry run
}

// ProcessAnswered is its answer: what the command did not ask for is absent.
type ProcessAnswered struct {
	Processes []ProcessLine `json:"processes,omitzero"`
	Process   int64         `json:"process,omitempty"`
	Version   int           `json:"version,omitempty"`
	Changes   []string      `json:"changes,omitzero"` // against the version before, in English
	Document  string        `json:"document,omitempty"`
	Runs      *int          `json:"runs,omitempty"` // ended or moved
	DryRun    *DryRunLine   `json:"dry_run,omitempty"`
}

// ProcessLine is a process, of the library or installed.
type ProcessLine struct {
	Number   int64  `json:"number,omitempty"` // 0: of the library
	Name     string `json:"name"`
	Title    string `json:"title"`
	State    string `json:"state"`
	Version  int    `json:"version,omitempty"`
	Trigger  string `json:"trigger"` // in English
	Steps    int    `json:"steps"`
	Waiting  int    `json:"waiting,omitempty"` // runs
	Entered  int    `json:"entered_30_days,omitempty"`
	OnTime   *int   `json:"on_time_percent,omitempty"` // of steps of the last 30 days
	Withheld int    `json:"withheld_30_days,omitempty"`
}

// DryRunLine is what a process would have done.
type DryRunLine struct {
	From      string         `json:"from"`
	Until     string         `json:"until"`
	Customers int            `json:"customers"`
	Entered   int            `json:"entered"`
	Given     int            `json:"would_have_sent"`
	Hours     float64        `json:"staff_hours"`
	Withheld  map[string]int `json:"withheld"`
	Stopped   map[string]int `json:"stopped"`
	Steps     []DryStepLine  `json:"steps"`
	Assumes   []string       `json:"assumes"` // in English, what is not known of the past
}

// dryRunAssumes is what flow.DryRun says of itself.
func dryRunAssumes() []string {
	return []string{
		"orders were known at once: nothing is withheld because they came in late",
		"rules of audiences and what is understood of customers are as they are today",
		"members have on each day the room that what they were really given left",
	}
}

// DryStepLine is one step of a dry run.
type DryStepLine struct {
	Step     string         `json:"step"`
	Outcomes map[string]int `json:"outcomes"`
	ByHand   int            `json:"by_hand,omitempty"` // of those given: posts without room, which members make
}

// ListProcesses returns the installed processes without one-off messages, and those of
// the library that are not.
func (a *App) ListProcesses(ctx context.Context, _ ProcessAsked) (answer ProcessAnswered, err error) {
	installed, err := a.db.Processes(ctx)
	if err != nil {
		return answer, err
	}
	today := event.At(a.clock.Now()).Day()
	const month = 30
	counts, err := a.db.StepSums(ctx, storage.StepSumQuery{Scope: org.All(), From: today - month + 1, To: today, ByProcess: true})
	if err != nil {
		return answer, err
	}
	lines := sop.Adherence(counts, func(c sop.Count) int64 { return c.Process })
	answer.Processes = []ProcessLine{}
	names := map[string]bool{}
	for i := range installed {
		p := &installed[i]
		names[p.Name] = true
		if p.Document.OneOff != nil {
			continue
		}
		line, err := a.processLine(ctx, &p.Document)
		if err != nil {
			return answer, err
		}
		line.Number, line.State, line.Version = p.Number, string(p.State), p.Version
		if l := lines[p.Number]; l != nil {
			line.Entered, line.Withheld = l.Entered, l.Withheld
			if share, ok := l.OnTimeShare(); ok {
				percent := int(100*share + 0.5)
				line.OnTime = &percent
			}
		}
		answer.Processes = append(answer.Processes, line)
	}
	library, err := sop.Library()
	for i := range library {
		if names[library[i].Name] || err != nil {
			continue
		}
		var line ProcessLine
		if line, err = a.processLine(ctx, &library[i]); err == nil {
			line.State = "library"
			answer.Processes = append(answer.Processes, line)
		}
	}
	return answer, err
}

func (a *App) processLine(ctx context.Context, p *sop.Process) (ProcessLine, error) {
	words, err := a.processWords(ctx)
	return ProcessLine{Name: p.Name, Title: p.Title.In(sop.English), Trigger: words.Trigger(p), Steps: len(p.Steps)}, err
}

// processWords says processes in English.
func (a *App) processWords(ctx context.Context) (w sop.Words, err error) {
	rules, err := web.RuleWords()
	if err != nil {
		return w, err
	}
	var names audience.Names
	if names, err = a.desk.AudienceNames(ctx); err != nil {
		return w, err
	}
	say := func(key string, pairs ...any) string {
		texts := make([]string, len(pairs))
		for i, p := range pairs {
			texts[i] = fmt.Sprint(p)
		}
		return a.english(key, texts...)
	}
	return sop.Words{Say: say, Rules: rules[0], Names: names, Language: sop.English}, nil
}

// InstallProcess stores a process from a document or from the library, as a new
// version where one of its name is installed, and puts it to work if asked.
func (a *App) InstallProcess(ctx context.Context, q ProcessAsked) (answer ProcessAnswered, err error) {
	text := []byte(q.Document)
	if q.Document == "" {
		var known bool
		if text, known = sop.FromLibrary(q.Name); !known {
			return answer, fault.New(fault.NotFound, "the library has no process %q", q.Name)
		}
	}
	p, err := sop.Parse(text)
	if err != nil {
		return answer, fault.New(fault.Invalid, "%w", err)
	}
	err = a.Operate(ctx, func(ctx context.Context, o *flow.Operator) error {
		before, err := a.db.Processes(ctx)
		if err != nil {
			return err
		}
		v := flow.ProcessVersion{Document: p, Text: string(text), Note: q.Note, By: commandAccount, At: a.clock.Now()}
		if answer.Process, answer.Version, err = o.Install(ctx, v); err != nil {
			return err
		}
		if answer.Changes, err = a.changesSince(ctx, before, &p); err != nil || !q.Activate {
			return err
		}
		return o.Activate(ctx, answer.Process, commandAccount, a.clock.Now())
	})
	return answer, err
}

func (a *App) changesSince(ctx context.Context, before []flow.Process, p *sop.Process) ([]string, error) {
	i := slices.IndexFunc(before, func(was flow.Process) bool { return was.Name == p.Name })
	if i < 0 {
		return nil, nil
	}
	words, err := a.processWords(ctx)
	said := []string{}
	for _, c := range sop.Diff(&before[i].Document, p) {
		said = append(said, words.Change(c, p))
	}
	return said, err
}

// installed returns the installed process of a name.
func (a *App) installed(ctx context.Context, name string) (flow.Process, error) {
	list, err := a.db.Processes(ctx)
	if err != nil {
		return flow.Process{}, err
	}
	i := slices.IndexFunc(list, func(p flow.Process) bool { return p.Name == name })
	if i < 0 {
		return flow.Process{}, fault.New(fault.NotFound, "no process %q is installed", name)
	}
	return list[i], nil
}

// ExportProcess returns the text of an installed process, or of one of the library.
func (a *App) ExportProcess(ctx context.Context, q ProcessAsked) (answer ProcessAnswered, err error) {
	p, err := a.installed(ctx, q.Name)
	if fault.CodeOf(err) == fault.NotFound {
		if text, known := sop.FromLibrary(q.Name); known {
			return ProcessAnswered{Document: string(text)}, nil
		}
	}
	if err != nil {
		return answer, err
	}
	text, err := sop.Format(&p.Document)
	return ProcessAnswered{Process: p.Number, Version: p.Version, Document: string(text)}, err
}

// SetProcess puts a process to work, pauses or retires it.
func (a *App) SetProcess(ctx context.Context, q ProcessAsked) (answer ProcessAnswered, err error) {
	return a.changeProcess(ctx, q, commandAccount)
}

// changeProcess does what SetProcess promises for an account.
func (a *App) changeProcess(ctx context.Context, q ProcessAsked, by string) (answer ProcessAnswered, err error) {
	p, err := a.installed(ctx, q.Name)
	if err != nil {
		return answer, err
	}
	now := a.clock.Now()
	answer.Process, answer.Version = p.Number, p.Version
	err = a.Operate(ctx, func(ctx context.Context, o *flow.Operator) error {
		switch flow.ProcessState(q.State) {
		case flow.ProcessActive:
			return o.Activate(ctx, p.Number, by, now)
		case flow.ProcessPaused:
			return o.Pause(ctx, p.Number, by, now)
		case flow.ProcessRetired:
			ended, err := o.Retire(ctx, p.Number, by, now)
			answer.Runs = &ended
			return err
		}
		return fault.New(fault.Invalid, "state %q: expected active, paused or retired", q.State)
	})
	return answer, err
}

// MoveProcess takes the runs of an old version over into the version in force, in
// portions between which turns come. What is left when it is interrupted is done in the
// background.
func (a *App) MoveProcess(ctx context.Context, q ProcessAsked) (answer ProcessAnswered, err error) {
	p, err := a.installed(ctx, q.Name)
	if err != nil {
		return answer, err
	}
	answer.Process, answer.Version = p.Number, p.Version
	if err := a.askMove(ctx, flow.Moving{Process: p.Number, Version: q.From, By: commandAccount, Asked: a.clock.Now()}); err != nil {
		return answer, err
	}
	for more := true; more; {
		err := a.Operate(ctx, func(ctx context.Context, o *flow.Operator) (err error) {
			_, more, err = o.MoveAsked(ctx, a.clock.Now())
			return err
		})
		if err != nil {
			return answer, err
		}
	}
	moves, err := a.db.MovesOf(ctx, p.Number)
	for i := range moves {
		if moves[i].Version == q.From {
			answer.Runs = &moves[i].Moved
		}
	}
	return answer, err
}

// DryRunProcess plays an installed process, one of the library or a document with
// the customers of the last days, and stores nothing.
func (a *App) DryRunProcess(ctx context.Context, q ProcessAsked) (answer ProcessAnswered, err error) {
	if q.Document == "" {
		text, err := a.ExportProcess(ctx, q)
		if err != nil {
			return answer, err
		}
		q.Document = text.Document
	}
	p, err := sop.Parse([]byte(q.Document))
	if err != nil {
		return answer, fault.New(fault.Invalid, "%w", err)
	}
	run, err := a.tryProcess(ctx, &p, q.Days, nil)
	if err != nil {
		return answer, err
	}
	answer.DryRun = dryRunLine(&run)
	return answer, nil
}

// tryProcess plays a process with the customers of the last days. told may be nil.
func (a *App) tryProcess(ctx context.Context, p *sop.Process, days int, told func(looked int) error) (flow.DryRun, error) {
	if err := triedDays(days); err != nil {
		return flow.DryRun{}, err
	}
	world, err := a.WorldNow(ctx)
	if err != nil {
		return flow.DryRun{}, err
	}
	until := clock.Day(world.Now, a.zone)
	return a.operator.DryRun(ctx, &world, p, flow.DrySpan{From: until.AddDate(0, 0, -days), Until: until, Told: told})
}

func triedDays(days int) error {
	const longest = 366
	if days < 1 || days > longest {
		return fault.WithKey(fault.Invalid, "error.process_days", fmt.Errorf("%d days: expected 1 to %d", days, longest))
	}
	return nil
}

func dryRunLine(r *flow.DryRun) *DryRunLine {
	line := &DryRunLine{From: r.From.Format(time.DateOnly), Until: r.Until.Format(time.DateOnly), Customers: r.Customers, Entered: r.Entered, Given: r.Given,
		Hours: r.Minutes / 60, Withheld: map[string]int{}, Stopped: map[string]int{}, Steps: []DryStepLine{}, Assumes: dryRunAssumes()}
	for because, n := range r.Withheld {
		line.Withheld[string(because)] += n
	}
	for because, n := range r.Stopped {
		line.Stopped[strings.TrimPrefix(string(because), "stop:")] += n
	}
	for _, s := range r.Steps {
		step := DryStepLine{Step: s.Name, Outcomes: map[string]int{}, ByHand: s.ByHand}
		for outcome, n := range s.Outcome {
			step.Outcomes[string(outcome)] += n
		}
		line.Steps = append(line.Steps, step)
	}
	return line
}

// processCommands are the commands about processes on the socket.
func processCommands() map[string]func(*App, context.Context, ProcessAsked) (ProcessAnswered, error) {
	return map[string]func(*App, context.Context, ProcessAsked) (ProcessAnswered, error){
		"list": (*App).ListProcesses, "install": (*App).InstallProcess, "export": (*App).ExportProcess, "state": (*App).SetProcess,
		"move": (*App).MoveProcess, "dry-run": (*App).DryRunProcess,
	}
}
