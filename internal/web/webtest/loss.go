package webtest

import (
	"context"
	"slices"
	"time"

	"siyu/internal/fault"
	"siyu/internal/insight"
	"siyu/internal/insight/loss"
	"siyu/internal/money"
	"siyu/internal/org"
	"siyu/internal/web"
)

// fillLosses makes an alert of every kind: that of a member who deletes is of the
// store that the store's account sees, as is the second.
func (b *Brand) fillLosses() {
	names := map[loss.Kind]string{loss.Deleted: b.staff[0].Name, loss.Store: b.storeName(b.staff[0].Store), loss.Member: b.staff[5].Name, loss.Way: b.text("live-0312")}
	for i, kind := range []loss.Kind{loss.Deleted, loss.Store, loss.Member, loss.Way} {
		v := web.LossView{LossAlert: web.LossAlert{ID: int64(i + 1), Kind: kind, Name: names[kind], Lost: 38 - 8*i, Expected: .2 + 2.2*float64(i), Limit: 10 + i,
			On: b.now.AddDate(0, 0, -i), Opened: b.now.Add(-2 * time.Hour), State: web.LossOpen, Changed: b.now}}
		if kind == loss.Deleted || kind == loss.Member {
			v.Staff, v.Store = b.staff[5*(i/2)].ID, b.storeName(b.staff[5*(i/2)].Store)
		}
		for n := range 3 {
			row := b.customers[n]
			row.Value, row.Turnover, row.Orders = estimate(30000, .3, insight.Fen), money.Fen(128_00*(3-n)), 3-n
			lost := web.LostCustomer{CustomerRow: row, At: b.now.Add(-time.Duration(n) * time.Minute)}
			if n == 1 {
				lost.HeldBy, v.Kept = b.staff[1].Name, 1
			}
			v.Customers, v.Buyers, v.Turnover = append(v.Customers, lost), v.Buyers+1, v.Turnover+row.Turnover
		}
		if kind == loss.Deleted {
			v.Bulk = b.now.Add(-2 * time.Hour)
		}
		v.More = true
		b.losses = append(b.losses, v)
	}
}

func (b *Brand) seesLoss(scope org.Scope, v *web.LossView) bool {
	switch v.Kind {
	case loss.Way:
		return scope.Everything
	case loss.Store:
		return scope.Sees(b.staff[0].Store)
	}
	return b.sees(scope, v.Staff)
}

// LossAlerts implements web.Losses.
func (b *Brand) LossAlerts(_ context.Context, scope org.Scope) (list []web.LossAlert, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.losses {
		if b.seesLoss(scope, &b.losses[i]) {
			list = append(list, b.losses[i].LossAlert)
		}
	}
	return list, b.Fail
}

// LossAlert implements web.Losses.
func (b *Brand) LossAlert(_ context.Context, scope org.Scope, number int64) (web.LossView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.losses, func(v web.LossView) bool { return v.ID == number && b.seesLoss(scope, &v) })
	if i < 0 {
		return web.LossView{}, fault.New(fault.NotFound, "loss: no such alert")
	}
	return b.losses[i], b.Fail
}

// AnswerLoss implements web.Losses.
func (b *Brand) AnswerLoss(_ context.Context, by web.Asker, a web.LossAnswer) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.losses, func(v web.LossView) bool { return v.ID == a.Alert && b.seesLoss(by.Scope, &v) })
	if i < 0 {
		return fault.New(fault.NotFound, "loss: no such alert")
	}
	x := &b.losses[i]
	x.State, x.Word, x.Account, x.Changed = a.State, b.text(a.Word), by.Account, b.now
	b.did(by, "loss.answered", "")
	return nil
}
