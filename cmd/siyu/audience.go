package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"siyu/internal/app"
)

// audienceCmd asks and keeps audiences.
type audienceCmd struct {
	List    audienceListCmd    `cmd:"" help:"List stored audiences with their sizes. Example: siyu audience list"`
	Show    audienceShowCmd    `cmd:"" help:"Show one with its rule and its history. Example: siyu audience show 3"`
	Count   audienceCountCmd   `cmd:"" help:"Count whom a rule describes, given as a sentence or as JSON. Example: siyu audience count 'orders >= 2'"`
	Save    audienceSaveCmd    `cmd:"" help:"Store a rule under a name, or change a stored one. Example: siyu audience save 'bought twice' --rule 'orders >= 2'"`
	Archive audienceArchiveCmd `cmd:"" help:"Take one out of use, unless something uses it. Example: siyu audience archive 3"`
}

// exportCmd writes customers to files.
type exportCmd struct {
	Audience exportAudienceCmd `cmd:"" help:"Write who is in an audience as csv or xlsx. Example: siyu export audience 3 --out crowd.xlsx"`
}

type audienceListCmd struct{ place }

// Run lists the audiences.
func (c *audienceListCmd) Run(ctx context.Context, out *answer) error {
	return c.audiences(ctx, out, "list", app.AudienceAsked{}, (*app.App).ListAudiences)
}

type audienceShowCmd struct {
	place
	Number int64 `arg:"" help:"Number of the audience."`
}

// Run shows one audience.
func (c *audienceShowCmd) Run(ctx context.Context, out *answer) error {
	return c.audiences(ctx, out, "show", app.AudienceAsked{Number: c.Number}, (*app.App).ShowAudience)
}

type audienceCountCmd struct {
	place
	Rule string `arg:"" help:"Rule: a sentence in English or Chinese, or JSON."`
}

// Run counts.
func (c *audienceCountCmd) Run(ctx context.Context, out *answer) error {
	return c.audiences(ctx, out, "count", app.AudienceAsked{Rule: c.Rule}, (*app.App).CountAudience)
}

type audienceSaveCmd struct {
	place
	Name   string `arg:"" help:"Name of the audience."`
	Rule   string `help:"Rule: a sentence in English or Chinese, or JSON. Without it a stored audience keeps its own."`
	Number int64  `help:"Stored audience to change."`
	Note   string `help:"What it is for."`
	Frozen bool   `help:"Whoever fits now stays in it, and nobody else comes."`
	Watch  bool   `help:"Record who enters and who leaves."`
}

// Run stores the audience.
func (c *audienceSaveCmd) Run(ctx context.Context, out *answer) error {
	kind := "dynamic"
	if c.Frozen {
		kind = "frozen"
	}
	q := app.AudienceAsked{Number: c.Number, Rule: c.Rule, Name: c.Name, Note: c.Note, Kind: kind, Watched: c.Watch}
	return c.audiences(ctx, out, "save", q, (*app.App).SaveAudience)
}

type audienceArchiveCmd struct {
	place
	Number int64 `arg:"" help:"Number of the audience."`
}

// Run takes the audience out of use.
func (c *audienceArchiveCmd) Run(ctx context.Context, out *answer) error {
	return c.audiences(ctx, out, "archive", app.AudienceAsked{Number: c.Number}, (*app.App).ArchiveAudience)
}

type exportAudienceCmd struct {
	place
	Number int64  `arg:"" help:"Number of the audience."`
	Out    string `required:"" help:"File to write; its ending, .csv or .xlsx, says how."`
}

// Run writes the file.
func (c *exportAudienceCmd) Run(ctx context.Context, out *answer) error {
	path, err := filepath.Abs(c.Out)
	if err != nil {
		return fmt.Errorf("find %s: %w", c.Out, err)
	}
	return c.audiences(ctx, out, "export", app.AudienceAsked{Number: c.Number, Out: path}, (*app.App).ExportAudience)
}

// audiences runs one command on the running server, or here.
func (p place) audiences(ctx context.Context, out *answer, name string, q app.AudienceAsked, here func(*app.App, context.Context, app.AudienceAsked) (app.AudienceAnswered, error)) error {
	result, err := carried(ctx, p, out, command{name: "audience/" + name, asked: q}, func(a *app.App) (app.AudienceAnswered, error) { return here(a, ctx, q) })
	if err != nil {
		return err
	}
	return out.give(result, func(w io.Writer) { sayAudience(w, &result) })
}

func sayAudience(w io.Writer, r *app.AudienceAnswered) {
	for _, a := range r.Audiences {
		fmt.Fprintf(w, "%4d %-7s %9d  %s: %s\n", a.Number, a.Kind, a.Size, a.Name, a.Sentence)
	}
	for _, d := range r.Days {
		fmt.Fprintf(w, "%s %9d  +%d -%d\n", d.Day, d.Size, d.Entered, d.Left)
	}
	switch {
	case r.Count != nil:
		fmt.Fprintf(w, "%d of %d customers: %s\n", *r.Count, *r.Among, r.Sentence)
	case r.Rows != nil:
		fmt.Fprintf(w, "%d customers\n", *r.Rows)
	case r.Audience != 0:
		fmt.Fprintf(w, "audience %d\n", r.Audience)
	}
}
