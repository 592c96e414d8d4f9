package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"siyu/internal/connector/export"
	"siyu/internal/connector/orders"
)

// Imported is how fast a shop's export file becomes the state of customers.
type Imported struct {
	Figures          // Rate is in lines a second from reading to state
	Lines    int     `json:"lines"`
	Import   float64 `json:"import_seconds"` // of Seconds: until orders are facts
	Fold     float64 `json:"fold_seconds"`   // of Seconds: until facts are state
	Rejected int     `json:"rejected"`
}

// linesPerBuyer is how many lines of the export there are per buyer.
const linesPerBuyer = 4

// exportColumns are the columns that are filled in; fillers stand for the many
// columns of real exports that nobody reads.
func exportColumns() []export.Field {
	return []export.Field{export.OrderNo, export.CreatedAt, export.PaidAt, export.PaidAmount, export.BuyerPhone, export.StoreName, export.ItemNames}
}

const fillers = 33

// exportMapping names the columns as a mapping file would.
func exportMapping() export.Override {
	o := export.Override{Shop: shop, Columns: map[export.Field][]string{}}
	for _, field := range exportColumns() {
		o.Columns[field] = []string{string(field)}
	}
	return o
}

// Import writes a made-up export of as many lines, imports it into an
// installation with o.Customers customers and folds it.
func Import(ctx context.Context, o Options, lines int) (result Imported, err error) {
	g, err := prepare(ctx, o)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	result.Engine, result.Customers, result.Lines = o.Engine, o.Customers, lines
	path := filepath.Join(g.config.Data, "export.csv")
	if err := g.writeExport(path, lines); err != nil {
		return result, err
	}
	forgetPeak()
	began := started()
	imported, err := g.Importer().Import(ctx, path, orders.Options{Format: export.Generic, Override: exportMapping()})
	if err != nil {
		return result, err
	}
	result.Import = began.passed().Seconds()
	if _, err := g.Replay(ctx, 0); err != nil {
		return result, err
	}
	result.Seconds = began.passed().Seconds()
	result.Fold = result.Seconds - result.Import
	result.Rate, result.RSS, result.Rejected = float64(lines)/result.Seconds, resident(ownProcess), imported.RejectedTotal
	if imported.Orders != lines {
		return result, fmt.Errorf("%d lines became %d orders", lines, imported.Orders)
	}
	return result, nil
}

// writeExport writes orders of one store, one a minute until now, in 40 columns.
func (g *ground) writeExport(path string, lines int) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	out := bufio.NewWriterSize(file, 1<<20)
	var header []string
	for _, field := range exportColumns() {
		header = append(header, string(field))
	}
	for i := range fillers {
		header = append(header, fmt.Sprintf("column %d", i+1))
	}
	_, err = fmt.Fprintln(out, strings.Join(header, ","))
	first := g.clock.Now().Add(-time.Duration(lines) * time.Minute)
	rest := strings.Repeat(",some", fillers/3) + strings.Repeat(",", fillers-fillers/3)
	for i := 0; i < lines && err == nil; i++ {
		at := first.Add(time.Duration(i) * time.Minute).Format(time.DateTime)
		_, err = fmt.Fprintf(out, "E2026%012d,%s,%s,%d.%02d,139%08d,Store 0001,tea 250g%s\n", i, at, at, 10+i%90, i%100, i%max(1, lines/linesPerBuyer), rest)
	}
	if err = errors.Join(err, out.Flush(), file.Close()); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}
