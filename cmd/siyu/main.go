// Command siyu is the whole product: the server, its simulator of WeCom, and
// the commands that operate it. docs/cli.md is generated from its help.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"siyu/internal/clock"
	"siyu/internal/fault"
)

// Exit codes: a script can tell its own mistake from a failure.
const (
	exitFailed = 1
	exitUsage  = 2
)

// commands is the command line. Every command has its own file.
type commands struct {
	Demo     demoCmd     `cmd:"" help:"Run a demo brand on a WeCom simulator, connected through the real doors."`
	Serve    serveCmd    `cmd:"" help:"Run the product."`
	Simulate simulateCmd `cmd:"" help:"Run a simulator that any client can use."`
	Doctor   doctorCmd   `cmd:"" help:"Test every secret, permission, callback, clock, disk and database; name the fix."`
	Import   importCmd   `cmd:"" help:"Import shop exports."`
	Export   exportCmd   `cmd:"" help:"Write customers to a file."`
	Audience audienceCmd `cmd:"" help:"Audiences: count whom a rule describes, store rules."`
	SOP      sopCmd      `cmd:"" name:"sop" help:"Standard processes: the library, install, export, what one would have done."`
	LTV      ltvCmd      `cmd:"" name:"ltv" help:"Lifetime value from a file of transactions, without a database."`
	Plan     planCmd     `cmd:"" help:"Solve planning instances, without a database."`
	Replay   replayCmd   `cmd:"" help:"Fold the log of facts again; verify that the stored state is the same."`
	DB       dbCmd       `cmd:"" name:"db" help:"Schema, integrity, and the move from SQLite to PostgreSQL."`
	Settings settingsCmd `cmd:"" help:"The brand's documents as files: rules, product lines, texts, stores."`
	Bench    benchCmd    `cmd:"" help:"Size a machine: what this hardware can do."`
	User     userCmd     `cmd:"" help:"Console accounts."`
	Key      keyCmd      `cmd:"" help:"Keys by which programs use the API."`
	Docs     docsCmd     `cmd:"" help:"Write the generated pages of docs/, or check that they are up to date."`
}

// answer is how a command speaks: one JSON document or words on standard
// output, everything else on standard error.
type answer struct {
	json   bool
	stdout io.Writer
	stderr io.Writer
	bar    *progress // nil where standard error is no terminal
}

// give prints the document: as JSON when asked for, else as words.
func (a *answer) give(document any, words func(w io.Writer)) error {
	a.rest()
	if !a.json {
		words(a.stdout)
		return nil
	}
	encoder := json.NewEncoder(a.stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}

// say prints progress: the step that begins.
func (a *answer) say(format string, args ...any) {
	if a.bar != nil {
		a.bar.line(clock.System{}.Now(), fmt.Sprintf(format, args...))
		return
	}
	fmt.Fprintf(a.stderr, format+"\n", args...)
}

// count prints how far a step is: beside its bar on a terminal, else as a line.
func (a *answer) count(format string, args ...any) {
	if a.bar != nil {
		a.bar.count(fmt.Sprintf(format, args...))
		return
	}
	a.say(format, args...)
}

// rest says that no step is under way.
func (a *answer) rest() {
	if a.bar != nil {
		a.bar.rest()
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var line commands
	asked := -1 // exit code of --help
	parser, err := kong.New(&line, kong.Name("siyu"), kong.Description("Siyu (私域): whom to contact today, why and with what, and whom to leave alone."),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { asked = code }), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(stderr, "siyu:", err)
		return exitFailed
	}
	chosen, err := parser.Parse(args)
	if asked >= 0 {
		return asked
	}
	if err != nil {
		fmt.Fprintf(stderr, "siyu: %v\n", err)
		return exitUsage
	}
	out := &answer{json: wantsJSON(args), stdout: stdout, stderr: stderr}
	if name := chosen.Command(); name != "serve" && name != "simulate wecom" { // they run until they are stopped
		if out.bar = onTerminal(stderr); out.bar != nil {
			defer out.bar.close()
		}
	}
	chosen.BindTo(ctx, (*context.Context)(nil))
	err = chosen.Run(out)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled) && ctx.Err() != nil && line.untilStopped(chosen.Command()):
		return 0 // stopped as asked
	}
	out.rest()
	fmt.Fprintf(stderr, "siyu %s: %v\n", chosen.Command(), err)
	if fault.CodeOf(err) == fault.Invalid && ctx.Err() == nil {
		return exitUsage
	}
	return exitFailed
}

// untilStopped tells that a command ends by being stopped. Any other that is
// stopped has not done what it was asked to.
func (c *commands) untilStopped(name string) bool {
	return name == "serve" || name == "simulate wecom" || name == "demo" && !c.Demo.Once
}

// jsonFlag is embedded by every command.
type jsonFlag struct {
	JSON bool `name:"json" help:"Answer with one JSON document."`
}

func wantsJSON(args []string) bool {
	for _, a := range args {
		if a == "--json" || a == "--json=true" {
			return true
		}
		if a == "--" {
			return false
		}
	}
	return false
}
