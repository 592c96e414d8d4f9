package simulator

import (
	"slices"
	"time"

	"siyu/internal/fault"
)

// moment is a Moment made for the corp (it waits for every sender to publish
// it) or by a member.
type moment struct {
	id       string
	number   int32
	app      *app
	creator  *member
	created  time.Time
	listed   time.Time  // when the list begins to show it, by the wire's clock
	job      *momentJob // that makes it, nil for a member's own
	form     momentForm
	tasks    []*momentTask
	stopped  bool
	public   bool
	comments []reaction
	likes    []reaction
}

type momentTask struct {
	member    *member
	published time.Time
	chosen    []*external
	seenBy    []*external
}

// reaction is a comment or a like by a customer or a member.
type reaction struct {
	publisher *member
	by        person
	at        time.Time
}

type momentJob struct {
	started time.Time
	asked   int
	moment  *moment
	bad     momentRange
	code    int
}

type momentBook struct {
	byID  map[string]*moment
	order []*moment
	open  []*moment // those with unpublished tasks, and a few that were just finished
	jobs  map[string]*momentJob
}

func newMomentBook() momentBook {
	return momentBook{byID: map[string]*moment{}, jobs: map[string]*momentJob{}}
}

// made tells whether the members have got their tasks.
func (p *Platform) made(m *moment) bool {
	return m.job == nil || m.job.status(p.wire.Now(), orNumber(p.cfg.MomentJob, standardJobStep)) == jobDone
}

func (m *moment) settled() bool {
	return m.stopped || !slices.ContainsFunc(m.tasks, func(t *momentTask) bool { return t.published.IsZero() })
}

func (m *moment) taskOf(who *member) *momentTask {
	for _, t := range m.tasks {
		if t.member == who {
			return t
		}
	}
	return nil
}

// PendingMoments returns the Moments that wait for the member to publish
// them, oldest first. Empty means of everybody.
func (p *Platform) PendingMoments(userID string) []Task {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moments.open = slices.DeleteFunc(p.moments.open, (*moment).settled)
	var open []Task
	for _, m := range p.moments.open {
		if !p.made(m) {
			continue
		}
		for _, t := range m.tasks {
			if t.published.IsZero() && (userID == "" || t.member.UserID == userID) {
				open = append(open, Task{
					Kind: KindMoment, ID: m.id, UserID: t.member.UserID, Created: m.created,
					Receivers: len(t.chosen), Text: m.form.words(),
				})
			}
		}
	}
	return open
}

// PublishMoment lets a member publish a Moment the corp made: every chosen
// customer who is still connected can see it.
func (h People) PublishMoment(userID, momentID string) error {
	return h.onMember(userID, func(p *Platform, who *member) error {
		m := p.moments.byID[momentID]
		if m == nil {
			return fault.New(fault.NotFound, "no Moment %q", momentID)
		}
		t := m.taskOf(who)
		if t == nil || m.stopped || !t.published.IsZero() || !p.made(m) {
			return fault.New(fault.Conflict, "member %q has nothing to publish for %q", userID, momentID)
		}
		p.publish(m, t, h.when())
		return nil
	})
}

func (p *Platform) publish(m *moment, t *momentTask, at time.Time) {
	t.published = at
	for _, e := range t.chosen {
		if rel := e.with(t.member); rel != nil && rel.bond == bondAdded {
			t.seenBy = append(t.seenBy, e)
			p.ledger.deliver(ledgerRow{at: at.UnixMilli(), message: m.number, ext: e, member: t.member})
		}
	}
}

// OwnMoment lets a member publish a Moment of their own to all their
// customers and returns its id.
func (h People) OwnMoment(userID, words string) (momentID string, err error) {
	err = h.onMember(userID, func(p *Platform, who *member) error {
		m := &moment{creator: who, created: h.when(), listed: p.wire.Now(), public: true, form: momentForm{Text: &TextBody{words}}}
		t := p.momentTask(who, nil)
		m.tasks = []*momentTask{t}
		p.moments.add(p, m)
		momentID = m.id
		p.publish(m, t, h.when())
		return nil
	})
	return momentID, err
}

// momentTask chooses the member's customers who have one of the tags, or all
// of them.
func (p *Platform) momentTask(who *member, tags []string) *momentTask {
	t := &momentTask{member: who}
	for _, rel := range who.relations {
		tagged := len(tags) == 0 || slices.ContainsFunc(tags, func(id string) bool { return slices.Contains(rel.tags, id) })
		if rel.bond == bondAdded && tagged {
			t.chosen = append(t.chosen, rel.ext)
		}
	}
	return t
}

func (b *momentBook) add(p *Platform, m *moment) {
	m.id = p.nextID("mom")
	m.number = p.ledger.message(m.id, KindMoment, m.form.hash())
	b.byID[m.id] = m
	b.order = append(b.order, m)
	b.open = append(b.open, m)
}

// LikeMoment lets a customer or a member like a Moment that userID published.
func (h People) LikeMoment(momentID, userID, who string) error {
	return h.react(momentID, userID, who, func(m *moment, r reaction) { m.likes = append(m.likes, r) })
}

// CommentMoment lets a customer or a member comment on such a Moment.
func (h People) CommentMoment(momentID, userID, who string) error {
	return h.react(momentID, userID, who, func(m *moment, r reaction) { m.comments = append(m.comments, r) })
}

func (h People) react(momentID, userID, who string, keep func(*moment, reaction)) error {
	return h.act(func(p *Platform) error {
		m := p.moments.byID[momentID]
		if m == nil {
			return fault.New(fault.NotFound, "no Moment %q", momentID)
		}
		_, by, err := p.party(who)
		if err != nil {
			return err
		}
		t := m.taskOf(p.org.members[userID])
		if t == nil || t.published.IsZero() || (by.ext != nil && !slices.Contains(t.seenBy, by.ext)) {
			return fault.New(fault.Conflict, "%q cannot see Moment %q of %q", who, momentID, userID)
		}
		keep(m, reaction{t.member, by, h.when()})
		return nil
	})
}
