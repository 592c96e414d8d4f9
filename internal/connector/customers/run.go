package customers

import (
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
	"siyu/internal/sheet"
	"siyu/internal/vault"
)

// batchRows is how many lines are recorded at a time: few enough that the
// database writer is held for some 50 ms only, which callbacks can wait.
const batchRows = 2000

// run is one import under way.
type run struct {
	im      *Importer
	parser  *parser
	table   export.Table
	options Options
	rejects *export.RejectFile
	at      Checkpoint // with the batch that was recorded last
	seen    export.KeySet
	lines   export.KeySet // phones together with what their line said
	brought export.KeySet // phones of referrers whom this import made known
	began   time.Time
	earlier float64 // seconds before an interruption
	rows    int
}

// batch is the lines that are recorded together.
type batch struct {
	members  []member
	problems []*sheet.Problem
	states   map[export.PhoneState]int
	rows     int
}

func (r *run) do(ctx context.Context) error {
	finished := r.at.Batches
	for n := 0; ; n++ {
		b, more, err := r.read()
		if err != nil {
			return fmt.Errorf("stopped after %d rows, which are recorded; the same import will go on from there: %w", r.at.Result.Rows, err)
		}
		if n < finished {
			if err := r.remember(ctx, b); err != nil {
				return err
			}
		} else if b.rows > 0 {
			if err := r.record(ctx, b); err != nil {
				return fmt.Errorf("recording customers up to row %d: %w", r.rows, err)
			}
		}
		if r.options.Progress != nil {
			r.options.Progress(r.rows)
		}
		if !more {
			break
		}
	}
	at := r.at
	at.Done = true
	return r.save(ctx, nil, at)
}

// read reads the next batch. Batches depend on the file alone, so that they can
// be counted to find the place where an interrupted import had come to.
func (r *run) read() (b batch, more bool, err error) {
	b.states = map[export.PhoneState]int{}
	clear(r.parser.notes)
	for b.rows < batchRows {
		row, err := r.table.Reader.Next()
		if errors.Is(err, io.EOF) {
			return b, false, nil
		}
		if err != nil {
			return b, false, err
		}
		b.rows++
		r.rows++
		m, problem := r.parser.parse(row)
		b.states[r.parser.state]++
		if problem == nil {
			problem = r.first(row, &m)
		}
		switch {
		case problem != nil:
			b.problems = append(b.problems, problem)
		case m.phone != nil:
			b.members = append(b.members, m)
		}
	}
	return b, true, nil
}

// first lets the first line of a phone pass. One that says the same again loses
// its phone, and one that says something else is refused: shops let several
// people share a phone, and nothing tells whose it is.
func (r *run) first(row sheet.Row, m *member) *sheet.Problem {
	content := id.Hash(string(m.phone), m.name, fmt.Sprint(m.said, m.joined.Unix()), string(m.referrer))
	known := !r.seen.Add(m.phone)
	same := !r.lines.Add(content[:])
	switch {
	case !known:
		return nil
	case same:
		m.phone = nil
		return nil
	}
	return r.parser.mapping.Problem(row, -1, "", "one line for each phone; an earlier line has this phone and says something else")
}

// remember notes which referrers the import itself had made known before the
// interruption.
func (r *run) remember(ctx context.Context, b batch) error {
	named := map[id.Customer][]byte{}
	for i := range b.members {
		if phone := b.members[i].referrer; phone != nil {
			named[id.BuyerOf(phone)] = phone
		}
	}
	met, err := r.im.Identities.MetSince(ctx, slices.Sorted(maps.Keys(named)), r.at.Started)
	if err != nil {
		return fmt.Errorf("looking up whom the interrupted import met: %w", err)
	}
	for customer := range met {
		r.brought.Add(named[customer])
	}
	return nil
}

func (r *run) record(ctx context.Context, b batch) error {
	known, err := r.im.lookUp(ctx, b.members)
	if err != nil {
		return err
	}
	w := work{run: r, acquaintances: known, result: r.at.Result.clone()}
	w.result.Rows += b.rows
	w.result.Duplicates += b.rows - len(b.members) - len(b.problems)
	for state, n := range b.states {
		w.result.Phones[state] += n
	}
	for note, n := range r.parser.notes {
		w.result.Notes[note] += n
	}
	var rejected []export.Rejected
	for _, p := range b.problems {
		rejected = append(rejected, w.result.reject(p))
	}
	for i := range b.members {
		if err := w.take(&b.members[i]); err != nil {
			return err
		}
	}
	if err := r.rejects.Write(rejected); err != nil {
		return err
	}
	at := r.at
	at.Result = w.result
	at.Result.Facts += len(w.facts)
	at.Batches++
	at.RejectBytes = r.rejects.Length()
	if !r.options.DryRun {
		if err := r.im.Names.Put(ctx, w.names); err != nil {
			return err
		}
	}
	return r.save(ctx, w.facts, at)
}

// save keeps facts and checkpoint together: an interruption finds all of a batch
// or nothing of it. Names were kept before; they are kept again if it goes on.
func (r *run) save(ctx context.Context, facts []event.Fact, at Checkpoint) error {
	at.Result.Seconds = r.earlier + r.im.Clock.Now().Sub(r.began).Seconds()
	if !r.options.DryRun {
		if err := r.im.Log.Stamp(facts); err != nil {
			return err
		}
		if err := r.im.Runs.SaveMembers(ctx, facts, at); err != nil {
			return err
		}
		if r.im.Recorded != nil && len(facts) > 0 {
			r.im.Recorded(ctx)
		}
	}
	r.at = at
	return nil
}

// acquaintances are those of a batch who are known already.
type acquaintances struct {
	owners map[string]id.Customer // by phone, those who answer
	known  map[id.Customer]Known
	names  map[id.Customer]string
}

// lookUp finds who is known by the phones of a batch, and as what.
func (im *Importer) lookUp(ctx context.Context, members []member) (a acquaintances, err error) {
	var phones [][]byte
	for i := range members {
		phones = append(phones, members[i].phone)
		if members[i].referrer != nil {
			phones = append(phones, members[i].referrer)
		}
	}
	slices.SortFunc(phones, slices.Compare[[]byte])
	if a.owners, err = im.Identities.PhoneOwners(ctx, slices.CompactFunc(phones, slices.Equal[[]byte])); err != nil {
		return a, fmt.Errorf("looking up customers: %w", err)
	}
	if err := answer(ctx, im, a.owners); err != nil {
		return a, err
	}
	people := distinct(a.owners)
	if a.known, err = im.Identities.DescribedCustomers(ctx, people); err != nil {
		return a, fmt.Errorf("looking up customers: %w", err)
	}
	referrers := map[id.Customer]id.Customer{}
	for c, k := range a.known {
		if k.By != 0 {
			referrers[c] = k.By
		}
	}
	if err := answer(ctx, im, referrers); err != nil {
		return a, err
	}
	for c, by := range referrers {
		k := a.known[c]
		k.By = by
		a.known[c] = k
	}
	a.names, err = im.names(ctx, people)
	return a, err
}

// answer puts those who answer for merged customers now in their place.
func answer[K comparable](ctx context.Context, im *Importer, customers map[K]id.Customer) error {
	answers, err := im.Identities.Canonical(ctx, distinct(customers))
	if err != nil {
		return fmt.Errorf("looking up merged customers: %w", err)
	}
	for key, c := range customers {
		if to, merged := answers[c]; merged {
			customers[key] = to
		}
	}
	return nil
}

// distinct returns the customers of a map, each once, in order.
func distinct[K comparable](customers map[K]id.Customer) []id.Customer {
	return slices.Compact(slices.Sorted(maps.Values(customers)))
}

// names returns what shops call the customers.
func (im *Importer) names(ctx context.Context, people []id.Customer) (map[id.Customer]string, error) {
	subjects := make([]event.Subject, len(people))
	for i, c := range people {
		subjects[i] = event.Customer(c)
	}
	entries, err := im.Names.Of(ctx, subjects, []vault.Field{vault.Remark})
	if err != nil {
		return nil, fmt.Errorf("looking up names: %w", err)
	}
	names := map[id.Customer]string{}
	for _, e := range entries {
		if e.Part == namePart {
			names[id.Customer(e.Subject.ID)] = e.Text
		}
	}
	return names, nil
}
