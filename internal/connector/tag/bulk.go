package tag

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// People shows how customers can be tagged.
type People interface {
	// Bonds returns the active relations of customers within a corp; customers
	// without any are left out. staff limits it to the relations of one member,
	// 0 for all.
	Bonds(ctx context.Context, corp id.Corp, customers []id.Customer, staff id.Staff) ([]Bond, error)
	// Answering returns who answers for those of the customers who were merged.
	Answering(ctx context.Context, customers []id.Customer) (map[id.Customer]id.Customer, error)
	// Carrying returns which of the customers carry one of the brand's own tags.
	Carrying(ctx context.Context, of id.Tag, customers []id.Customer) (map[id.Customer]bool, error)
}

// Log takes facts; eventlog.Log is one.
type Log interface {
	Append(ctx context.Context, facts ...event.Fact) (added int, err error)
}

// Bulk tags many customers. Steps that were interrupted are done again: a mark
// of a relation that carries the tag makes no call, a fact counts once.
type Bulk struct {
	Works  Works
	People People
	Log    Log
	Clock  clock.Clock
	// Marks returns what marks relations of a corp; ok is false while the corp
	// is not connected.
	Marks func(corp id.Corp) (m Marks, ok bool)
	// Lost is told of a tag that WeCom does not know any more.
	Lost func(ctx context.Context, of Key) error
}

// customersTogether are tagged in one step: some seconds of calls.
const customersTogether = 120

// Wait says that work cannot go on before a time; nothing is wrong with it.
type Wait struct {
	Until   time.Time
	Because Because
}

func (w *Wait) Error() string { return "work waits: " + string(w.Because) }

// pause is after how long limits are tried again: WeCom lifts a block after a
// minute, or after an hour, and a refused try costs no call.
const pause = time.Minute

// Step does the next part of work and stores what became of it. It returns the
// work as it stands now; finished work is returned as it is. A *Wait says when
// to go on.
func (b *Bulk) Step(ctx context.Context, work int64) (Work, error) {
	w, err := b.Works.TagWork(ctx, work)
	if err != nil || w.State != Open {
		return w, err
	}
	targets, err := b.Works.TagTargets(ctx, work, w.After, customersTogether)
	if err != nil {
		return w, err
	}
	s := Step{Work: w, At: b.Clock.Now(), From: w.After}
	switch {
	case len(targets) == 0:
		s.Work.State, s.Work.Because, s.Work.Ended = Finished, "", b.Clock.Now()
	case w.Tag.Own():
		err = b.tell(ctx, &s, targets)
	default:
		err = b.mark(ctx, &s, targets)
	}
	if err != nil {
		return w, b.held(ctx, s, err)
	}
	if err := b.Works.KeepTagStep(ctx, s); err != nil {
		return w, err
	}
	if s.Work.Because == TagGone && s.Work.State == Failed {
		return s.Work, b.Lost(ctx, w.Tag)
	}
	return s.Work, nil
}

// held notes why work waits.
func (b *Bulk) held(ctx context.Context, s Step, err error) error {
	wait, waits := errors.AsType[*Wait](err)
	if !waits {
		return err
	}
	s = Step{Work: s.Work, At: s.At, From: s.From}
	s.Work.After, s.Work.Because = s.From, wait.Because
	if kept := b.Works.KeepTagStep(ctx, s); kept != nil {
		return kept
	}
	return wait
}

// advance moves the work behind the targets.
func (s *Step) advance(targets []Target) {
	s.Work.After, s.Work.Because = targets[len(targets)-1].Customer, ""
	s.Work.Done += len(s.Done)
	s.Work.Failed += len(s.Refused)
}

// tell puts one of the brand's own tags on customers.
func (b *Bulk) tell(ctx context.Context, s *Step, targets []Target) error {
	tag := s.Work.Tag.Number()
	customers := make([]id.Customer, len(targets))
	for i, t := range targets {
		customers[i] = t.Customer
	}
	carrying, err := b.People.Carrying(ctx, tag, customers)
	if err != nil {
		return err
	}
	var facts []event.Fact
	for _, t := range targets {
		if carrying[t.Customer] != t.Off { // it is as it should be
			continue
		}
		f, err := fact(Own{Tag: tag, Customer: t.Customer, Off: t.Off, By: s.Work.By, At: b.Clock.Now(), Key: strconv.FormatInt(s.Work.ID, 36)})
		if err != nil {
			return err
		}
		facts = append(facts, f)
	}
	if len(facts) > 0 {
		if _, err := b.Log.Append(ctx, facts...); err != nil {
			return fmt.Errorf("tell %d tags: %w", len(facts), err)
		}
	}
	s.Done = targets
	s.advance(targets)
	return nil
}

// Own is a change of one of the brand's own tags on one customer. Changes with
// one Key are one.
type Own struct {
	Tag      id.Tag
	Customer id.Customer
	Off      bool
	By       string // see event.CustomerTagged
	At       time.Time
	Key      string
}

func fact(o Own) (event.Fact, error) {
	var body event.Body = event.CustomerTagged{Tag: o.Tag, By: o.By}
	if o.Off {
		body = event.CustomerUntagged{Tag: o.Tag, By: o.By}
	}
	return event.New(event.Customer(o.Customer), o.At, event.FromConsole, id.Hash(string(body.Kind()), id.Text(o.Tag), o.Key), body)
}

// mark puts a tag of WeCom on every active relation of customers.
func (b *Bulk) mark(ctx context.Context, s *Step, targets []Target) error {
	marks, linked := b.Marks(s.Work.Tag.Corp)
	if !linked {
		return &Wait{Until: b.Clock.Now().Add(pause), Because: Unlinked}
	}
	customers, off := make([]id.Customer, len(targets)), map[id.Customer]bool{}
	for i, t := range targets {
		customers[i], off[t.Customer] = t.Customer, t.Off
	}
	bonds, err := b.People.Bonds(ctx, s.Work.Tag.Corp, customers, 0)
	if err != nil {
		return err
	}
	list := make([]Mark, len(bonds))
	for i, bond := range bonds {
		list[i] = markOf(bond, s.Work.Tag, off[bond.Customer])
		list[i].By = s.Work.By
	}
	done, err := marks.Do(ctx, list)
	if err != nil {
		return err
	}
	return b.settle(s, targets, done)
}

func markOf(bond Bond, of Key, off bool) Mark {
	if off {
		return Mark{Bond: bond, Remove: []string{of.ID}}
	}
	return Mark{Bond: bond, Add: []string{of.ID}}
}

// settle says what became of each customer. What concerns all of them ends the
// work, or lets it wait without a step.
func (b *Bulk) settle(s *Step, targets []Target, done []Marked) error {
	failed, reached := map[id.Customer]Because{}, map[id.Customer]bool{}
	var ending Because
	for _, d := range done {
		why, whole := because(d.Err)
		if why == NotConnected { // this one of the relations has ended meanwhile
			continue
		}
		switch {
		case whole && why == LimitsUsed:
			if ending == "" { // the calls after the one that ended it were never made
				ending = why
			}
		case whole:
			ending = why
		case why != "":
			failed[d.Customer] = why
		}
		reached[d.Customer] = true
	}
	switch ending {
	case "":
	case LimitsUsed:
		return &Wait{Until: b.Clock.Now().Add(pause), Because: ending}
	default:
		s.Work.State, s.Work.Because, s.Work.Ended = Failed, ending, b.Clock.Now()
		return nil
	}
	for _, t := range targets {
		switch {
		case failed[t.Customer] != "":
			s.Refused = append(s.Refused, Refusal{t.Customer, failed[t.Customer]})
		case !reached[t.Customer] && !t.Off:
			s.Refused = append(s.Refused, Refusal{t.Customer, NotConnected})
		default:
			s.Done = append(s.Done, t)
		}
	}
	s.advance(targets)
	return nil
}

func asAnswer(err error) (*wecom.Error, bool) { return errors.AsType[*wecom.Error](err) }

// Hand is one tag put on one customer, or taken off, by a person.
type Hand struct {
	Tag      Key
	Customer id.Customer
	Staff    id.Staff // whose relation is meant, 0 for all
	Off      bool
	By       string // console account
}

// ByHand tags one customer at once. fault.Conflict names why WeCom did not
// take it.
func (b *Bulk) ByHand(ctx context.Context, h Hand) error {
	now := b.Clock.Now()
	if h.Tag.Own() {
		f, err := fact(Own{Tag: h.Tag.Number(), Customer: h.Customer, Off: h.Off, By: h.By, At: now, Key: h.By + "/" + now.Format(time.RFC3339Nano)})
		if err != nil {
			return err
		}
		_, err = b.Log.Append(ctx, f)
		return err
	}
	marks, linked := b.Marks(h.Tag.Corp)
	if !linked {
		return fault.WithKey(fault.Conflict, "error.not_connected", errors.New("WeCom is not connected"))
	}
	bonds, err := b.People.Bonds(ctx, h.Tag.Corp, []id.Customer{h.Customer}, h.Staff)
	if err != nil {
		return err
	}
	if len(bonds) == 0 {
		return fault.WithKey(fault.Conflict, "tag_failed."+string(NotConnected), errors.New("no active relation"))
	}
	list := make([]Mark, len(bonds))
	for i, bond := range bonds {
		list[i] = markOf(bond, h.Tag, h.Off)
		list[i].By = h.By
	}
	done, err := marks.Do(ctx, list)
	if err != nil {
		return err
	}
	for _, d := range done {
		why, _ := because(d.Err)
		if why == TagGone {
			return errors.Join(refusal(d.Err), b.Lost(ctx, h.Tag))
		}
		if d.Err != nil {
			return fault.WithKey(fault.Conflict, "tag_failed."+string(why), d.Err)
		}
	}
	return nil
}
