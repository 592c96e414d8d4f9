package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"siyu/internal/app/brand"
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
func (c *settingsGetCmd) Run(ctx context.Context, out *answer) (err error) {
	a, err := c.open(ctx, out)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	document, err := a.Brand().Document(c.Name)
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

// Run replaces the document; a running server takes it over with its next turn.
func (c *settingsSetCmd) Run(ctx context.Context, out *answer) (err error) {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read %s: %w", c.File, err)
	}
	document, err := brand.ReadDocument(c.Name, raw)
	if err != nil {
		return fault.New(fault.Invalid, "%s: %v", c.File, err)
	}
	a, err := c.open(ctx, out)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	if err := a.Brand().Set(ctx, c.Name, document, "command line"); err != nil {
		return err
	}
	return out.give(okAnswer{OK: true, Database: string(a.DB().Dialect())}, func(w io.Writer) { fmt.Fprintf(w, "%s is in force\n", c.Name) })
}
