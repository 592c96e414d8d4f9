// Package customers turns the lists of members that shop systems export into
// facts: who somebody is by the keyed hash of the phone, how shops describe the
// customer, and who brought whom. Names go to the vault; of a birthday only
// month and day are kept. A file can be imported again, or go on after an
// interruption, without anything being told twice.
package customers

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"siyu/internal/clock"
	"siyu/internal/connector/export"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/sheet"
	"siyu/internal/vault"
)

// Identities knows who can be recognised by a phone, and how shops describe
// those people.
type Identities interface {
	export.Identities
	// DescribedCustomers returns what is known of those of the customers of whom
	// anything is.
	DescribedCustomers(ctx context.Context, customers []id.Customer) (map[id.Customer]Known, error)
}

// Known is what is known of a customer before a line is read.
type Known struct {
	Since time.Time               // first fact
	At    time.Time               // newest description; zero: none
	Said  event.CustomerDescribed // all of it together
	By    id.Customer             // who brought the customer, 0: nobody is known to have
}

// Names keeps what customers are called.
type Names interface {
	// Of returns the texts of the subjects with one of the fields.
	Of(ctx context.Context, subjects []event.Subject, fields []vault.Field) ([]vault.Entry, error)
	// Put keeps texts; one with the same subject, field and part is replaced.
	Put(ctx context.Context, entries []vault.Entry) error
}

// Runs keeps how far each import has come.
type Runs interface {
	// SaveMembers appends those of the facts that are new and upserts the
	// checkpoint, both in one transaction, and returns once it is durable.
	SaveMembers(ctx context.Context, facts []event.Fact, at Checkpoint) error
	// OpenMemberRun returns the checkpoint of an import that was begun and not
	// finished. ok is false if there is none.
	OpenMemberRun(ctx context.Context, key [32]byte) (at Checkpoint, ok bool, err error)
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
	DryRun     bool   // everything but recording
	RejectFile string // where all lines that could not be read are listed; "" for nowhere
	// Progress is called now and then with the lines read so far. May be nil. It
	// stays behind where options travel to another process.
	Progress func(rows int) `json:"-"`
}

// Importer imports lists of members.
type Importer struct {
	Log        export.Log
	Identities Identities
	Names      Names
	Runs       Runs
	Phones     export.PhoneKeys
	Clock      clock.Clock
	Zone       *time.Location // of times in files; clock.Shanghai if nil
	// Recorded is called while an import goes on, after something was recorded.
	// May be nil.
	Recorded func(context.Context)
}

// Import imports one file. Interrupted, it goes on where it was when the same
// file is imported in the same way again; the Result then counts all of it.
// Together with an error the Result counts what was recorded before. The error
// has the code fault.Invalid where the file, not the machine, is to blame.
func (im *Importer) Import(ctx context.Context, path string, options Options) (Result, error) {
	table, err := im.open(path, options)
	if err != nil {
		return Result{}, err
	}
	defer table.Reader.Close()
	if err := refuse(table.Mapping); err != nil {
		return Result{}, err
	}
	at, err := im.begin(ctx, path, table.Mapping, options)
	if err != nil {
		return Result{}, err
	}
	rejects, err := export.OpenRejects(options.RejectFile, at.RejectBytes)
	if err != nil {
		return Result{}, err
	}
	at.Result.RejectFile, at.Result.DryRun = options.RejectFile, options.DryRun
	r := &run{im: im, parser: im.parser(table, at.Started), table: table, options: options, rejects: rejects, at: at, began: im.Clock.Now(), earlier: at.Result.Seconds}
	err = r.do(ctx)
	return r.at.Result.shown(), errors.Join(err, rejects.Close())
}

func (im *Importer) open(path string, options Options) (export.Table, error) {
	return export.Open(path, export.Asked{Schema: export.CustomerSchema(), Format: options.Format, Override: options.Override, Sheet: options.Sheet})
}

// begin returns where an interrupted import of the file had come to, or where a
// new one begins.
func (im *Importer) begin(ctx context.Context, path string, mapping export.Mapping, options Options) (Checkpoint, error) {
	content, err := export.Digest(path)
	if err != nil {
		return Checkpoint{}, err
	}
	at := Checkpoint{Key: id.Hash("customer file", string(content), mapping.Digest()), File: filepath.Base(path), Started: im.Clock.Now()}
	at.Result.Format = mapping.Format.Name
	if options.DryRun {
		return at, nil
	}
	before, ok, err := im.Runs.OpenMemberRun(ctx, at.Key)
	if err != nil {
		return at, fmt.Errorf("looking for an interrupted import: %w", err)
	}
	if ok {
		before.Result.Resumed = true
		return before, nil
	}
	return at, nil
}

// refuse says why nothing can come of a table, nil if something can.
func refuse(m export.Mapping) error {
	if m.Format.Name != export.Generic && m.Format.Content != export.CustomerList {
		return fault.New(fault.Invalid, "the file is an export of orders (%s), not a list of customers", m.Format.Name)
	}
	if !m.Has(export.Phone) {
		return fault.New(fault.Invalid, "line %d: no column for phone (%s); name it in a mapping file (--map)", m.Header.Line,
			strings.Join(export.CustomerSchema().Aliases[export.Phone], ", "))
	}
	return nil
}

// Preview shows how a file would be read, before anything is recorded. Only a
// file that is no table at all is an error.
func (im *Importer) Preview(path string, options Options) (export.Outline, error) {
	table, err := im.open(path, options)
	if err != nil {
		return export.Outline{}, err
	}
	defer table.Reader.Close()
	return table.Outline()
}

func (im *Importer) parser(t export.Table, started time.Time) *parser {
	zone := im.Zone
	if zone == nil {
		zone = clock.Shanghai
	}
	return &parser{mapping: t.Mapping, epoch: t.Reader.Info().Epoch, zone: zone, phones: im.Phones, started: started, notes: map[string]int{}}
}
