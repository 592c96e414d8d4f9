package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"siyu/internal/app"
	"siyu/internal/fault"
)

// settingsCmd reads and writes the brand's documents as files.
type settingsCmd struct {
	Get settingsGetCmd `cmd:"" help:"Print a document: general, rules, catalog, library or stores. Example: siyu settings get library"`
	Set settingsSetCmd `cmd:"" help:"Check a document and put it into force. Example: siyu settings set library texts.json"`
}

type settingsGetCmd struct {
	place
	Name string `arg:"" enum:"general,rules,catalog,library,stores" help:"Name of the document."`
}

// Run prints the document as JSON, with or without --json.
func (c *settingsGetCmd) Run(ctx context.Context, out *answer) error {
	asked := command{name: "settings/get", asked: app.DocumentAsked{Name: c.Name}, begins: true}
	document, err := carried(ctx, c.place, out, asked, func(a *app.App) (any, error) { return a.Brand().Document(c.Name) })
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out.stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(document)
}

type settingsSetCmd struct {
	place
	Name string `arg:"" enum:"general,rules,catalog,library,stores" help:"Name of the document."`
	File string `arg:"" type:"existingfile" help:"JSON file, as siyu settings get prints it."`
}

type settingsAnswer struct {
	OK   bool   `json:"ok"`
	Name string `json:"name"`
}

// Run replaces the document.
func (c *settingsSetCmd) Run(ctx context.Context, out *answer) error {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read %s: %w", c.File, err)
	}
	if !json.Valid(raw) {
		return fault.New(fault.Invalid, "%s is not a JSON document", c.File)
	}
	if err := c.set(ctx, out, app.DocumentAsked{Name: c.Name, Document: raw}); err != nil {
		return err
	}
	return out.give(settingsAnswer{OK: true, Name: c.Name}, func(w io.Writer) { fmt.Fprintf(w, "%s is in force\n", c.Name) })
}

func (c *settingsSetCmd) set(ctx context.Context, out *answer, q app.DocumentAsked) (err error) {
	if asked, err := c.ask(ctx, "settings/set", q, &struct{}{}); asked || err != nil {
		return err
	}
	a, err := c.open(ctx, out)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	return a.SetDocument(ctx, q)
}
