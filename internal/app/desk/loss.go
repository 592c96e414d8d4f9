package desk

import (
	"cmp"
	"context"
	"slices"
	"time"

	"siyu/internal/id"
	"siyu/internal/insight/loss"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

var _ web.Losses = (*Desk)(nil)

// mostLost is how many customers the page of an alert lists.
const mostLost = 200

// LosesName returns what somebody who loses customers is called.
func (d *Desk) LosesName(ctx context.Context, who loss.Who) (string, error) {
	switch who.Kind {
	case loss.Store:
		return d.Brand.StoreName(who.Store), nil
	case loss.Way:
		return who.Way, nil
	}
	names, err := d.staffNames(ctx, []id.Staff{who.Staff})
	return names[who.Staff], err
}

// seesLoss tells whether the scope covers who lost customers. Contact ways are
// headquarters'.
func (d *Desk) seesLoss(scope org.Scope, who loss.Who) bool {
	switch who.Kind {
	case loss.Store:
		return scope.Sees(who.Store)
	case loss.Way:
		return scope.Everything
	}
	return d.covers(scope, who.Staff)
}

// LossAlerts implements web.Losses.
func (d *Desk) LossAlerts(ctx context.Context, scope org.Scope) ([]web.LossAlert, error) {
	return d.lossAlerts(ctx, scope, d.today().AddDate(0, 0, -web.LossDays))
}

func (d *Desk) lossAlerts(ctx context.Context, scope org.Scope, since time.Time) ([]web.LossAlert, error) {
	kept, err := d.DB.LossAlerts(ctx, since)
	if err != nil {
		return nil, err
	}
	var list []web.LossAlert
	for i := range kept {
		if d.seesLoss(scope, kept[i].Who) {
			alert, err := d.lossAlert(ctx, &kept[i])
			if err != nil {
				return nil, err
			}
			list = append(list, alert)
		}
	}
	return list, nil
}

func (d *Desk) lossAlert(ctx context.Context, x *storage.LossAlert) (web.LossAlert, error) {
	name, err := d.LosesName(ctx, x.Who)
	alert := web.LossAlert{ID: x.ID, Kind: x.Kind, Name: name, Staff: x.Staff, Lost: x.Lost, Expected: x.Expected, Limit: x.Limit, On: x.On.In(d.Zone), Opened: x.Opened,
		State: web.LossState(x.State), Account: x.Account, Word: x.Word, Changed: x.Changed}
	if x.Staff != 0 {
		alert.Store = d.Brand.StoreName(d.Brand.StoreOf(x.Staff))
	}
	return alert, err
}

// LossAlert implements web.Losses.
func (d *Desk) LossAlert(ctx context.Context, scope org.Scope, number int64) (v web.LossView, err error) {
	x, err := d.lossAlertIn(ctx, scope, number)
	if err != nil {
		return v, err
	}
	if v.LossAlert, err = d.lossAlert(ctx, &x); err != nil {
		return v, err
	}
	if v.Bulk, err = d.deletedInBulk(ctx, &x); err != nil {
		return v, err
	}
	losses, err := d.DB.LossesOf(ctx, x.Who, x.On, x.On.AddDate(0, 0, 1), mostLost+1)
	if err != nil {
		return v, err
	}
	if v.More = len(losses) > mostLost; v.More {
		losses = losses[:mostLost]
	}
	at := map[id.Customer]time.Time{}
	var customers []id.Customer
	for _, l := range losses {
		if _, twice := at[l.Customer]; !twice {
			customers = append(customers, l.Customer)
		}
		at[l.Customer] = l.At.Time()
	}
	return v, d.addLost(ctx, &v, customers, at)
}

// deletedInBulk returns when on the day of an alert its member last deleted in bulk.
func (d *Desk) deletedInBulk(ctx context.Context, x *storage.LossAlert) (at time.Time, err error) {
	if x.Kind != loss.Deleted {
		return at, nil
	}
	states, err := d.DB.LoadStaff(ctx, []id.Staff{x.Staff})
	for i := range states {
		if last := states[i].BulkDeleted; last != 0 && !last.Time().Before(x.On) && last.Time().Before(x.On.AddDate(0, 0, 1)) {
			at = last.Time().In(d.Zone)
		}
	}
	return at, err
}

func (d *Desk) lossAlertIn(ctx context.Context, scope org.Scope, number int64) (storage.LossAlert, error) {
	x, err := d.DB.LossAlertOf(ctx, number)
	if err == nil && !d.seesLoss(scope, x.Who) {
		err = notFound("alert")
	}
	return x, err
}

// addLost adds the customers an alert is about, those worth most first.
func (d *Desk) addLost(ctx context.Context, v *web.LossView, customers []id.Customer, at map[id.Customer]time.Time) error {
	rows, err := d.rows(ctx, customers)
	if err != nil {
		return err
	}
	states, err := d.DB.LoadCustomers(ctx, customers)
	if err != nil {
		return err
	}
	held, members := map[id.Customer]id.Staff{}, map[id.Staff]bool{}
	for i := range states {
		if owner := newest(&states[i]); owner != 0 {
			held[states[i].ID], members[owner] = owner, true
		}
	}
	names, err := d.staffNames(ctx, keysOf(members))
	if err != nil {
		return err
	}
	for _, r := range rows {
		lost := web.LostCustomer{CustomerRow: r, At: at[r.ID], HeldBy: names[held[r.ID]]}
		v.Customers, v.Turnover = append(v.Customers, lost), v.Turnover+r.Turnover
		v.Buyers, v.Kept = v.Buyers+flagged(r.Orders > 0), v.Kept+flagged(held[r.ID] != 0)
	}
	slices.SortStableFunc(v.Customers, func(a, b web.LostCustomer) int {
		return cmp.Or(cmp.Compare(b.Value.Value, a.Value.Value), cmp.Compare(b.Turnover, a.Turnover), a.At.Compare(b.At))
	})
	return nil
}

func keysOf[K comparable](set map[K]bool) []K {
	list := make([]K, 0, len(set))
	for k := range set {
		list = append(list, k)
	}
	return list
}

// AnswerLoss implements web.Losses.
func (d *Desk) AnswerLoss(ctx context.Context, by web.Asker, a web.LossAnswer) error {
	if _, err := d.lossAlertIn(ctx, by.Scope, a.Alert); err != nil {
		return err
	}
	if err := d.DB.AnswerLoss(ctx, a.Alert, storage.AlertAnswer{State: storage.AlertState(a.State), Account: by.Account, Word: a.Word, At: d.Clock.Now()}); err != nil {
		return err
	}
	return d.audit(ctx, by, "loss.answered", id.Text(a.Alert)+" "+string(a.State))
}

// Alerts of losses stay on Today for so many days, and no more than so many at
// once; the list has all.
const (
	lossDays  = 3
	mostAlert = 5
)

func (d *Desk) addLosses(ctx context.Context, scope org.Scope, v *web.TodayView) error {
	alerts, err := d.lossAlerts(ctx, scope, d.today().AddDate(0, 0, -lossDays))
	if err != nil {
		return err
	}
	alerts = slices.DeleteFunc(alerts, func(a web.LossAlert) bool { return a.State == web.LossClosed })
	slices.SortStableFunc(alerts, func(a, b web.LossAlert) int {
		return flagged(a.State != web.LossOpen) - flagged(b.State != web.LossOpen)
	})
	for _, a := range alerts[:min(len(alerts), mostAlert)] {
		kind := web.AlertLosing
		if a.Kind == loss.Deleted {
			kind = web.AlertBulkDeletion
		}
		v.Alerts = append(v.Alerts, web.Alert{Kind: kind, Count: a.Lost, Usual: a.Expected, Since: a.Opened, Staff: a.Staff, Name: a.Name, Loss: a.ID, Seen: a.State == web.LossSeen})
	}
	return nil
}
