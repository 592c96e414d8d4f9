package orders

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"siyu/internal/catalog"
	"siyu/internal/clock"
	"siyu/internal/connector/export"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/sheet"
)

// Runs keeps the orders recorded so far and how far each import has come.
type Runs interface {
	// KnownOrders returns what is recorded of those of the orders that are.
	KnownOrders(ctx context.Context, orders []id.Order) (map[id.Order]Known, error)
	// SaveOrders appends those of the facts that are new, upserts the orders and
	// the checkpoint, all in one transaction, and returns once it is durable.
	// Facts about one subject keep their order. No order stands in it twice.
	SaveOrders(ctx context.Context, facts []event.Fact, orders []Known, at Checkpoint) error
	// OpenRun returns the checkpoint of an import that was begun and not
	// finished. ok is false if there is none.
	OpenRun(ctx context.Context, key [32]byte) (at Checkpoint, ok bool, err error)
}

// Checkpoint is how far an import has come. An import is known by Key: the
// content of the file and the way it is read.
type Checkpoint struct {
	Key         [32]byte
	File        string // name without folders
	Started     time.Time
	Batches     int   // finished batches
	RejectBytes int64 // length of the reject file after them
	Done        bool
	Result      Result // counted so far
}

// Options say how a file is to be imported.
type Options struct {
	Format     string          // name of a format, "" or "auto": recognise it
	Override   export.Override // of the mapping
	Sheet      sheet.Options
	Receivers  ReceiverPhones
	DryRun     bool   // everything but recording
	RejectFile string // where all rows that could not be read are listed; "" for nowhere
	// Progress is called now and then with the rows read so far. May be nil. It
	// stays behind where options travel to another process.
	Progress func(rows int) `json:"-"`
}

// Importer imports order files.
type Importer struct {
	Log        export.Log
	Identities export.Identities
	Runs       Runs
	Phones     export.PhoneKeys
	Clock      clock.Clock
	Catalog    catalog.Catalog
	Zone       *time.Location // of times in files; clock.Shanghai if nil
	// StoreNames gives the brand's own name for names that shop systems use.
	StoreNames map[string]string
	// Recorded is called while an import goes on, one call at a time, after
	// something was recorded. May be nil.
	Recorded func(context.Context)
	// Calm tells whether nobody else waits for the database now. May be nil:
	// then nobody does.
	Calm func() bool
}

func (im *Importer) calm() bool { return im.Calm == nil || im.Calm() }

// batchSteps is how many orders and rejected rows are recorded at a time while
// somebody waits for the database: few enough that the database writer is held for some 50 ms only, which callbacks
// can wait, and that memory stays constant (about 1 MB); many enough to share
// the cost of a commit.
const batchSteps = 2000

// Import imports one file. Interrupted, it goes on where it was when the same
// file is imported in the same way again; the Result then counts all of it.
// Together with an error the Result counts what was recorded before. The error
// has the code fault.Invalid where the file, not the machine, is to blame.
func (im *Importer) Import(ctx context.Context, path string, options Options) (Result, error) {
	file, err := im.open(path, options)
	if err != nil {
		return Result{}, err
	}
	defer file.Reader.Close()
	if err := file.refuse(); err != nil {
		return Result{}, err
	}
	content, err := export.Digest(path)
	if err != nil {
		return Result{}, err
	}
	at := Checkpoint{
		Key:  id.Hash("order file", string(content), file.Mapping.Digest(), string(options.Receivers)),
		File: filepath.Base(path), Started: im.Clock.Now(),
	}
	at.Result.Format = file.Mapping.Format.Name
	if !options.DryRun {
		if before, ok, err := im.Runs.OpenRun(ctx, at.Key); err != nil {
			return Result{}, fmt.Errorf("looking for an interrupted import: %w", err)
		} else if ok && !before.Done {
			at = before
			at.Result.Resumed = true
		}
	}
	r, err := newRun(im, file, options, at)
	if err != nil {
		return Result{}, err
	}
	err = r.do(ctx)
	return r.recorded.Result, errors.Join(err, r.rejects.Close())
}

// table is an order file opened and mapped.
type table struct{ export.Table }

func (im *Importer) open(path string, options Options) (table, error) {
	t, err := export.Open(path, export.Asked{Schema: export.OrderSchema(), Format: options.Format, Override: options.Override, Sheet: options.Sheet})
	return table{t}, err
}

// refuse says why no order can come of the table, nil if orders can.
func (t table) refuse() error {
	if t.Mapping.Format.Content == export.CustomerList {
		return fault.New(fault.Invalid, "the file is a list of customers (%s), not of orders", t.Mapping.Format.Name)
	}
	if missing := lacking(t.Mapping); len(missing) > 0 {
		return fault.New(fault.Invalid, "line %d: no column for %s; name it in a mapping file (--map)", t.Mapping.Header.Line, missing[0])
	}
	return nil
}

// lacking returns what an order cannot do without and the file does not have.
func lacking(m export.Mapping) []string {
	aliases := export.OrderSchema().Aliases
	var out []string
	if !m.Has(export.OrderNo) {
		out = append(out, fmt.Sprintf("order_no (%s)", strings.Join(aliases[export.OrderNo], ", ")))
	}
	if m.Format.Content == export.OrderItems {
		return out
	}
	if !m.Has(export.PaidAt) && !m.Has(export.CreatedAt) && !m.Has(export.FinishedAt) && !m.Format.DatedNumbers {
		out = append(out, fmt.Sprintf("paid_at or created_at (%s)", strings.Join(slices.Concat(aliases[export.PaidAt], aliases[export.CreatedAt]), ", ")))
	}
	if !m.Has(export.PaidAmount) && !m.Has(export.ReceivedAmount) && !m.Has(export.LineAmount) && !m.Has(export.UnitPrice) {
		out = append(out, fmt.Sprintf("paid_amount or line_amount (%s)", strings.Join(slices.Concat(aliases[export.PaidAmount], aliases[export.ReceivedAmount]), ", ")))
	}
	return out
}

func (im *Importer) parser(t table, receivers ReceiverPhones) *parser {
	zone := im.Zone
	if zone == nil {
		zone = clock.Shanghai
	}
	return &parser{
		mapping: t.Mapping, epoch: t.Reader.Info().Epoch, zone: zone, phones: im.Phones, receivers: receivers,
		catalog: im.Catalog, called: im.StoreNames, notes: map[string]int{}, statuses: map[string]Status{},
	}
}
