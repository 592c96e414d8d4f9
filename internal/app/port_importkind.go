package app

import (
	"context"
	"path/filepath"

	"siyu/internal/connector/customers"
	"siyu/internal/connector/export"
	"siyu/internal/connector/orders"
	"siyu/internal/web"
)

// read returns what imports of a kind read, and what they cannot do without.
func read(what web.ImportKind) (schema export.Schema, needed []export.Field) {
	if what == web.ImportCustomers {
		return export.CustomerSchema(), []export.Field{export.Phone}
	}
	return export.OrderSchema(), []export.Field{export.OrderNo, export.PaidAt, export.PaidAmount}
}

// outline shows how an uploaded file would be read.
func (p *importPort) outline(n uploadNote) (export.Outline, error) {
	if n.Import.What == web.ImportCustomers {
		return p.Members().Preview(p.path(n.Import), p.memberOptions(n))
	}
	preview, err := p.Importer().Preview(p.path(n.Import), p.orderOptions(n))
	return export.Outline{Format: preview.Format, Headers: preview.Headers, Mapping: preview.Mapping, Cells: preview.Cells}, err
}

func (p *importPort) orderOptions(n uploadNote) orders.Options {
	return orders.Options{Override: export.Override{Columns: n.Columns}, RejectFile: p.rejects(n)}
}

func (p *importPort) memberOptions(n uploadNote) customers.Options {
	return customers.Options{Override: export.Override{Columns: n.Columns}, RejectFile: p.rejects(n)}
}

func (p *importPort) rejects(n uploadNote) string {
	return filepath.Join(p.folder(n.Import.ID), uploadReject)
}

// imported imports the uploaded file, or tries to, and counts.
func (p *importPort) imported(ctx context.Context, n uploadNote, dryRun bool) (web.Import, error) {
	i, progress := n.Import, func(rows int) { p.progress(n.Import.ID, rows) }
	if i.What == web.ImportCustomers {
		options := p.memberOptions(n)
		options.DryRun, options.Progress = dryRun, progress
		r, err := p.ImportCustomers(ctx, p.path(i), options)
		i.Format, i.Lines, i.Described, i.Referred, i.Matched, i.New = r.Format, r.Rows, r.Described, r.Referred, r.CustomersMatched, r.CustomersNew
		i.Duplicates, i.Rejected, i.ReadBytes = r.Duplicates, r.RejectedTotal, i.TotalBytes
		return i, err
	}
	options := p.orderOptions(n)
	options.DryRun, options.Progress = dryRun, progress
	r, err := p.ImportOrders(ctx, p.path(i), options)
	i.Format, i.Lines, i.Orders, i.Matched, i.New = r.Format, r.Rows, r.Orders, r.CustomersMatched, r.CustomersNew
	i.Duplicates, i.Rejected, i.ReadBytes = r.Duplicates, r.RejectedTotal, i.TotalBytes
	return i, err
}
