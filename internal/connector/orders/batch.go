package orders

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"siyu/internal/connector/export"
	"siyu/internal/event"
	"siyu/internal/id"
)

// run is one import under way: one goroutine reads and combines, one turns
// batch after batch into facts, and one records them, each some batches ahead
// of the next.
type run struct {
	im        *Importer
	table     table
	options   Options
	at        Checkpoint // with the batch that was prepared last
	recorded  Checkpoint
	rejects   *export.RejectFile
	seen      export.KeySet
	newcomers export.KeySet          // of those seen, who was not known before
	owners    map[string]id.Customer // of phones, before merges; those who come again are not looked up again
	links     map[linkKey]int        // positions in Result.Links
	underway  []map[id.Order]Known   // of the batches that may not be recorded yet, newest last
	began     time.Time
	earlier   float64 // seconds before an interruption
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

// portion is a batch, or several, ready to be recorded.
type portion struct {
	facts    []event.Fact
	orders   []Known
	at       Checkpoint
	rows     int  // of the file up to its end
	finished bool // before the interruption
	batches  int
}

// While nobody waits for the database up to togetherBatches are recorded
// together: larger transactions touch fewer pages a row. So many, and one that
// is being prepared, are ahead of what is recorded.
const togetherBatches = 5

// join adds the portion that follows.
func (p *portion) join(next portion) {
	again := make(map[id.Order]bool, len(next.orders))
	for i := range next.orders {
		again[next.orders[i].Order] = true
	}
	p.orders = slices.DeleteFunc(p.orders, func(k Known) bool { return again[k.Order] })
	p.orders, p.facts = append(p.orders, next.orders...), append(p.facts, next.facts...)
	p.at, p.rows = next.at, next.rows
	p.batches += next.batches
}

func newRun(im *Importer, t table, options Options, at Checkpoint) (*run, error) {
	rejects, err := export.OpenRejects(options.RejectFile, at.RejectBytes)
	if err != nil {
		return nil, err
	}
	if at.Result.Phones == nil {
		at.Result.Phones = map[export.PhoneState]int{}
	}
	if at.Result.Notes == nil {
		at.Result.Notes = map[string]int{}
	}
	at.Result.RejectFile, at.Result.DryRun = options.RejectFile, options.DryRun
	r := &run{
		im: im, table: t, options: options, at: at, recorded: at, rejects: rejects,
		owners: map[string]id.Customer{}, links: map[linkKey]int{}, began: im.Clock.Now(), earlier: at.Result.Seconds,
	}
	for i, l := range at.Result.Links {
		r.links[linkKey{l.Shop, l.Store}] = i
	}
	return r, nil
}

func (r *run) do(asked context.Context) error {
	ctx, stop := context.WithCancel(asked)
	defer stop()
	batches, portions := make(chan batch, 1), make(chan portion, togetherBatches-1)
	var unread, unready error // why the first two have stopped
	go func() {
		defer close(batches)
		unread = r.read(ctx, batches)
	}()
	go func() {
		defer close(portions)
		unready = r.prepareAll(ctx, batches, portions)
		stop()
		for range batches { // until the reader has noticed
		}
	}()
	news, heard := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(heard)
		r.tell(asked, news) // also after the others have come to their end
	}()
	err := r.recordAll(asked, portions, news)
	close(news)
	<-heard
	stop()
	for range portions { // until both have noticed
	}
	if err == nil {
		err = unready
	}
	if err == nil && unread != nil {
		err = fmt.Errorf("stopped after %d rows, which are recorded; the same import will go on from there: %w", r.recorded.Result.Rows, unread)
	}
	if err == nil {
		r.at.Done = true
		err = r.record(asked, portion{at: r.at})
	}
	r.recorded.Result = r.recorded.Result.sorted()
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
		row, err := r.table.Reader.Next()
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

// prepareAll makes the facts of batch after batch. A batch is prepared while
// the one before it is recorded; its orders are looked up there too.
func (r *run) prepareAll(ctx context.Context, batches <-chan batch, out chan<- portion) error {
	finished, rows := r.at.Batches, 0
	for n := 0; ; n++ {
		b, more := <-batches
		if !more {
			return nil
		}
		rows += b.rows
		p := portion{rows: rows, finished: n < finished, batches: 1}
		if p.finished {
			if err := r.remember(ctx, b); err != nil {
				return err
			}
		} else if err := r.prepare(ctx, b, &p); err != nil {
			return fmt.Errorf("reading orders up to row %d: %w", rows, err)
		}
		select {
		case out <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// remember notes which customers were counted before the interruption, and
// which of them the import itself has made known.
func (r *run) remember(ctx context.Context, b batch) error {
	counted := map[id.Customer][]byte{}
	for _, s := range b.steps {
		if s.order == nil || s.order.spoiled != 0 || s.order.Buyer == nil {
			continue
		}
		if purchase, _, _ := (Record{}).joined(s.order).sums(false, 0); purchase {
			r.seen.Add(s.order.Buyer)
			counted[id.BuyerOf(s.order.Buyer)] = s.order.Buyer
		}
	}
	met, err := r.im.Identities.MetSince(ctx, slices.Collect(maps.Keys(counted)), r.at.Started)
	if err != nil {
		return fmt.Errorf("looking up whom the interrupted import met: %w", err)
	}
	for customer := range met {
		r.newcomers.Add(counted[customer])
	}
	return nil
}

func (r *run) prepare(ctx context.Context, b batch, p *portion) error {
	known, owners, err := r.lookUp(ctx, b)
	if err != nil {
		return err
	}
	w := work{run: r, known: known, owners: owners, result: r.at.Result.clone(), changed: make(map[id.Order]int, len(b.steps))}
	w.facts, w.orders = make([]event.Fact, 0, len(b.steps)+len(b.steps)/2), make([]Known, 0, len(b.steps))
	w.result.Rows += b.rows
	for note, n := range b.notes {
		w.result.Notes[note] += n
	}
	for _, s := range b.steps {
		if err := w.take(s); err != nil {
			return err
		}
	}
	if err := r.rejects.Write(w.rejected); err != nil {
		return err
	}
	w.result.Facts += len(w.facts)
	r.at.Result = w.result
	r.at.Batches++
	r.at.RejectBytes = r.rejects.Length()
	// The portions that wait, those being recorded together and one in hand.
	r.underway = append(r.underway, w.known)
	r.underway = r.underway[max(0, len(r.underway)-2*togetherBatches):]
	p.facts, p.orders, p.at = w.facts, w.orders, r.at
	return nil
}

// tell calls Importer.Recorded while recording goes on.
func (r *run) tell(ctx context.Context, news <-chan struct{}) {
	for range news {
		if r.im.Recorded != nil && !r.options.DryRun {
			r.im.Recorded(ctx)
		}
	}
}

// recordAll records what was prepared and puts word of it into news.
func (r *run) recordAll(ctx context.Context, portions <-chan portion, news chan<- struct{}) error {
	for p := range portions {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("recording orders up to row %d: %w", p.rows, err)
		}
		if !p.finished {
			r.gather(&p, portions)
			if err := r.record(ctx, p); err != nil {
				return fmt.Errorf("recording orders up to row %d: %w", p.rows, err)
			}
			select {
			case news <- struct{}{}:
			default: // it will hear of both together
			}
		}
		if r.options.Progress != nil {
			r.options.Progress(p.rows)
		}
	}
	return nil
}

// gather joins the portions that are ready to p, while nobody waits for the
// database.
func (r *run) gather(p *portion, portions <-chan portion) {
	for p.batches < togetherBatches && r.im.calm() {
		select {
		case next, more := <-portions:
			if !more {
				return
			}
			p.join(next)
		default:
			return
		}
	}
}

// record keeps facts, orders and checkpoint together: an interruption finds all
// of a portion or nothing of it.
func (r *run) record(ctx context.Context, p portion) error {
	p.at.Result.Seconds = r.earlier + r.im.Clock.Now().Sub(r.began).Seconds()
	if !r.options.DryRun {
		if err := r.im.Log.Stamp(p.facts); err != nil {
			return err
		}
		if err := r.im.Runs.SaveOrders(ctx, p.facts, p.orders, p.at); err != nil {
			return err
		}
	}
	r.recorded = p.at
	return nil
}

// lookUp returns what is recorded of the orders of a batch, or is being
// recorded, and who is known by their phones.
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
	for _, batch := range r.underway {
		for _, o := range ids {
			if k, ok := batch[o]; ok {
				known[o] = k
			}
		}
	}
	owners, err := r.ownersOf(ctx, keys)
	if err != nil {
		return nil, nil, fmt.Errorf("looking up customers: %w", err)
	}
	return known, owners, nil
}

// mostOwners bounds how many owners are kept: about 10 MB.
const mostOwners = 100_000

// ownersOf returns who answers for those who are known by the phones. Owners
// are kept, merges are not: one may be undone meanwhile.
func (r *run) ownersOf(ctx context.Context, phones [][]byte) (map[string]id.Customer, error) {
	slices.SortFunc(phones, bytes.Compare)
	phones = slices.CompactFunc(phones, bytes.Equal)
	owners := make(map[string]id.Customer, len(phones))
	var unknown [][]byte
	for _, p := range phones {
		if owner, ok := r.owners[string(p)]; ok {
			owners[string(p)] = owner
		} else {
			unknown = append(unknown, p)
		}
	}
	found, err := r.im.Identities.PhoneOwners(ctx, unknown)
	if err != nil {
		return nil, err
	}
	if len(r.owners)+len(found) > mostOwners {
		clear(r.owners)
	}
	maps.Copy(r.owners, found)
	maps.Copy(owners, found)
	return owners, r.followMerges(ctx, owners)
}

func (r *run) followMerges(ctx context.Context, owners map[string]id.Customer) error {
	answers, err := r.im.Identities.Canonical(ctx, slices.Sorted(maps.Values(owners)))
	if err != nil {
		return err
	}
	if len(answers) == 0 {
		return nil
	}
	for phone, owner := range owners {
		if to, merged := answers[owner]; merged {
			owners[phone] = to
		}
	}
	return nil
}
