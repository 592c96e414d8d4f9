package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"siyu/internal/app"
	"siyu/internal/connector/export"
	"siyu/internal/connector/orders"
	"siyu/internal/fault"
)

// importCmd imports files.
type importCmd struct {
	Orders importOrdersCmd `cmd:"" help:"Import a shop export of orders. Example: siyu import orders youzan-2026-11.csv --dry-run"`
}

type importOrdersCmd struct {
	place
	File   string `arg:"" type:"existingfile" help:"csv or xlsx, in UTF-8, GBK or UTF-16."`
	Format string `default:"auto" help:"Name of a format, see docs/import.md; auto recognises it."`
	Map    string `type:"existingfile" help:"Mapping file: a JSON object of our field to the file's column."`
	DryRun bool   `help:"Read and check everything, record nothing."`
	Reject string `placeholder:"FILE" help:"Write all lines that could not be read to this file."`
}

// Run imports the file; an interrupted import goes on where it was when the
// same command is run again.
func (c *importOrdersCmd) Run(ctx context.Context, out *answer) (err error) {
	options := orders.Options{Format: c.Format, DryRun: c.DryRun}
	if c.Reject != "" { // a running server has another working folder
		if options.RejectFile, err = filepath.Abs(c.Reject); err != nil {
			return err
		}
	}
	if c.Map != "" {
		if options.Override, err = export.OrderSchema().ReadOverride(c.Map); err != nil {
			return err
		}
	}
	result, err := c.imported(ctx, out, options)
	if err != nil && !options.DryRun && fault.CodeOf(err) != fault.Invalid {
		return fmt.Errorf("%w; what was read is kept: the same command goes on from there", err)
	}
	if err != nil {
		return err
	}
	return out.give(result, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %d rows, %d orders new, %d updated, %d known already\n", result.Format, result.Rows, result.Orders, result.Updated, result.Duplicates)
		fmt.Fprintf(w, "customers: %d recognised, %d new; %d orders belong to nobody known\n", result.CustomersMatched, result.CustomersNew, result.Unlinked)
		for _, r := range result.Rejected {
			fmt.Fprintf(w, "line %d, column %s, %q: %s\n", r.Line, r.Column, r.Value, r.Reason)
		}
		if result.RejectedTotal > len(result.Rejected) {
			fmt.Fprintf(w, "and %d more; --reject FILE lists them all\n", result.RejectedTotal-len(result.Rejected))
		}
	})
}

func (c *importOrdersCmd) imported(ctx context.Context, out *answer, options orders.Options) (result orders.Result, err error) {
	path, err := filepath.Abs(c.File)
	if err != nil {
		return result, err
	}
	if asked, err := c.ask(ctx, "import", app.ImportAsked{Path: path, Options: options}, &result); asked || err != nil {
		return result, err
	}
	a, err := c.open(ctx, out)
	if err != nil {
		return result, err
	}
	defer closing(a, &err)
	said := 0
	options.Progress = func(rows int) {
		if rows > said { // a file is read more than once
			said = rows
			out.count("%d rows", rows)
		}
	}
	return a.ImportOrders(ctx, path, options)
}
