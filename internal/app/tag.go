package app

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"siyu/internal/connector/tag"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/job"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/wecom"
)

// tagJob is the kind of jobs that tag many customers.
const tagJob = "tag"

// openTags builds what keeps tags.
func (a *App) openTags() {
	a.tags = tag.NewKeeper(a.db, a.clock)
	a.tagging = &tag.Bulk{Works: a.db, People: tagPeople{a}, Log: a.facts, Clock: a.clock, Marks: a.marks, Lost: a.tagLost}
	a.queue = job.NewQueue(a.db, a.clock, map[string]job.Work{tagJob: a.doTagWork, followJob: a.doFollow, inviteJob: a.doInvite, inviteStopJob: a.doInviteStop, tryJob: a.doTry})
}

// runJobs does background work until none is due.
func (a *App) runJobs(ctx context.Context) error {
	for {
		ran, err := a.queue.RunDue(ctx)
		if err != nil || !ran || ctx.Err() != nil {
			return err
		}
	}
}

// tagCorp returns the corp that is connected.
func (a *App) tagCorp() (tag.Corp, bool) {
	l := a.link.Load()
	if l == nil {
		return tag.Corp{}, false
	}
	return tag.Corp{ID: l.Corp, API: l.client}, true
}

func (a *App) marks(corp id.Corp) (tag.Marks, bool) {
	l := a.link.Load()
	if l == nil || l.Corp != corp {
		return tag.Marks{}, false
	}
	return tag.Marks{API: l.client, Intake: l.intake}, true
}

// keepTags looks at the tags of the corp that is connected.
func (a *App) keepTags(ctx context.Context) error {
	corp, linked := a.tagCorp()
	if !linked {
		return nil
	}
	return a.tags.Sync(ctx, corp.ID, corp.API)
}

// tagLost looks again when WeCom does not know a tag.
func (a *App) tagLost(ctx context.Context, _ tag.Key) error { return a.keepTags(ctx) }

// startTagWork hands work over to be done in the background.
func (a *App) startTagWork(ctx context.Context, w tag.Work) error {
	name := strconv.FormatInt(w.ID, 36)
	_, err := a.queue.Add(ctx, tagJob, name, a.clock.Now(), []byte(name))
	return err
}

// doTagWork tags customers until all are done. Everything it needs to go on
// after a crash stands in the work.
func (a *App) doTagWork(ctx context.Context, t *job.Task) error {
	work, err := strconv.ParseInt(string(t.Payload), 36, 64)
	if err != nil {
		return fault.New(fault.Invalid, "read tag job: %w", err)
	}
	ctx = wecom.WithPriority(ctx, wecom.SyncThen) // welcomes and tasks go first
	for {
		w, err := a.tagging.Step(ctx, work)
		if wait, waits := errors.AsType[*tag.Wait](err); waits {
			return &job.Later{Until: wait.Until, Because: string(wait.Because)}
		}
		if fault.CodeOf(err) == fault.Conflict {
			return a.overtaken(ctx, work, err)
		}
		if err != nil {
			return err
		}
		if w.State != tag.Open {
			return nil
		}
		if err := t.Report(ctx, []byte(strconv.Itoa(w.Done+w.Failed)+"/"+strconv.Itoa(w.Total))); err != nil {
			return err
		}
	}
}

// overtaken ends a job whose work a person stopped meanwhile.
func (a *App) overtaken(ctx context.Context, work int64, cause error) error {
	w, err := a.db.TagWork(ctx, work)
	if err != nil || w.State != tag.Open {
		return err
	}
	return cause
}

// tagSweep is how many customers are forgotten by one write.
const tagSweep = 1000

// sweepTags takes up work whose job was lost, and forgets what ended work left
// undone and who carried tags that follow no audience any more.
func (a *App) sweepTags(ctx context.Context) error {
	open, err := a.db.OpenTagWorks(ctx)
	if err != nil {
		return err
	}
	for _, w := range open {
		if err := a.startTagWork(ctx, w); err != nil {
			return err
		}
	}
	now := a.clock.Now()
	for _, sweep := range []func() (forgot int64, err error){
		func() (int64, error) { return a.db.SweepTagWork(ctx, now.Add(-time.Hour), now, tagSweep) },
		func() (int64, error) { return a.db.SweepTagFollowers(ctx, tagSweep) },
	} {
		for forgot := int64(1); forgot > 0; {
			if forgot, err = sweep(); err != nil {
				return err
			}
		}
	}
	return nil
}

// tagCountEvery is how old counts of carriers become: counting walks all
// customers.
const tagCountEvery = 20 * time.Hour

// countTags counts who carries each tag, once a day, on one node.
func (a *App) countTags(ctx context.Context) error {
	groups, err := a.db.TagGroups(ctx)
	if err != nil {
		return err
	}
	var counted time.Time
	for _, g := range groups {
		for _, t := range g.Tags {
			if t.Counted.After(counted) {
				counted = t.Counted
			}
		}
	}
	if len(groups) == 0 || a.clock.Now().Sub(counted) < tagCountEvery {
		return nil
	}
	_, err = hold(ctx, a.db, storage.Lease{Name: "tag_count", Holder: a.node, For: turnLease}, a.CountTags)
	return err
}

// CountTags counts who carries each tag, now.
func (a *App) CountTags(ctx context.Context) error {
	const chunk = 1000
	carriers, at := map[tag.Key]int64{}, a.clock.Now()
	err := a.db.EachCustomer(ctx, chunk, func(states []profile.Customer) error {
		for i := range states {
			for _, k := range a.carried(&states[i]) {
				carriers[k]++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.db.KeepTagCarriers(ctx, carriers, at)
}

// carried returns the tags that a customer carries, each once.
func (a *App) carried(c *profile.Customer) []tag.Key {
	var list []tag.Key
	for _, t := range c.Tags {
		if t.On() {
			list = append(list, tag.OwnKey(t.Tag))
		}
	}
	for _, r := range c.Relations {
		if !r.Active() || len(r.Tags) == 0 {
			continue
		}
		member, _ := a.brand.Member(r.Staff)
		for _, one := range r.Tags {
			if k := (tag.Key{Corp: member.Corp, ID: one}); !slices.Contains(list, k) {
				list = append(list, k)
			}
		}
	}
	return list
}

// tagPeople shows customers as tags need them.
type tagPeople struct{ *App }

var _ tag.People = tagPeople{}

// Bonds implements tag.People.
func (p tagPeople) Bonds(ctx context.Context, corp id.Corp, customers []id.Customer, staff id.Staff) ([]tag.Bond, error) {
	states, err := p.states(ctx, customers)
	if err != nil {
		return nil, err
	}
	byStaff, asked := map[id.Staff][]id.Customer{}, map[id.Customer][]id.Customer{}
	for i := range states {
		c := &states[i]
		if asked[c.ID] = append(asked[c.ID], customers[i]); len(asked[c.ID]) > 1 {
			continue // two ids of one person
		}
		for _, r := range c.Relations {
			if r.Active() && r.Since != 0 && (staff == 0 || r.Staff == staff) {
				byStaff[r.Staff] = append(byStaff[r.Staff], c.ID)
			}
		}
	}
	var bonds []tag.Bond
	for s, list := range byStaff {
		member, known := p.brand.Member(s)
		if !known || member.Corp != corp {
			continue
		}
		external, err := addresses{p.db, p.vault}.ExternalIDs(ctx, corp, s, list)
		if err != nil {
			return nil, err
		}
		for c, externalUserID := range external {
			for _, one := range asked[c] {
				bonds = append(bonds, tag.Bond{Customer: one, UserID: member.UserID, ExternalUserID: externalUserID})
			}
		}
	}
	return bonds, nil
}

// Answering implements tag.People.
func (p tagPeople) Answering(ctx context.Context, customers []id.Customer) (map[id.Customer]id.Customer, error) {
	return p.db.Canonical(ctx, customers)
}

// Carrying implements tag.People.
func (p tagPeople) Carrying(ctx context.Context, of id.Tag, customers []id.Customer) (map[id.Customer]bool, error) {
	states, err := p.states(ctx, customers)
	if err != nil {
		return nil, err
	}
	carrying := make(map[id.Customer]bool, len(states))
	for i := range states {
		carrying[customers[i]] = states[i].Carries(of)
	}
	return carrying, nil
}

// states returns the states of who answers for the customers.
func (p tagPeople) states(ctx context.Context, customers []id.Customer) ([]profile.Customer, error) {
	to, err := p.db.Canonical(ctx, customers)
	if err != nil {
		return nil, err
	}
	who := slices.Clone(customers)
	for i, c := range who {
		if canonical, merged := to[c]; merged {
			who[i] = canonical
		}
	}
	return p.db.LoadCustomers(ctx, who)
}

// tagByHand tags one customer on behalf of a person and carries it through the
// house, so that the page shows it.
func (a *App) tagByHand(ctx context.Context, h tag.Hand) error {
	if err := a.tagging.ByHand(ctx, h); err != nil {
		return err
	}
	return a.Turn(ctx)
}
