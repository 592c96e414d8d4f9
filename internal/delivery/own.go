package delivery

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/id"
)

// Own returns which of WeCom's mass messages were accepted as dispatches.
func (g *Gate) Own(ctx context.Context, msgIDs []string) (map[string]bool, error) {
	own := map[string]bool{}
	if len(msgIDs) == 0 {
		return own, nil
	}
	err := g.each(ctx, Query{MsgIDs: msgIDs}, func(d Dispatch) error { own[d.MsgID] = true; return nil })
	return own, err
}

// Unsettled returns from when on mass messages of a corp may be Siyu's own
// although no dispatch was accepted as them, because a call is without an answer;
// the zero time if there is none.
func (g *Gate) Unsettled(ctx context.Context, corp id.Corp) (since time.Time, err error) {
	err = g.each(ctx, Query{Corp: corp, States: []State{Calling, InDoubt}}, func(d Dispatch) error {
		if called := d.Called.Add(-listSlack); since.IsZero() || called.Before(since) {
			since = called
		}
		return nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("find calls without an answer: %w", err)
	}
	return since, nil
}
