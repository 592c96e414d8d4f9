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

// otherOf returns with whom a fact joins its subject, or from whom it parts
// it; 0 for all other facts.
func otherOf(fact event.Fact) (id.Customer, error) {
	switch fact.Kind {
	case event.KindCustomerMerged:
		body, err := event.Read[event.CustomerMerged](fact)
		return body.Into, err
	case event.KindCustomerUnmerged:
		body, err := event.Read[event.CustomerUnmerged](fact)
		return body.From, err
	}
	return 0, nil
}

// rejoin notes that a merge or its undoing changed who answers for whom. The
// people concerned are folded again from the log before the batch is stored:
// the subject, who answered for it before, and who answers for the other. Each
// merge is kept as it was told, so that the undoing of one leaves the others of
// a chain as they are.
func (b *batch) rejoin(subject id.Customer, fact event.Fact) error {
	other, err := otherOf(fact)
	if err != nil {
		return err
	}
	b.rejoined[subject], b.rejoined[b.canonical(subject)] = true, true
	to := other
	if fact.Kind == event.KindCustomerUnmerged {
		to = subject
	} else if b.leads(other, subject) {
		return nil // both are one already, the other way round
	}
	b.aliases = append(b.aliases, Alias{subject, to})
	b.merged[subject] = to
	b.rejoined[b.canonical(other)] = true
	return nil
}

// leads tells whether a chain of merges that begins at one customer comes to
// another.
func (b *batch) leads(from, to id.Customer) bool {
	for range len(b.merged) + 1 { // a chain is never longer than all merges together
		if from == to {
			return true
		}
		into, merged := b.merged[from]
		if !merged || into == from {
			return false
		}
		from = into
	}
	return false
}

// refold rebuilds the states of people whose ids were joined or parted, from
// all facts up to the end of the batch.
func (b *batch) refold(ctx context.Context) error {
	if len(b.rejoined) == 0 {
		return nil
	}
	people := slices.Sorted(maps.Keys(b.rejoined))
	stored, err := b.flow.states.AliasesOf(ctx, people)
	if err != nil {
		return fmt.Errorf("look up aliases: %w", err)
	}
	before, err := b.flow.states.LoadCustomers(ctx, people)
	if err != nil {
		return fmt.Errorf("load customers: %w", err)
	}
	for i, who := range people {
		b.links.rejoined[who] = purchasesOf(&before[i])
		state, err := b.flow.replay(ctx, who, b.aliasesNow(who, stored), b.last.Seq)
		if err != nil {
			return err
		}
		if b.canonical(who) == who {
			state.MergedInto = 0 // whatever was said of it before the other way round
		}
		b.customers[who] = state
		b.changed[who] = true
	}
	return nil
}

// aliasesNow returns the ids that who answers for after this batch, given what
// the people folded again answered for before it; a merged id keeps the state of
// its own facts.
func (b *batch) aliasesNow(who id.Customer, stored map[id.Customer][]id.Customer) []id.Customer {
	if b.canonical(who) != who {
		return []id.Customer{who}
	}
	var now []id.Customer
	for before, list := range stored {
		if b.canonical(before) == who {
			now = append(now, list...)
		}
	}
	slices.Sort(now)
	return now
}

// replay folds all facts about the ids up to a position into one state.
func (f *Flow) replay(ctx context.Context, who id.Customer, ids []id.Customer, until int64) (*profile.Customer, error) {
	const page = 5000
	state := &profile.Customer{ID: who}
	subjects := make([]event.Subject, len(ids))
	for i, one := range ids {
		subjects[i] = event.Customer(one)
	}
	for after := int64(0); ; {
		facts, err := f.log.FactsAbout(ctx, subjects, after, page)
		if err != nil {
			return nil, fmt.Errorf("read facts about customer %s: %w", id.Text(who), err)
		}
		for _, fact := range facts {
			if fact.Seq > until {
				return state, nil
			}
			if err := state.Apply(fact); err != nil {
				return nil, err
			}
			after = fact.Seq
		}
		if len(facts) < page {
			return state, nil
		}
	}
}

// match looks whether identities that were claimed in this batch belong to
// somebody already, and if the evidence is strong enough writes the merge as a
// fact, to be folded with a later batch.
//
// Strong: the same unionid (WeChat's own word for the same person), or a phone
// that ties a buyer known only from a shop to a WeCom customer. The same phone
// on two WeCom customers is not: families and offices share phones.
func (b *batch) match(ctx context.Context) error {
	if len(b.claims) == 0 {
		return nil
	}
	owners, err := b.flow.states.IdentityOwners(ctx, b.claims)
	if err != nil {
		return fmt.Errorf("look up identities: %w", err)
	}
	var fresh []Identity
	for _, claim := range b.claims {
		owner, known := owners[claim.Text()]
		if !known {
			owners[claim.Text()] = claim.Customer
			fresh = append(fresh, claim)
			continue
		}
		if err := b.weigh(ctx, claim, b.canonical(owner)); err != nil {
			return err
		}
	}
	b.claims = fresh
	return nil
}

func (b *batch) weigh(ctx context.Context, claim Identity, owner id.Customer) error {
	mine, theirs := claim.Customer, owner
	if mine == theirs {
		return nil
	}
	pair, err := b.states(ctx, mine, theirs)
	if err != nil {
		return err
	}
	inWeCom := func(c *profile.Customer) bool { return len(c.Corps) > 0 }
	from, into := theirs, mine
	switch {
	case pair[0].MergedInto != 0 || pair[1].MergedInto != 0:
		return nil
	case inWeCom(pair[0]) && inWeCom(pair[1]):
		if claim.Kind != event.ByUnionID {
			return nil
		}
		if pair[1].FirstSeen <= pair[0].FirstSeen {
			from, into = mine, theirs // the older acquaintance answers
		}
	case inWeCom(pair[1]):
		from, into = mine, theirs
	}
	fact, err := event.New(event.Customer(from), b.last.At, event.FromMatching,
		id.Hash("merge", claim.Text(), id.Text(from), id.Text(into)),
		event.CustomerMerged{Into: into, Identity: claim.Kind, Key: claim.Key})
	if err != nil {
		return err
	}
	b.merges = append(b.merges, fact)
	return nil
}

// states returns the two states as they are after this batch.
func (b *batch) states(ctx context.Context, ids ...id.Customer) ([]*profile.Customer, error) {
	pair := make([]*profile.Customer, len(ids))
	for i, one := range ids {
		if pair[i] = b.customers[one]; pair[i] != nil {
			continue
		}
		loaded, err := b.flow.states.LoadCustomers(ctx, []id.Customer{one})
		if err != nil {
			return nil, fmt.Errorf("load customer: %w", err)
		}
		pair[i] = &loaded[0]
	}
	return pair, nil
}
