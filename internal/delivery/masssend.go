package delivery

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"time"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// Queued counts what became of the actions of a plan.
type Queued struct {
	Touches int // in dispatches that are new
	Tasks   int // new staff tasks
}

// Queue turns actions into dispatches and staff tasks. Mass sends of one
// member with equal contents and window share a dispatch. Queueing an action
// again, or another one for the same customer, run and channel, adds nothing.
// It fails with fault.Invalid if an action names a material that the library
// does not have.
func (g *Gate) Queue(ctx context.Context, actions []decision.Action, library content.Library) (Queued, error) {
	materials := map[string]content.Material{}
	for _, m := range library.Materials {
		materials[m.Code] = m
	}
	for _, a := range actions {
		if _, ok := materials[a.Material]; !ok {
			return Queued{}, fault.New(fault.Invalid, "queue action %d: no material %q", a.ID, a.Material)
		}
	}
	var queued Queued
	of, err := g.piecesOf(ctx, actions, materials)
	if err != nil {
		return queued, err
	}
	readers, err := g.readersOf(ctx, actions, of)
	if err != nil {
		return queued, err
	}
	if queued.Touches, err = g.Ledger.AddDispatches(ctx, g.drafts(actions, materials, of)); err != nil {
		return queued, fmt.Errorf("queue mass sends: %w", err)
	}
	tasks, touches := g.staffTasks(actions, materials, of, readers)
	if queued.Tasks, err = g.Tasks.AddStaffTasks(ctx, tasks, touches); err != nil {
		return queued, fmt.Errorf("queue staff tasks: %w", err)
	}
	return queued, nil
}

// drafts groups the mass sends among the actions.
func (g *Gate) drafts(actions []decision.Action, materials map[string]content.Material, of pieces) []Draft {
	type same struct {
		staff       id.Staff
		purpose     event.Purpose
		line        id.Line
		material    string
		wording     id.Code
		from, until int64
	}
	groups := map[same][]decision.Action{}
	var order []same
	for _, a := range actions {
		if a.Channel != event.MassSend {
			continue
		}
		key := same{a.Staff, a.Purpose, a.Line, a.Material, a.Wording, a.From.UnixMilli(), a.Until.UnixMilli()}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], a)
	}
	var drafts []Draft
	for _, key := range order {
		group := groups[key]
		slices.SortFunc(group, func(a, b decision.Action) int { return cmp.Compare(a.Customer, b.Customer) })
		for part := range slices.Chunk(group, g.Rules().MaxPerMassSend) {
			drafts = append(drafts, g.draft(part, materials[key.material], of[key.material]))
		}
	}
	return drafts
}

func (g *Gate) draft(actions []decision.Action, m content.Material, piece id.Code) Draft {
	first, now := actions[0], g.Clock.Now()
	words := wordsOfMaterial(m)
	m.Text, _ = m.Said(first.Wording)
	draft := Draft{Touches: make([]Touch, len(actions))}
	parts := []string{"dispatch", m.Code, strconv.FormatInt(first.From.UnixMilli(), 10)}
	for i, a := range actions {
		draft.Touches[i] = touchOf(a, now)
		parts = append(parts, strconv.FormatInt(draft.Touches[i].ID, 10))
		draft.Gain = Gain{draft.Gain.Value + a.Gain.Value, draft.Gain.Low + a.Gain.Low, draft.Gain.High + a.Gain.High}
	}
	dispatch := numberOf(parts...)
	for i := range draft.Touches {
		draft.Touches[i].Dispatch = dispatch
	}
	draft.Dispatch = Dispatch{
		ID: dispatch, Corp: first.Corp, Staff: first.Staff, Store: first.Store, Day: first.Day, Purpose: first.Purpose, Line: first.Line,
		Material: m.Code, Text: massText(m), Files: content.FilesText(m.Files), Wording: first.Wording, From: first.From, Until: first.Until, State: Planned, Since: now,
	}
	draft.Dispatch.Words = words
	g.link(&draft.Dispatch, m, piece, len(actions))
	if g.Settings.Approve {
		draft.Dispatch.ApprovedBy = Automatic
	}
	return draft
}

func touchOf(a decision.Action, now time.Time) Touch {
	key := TouchKey{Customer: a.Customer, Run: "plan/" + a.Day.Format(time.DateOnly), Channel: a.Channel}
	return Touch{ID: key.ID(), TouchKey: key, Staff: a.Staff, Purpose: a.Purpose, Action: a.ID, Drawn: a.Drawn, State: Underway, At: now, Planned: now}
}

// TouchID returns the number of the touch that an action of a plan becomes, which is that
// of its staff task where it is made by hand.
func TouchID(a decision.Action) int64 { return touchOf(a, time.Time{}).ID }

func numberOf(parts ...string) int64 {
	sum := id.Hash(parts...)
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1)
}

// Approve lets dispatches go out when their time comes. It returns how many
// touches were approved; a dispatch that no longer waits is skipped.
func (g *Gate) Approve(ctx context.Context, by string, dispatches []int64) (touches int, err error) {
	for _, dispatch := range dispatches {
		approved := 0
		err := g.Ledger.ChangeDispatch(ctx, dispatch, func(r *Record) error {
			approved = 0
			if r.Dispatch.State != Planned || r.Dispatch.ApprovedBy != "" {
				return nil
			}
			r.Dispatch.ApprovedBy = by
			for _, t := range r.Touches {
				if t.State == Underway {
					approved++
				}
			}
			return nil
		})
		if err != nil {
			return touches, fmt.Errorf("approve dispatch %d: %w", dispatch, err)
		}
		touches += approved
	}
	return touches, nil
}

// Reject drops a dispatch that waits for approval. One that no longer waits
// is fault.Conflict.
func (g *Gate) Reject(ctx context.Context, by string, dispatch int64) error {
	err := g.Ledger.ChangeDispatch(ctx, dispatch, func(r *Record) error {
		if r.Dispatch.State != Planned {
			return fault.New(fault.Conflict, "dispatch is %s", r.Dispatch.State)
		}
		r.Dispatch.DecidedBy = by
		return r.drop(g.Clock.Now(), string(ByPerson))
	})
	if err != nil {
		return fmt.Errorf("reject dispatch %d: %w", dispatch, err)
	}
	return nil
}

// UrgeLimit is how often a member may be reminded of one task within UrgeSpan:
// WeCom's own limit.
const (
	UrgeLimit = 3
	UrgeSpan  = 24 * time.Hour
)

// Urge reminds the member of an unconfirmed task. It is fault.Conflict if the
// task does not wait, and fault.Forbidden once the limit is reached.
func (g *Gate) Urge(ctx context.Context, dispatch int64) error {
	var d Dispatch
	err := g.Ledger.ChangeDispatch(ctx, dispatch, func(r *Record) error {
		now := g.Clock.Now()
		if r.Dispatch.Task != Open {
			return fault.New(fault.Conflict, "its task is not open")
		}
		r.Dispatch.Urged = slices.DeleteFunc(r.Dispatch.Urged, func(at time.Time) bool { return now.Sub(at) >= UrgeSpan })
		if len(r.Dispatch.Urged) >= UrgeLimit {
			return fault.New(fault.Forbidden, "urged %d times within %s", UrgeLimit, UrgeSpan)
		}
		// Counted before the call: an urge too few is better than one too many.
		r.Dispatch.Urged = append(r.Dispatch.Urged, now)
		d = r.Dispatch
		return nil
	})
	if err != nil {
		return fmt.Errorf("urge for dispatch %d: %w", dispatch, err)
	}
	corp, err := g.corp(d)
	if err != nil {
		return err
	}
	return corp.RemindMassSend(ctx, d.MsgID)
}

func (g *Gate) corp(d Dispatch) (WeCom, error) {
	corp, ok := g.Corps[d.Corp]
	if !ok {
		return nil, fault.New(fault.NotFound, "dispatch %d: corp %s is not connected", d.ID, d.Corp)
	}
	return corp, nil
}
