package tag

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"siyu/internal/connector/intake"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// Because says why a customer could not be tagged, or why work stopped.
type Because string

// Why a customer could not be tagged. Answers of WeCom that are not among them
// are "refused_" and the errcode.
const (
	NotConnected Because = "not_connected" // no member has the customer any more
	TooMany      Because = "too_many"      // the customer carries as many tags as WeCom allows
	OutOfScope   Because = "out_of_scope"  // the member, or the tag, is outside what the app may touch
	StaffUnknown Because = "staff_unknown" // WeCom does not know the member any more
)

// Why work stopped as a whole.
const (
	TagGone    Because = "tag_gone"    // deleted on WeCom
	NoRight    Because = "no_right"    // the app may not mark customers
	BadLink    Because = "bad_link"    // the connection's settings are wrong
	Unlinked   Because = "unlinked"    // WeCom is not connected, or it is another corp
	LimitsUsed Because = "limits_used" // WeCom's limits are used up: it goes on later
)

// Bond is a relation by which a customer can be tagged.
type Bond struct {
	Customer       id.Customer
	UserID         string
	ExternalUserID string
}

// Mark is a change of one relation's tags.
type Mark struct {
	Bond
	Add, Remove []string
	By          string // console account, or event.ByRule
}

// Marker is what marks relations; a wecom.Client is one.
type Marker interface {
	MarkTags(ctx context.Context, mark wecom.TagMark) error
}

// Marks changes the tags of relations of one corp and tells the facts.
type Marks struct {
	API    Marker
	Intake *intake.Intake
}

// Marked is what became of a mark.
type Marked struct {
	Mark
	Already bool  // the relation was so: no call was made
	Err     error // of the call
}

// workers is how many calls are made at a time: below the client's own limit,
// so that welcomes get through.
const workers = 6

// callTime bounds a call with its waiting for limits, so that work that holds a
// lease of a minute reports in time.
const callTime = 20 * time.Second

// Do makes the calls that change anything and tells what they changed. What
// was done before a failure is told: doing the rest again makes no call twice
// that matters. The error is of the database; those of calls are in the answer.
func (m Marks) Do(ctx context.Context, marks []Mark) ([]Marked, error) {
	done := make([]Marked, len(marks))
	before := m.Intake.Begin(event.FromConsole)
	if err := m.load(ctx, before, marks); err != nil {
		return nil, err
	}
	calls, limited := errgroup.WithContext(ctx)
	calls.SetLimit(workers)
	var stop sync.Once
	limited, cancel := context.WithCancel(limited)
	defer cancel()
	for i, mark := range marks {
		carried, err := before.Carried(ctx, mark.UserID, mark.ExternalUserID)
		if err != nil {
			return nil, err
		}
		done[i].Mark = mark
		if mark.holds(carried) {
			done[i].Already = true
			continue
		}
		calls.Go(func() error {
			if done[i].Err = m.call(limited, mark); ends(done[i].Err) {
				stop.Do(cancel) // the others would fail in the same way
			}
			return nil
		})
	}
	_ = calls.Wait() // errors stand in done
	return done, m.tell(ctx, done)
}

// load reads what was told of all relations at once.
func (m Marks) load(ctx context.Context, b *intake.Batch, marks []Mark) error {
	byMember := map[string][]string{}
	for _, mark := range marks {
		byMember[mark.UserID] = append(byMember[mark.UserID], mark.ExternalUserID)
	}
	for userID, customers := range byMember {
		if err := b.LoadRelations(ctx, userID, customers); err != nil {
			return err
		}
	}
	return nil
}

func (m Mark) holds(carried []string) bool {
	for _, t := range m.Add {
		if !slices.Contains(carried, t) {
			return false
		}
	}
	return !slices.ContainsFunc(m.Remove, func(t string) bool { return slices.Contains(carried, t) })
}

func (m Marks) call(ctx context.Context, mark Mark) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return m.API.MarkTags(ctx, wecom.TagMark{UserID: mark.UserID, ExternalUserID: mark.ExternalUserID, Add: mark.Add, Remove: mark.Remove})
}

// tell reads the relations again, because callbacks were read meanwhile.
func (m Marks) tell(ctx context.Context, done []Marked) error {
	var marked []Mark
	for _, d := range done {
		if d.Err == nil && !d.Already {
			marked = append(marked, d.Mark)
		}
	}
	if len(marked) == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // the calls were made
	b, at := m.Intake.Begin(event.FromConsole), m.Intake.Clock.Now()
	if err := m.load(ctx, b, marked); err != nil {
		return err
	}
	for _, mark := range marked {
		err := b.Marked(ctx, intake.Marked{UserID: mark.UserID, ExternalUserID: mark.ExternalUserID, Add: mark.Add, Remove: mark.Remove, By: mark.By, At: at})
		if err != nil {
			return err
		}
	}
	if _, err := b.Commit(ctx); err != nil {
		return fmt.Errorf("tell %d marks: %w", len(marked), err)
	}
	return nil
}

// ends tells whether a call failed in a way that all others would.
func ends(err error) bool {
	_, whole := because(err)
	return whole
}

// because returns why a call failed; whole says that it concerns no single
// customer.
func because(err error) (why Because, whole bool) {
	switch {
	case err == nil:
		return "", false
	case wecom.IsCode(err, wecom.CodeBadTag):
		return TagGone, true
	case wecom.IsCode(err, wecom.CodeTagsPerPair):
		return TooMany, false
	}
	switch wecom.ReactionOf(err) {
	case wecom.TryLater:
		return LimitsUsed, true
	case wecom.FixSettings:
		return BadLink, true
	case wecom.AskRights:
		return NoRight, true
	case wecom.RelationLost:
		return NotConnected, false
	}
	return reason(err), false
}

// reason names answers about one member or customer.
func reason(err error) Because {
	const noMember, badMember = 60111, 40003
	const outside, noPermission = 50002, 60011
	for code, why := range map[int]Because{
		noMember: StaffUnknown, badMember: StaffUnknown, outside: OutOfScope, noPermission: OutOfScope, wecom.CodeNotOurs: OutOfScope,
	} {
		if wecom.IsCode(err, code) {
			return why
		}
	}
	return Because("refused_" + codeOf(err))
}

func codeOf(err error) string {
	if e, ok := asAnswer(err); ok {
		return strconv.Itoa(e.Code)
	}
	return string(fault.CodeOf(err))
}
