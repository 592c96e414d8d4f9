package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"siyu/internal/app"
	"siyu/internal/connector/customers"
	"siyu/internal/connector/export"
	"siyu/internal/connector/orders"
	"siyu/internal/fault"
)

// importCmd imports files.
type importCmd struct {
	Orders    importOrdersCmd    `cmd:"" help:"Import a shop export of orders. Example: siyu import orders youzan-2026-11.csv --dry-run"`
	Customers importCustomersCmd `cmd:"" help:"Import a shop's list of members. Example: siyu import customers members.xlsx --dry-run"`
}

// importFile is a file that is to be imported.
type importFile struct {
	place
	File   string `arg:"" type:"existingfile" help:"csv or xlsx, in UTF-8, GBK or UTF-16."`
	Format string `default:"auto" help:"Name of a format, see docs/import.md; auto recognises it."`
	Map    string `type:"existingfile" help:"Mapping file: a JSON object of our field to the file's column."`
	DryRun bool   `help:"Read and check everything, record nothing."`
	Reject string `placeholder:"FILE" help:"Write all lines that could not be read to this file."`
}

type importOrdersCmd struct{ importFile }

type importCustomersCmd struct{ importFile }

// Run imports the file; an interrupted import goes on where it was when the
// same command is run again.
func (c *importOrdersCmd) Run(ctx context.Context, out *answer) error {
	asked, err := c.read(export.OrderSchema())
	if err != nil {
		return err
	}
	options := orders.Options{Format: c.Format, DryRun: c.DryRun, Override: asked.override, RejectFile: asked.rejects}
	var result orders.Result
	err = c.imported(ctx, out, func() (bool, error) {
		return c.ask(ctx, "import", app.ImportAsked{Path: asked.path, Options: options}, &result)
	}, func(a *app.App) (err error) {
		options.Progress = counting(out)
		result, err = a.ImportOrders(ctx, asked.path, options)
		return err
	})
	if err != nil {
		return err
	}
	return out.give(result, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %d rows, %d orders new, %d updated, %d known already\n", result.Format, result.Rows, result.Orders, result.Updated, result.Duplicates)
		fmt.Fprintf(w, "customers: %d recognised, %d new; %d orders belong to nobody known\n", result.CustomersMatched, result.CustomersNew, result.Unlinked)
		sayRejected(w, result.Rejected, result.RejectedTotal)
	})
}

// Run imports the list; an interrupted import goes on where it was when the
// same command is run again.
func (c *importCustomersCmd) Run(ctx context.Context, out *answer) error {
	asked, err := c.read(export.CustomerSchema())
	if err != nil {
		return err
	}
	options := customers.Options{Format: c.Format, DryRun: c.DryRun, Override: asked.override, RejectFile: asked.rejects}
	var result customers.Result
	err = c.imported(ctx, out, func() (bool, error) {
		return c.ask(ctx, "import/customers", app.CustomersAsked{Path: asked.path, Options: options}, &result)
	}, func(a *app.App) (err error) {
		options.Progress = counting(out)
		result, err = a.ImportCustomers(ctx, asked.path, options)
		return err
	})
	if err != nil {
		return err
	}
	return out.give(result, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %d rows, %d customers described, %d known already\n", result.Format, result.Rows, result.Described, result.Duplicates)
		fmt.Fprintf(w, "customers: %d recognised, %d new; %d brought by somebody\n", result.CustomersMatched, result.CustomersNew, result.Referred)
		sayRejected(w, result.Rejected, result.RejectedTotal)
	})
}

// importAsked is what the flags of an import come to.
type importAsked struct {
	path, rejects string // absolute: a running server has another working folder
	override      export.Override
}

func (c *importFile) read(schema export.Schema) (asked importAsked, err error) {
	if asked.path, err = filepath.Abs(c.File); err != nil {
		return asked, err
	}
	if c.Reject != "" {
		if asked.rejects, err = filepath.Abs(c.Reject); err != nil {
			return asked, err
		}
	}
	if c.Map != "" {
		asked.override, err = schema.ReadOverride(c.Map)
	}
	return asked, err
}

// imported lets a running server import, or opens the data and does it itself.
func (c *importFile) imported(ctx context.Context, out *answer, ask func() (bool, error), do func(*app.App) error) (err error) {
	defer func() {
		if err != nil && !c.DryRun && fault.CodeOf(err) != fault.Invalid {
			err = fmt.Errorf("%w; what was read is kept: the same command goes on from there", err)
		}
	}()
	if asked, err := ask(); asked || err != nil {
		return err
	}
	a, err := c.open(ctx, out)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	return do(a)
}

// counting tells how many rows were read.
func counting(out *answer) func(rows int) {
	said := 0
	return func(rows int) {
		if rows > said { // a file is read more than once
			said = rows
			out.count("%d rows", rows)
		}
	}
}

func sayRejected(w io.Writer, rejected []export.Rejected, total int) {
	for _, r := range rejected {
		fmt.Fprintf(w, "line %d, column %s, %q: %s\n", r.Line, r.Column, r.Value, r.Reason)
	}
	if total > len(rejected) {
		fmt.Fprintf(w, "and %d more; --reject FILE lists them all\n", total-len(rejected))
	}
}
