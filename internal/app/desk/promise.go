package desk

import (
	"context"
	"fmt"

	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/org"
	"siyu/internal/web"
)

// Promises implements web.Value.
func (d *Desk) Promises(ctx context.Context, scope org.Scope) (web.PromisesView, error) {
	if !scope.Everything {
		return web.PromisesView{}, fault.WithKey(fault.Denied, "error.denied", fmt.Errorf("what plans promised is headquarters'"))
	}
	_, document, err := d.DB.NewestModel(ctx, flow.PromiseName)
	if err != nil {
		return web.PromisesView{}, err
	}
	record := flow.PromisesOf(document)
	return web.PromisesView{Until: record.Until, Rows: record.Rows}, nil
}
