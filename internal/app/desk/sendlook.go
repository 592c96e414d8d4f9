package desk

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/web"
)

// reviews are what drafts of one-off messages would come to. They are looked up in the
// background, one after the other, and kept in memory: after a restart they are looked
// up again.
type reviews struct {
	mu      sync.Mutex
	by      map[string]*review
	looking sync.Mutex
}

// review is what one version of a draft would come to.
type review struct {
	version int
	at      time.Time // for which it was asked
	asked   time.Time
	done    chan struct{} // closed once it is there

	looked int
	seen   flow.Foreseen
	failed error
}

// A review is looked up anew when a page asks and it is older than reviewAge; a page
// waits for it for reviewPatience. reviewsKept are remembered.
const (
	reviewAge      = 5 * time.Minute
	reviewPatience = 2 * time.Second
	reviewsKept    = 40
)

// reviewOf returns the newest review of a draft, one that has begun at least.
func (d *Desk) reviewOf(ctx context.Context, p *flow.Process) *review {
	document := p.Document
	when, _ := document.OneOffAt(d.Zone)
	if now := d.nextMoment(d.Clock.Now()); document.OneOff.Now || when.Before(now) {
		when = now
	}
	k := &d.reviews
	k.mu.Lock()
	r := k.by[p.Name]
	if r == nil || r.version != p.Version || d.Clock.Now().Sub(r.asked) > reviewAge {
		r = &review{version: p.Version, at: when, asked: d.Clock.Now(), done: make(chan struct{})}
		if k.by == nil || len(k.by) >= reviewsKept {
			k.by = map[string]*review{}
		}
		k.by[p.Name] = r
		go d.look(context.WithoutCancel(ctx), &document, r)
	}
	k.mu.Unlock()
	patience := time.NewTimer(reviewPatience)
	defer patience.Stop()
	select {
	case <-r.done:
	case <-patience.C:
	case <-ctx.Done():
	}
	return r
}

// look looks up what a draft would come to.
func (d *Desk) look(ctx context.Context, p *sop.Process, r *review) {
	k := &d.reviews
	k.looking.Lock()
	defer k.looking.Unlock()
	seen, err := d.Once.Foresee(ctx, p, r.at, func(looked int) error {
		k.mu.Lock()
		defer k.mu.Unlock()
		r.looked = looked
		return nil
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	r.seen, r.failed = seen, err
	close(r.done)
}

// addReview adds to a draft what it would come to, and who may approve it.
func (d *Desk) addReview(ctx context.Context, by web.Asker, p *flow.Process, v *web.OneOffView) error {
	r := d.reviewOf(ctx, p)
	v.Review = &web.OneOffReview{AsOf: r.asked}
	d.reviews.mu.Lock()
	v.Review.Looked = r.looked
	d.reviews.mu.Unlock()
	select {
	case <-r.done:
		v.Review.Done, v.Review.Failed = r.failed == nil, r.failed != nil
	default:
	}
	if v.Review.Done {
		if err := d.fillReview(ctx, p, r, v.Review); err != nil {
			return err
		}
	}
	if !d.approvedBefore(&p.Document) {
		return nil
	}
	return d.addApproval(ctx, by, p, v)
}

// membersShown is how many members a review lists.
const membersShown = 100

func (d *Desk) fillReview(ctx context.Context, p *flow.Process, r *review, v *web.OneOffReview) error {
	v.Customers, v.Given, v.Withheld = r.seen.Customers, r.seen.Total(), r.seen.Withheld
	v.Held = r.seen.Withheld["holdout"]
	var err error
	if v.Samples, err = d.reviewSamples(ctx, &p.Document, r); err != nil {
		return err
	}
	members, err := d.reviewMembers(ctx, &p.Document, r)
	if err != nil {
		return err
	}
	for _, m := range members {
		v.Confirmings += m.Confirmations
		if m.Short {
			v.Short++
		}
		if p.Document.Steps[0].Channel != sop.Mass && m.Left > 0 {
			v.NeedsDays = max(v.NeedsDays, (m.Customers+m.Left-1)/m.Left)
		}
	}
	v.More = max(0, len(members)-membersShown)
	v.Members = members[:len(members)-v.More]
	return nil
}

// reviewMembers returns what it costs each member, most customers first.
func (d *Desk) reviewMembers(ctx context.Context, p *sop.Process, r *review) (members []web.OneOffMember, err error) {
	list := make([]id.Staff, 0, len(r.seen.Given))
	for s := range r.seen.Given {
		list = append(list, s)
	}
	names, err := d.staffNames(ctx, list)
	if err != nil {
		return nil, err
	}
	given, err := d.DB.ToConfirm(ctx, list, clock.Day(r.at, d.Zone))
	if err != nil {
		return nil, err
	}
	rules := d.Brand.Documents().Rules
	for _, s := range list {
		m := web.OneOffMember{Name: names[s], Store: d.Brand.StoreName(d.Brand.StoreOf(s)), Customers: r.seen.Given[s]}
		if p.Steps[0].Channel == sop.Mass {
			m.Left = max(0, rules.MaxConfirmations-given[s])
			m.Confirmations = min(len(p.Steps[0].Content), m.Customers)
			m.Short = m.Left < m.Confirmations
		} else {
			member, _ := d.Brand.Member(s)
			m.Left = cmp.Or(member.Capacity, rules.Capacity)
			m.Short = m.Left < m.Customers
		}
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b web.OneOffMember) int {
		return cmp.Or(cmp.Compare(b.Customers, a.Customers), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Store, b.Store))
	})
	return members, nil
}

// reviewSamples returns what some customers would get: of each wording one, as far as
// there are customers.
func (d *Desk) reviewSamples(ctx context.Context, p *sop.Process, r *review) (samples []web.OneOffSample, err error) {
	step := &p.Steps[0]
	customers, staff := make([]id.Customer, len(r.seen.Sample)), make([]id.Staff, len(r.seen.Sample))
	for i, s := range r.seen.Sample {
		customers[i], staff[i] = s.Customer, s.Staff
	}
	names, err := d.customerNames(ctx, customers)
	if err != nil {
		return nil, err
	}
	members, err := d.staffNames(ctx, staff)
	for i, s := range r.seen.Sample {
		text := step.Content[i%len(step.Content)].Text.In(p.Speaks())
		if step.Channel == sop.Mass {
			text = delivery.MassText(text)
		} else {
			text = content.Fill(text, names[s.Customer], members[s.Staff])
		}
		samples = append(samples, web.OneOffSample{Customer: s.Customer, Name: names[s.Customer], Staff: members[s.Staff], Text: text})
	}
	return samples, err
}
