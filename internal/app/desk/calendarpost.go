package desk

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// Posts reach no single customer: they hold nothing up, are held up by nothing, and do
// not count as contacts. Who sees one is known all the same: customers in its groups,
// or with a relation to a member who publishes it.

// posting is what is known of a post so far.
type posting struct {
	web.Coming
	tags    []string // of Moments: who has one of them sees it
	targets map[int64]bool
}

// post returns what is known so far of a post that comes.
func (m *calendarMaker) post(key comingKey, first web.Coming) *posting {
	p := m.posts[key]
	if p == nil {
		first.Kind = key.kind
		p = &posting{Coming: first, targets: map[int64]bool{}}
		m.posts[key] = p
	}
	if first.At.Before(p.At) {
		p.At = first.At
	}
	return p
}

// addPosts adds posts that members have not confirmed yet, but for those that wait
// until a paused process goes on.
func (m *calendarMaker) addPosts(ctx context.Context) error {
	sends, err := m.DB.PostSends(ctx, delivery.PostQuery{States: []delivery.State{delivery.Planned, delivery.Claimed, delivery.Calling, delivery.InDoubt},
		Tasks: []delivery.TaskState{delivery.Making, delivery.Open}, Scope: org.All(), Limit: mostDispatches})
	if err != nil || len(sends) == 0 {
		return err
	}
	written, err := m.postsWritten(ctx, sends)
	if err != nil {
		return err
	}
	onHold := map[string]bool{}
	for number, p := range m.processes {
		onHold[delivery.ProcessAuthor(number)] = p.State == flow.ProcessPaused
	}
	by := map[int64]*posting{}
	var numbers []int64
	for i := range sends {
		s := &sends[i]
		day, ok := m.dayOf(s.From)
		text := written[s.Post]
		if !ok || text == nil || s.State == delivery.Planned && onHold[text.Author] {
			continue
		}
		key := comingKey{kind: web.ComesOut, day: day, post: s.Post}
		switch {
		case s.State == delivery.Planned && s.ApprovedBy == "":
			key.kind = web.ComesWaiting
		case s.State == delivery.Planned:
			key.kind = web.ComesApproved
		}
		by[s.ID] = m.post(key, web.Coming{Purpose: text.Purpose, Channel: s.Channel, At: s.From, Post: s.Post, Says: content.Beginning(text.Text)})
		by[s.ID].tags = text.Tags
		numbers = append(numbers, s.ID)
	}
	const some = 500 // sends of one query
	for part := range slices.Chunk(numbers, some) {
		if err := m.DB.TargetsUnderway(ctx, part, func(send, target int64) { by[send].targets[target] = true }); err != nil {
			return err
		}
	}
	return nil
}

// postsWritten returns the posts that sends are of.
func (m *calendarMaker) postsWritten(ctx context.Context, sends []delivery.PostSend) (map[int64]*delivery.Post, error) {
	var numbers []int64
	for i := range sends {
		numbers = append(numbers, sends[i].Post)
	}
	slices.Sort(numbers)
	written := map[int64]*delivery.Post{}
	const some = 500 // posts of one query
	for part := range slices.Chunk(slices.Compact(numbers), some) {
		posts, err := m.DB.Posts(ctx, part)
		if err != nil {
			return nil, err
		}
		for i := range posts {
			written[posts[i].ID] = &posts[i]
		}
	}
	return written, nil
}

// addPostRun adds the posts that a run about a group, a store or a member comes to, as
// addRun does for customers.
func (m *calendarMaker) addPostRun(r *sop.Run, p *sop.Process, end event.Instant) {
	every := func(*sop.Step) bool { return true }
	m.eachStep(r, p, end, every, func(key comingKey, s *sop.Step, due time.Time) {
		if target, ok := m.targetOf(r.Subject, r.ID, s.Channel); ok {
			coming := comingStep(p, s, due)
			coming.Channel = postChannel(s.Channel)
			m.post(key, coming).targets[target] = true
		}
	})
}

func postChannel(c sop.Channel) event.Channel {
	if c == sop.Moments {
		return event.Moments
	}
	return event.GroupPost
}

// targetOf returns the group, or the member for Moments, into which a step about a
// subject posts; ok is false where it posts nothing.
func (m *calendarMaker) targetOf(subject sop.Subject, number int64, channel sop.Channel) (target int64, ok bool) {
	switch {
	case subject == sop.OfGroup && channel == sop.Group, subject == sop.OfMember && channel == sop.Moments:
		return number, true
	case subject == sop.OfStore && channel == sop.Moments:
		brand := m.Brand.Org()
		member, found := brand.ActingFor(id.Store(number))
		return int64(member.ID), found
	}
	return 0, false
}

// addPostDates adds the posts of processes about groups, stores and members that begin
// on dates and weekdays for which not all of them have entered yet.
func (m *calendarMaker) addPostDates(ctx context.Context) error {
	for _, p := range m.processes {
		doc := &p.Document
		if p.State != flow.ProcessActive || doc.Subject == sop.OfCustomer || len(doc.Trigger.Dates)+len(doc.Trigger.Weekdays) == 0 {
			continue
		}
		dates, err := m.datesToCome(ctx, p)
		if err != nil {
			return err
		}
		subjects, err := flow.Concerned(ctx, doc, m.Brand.Org(), m.DB.Groups, m.DB.GroupKinds)
		if err != nil {
			return err
		}
		for _, date := range dates {
			m.addPostDate(p, date.Day, slices.DeleteFunc(slices.Clone(subjects), date.Entered))
		}
	}
	return nil
}

func (m *calendarMaker) addPostDate(p *flow.Process, date sop.Day, subjects []int64) {
	m.addDatedSubjects(p, date, subjects)
	doc := &p.Document
	for at := range doc.Steps {
		s := &doc.Steps[at]
		due := s.At.From(date.Start(m.Zone), m.Zone)
		day, ok := m.dayOf(due)
		if !ok || s.Lane != "" || due.Before(m.today) {
			continue
		}
		for _, subject := range subjects {
			if target, ok := m.targetOf(doc.Subject, subject, s.Channel); ok {
				coming := comingStep(doc, s, due)
				coming.Channel, coming.Expected = postChannel(s.Channel), true
				m.post(comingKey{kind: web.ComesDate, day: day, process: p.Number, version: p.Version, step: at}, coming).targets[target] = true
			}
		}
	}
}

// makePosts finds out who sees each post.
func (m *calendarMaker) makePosts(c *calendar) error {
	none := m.index.Crowd(slices.Values([]id.Customer(nil)))
	for day := range c.seen {
		c.seen[day] = none
	}
	for key, p := range m.posts {
		crowd, err := seeing(m.index, p)
		if err != nil {
			return err
		}
		if p.N, p.Targets = crowd.Len(), len(p.targets); p.N > 0 {
			c.posts = append(c.posts, comingCrowd{Coming: p.Coming, day: key.day, crowd: crowd})
			c.seen[key.day] = c.seen[key.day].Or(crowd)
		}
	}
	slices.SortStableFunc(c.posts, func(a, b comingCrowd) int {
		return cmp.Or(compareComing(a, b), cmp.Compare(a.Post, b.Post))
	})
	return nil
}

// seeing returns who sees a post.
func seeing(ix *index.Index, p *posting) (*index.Crowd, error) {
	all := ix.Crowd(slices.Values([]id.Customer(nil)))
	for some := range slices.Chunk(slices.Sorted(maps.Keys(p.targets)), audience.MaxValues) {
		rule := seenAt(p, some)
		crowd, err := ix.Evaluate(&rule, org.All(), ix.Position().Day)
		if err != nil {
			return nil, fmt.Errorf("find out who sees a post: %w", err)
		}
		all = all.Or(crowd)
	}
	return all, nil
}

// seenAt returns of whom holds that they see a post at some of its targets.
func seenAt(p *posting, some []int64) audience.Rule {
	ask := func(field string, values []audience.Value) audience.Rule {
		return audience.Rule{Ask: &audience.Condition{Field: field, Is: audience.OneOf, Values: values}}
	}
	var targets, tags []audience.Value
	for _, target := range some {
		targets = append(targets, audience.Value{Number: target})
	}
	for _, t := range p.tags {
		tags = append(tags, audience.Value{Number: int64(id.CodeOf(t)), Text: t})
	}
	switch {
	case p.Channel == event.GroupPost:
		return ask("groups", targets)
	case len(tags) == 0:
		return ask("staff", targets)
	}
	return audience.Rule{All: []audience.Rule{ask("staff", targets), ask("tags", tags)}}
}

// cut returns those of some things on a day that reach some customers, cut to them.
func cut(items []comingCrowd, day int, among *index.Crowd) (list []comingCrowd) {
	for _, item := range items {
		if item.day != day {
			continue
		}
		item.crowd = item.crowd.And(among)
		if item.N = item.crowd.Len(); item.N > 0 {
			list = append(list, item)
		}
	}
	return list
}

// seenTogether returns something and a post, or two posts, that most customers get
// both of.
func seenTogether(items, posts []comingCrowd) (pairs []web.Pair) {
	const mostCompared = 40 // of each
	items, posts = largest(items, mostCompared), largest(posts, mostCompared)
	for i := range posts {
		for _, other := range slices.Concat(items, posts[:i]) {
			if both := other.crowd.Overlap(posts[i].crowd); both > 0 {
				pairs = append(pairs, web.Pair{First: other.Coming, Second: posts[i].Coming, Both: both})
			}
		}
	}
	return mostInBoth(pairs)
}

// largest returns the things that reach most customers, most first.
func largest(items []comingCrowd, most int) []comingCrowd {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b comingCrowd) int { return cmp.Compare(b.N, a.N) })
	return items[:min(len(items), most)]
}

func mostInBoth(pairs []web.Pair) []web.Pair {
	slices.SortStableFunc(pairs, func(a, b web.Pair) int { return cmp.Compare(b.Both, a.Both) })
	return pairs[:min(len(pairs), calendarPairs)]
}
