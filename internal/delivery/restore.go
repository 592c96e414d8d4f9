package delivery

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// Thawed counts what the end of a freeze found out.
type Thawed struct {
	Found   int // sends that the backup believed unsent, or was not sure of
	Stopped int // messages the backup knows nothing of, taken back unconfirmed
	Adopted int // whom such a message had reached: customers, of posts groups and members
}

// Thaw ends the freeze after a restore. A restored database is older than
// reality: what it believes unsent or was in doubt of is looked up in WeCom's list since the
// backup, and what is there is accepted. Messages of ours that it has never
// heard of are stopped, and whom they had reached becomes a fact, so that
// nobody is planned as if nothing had happened. It is fault.Conflict until
// WeCom's list had time to catch up, and stays frozen on any error.
func (g *Gate) Thaw(ctx context.Context) (Thawed, error) {
	var all Thawed
	since, err := g.Nodes.Frozen(ctx)
	if err != nil || since.IsZero() {
		return all, err
	}
	if age := g.Clock.Now().Sub(since); age < g.Settings.Quarantine {
		return all, fault.New(fault.Conflict, "restored %s ago: WeCom's list may not be complete before %s", age, g.Settings.Quarantine)
	}
	unsure := map[id.Corp][]Dispatch{}
	err = g.each(ctx, Query{States: []State{Planned, InDoubt}}, func(d Dispatch) error {
		unsure[d.Corp] = append(unsure[d.Corp], d)
		return nil
	})
	if err != nil {
		return all, err
	}
	when := span{since.Add(-restoredAge), g.Clock.Now()}
	for corp := range g.Corps {
		if err := g.thawCorp(ctx, corp, unsure[corp], when, &all); err != nil {
			return all, fmt.Errorf("compare a restored database with WeCom: %w", err)
		}
	}
	return all, g.Nodes.Freeze(ctx, time.Time{})
}

// restoredAge is the greatest age of a backup for which the comparison is
// complete: WeCom lists a month, and a day is kept as a margin.
const restoredAge = wecom.MassSendSpan - 24*time.Hour

func (g *Gate) thawCorp(ctx context.Context, corp id.Corp, unsure []Dispatch, when span, all *Thawed) error {
	var compared Reconciled
	strangers, err := g.lookUp(ctx, corp, unsure, when, &compared)
	if err != nil {
		return err
	}
	all.Found += compared.Accepted
	for _, record := range strangers {
		if ours, err := all.stopped(g.Corps[corp].CancelMassSend(ctx, record.MessageID)); err != nil {
			return err
		} else if !ours {
			continue
		}
		if err := g.adopt(ctx, corp, record.MessageID, all); err != nil {
			return err
		}
	}
	return nil
}

// stopped takes in how WeCom answered to stopping a message that no row names, and tells
// whether it is ours: WeCom lets an app stop only its own. What it refuses for another
// reason is over, and counts all the same.
func (all *Thawed) stopped(err error) (ours bool, failed error) {
	switch {
	case err == nil:
		all.Stopped++
		return true, nil
	case wecom.IsForeign(err):
		return false, nil
	case wecom.ReactionOf(err) == wecom.SkipObject, wecom.ReactionOf(err) == wecom.StopNormal:
		return true, nil
	}
	return false, err
}

// adopt turns whom a message had reached into facts.
func (g *Gate) adopt(ctx context.Context, corp id.Corp, msgID string, all *Thawed) error {
	members, err := g.confirmedBy(ctx, corp, msgID)
	if err != nil {
		return err
	}
	for _, userID := range members {
		for cursor := ""; ; {
			page, err := g.Corps[corp].SendResults(ctx, msgID, userID, cursor)
			if err != nil {
				return err
			}
			facts, err := adoptedFacts(corp, msgID, page.Results)
			if err == nil {
				err = g.report(ctx, facts)
			}
			if err != nil {
				return err
			}
			all.Adopted += len(facts)
			if cursor = page.Next; cursor == "" {
				break
			}
		}
	}
	return nil
}

// confirmedBy returns the members who confirmed their part of a message.
func (g *Gate) confirmedBy(ctx context.Context, corp id.Corp, msgID string) (members []string, err error) {
	for cursor := ""; ; {
		page, err := g.Corps[corp].MassSendTasks(ctx, msgID, cursor)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Tasks {
			if t.Status == wecom.TaskConfirmed {
				members = append(members, t.UserID)
			}
		}
		if cursor = page.Next; cursor == "" {
			return members, nil
		}
	}
}

func adoptedFacts(corp id.Corp, msgID string, results []wecom.SendResult) ([]event.Fact, error) {
	var facts []event.Fact
	for _, r := range results {
		if r.Status != wecom.SendDone {
			continue
		}
		t := Touch{
			ID: numberOf("adopted", msgID, r.ExternalUserID), TouchKey: TouchKey{Customer: id.CustomerOf(corp, r.ExternalUserID), Channel: event.MassSend},
			Staff: id.StaffOf(corp, r.UserID), Purpose: event.Promote, // what it was for is lost; the cautious guess
		}
		fact, err := deliveredFact(t, 0, r.Sent.Time())
		if err != nil {
			return nil, err
		}
		facts = append(facts, fact)
	}
	return facts, nil
}
