package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"siyu/internal/app"
	"siyu/internal/decision/sop"
	"siyu/internal/fault"
)

// sopCmd is the command line of standard processes.
type sopCmd struct {
	List    sopListCmd    `cmd:"" help:"List installed processes and those of the library. Example: siyu sop list"`
	Check   sopCheckCmd   `cmd:"" help:"Name everything that is wrong with a document, without an installation. Example: siyu sop check welcome.yaml"`
	Install sopInstallCmd `cmd:"" help:"Store a process from a file or from the library, as a new version where it is installed. Example: siyu sop install new-customer-30 --activate"`
	Export  sopExportCmd  `cmd:"" help:"Write a process as YAML. Example: siyu sop export new-customer-30 > welcome.yaml"`
	State   sopStateCmd   `cmd:"" help:"Put a process to work, pause or retire it. Example: siyu sop state new-customer-30 active"`
	Move    sopMoveCmd    `cmd:"" help:"Take runs of an old version over into the one in force. Example: siyu sop move new-customer-30 --from 1"`
	DryRun  sopDryRunCmd  `cmd:"" help:"Say what a process would have done with the customers of the last days. Example: siyu sop dry-run new-customer-30"`
	Bench   benchSOPCmd   `cmd:"" help:"As siyu bench sop. Example: siyu sop bench --customers 100000"`
}

type sopListCmd struct{ place }

// Run lists the processes.
func (c *sopListCmd) Run(ctx context.Context, out *answer) error {
	return c.processes(ctx, out, "list", app.ProcessAsked{}, (*app.App).ListProcesses)
}

type sopCheckCmd struct {
	jsonFlag
	File string `arg:"" type:"existingfile" help:"YAML file."`
}

// checkedProcess is the answer of siyu sop check.
type checkedProcess struct {
	OK    bool            `json:"ok"`
	Name  string          `json:"name,omitempty"`
	Steps int             `json:"steps,omitempty"`
	Flaws []flawOfProcess `json:"flaws"`
}

type flawOfProcess struct {
	Line    int               `json:"line,omitempty"`
	Path    string            `json:"path,omitempty"`
	Mistake string            `json:"mistake"`
	Parts   map[string]string `json:"parts,omitempty"`
}

// Run checks a document.
func (c *sopCheckCmd) Run(out *answer) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read %s: %w", c.File, err)
	}
	p, err := sop.Parse(text)
	result := checkedProcess{OK: err == nil, Name: p.Name, Steps: len(p.Steps), Flaws: []flawOfProcess{}}
	for _, f := range sop.FlawsOf(err) {
		result.Flaws = append(result.Flaws, flawOfProcess{Line: f.Line, Path: f.Path, Mistake: string(f.Mistake), Parts: f.Parts})
	}
	told := out.give(result, func(w io.Writer) {
		for _, f := range sop.FlawsOf(err) {
			fmt.Fprintf(w, "%s: %s\n", c.File, f)
		}
		if result.OK {
			fmt.Fprintf(w, "%s: %s, %d steps, nothing is wrong\n", c.File, p.Name, len(p.Steps))
		}
	})
	if told == nil && !result.OK {
		return fault.New(fault.Invalid, "%d things are wrong with %s", len(result.Flaws), c.File)
	}
	return told
}

type sopInstallCmd struct {
	place
	What     string `arg:"" help:"YAML file, or the name of a process of the library."`
	Note     string `help:"What changed, for the list of versions."`
	Activate bool   `help:"Put it to work at once."`
}

// Run installs a process.
func (c *sopInstallCmd) Run(ctx context.Context, out *answer) error {
	q := app.ProcessAsked{Name: c.What, Note: c.Note, Activate: c.Activate}
	var err error
	if q.Document, err = fileOrName(c.What); err != nil {
		return err
	}
	return c.processes(ctx, out, "install", q, (*app.App).InstallProcess)
}

// fileOrName returns the text of a file, "" where what is given is no file but can
// be a name.
func fileOrName(what string) (string, error) {
	text, err := os.ReadFile(what)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(what, "./\\") {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", what, err)
	}
	return string(text), nil
}

type sopExportCmd struct {
	place
	Name string `arg:"" help:"Name of the process."`
}

// Run writes a process.
func (c *sopExportCmd) Run(ctx context.Context, out *answer) error {
	return c.processes(ctx, out, "export", app.ProcessAsked{Name: c.Name}, (*app.App).ExportProcess)
}

type sopStateCmd struct {
	place
	Name  string `arg:"" help:"Name of the process."`
	State string `arg:"" enum:"active,paused,retired" help:"active, paused or retired."`
}

// Run changes the state of a process.
func (c *sopStateCmd) Run(ctx context.Context, out *answer) error {
	return c.processes(ctx, out, "state", app.ProcessAsked{Name: c.Name, State: c.State}, (*app.App).SetProcess)
}

type sopMoveCmd struct {
	place
	Name string `arg:"" help:"Name of the process."`
	From int    `required:"" help:"Version whose runs are moved."`
}

// Run moves runs.
func (c *sopMoveCmd) Run(ctx context.Context, out *answer) error {
	return c.processes(ctx, out, "move", app.ProcessAsked{Name: c.Name, From: c.From}, (*app.App).MoveProcess)
}

type sopDryRunCmd struct {
	place
	What string `arg:"" help:"Name of an installed process or of one of the library, or a YAML file."`
	Days int    `default:"30" help:"How many days back, up to yesterday."`
}

// Run plays a process.
func (c *sopDryRunCmd) Run(ctx context.Context, out *answer) error {
	q := app.ProcessAsked{Name: c.What, Days: c.Days}
	var err error
	if q.Document, err = fileOrName(c.What); err != nil {
		return err
	}
	return c.processes(ctx, out, "dry-run", q, (*app.App).DryRunProcess)
}

// processes runs one command on the running server, or here.
func (p place) processes(ctx context.Context, out *answer, name string, q app.ProcessAsked, here func(*app.App, context.Context, app.ProcessAsked) (app.ProcessAnswered, error)) error {
	result, err := carried(ctx, p, out, command{name: "sop/" + name, asked: q}, func(a *app.App) (app.ProcessAnswered, error) { return here(a, ctx, q) })
	if err != nil {
		return err
	}
	return out.give(result, func(w io.Writer) { sayProcess(w, &result) })
}

func sayProcess(w io.Writer, r *app.ProcessAnswered) {
	for _, p := range r.Processes {
		fmt.Fprintf(w, "%4d %-24s %-8s v%-3d %2d steps  %s\n", p.Number, p.Name, p.State, p.Version, p.Steps, p.Trigger)
	}
	for _, change := range r.Changes {
		fmt.Fprintf(w, "  %s\n", change)
	}
	switch {
	case r.DryRun != nil:
		sayDryRun(w, r.DryRun)
	case r.Document != "":
		fmt.Fprint(w, r.Document)
	case r.Runs != nil:
		fmt.Fprintf(w, "process %d, version %d: %d runs\n", r.Process, r.Version, *r.Runs)
	case r.Process != 0:
		fmt.Fprintf(w, "process %d, version %d\n", r.Process, r.Version)
	}
}

func sayDryRun(w io.Writer, r *app.DryRunLine) {
	withheld := 0
	for _, n := range r.Withheld {
		withheld += n
	}
	fmt.Fprintf(w, "from %s until %s, of %d customers %d would have entered\n", r.From, r.Until, r.Customers, r.Entered)
	fmt.Fprintf(w, "would have sent %d, withheld %d%s; %.0f hours of members\n", r.Given, withheld, becauseOf(r.Withheld), r.Hours)
	for _, s := range r.Steps {
		byHand := ""
		if s.ByHand > 0 {
			byHand = fmt.Sprintf(" (%d posts by hand for lack of room)", s.ByHand)
		}
		fmt.Fprintf(w, "  %-20s %s%s\n", s.Step, strings.TrimPrefix(becauseOf(s.Outcomes), " because "), byHand)
	}
	for _, assumed := range r.Assumes {
		fmt.Fprintf(w, "assumed: %s\n", assumed)
	}
}

// becauseOf says what is counted, the most first.
func becauseOf(counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	if len(names) == 0 {
		return ""
	}
	said := make([]string, len(names))
	for i, n := range names {
		said[i] = fmt.Sprintf("%s %d", n, counts[n])
	}
	return " because " + strings.Join(said, ", ")
}
