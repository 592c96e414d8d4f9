package delivery

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
)

// Why a touch failed, in the words of event.TouchFailed.
const (
	notRelated = "not_a_relation"
	overQuota  = "quota"
	rejected   = "rejected"
	noResult   = "no_result" // WeCom never said what became of it
)

// factKey is the source key of a fact about a touch or dispatch: writing it
// again is the same fact.
func factKey(kind event.Kind, number int64) [32]byte {
	return id.Hash("delivery", string(kind), strconv.FormatInt(number, 10))
}

func deliveredFact(t Touch, piece id.Code, at time.Time) (event.Fact, error) {
	return event.New(event.Customer(t.Customer), at, event.FromDelivery, factKey(event.KindTouchDelivered, t.ID), event.TouchDelivered{
		Touch: t.ID, Dispatch: t.Dispatch, Staff: t.Staff, Channel: t.Channel, Purpose: t.Purpose, Content: piece, Service: t.Service,
	})
}

func failedFact(t Touch, reason string, at time.Time) (event.Fact, error) {
	return event.New(event.Customer(t.Customer), at, event.FromDelivery, factKey(event.KindTouchFailed, t.ID), event.TouchFailed{
		Touch: t.ID, Staff: t.Staff, Channel: t.Channel, Reason: reason,
	})
}

func confirmedFact(d Dispatch, touches int, at time.Time) (event.Fact, error) {
	return event.New(event.Staff(d.Staff), at, event.FromDelivery, factKey(event.KindTaskConfirmed, d.ID), event.TaskConfirmed{
		Dispatch: d.ID, Touches: touches,
	})
}

func cancelledFact(d Dispatch, at time.Time) (event.Fact, error) {
	return event.New(event.Staff(d.Staff), at, event.FromDelivery, factKey(event.KindTaskCancelled, d.ID), event.TaskCancelled{
		Dispatch: d.ID, Because: string(d.CancelFor),
	})
}

// reportRefused writes down for whom a call that ended in this state had no
// effect: those WeCom listed as failed, or all.
func (g *Gate) reportRefused(ctx context.Context, call opened, state State, addresses []string) error {
	reason := notRelated
	if state == Rejected {
		addresses, reason = call.request.CustomerIDs, rejected
	}
	if state != Accepted && state != Rejected {
		return nil
	}
	var facts []event.Fact
	for _, address := range addresses {
		t, ours := call.touches[address]
		if !ours {
			continue
		}
		fact, err := failedFact(t, reason, g.Clock.Now())
		if err != nil {
			return err
		}
		facts = append(facts, fact)
	}
	return g.report(ctx, facts)
}

// factsAtOnce keeps the facts of a large mass send from holding up intake.
const factsAtOnce = 500

func (g *Gate) report(ctx context.Context, facts []event.Fact) error {
	for some := range slices.Chunk(facts, factsAtOnce) {
		if _, err := g.Facts.Append(ctx, some...); err != nil {
			return fmt.Errorf("write down %d facts of delivery: %w", len(facts), err)
		}
	}
	return nil
}
