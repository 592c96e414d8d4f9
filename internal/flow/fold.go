package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// foldPage is how many facts one transaction folds: long enough to pay for
// its commit, short enough (about 50 ms of the writer) not to hold up intake.
const foldPage = 2000

// Reader names the cursor of folding.
const Reader = "fold"

// Fold folds all facts that arrived since the last call and returns the
// customers whose state changed, and how many facts there were. Each page is
// one transaction together with the cursor, so a page is folded once.
func (f *Flow) Fold(ctx context.Context) (touched []id.Customer, facts int, err error) {
	changed := map[id.Customer]bool{}
	for {
		page, err := f.nextPage(ctx)
		if err != nil {
			return nil, facts, err
		}
		if len(page) == 0 {
			return slices.Sorted(maps.Keys(changed)), facts, nil
		}
		b := &batch{flow: f, facts: page, changed: changed}
		if err := b.run(ctx); err != nil {
			return nil, facts, fmt.Errorf("fold facts %d to %d: %w", page[0].Seq, page[len(page)-1].Seq, err)
		}
		facts += len(page)
	}
}

func (f *Flow) nextPage(ctx context.Context) ([]event.Fact, error) {
	after, err := f.log.Cursor(ctx, Reader)
	if err != nil {
		return nil, fmt.Errorf("read the fold's cursor: %w", err)
	}
	page, err := f.log.FactsAfter(ctx, after, foldPage)
	if err != nil {
		return nil, fmt.Errorf("read facts after %d: %w", after, err)
	}
	return page, nil
}

// batch is the folding of one page.
type batch struct {
	flow    *Flow
	facts   []event.Fact
	changed map[id.Customer]bool // customers touched, over all pages

	answers   map[id.Customer]id.Customer // who answers for a merged id
	customers map[id.Customer]*profile.Customer
	before    map[id.Customer]purchases
	groups    map[id.Group]*profile.Group
	staff     map[id.Staff]*profile.Staff
	counters  tally
	aliases   []Alias
	rejoined  map[id.Customer]bool // to be folded again from the log
	merges    []event.Fact         // found now, appended to the log afterwards
	claims    []Identity
	due       map[id.Customer]dueCustomer // of those who bought in this page
}

func (b *batch) run(ctx context.Context) error {
	if err := b.load(ctx); err != nil {
		return err
	}
	for _, fact := range b.facts {
		if err := b.apply(fact); err != nil {
			return err
		}
	}
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

// load fetches every state the page can touch.
func (b *batch) load(ctx context.Context) error {
	b.customers, b.groups, b.staff = map[id.Customer]*profile.Customer{}, map[id.Group]*profile.Group{}, map[id.Staff]*profile.Staff{}
	b.before, b.rejoined, b.counters = map[id.Customer]purchases{}, map[id.Customer]bool{}, tally{}
	subjects, groups, staff, err := named(b.facts)
	if err != nil {
		return err
	}
	if b.answers, err = b.flow.states.Canonical(ctx, subjects); err != nil {
		return fmt.Errorf("look up merged customers: %w", err)
	}
	wanted := map[id.Customer]bool{}
	for _, s := range subjects {
		wanted[s], wanted[b.canonical(s)] = true, true
	}
	customers, err := b.flow.states.LoadCustomers(ctx, slices.Sorted(maps.Keys(wanted)))
	if err != nil {
		return fmt.Errorf("load customers: %w", err)
	}
	for i := range customers {
		b.customers[customers[i].ID] = &customers[i]
		b.before[customers[i].ID] = purchasesOf(&customers[i])
	}
	if err := b.loadDue(ctx); err != nil {
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

// named lists what the facts are about, each once.
func named(facts []event.Fact) (customers []id.Customer, groups []id.Group, staff []id.Staff, err error) {
	c, g, s := map[id.Customer]bool{}, map[id.Group]bool{}, map[id.Staff]bool{}
	for _, fact := range facts {
		switch fact.Subject.Type {
		case event.AboutCustomer:
			c[id.Customer(fact.Subject.ID)] = true
		case event.AboutStaff:
			s[id.Staff(fact.Subject.ID)] = true
		}
		group, err := profile.GroupOf(fact)
		if err != nil {
			return nil, nil, nil, err
		}
		if group != 0 {
			g[group] = true
		}
	}
	return slices.Sorted(maps.Keys(c)), slices.Sorted(maps.Keys(g)), slices.Sorted(maps.Keys(s)), nil
}

func (b *batch) canonical(c id.Customer) id.Customer {
	if to, ok := b.answers[c]; ok {
		return to
	}
	return c
}

func (b *batch) apply(fact event.Fact) error {
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
		return b.applyToCustomer(fact)
	}
	return nil
}

func (b *batch) applyToCustomer(fact event.Fact) error {
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
	if err := b.countOutcome(b.customers[who], fact); err != nil {
		return err
	}
	return b.customers[who].Apply(fact)
}

func (b *batch) result() Fold {
	result := Fold{Aliases: b.aliases, Counters: b.counters.list(), Reader: Reader, Cursor: b.facts[len(b.facts)-1].Seq}
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
