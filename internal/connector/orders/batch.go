package orders

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/sheet"
)

// run is one import under way: one goroutine reads and combines, another
// records batch after batch.
type run struct {
	im      *Importer
	table   table
	options Options
	at      Checkpoint
	rejects *rejectFile
	seen    keySet
	links   map[linkKey]int // positions in Result.Links
	began   time.Time
	earlier float64 // seconds before an interruption
}

type linkKey struct {
	shop  string
	store id.Store
}

// batch is what is recorded at a time, with what was counted while reading it.
type batch struct {
	steps []step
	rows  int
	notes map[string]int
}

func newRun(im *Importer, t table, options Options, at Checkpoint) (*run, error) {
	rejects, err := openRejects(options.RejectFile, at.RejectBytes)
	if err != nil {
		return nil, err
	}
	if at.Result.Phones == nil {
		at.Result.Phones = map[PhoneState]int{}
	}
	if at.Result.Notes == nil {
		at.Result.Notes = map[string]int{}
	}
	at.Result.RejectFile, at.Result.DryRun = options.RejectFile, options.DryRun
	r := &run{
		im: im, table: t, options: options, at: at, rejects: rejects,
		links: map[linkKey]int{}, began: im.Clock.Now(), earlier: at.Result.Seconds,
	}
	for i, l := range at.Result.Links {
		r.links[linkKey{l.Shop, l.Store}] = i
	}
	return r, nil
}

func (r *run) do(asked context.Context) error {
	ctx, stop := context.WithCancel(asked)
	batches, failed := make(chan batch, 1), make(chan error, 1)
	go func() {
		defer close(batches)
		failed <- r.read(ctx, batches)
	}()
	err := r.recordAll(ctx, batches)
	stop()
	for range batches { // until the reader has noticed
	}
	if readErr := <-failed; err == nil && readErr != nil {
		err = fmt.Errorf("stopped after %d rows, which are recorded; the same import will go on from there: %w", r.at.Result.Rows, readErr)
	}
	if err == nil {
		r.at.Done = true
		err = r.save(asked, nil)
	}
	r.at.Result = r.at.Result.sorted()
	return err
}

// read reads the file to its end and gives it batch by batch. The batches
// depend on the file alone, so that one can be counted to find the place where
// an interrupted import had come to.
func (r *run) read(ctx context.Context, out chan<- batch) error {
	p := r.im.parser(r.table, r.options.Receivers)
	orders := newCombiner()
	var current batch
	send := func() error {
		current.notes = p.notes
		p.notes = map[string]int{}
		select {
		case out <- current:
			current = batch{}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	give := func(s step) { current.steps = append(current.steps, s) }
	for {
		row, err := r.table.reader.Next()
		if errors.Is(err, io.EOF) {
			orders.finish(give)
			for len(current.steps) > batchSteps {
				rest := current.steps[batchSteps:]
				current.steps = current.steps[:batchSteps]
				if err := send(); err != nil {
					return err
				}
				current.steps = rest
			}
			return send()
		}
		if err != nil {
			return err
		}
		current.rows++
		order, problem := p.parse(row)
		orders.add(order, problem, give)
		if len(current.steps) >= batchSteps {
			if err := send(); err != nil {
				return err
			}
		}
	}
}

func (r *run) recordAll(ctx context.Context, batches <-chan batch) error {
	finished, rows := r.at.Batches, 0
	for n := 0; ; n++ {
		b, more := <-batches
		if !more {
			return nil
		}
		rows += b.rows
		if r.options.Progress != nil {
			r.options.Progress(rows)
		}
		if n < finished {
			r.remember(b)
			continue
		}
		if err := r.record(ctx, b); err != nil {
			return fmt.Errorf("recording orders up to row %d: %w", rows, err)
		}
	}
}

// remember notes which customers were counted before the interruption.
func (r *run) remember(b batch) {
	for _, s := range b.steps {
		if s.order == nil || s.order.spoiled != 0 || s.order.Buyer == nil {
			continue
		}
		if purchase, _, _ := (Record{}).joined(s.order).sums(false, 0); purchase {
			r.seen.add(s.order.Buyer)
		}
	}
}

// record appends the facts of a batch, then saves orders and checkpoint. If it
// is interrupted between the two, the same facts are found again and the log
// recognises them.
func (r *run) record(ctx context.Context, b batch) error {
	known, owners, err := r.lookUp(ctx, b)
	if err != nil {
		return err
	}
	w := work{run: r, known: known, owners: owners, result: r.at.Result.clone(), changed: map[id.Order]int{}}
	w.result.Rows += b.rows
	for note, n := range b.notes {
		w.result.Notes[note] += n
	}
	for _, s := range b.steps {
		if err := w.take(s); err != nil {
			return err
		}
	}
	if err := r.rejects.write(w.rejected); err != nil {
		return err
	}
	if !r.options.DryRun {
		if _, err := r.im.Log.Append(ctx, w.facts...); err != nil {
			return err
		}
	}
	w.result.Facts += len(w.facts)
	r.at.Result = w.result
	r.at.Batches++
	r.at.RejectBytes = r.rejects.length
	return r.save(ctx, w.orders)
}

func (r *run) save(ctx context.Context, orders []Known) error {
	r.at.Result.Seconds = r.earlier + r.im.Clock.Now().Sub(r.began).Seconds()
	if r.options.DryRun {
		return nil
	}
	return r.im.Runs.SaveOrders(ctx, orders, r.at)
}

func (r *run) lookUp(ctx context.Context, b batch) (map[id.Order]Known, map[string]id.Customer, error) {
	ids := make([]id.Order, 0, len(b.steps))
	keys := make([][]byte, 0, len(b.steps))
	for _, s := range b.steps {
		if s.order == nil {
			continue
		}
		ids = append(ids, s.order.ID)
		if s.order.Buyer != nil {
			keys = append(keys, s.order.Buyer)
		}
	}
	known, err := r.im.Runs.KnownOrders(ctx, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("looking up orders: %w", err)
	}
	owners, err := r.im.Identities.PhoneOwners(ctx, keys)
	if err != nil {
		return nil, nil, fmt.Errorf("looking up customers: %w", err)
	}
	return known, owners, nil
}

// work is one batch being turned into facts.
type work struct {
	run      *run
	known    map[id.Order]Known
	owners   map[string]id.Customer
	result   Result
	facts    []event.Fact
	orders   []Known
	changed  map[id.Order]int // position in orders
	rejected []Rejected
}

func (w *work) take(s step) error {
	if s.rejection != nil {
		w.rejected = append(w.rejected, w.result.reject(s.rejection))
		return nil //nolint:nilerr // a rejected line is a result
	}
	o := s.order
	if o.spoiled != 0 {
		w.spoil(o)
		return nil
	}
	w.result.Phones[o.Phone]++
	w.result.Duplicates += o.repeats
	before, known := w.known[o.ID]
	customer, matched := w.owner(o, before)
	c, err := apply(o, before, customer, w.run.at.Started)
	if err != nil {
		return err
	}
	w.count(o, c, matched)
	if c.what == incomplete {
		return nil
	}
	if c.known.Purchase && c.known.Customer == customer {
		if err := w.meet(o, c.known, matched); err != nil {
			return err
		}
	}
	w.facts = append(w.facts, c.facts...)
	if !known || c.what != unchanged || c.known.Customer != before.Customer || !c.known.Record.equal(before.Record) {
		w.keep(c.known)
	}
	return nil
}

// spoil lists the other lines of an order that has one that cannot be read:
// an order without one of its lines would have a wrong amount.
func (w *work) spoil(o *Order) {
	w.result.Incomplete++
	for _, line := range o.lines {
		if line != o.spoiled {
			w.rejected = append(w.rejected, w.result.reject(&sheet.Problem{
				Line: line, Expected: fmt.Sprintf("all lines of the order to be readable; line %d is not", o.spoiled),
			}))
		}
	}
}

// owner returns to whom the phone of the order belongs, 0 without a phone.
// matched tells that he was known before this import.
func (w *work) owner(o *Order, before Known) (customer id.Customer, matched bool) {
	if o.Buyer == nil {
		return 0, false
	}
	if owner, ok := w.owners[string(o.Buyer)]; ok {
		return owner, true
	}
	buyer := id.BuyerOf(o.Buyer)
	return buyer, before.Purchase && before.Customer == buyer
}

// meet counts the customers of the file, each once, and says of one not known
// before by what he can be recognised.
func (w *work) meet(o *Order, known Known, matched bool) error {
	if o.Buyer == nil || !w.run.seen.add(o.Buyer) {
		return nil
	}
	if matched {
		w.result.CustomersMatched++
		return nil
	}
	w.result.CustomersNew++
	key := id.Hash("orders", string(event.ByPhone), string(o.Buyer))
	fact, err := event.New(event.Customer(known.Customer), known.At, event.FromOrders, key,
		event.CustomerIdentified{Identity: event.ByPhone, Key: o.Buyer})
	w.facts = append(w.facts, fact)
	return err
}

func (w *work) count(o *Order, c change, matched bool) {
	switch c.what {
	case fresh:
		w.result.Orders++
		w.link(o, matched)
	case altered:
		w.result.Updated++
	case unchanged:
		w.result.Duplicates++
	case noPurchase:
		w.result.NotPurchases++
	case incomplete:
		w.result.Incomplete++
		w.rejected = append(w.rejected, w.result.reject(&sheet.Problem{
			Line: o.lines[0], Column: w.run.table.mapping.header.Name(w.run.table.mapping.columns[OrderNo][0]),
			Value: strings.Clone(sheet.Masked(o.Number)), Expected: c.lacking,
		}))
	}
}

// link counts a new purchase by shop system and store.
func (w *work) link(o *Order, matched bool) {
	if o.Buyer == nil {
		w.result.Unlinked++
	}
	key := linkKey{o.Shop, o.Store()}
	at, ok := w.run.links[key]
	if !ok {
		if len(w.result.Links) >= keptLinks {
			return
		}
		at = len(w.result.Links)
		w.run.links[key] = at
		w.result.Links = append(w.result.Links, Link{Shop: o.Shop, Store: key.store, Name: strings.Clone(o.StoreName)})
	}
	l := &w.result.Links[at]
	l.Orders++
	switch {
	case matched:
		l.Matched++
	case o.Buyer != nil:
		l.Buyers++
	default:
		l.Unlinked++
	}
}

// keep notes what is to be recorded; an order that comes twice in one batch is
// one row.
func (w *work) keep(k Known) {
	w.known[k.Order] = k
	if at, ok := w.changed[k.Order]; ok {
		w.orders[at] = k
		return
	}
	w.changed[k.Order] = len(w.orders)
	w.orders = append(w.orders, k)
}
