package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// foldPage is how many facts are read at a time, and how many one transaction
// folds while somebody may wait for the database: long enough to pay for its
// commit, short enough (about 20 ms of the writer) not to hold up intake.
const foldPage = 2000

// What one transaction folds at most while nobody waits. A backlog names the
// same people again and again; folded together each is loaded and stored once.
// So many people are about 60 MB of memory and 200 ms of the writer.
const (
	calmPeople = 32_000
	calmFacts  = 128_000
)

// Reader names the cursor of folding.
const Reader = "fold"

// Fold folds all facts that arrived since the last call and returns the
// customers whose state changed since then, and how many facts were folded.
// Each batch is one transaction together with the cursor, so that a fact is
// folded once, whoever else folds.
func (f *Flow) Fold(ctx context.Context) (touched []id.Customer, facts int, err error) {
	done, facts, err := f.foldAll(ctx)
	return slices.Sorted(maps.Keys(done.changed)), facts, err
}

// folded is a stretch of the log that was folded by this process.
type folded struct {
	after, until int64                // positions
	changed      map[id.Customer]bool // whose states it changed
}

// foldAll is Fold; done ends where the cursor stands.
func (f *Flow) foldAll(ctx context.Context) (done folded, facts int, err error) {
	f.folding.Lock()
	defer f.folding.Unlock()
	for {
		at, _, err := f.gather(ctx)
		if err != nil {
			return folded{}, facts, err
		}
		if f.open == nil {
			done, f.untold = f.untold, folded{after: at, until: at}
			if done.until != at { // another node has gone on from there
				done = f.untold
			}
			return done, facts, nil
		}
		n, err := f.storeOpen(ctx)
		if err != nil {
			return folded{}, facts, err
		}
		facts += n
	}
}

// FoldAhead folds the facts that have arrived as far as they fill whole
// batches. What is left is worked on already and stored by the next call of
// FoldAhead or Fold. It is for whoever appends many facts and turns when it
// has finished.
func (f *Flow) FoldAhead(ctx context.Context) error {
	f.folding.Lock()
	defer f.folding.Unlock()
	for {
		_, full, err := f.gather(ctx)
		if err != nil || !full {
			return err
		}
		if _, err := f.storeOpen(ctx); err != nil {
			return err
		}
	}
}

// gather takes facts into the open batch until it is full or there are no more.
// at is where the cursor stands. A batch that began elsewhere is dropped:
// another node has folded its facts.
func (f *Flow) gather(ctx context.Context) (at int64, full bool, err error) {
	if at, err = f.log.Cursor(ctx, Reader); err != nil {
		return 0, false, fmt.Errorf("read the fold's cursor: %w", err)
	}
	if f.open != nil && f.open.began != at {
		f.open = nil
	}
	after := at
	if f.open != nil {
		after = f.open.last.Seq
	}
	for {
		page, err := f.log.FactsAfter(ctx, after, foldPage)
		if err != nil {
			return at, false, fmt.Errorf("read facts after %d: %w", after, err)
		}
		if len(page) == 0 {
			return at, false, nil
		}
		if f.open == nil {
			f.open = newBatch(f, at)
		}
		after = page[len(page)-1].Seq
		if err := f.open.take(ctx, page); err != nil {
			f.open = nil
			return at, false, fmt.Errorf("fold facts %d to %d: %w", page[0].Seq, after, err)
		}
		if f.open.full(f.calm()) {
			return at, true, nil
		}
	}
}

// storeOpen stores the open batch, which then is no longer open, and returns
// how many facts were folded with it: none where another node was first.
func (f *Flow) storeOpen(ctx context.Context) (facts int, err error) {
	b := f.open
	f.open = nil
	if err := b.store(ctx); err != nil {
		if fault.CodeOf(err) == fault.Conflict {
			if at, failed := f.log.Cursor(ctx, Reader); failed == nil && at != b.began {
				return 0, nil
			}
		}
		return 0, fmt.Errorf("fold facts up to %d: %w", b.last.Seq, err)
	}
	if f.untold.until != b.began { // another node has folded in between
		f.untold = folded{after: b.began}
	}
	f.untold.until = b.last.Seq
	if f.untold.changed == nil {
		f.untold.changed = b.changed
		return b.facts, nil
	}
	maps.Copy(f.untold.changed, b.changed)
	return b.facts, nil
}

// batch is the folding of facts that are stored together.
type batch struct {
	flow    *Flow
	began   int64 // where the cursor stood when the first states were read
	facts   int
	last    event.Fact
	changed map[id.Customer]bool

	merged    map[id.Customer]id.Customer // into whom, itself: not merged any more
	customers map[id.Customer]*profile.Customer
	groups    map[id.Group]*profile.Group
	staff     map[id.Staff]*profile.Staff
	counters  tally
	losses    []Loss
	aliases   []Alias
	rejoined  map[id.Customer]bool // to be folded again from the log
	merges    []event.Fact         // found now, appended to the log afterwards
	claims    []Identity
	links     links
	buyers    map[id.Customer]bool        // of whom due was asked
	due       map[id.Customer]dueCustomer // of those who bought in this batch
}

func newBatch(f *Flow, began int64) *batch {
	return &batch{
		flow: f, began: began, changed: map[id.Customer]bool{}, merged: map[id.Customer]id.Customer{},
		customers: map[id.Customer]*profile.Customer{}, groups: map[id.Group]*profile.Group{}, staff: map[id.Staff]*profile.Staff{},
		counters: tally{}, rejoined: map[id.Customer]bool{}, links: newLinks(), buyers: map[id.Customer]bool{}, due: map[id.Customer]dueCustomer{},
	}
}

func (b *batch) full(calm bool) bool {
	if !calm {
		return b.facts >= foldPage
	}
	return len(b.customers) >= calmPeople || b.facts >= calmFacts
}

// take folds the next facts of the log into the batch.
func (b *batch) take(ctx context.Context, page []event.Fact) error {
	if err := b.load(ctx, page); err != nil {
		return err
	}
	for i := range page {
		if err := b.apply(ctx, page[i]); err != nil {
			return err
		}
	}
	b.facts += len(page)
	b.last = page[len(page)-1]
	return nil
}

func (b *batch) store(ctx context.Context) error {
	if err := b.refold(ctx); err != nil {
		return err
	}
	if err := b.match(ctx); err != nil {
		return err
	}
	b.countLinks()
	if _, err := b.flow.log.Append(ctx, b.merges...); err != nil {
		return fmt.Errorf("append merges: %w", err)
	}
	return b.flow.states.CommitFold(ctx, b.result())
}

// load fetches every state the facts can touch that is not there yet.
func (b *batch) load(ctx context.Context, page []event.Fact) error {
	subjects, groups, staff, err := b.named(page)
	if err != nil {
		return err
	}
	if err := b.loadMerges(ctx, subjects); err != nil {
		return err
	}
	for _, one := range slices.Clone(subjects) {
		if end := b.canonical(one); end != one {
			subjects = append(subjects, end)
		}
	}
	if err := b.loadCustomers(ctx, subjects); err != nil {
		return err
	}
	if err := b.loadDue(ctx, page); err != nil {
		return err
	}
	loadedGroups, err := b.flow.others.LoadGroups(ctx, groups)
	if err != nil {
		return fmt.Errorf("load groups: %w", err)
	}
	for i := range loadedGroups {
		b.groups[loadedGroups[i].ID] = &loadedGroups[i]
	}
	loadedStaff, err := b.flow.others.LoadStaff(ctx, staff)
	if err != nil {
		return fmt.Errorf("load staff: %w", err)
	}
	for i := range loadedStaff {
		b.staff[loadedStaff[i].ID] = &loadedStaff[i]
	}
	return nil
}

// loadMerges fetches who answers for the customers. What this batch said of
// one stands.
func (b *batch) loadMerges(ctx context.Context, customers []id.Customer) error {
	stored, err := b.flow.states.MergesOf(ctx, customers)
	if err != nil {
		return fmt.Errorf("look up merged customers: %w", err)
	}
	for one, into := range stored {
		if _, known := b.merged[one]; !known {
			b.merged[one] = into
		}
	}
	return nil
}

// loadCustomers fetches the states that are not there yet.
func (b *batch) loadCustomers(ctx context.Context, ids []id.Customer) error {
	ids = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(ids))), func(c id.Customer) bool { return b.customers[c] != nil })
	if len(ids) == 0 {
		return nil
	}
	customers, err := b.flow.states.LoadCustomers(ctx, ids)
	if err != nil {
		return fmt.Errorf("load customers: %w", err)
	}
	for i := range customers {
		b.customers[customers[i].ID] = &customers[i]
		b.links.meet(&customers[i])
	}
	return nil
}

// named lists what the facts are about and is not there yet, each once.
func (b *batch) named(facts []event.Fact) (customers []id.Customer, groups []id.Group, staff []id.Staff, err error) {
	c, g, s := map[id.Customer]bool{}, map[id.Group]bool{}, map[id.Staff]bool{}
	for i := range facts {
		if facts[i].Kind.Concluded() {
			continue
		}
		switch subject := facts[i].Subject; subject.Type {
		case event.AboutCustomer:
			if one := id.Customer(subject.ID); b.customers[one] == nil {
				c[one] = true
			}
			if other, err := otherOf(facts[i]); err != nil {
				return nil, nil, nil, err
			} else if other != 0 && b.customers[other] == nil {
				c[other] = true
			}
		case event.AboutStaff:
			if one := id.Staff(subject.ID); b.staff[one] == nil {
				s[one] = true
			}
		}
		group, err := profile.GroupOf(facts[i])
		if err != nil {
			return nil, nil, nil, err
		}
		if group != 0 && b.groups[group] == nil {
			g[group] = true
		}
	}
	return slices.Sorted(maps.Keys(c)), slices.Sorted(maps.Keys(g)), slices.Sorted(maps.Keys(s)), nil
}

// canonical returns who answers for a customer, after what this batch said.
func (b *batch) canonical(c id.Customer) id.Customer { return endOf(b.merged, c) }

// endOf follows a chain of merges to its end.
func endOf(merges map[id.Customer]id.Customer, c id.Customer) id.Customer {
	for range merges { // a chain is never longer than all of them together
		to, merged := merges[c]
		if !merged || to == c {
			break
		}
		c = to
	}
	return c
}

func (b *batch) apply(ctx context.Context, fact event.Fact) error {
	if fact.Kind == event.KindOrderPaid {
		return b.applyPaid(fact)
	}
	if fact.Kind.Concluded() {
		return nil
	}
	b.counters.fact(fact, b.flow.storeOf)
	if group, err := profile.GroupOf(fact); err != nil {
		return err
	} else if group != 0 {
		if err := b.groups[group].Apply(fact); err != nil {
			return err
		}
	}
	switch fact.Subject.Type {
	case event.AboutStaff:
		return b.staff[id.Staff(fact.Subject.ID)].Apply(fact)
	case event.AboutCustomer:
		return b.applyToCustomer(ctx, fact)
	}
	return nil
}

// applyPaid folds an order, which most facts are.
func (b *batch) applyPaid(fact event.Fact) error {
	body, err := event.Read[event.OrderPaid](fact)
	if err != nil {
		return err
	}
	b.counters.paid(fact, body)
	if fact.Subject.Type != event.AboutCustomer {
		return nil
	}
	who := b.canonical(id.Customer(fact.Subject.ID))
	b.changed[who] = true
	c := b.customers[who]
	b.countDueBought(c, event.At(fact.At))
	before := c.Orders.Count
	if err := c.Apply(fact); err != nil {
		return err
	}
	if c.Orders.Count > before {
		b.links.came = append(b.links.came, purchase{who, body.Order, body.Shop, body.Store, event.At(fact.At)})
	}
	return nil
}

func (b *batch) applyToCustomer(ctx context.Context, fact event.Fact) error {
	subject := id.Customer(fact.Subject.ID)
	switch fact.Kind {
	case event.KindCustomerMerged, event.KindCustomerUnmerged:
		return b.rejoin(subject, fact)
	case event.KindCustomerIdentified:
		body, err := event.Read[event.CustomerIdentified](fact)
		if err != nil {
			return err
		}
		b.claims = append(b.claims, Identity{Kind: body.Identity, Key: body.Key, Customer: b.canonical(subject)})
	}
	who := b.canonical(subject)
	b.changed[who] = true
	if err := b.countLoss(b.customers[who], fact); err != nil {
		return err
	}
	if err := b.countOpened(b.customers[who], fact); err != nil {
		return err
	}
	return b.customers[who].Apply(fact)
}

func (b *batch) result() Fold {
	result := Fold{Aliases: b.aliases, Counters: b.counters.list(), Losses: b.losses, Reader: Reader, Began: b.began, Cursor: b.last.Seq}
	result.Customers = make([]profile.Customer, 0, len(b.customers))
	for _, cid := range slices.Sorted(maps.Keys(b.customers)) {
		if c := b.customers[cid]; c.FirstSeen != 0 {
			result.Customers = append(result.Customers, *c)
		}
	}
	for _, g := range slices.Sorted(maps.Keys(b.groups)) {
		result.Groups = append(result.Groups, *b.groups[g])
	}
	for _, s := range slices.Sorted(maps.Keys(b.staff)) {
		result.Staff = append(result.Staff, *b.staff[s])
	}
	result.Identities = b.claims
	return result
}
