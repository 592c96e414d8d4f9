package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/account"
	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight/loss"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/wecom"
)

// lossHistory is how many days say what losing customers is usual.
const lossHistory = 84

// watchLosses keeps an alert for whoever lost unusually many customers today or,
// because some callbacks are late, yesterday, and tells leads. Doing it again
// changes nothing.
func (a *App) watchLosses(ctx context.Context) error {
	today := clock.Day(a.clock.Now(), a.zone)
	yesterday := today.AddDate(0, 0, -1)
	for _, day := range []time.Time{yesterday, today} {
		alarms, err := a.lossAlarms(ctx, day)
		if err != nil {
			return err
		}
		if err := a.db.RaiseLoss(ctx, alarms, day, a.clock.Now()); err != nil {
			return err
		}
	}
	return a.tellLosses(ctx, yesterday)
}

// lossAlarms returns who lost unusually many customers on a business day.
func (a *App) lossAlarms(ctx context.Context, day time.Time) ([]loss.Alarm, error) {
	lost, err := a.db.LossCounts(ctx, day, day.AddDate(0, 0, 1))
	if err != nil {
		return nil, err
	}
	lost = slices.DeleteFunc(lost, func(c storage.LossCount) bool { return c.N < c.Kind.Fewest() })
	if len(lost) == 0 {
		return nil, nil
	}
	past, err := a.lossPast(ctx, day)
	if err != nil {
		return nil, err
	}
	var days []loss.Day
	for _, c := range lost {
		d := loss.Day{Who: c.Who, Lost: c.N, Expected: past.base.Deletes()}
		if c.Kind != loss.Deleted {
			customers, err := past.customersOf(ctx, a.db, c.Who)
			if err != nil {
				return nil, err
			}
			var known bool
			if d.Expected, known = past.base.Loses(customers, past.own[c.Who]); !known {
				continue
			}
		}
		days = append(days, d)
	}
	return loss.Alarms(days, past.looked), nil
}

// lossPast is what was usual before a day.
type lossPast struct {
	base   loss.Base
	own    map[loss.Who]int // lost in the history
	ways   map[string]int   // customers who came by a contact way in the history
	looked map[loss.Kind]int
}

// lossPast reads the history before a business day. It begins with the first loss
// that was heard of: nobody told of those before the connection.
func (a *App) lossPast(ctx context.Context, day time.Time) (p lossPast, err error) {
	first, last := day.AddDate(0, 0, -lossHistory), day.AddDate(0, 0, -1)
	from, until := flow.DayOf(event.At(first)), flow.DayOf(event.At(last))
	began := lossHistory
	for name, sum := range map[string]*int{flow.CountLostToStaff: &p.base.Deleted, flow.CountLostToCustomer: &p.base.Lost} {
		totals, err := a.db.DailyTotals(ctx, name, from, until)
		if err != nil {
			return p, err
		}
		for i, n := range totals {
			*sum += int(n)
			if n > 0 {
				began = min(began, i)
			}
		}
	}
	p.base.Days = lossHistory - began
	if p.base.Customers, err = a.db.CountRelatedIn(ctx, org.All()); err != nil {
		return p, err
	}
	for _, s := range a.brand.Org().Staff {
		if s.Active && s.Contact {
			p.base.Members++
		}
	}
	own, err := a.db.LossCounts(ctx, first, day)
	p.own = make(map[loss.Who]int, len(own))
	for _, c := range own {
		p.own[c.Who] = c.N
	}
	if err != nil {
		return p, err
	}
	added, err := a.db.DayCounters(ctx, []string{flow.CountAdded}, from, until)
	p.ways = map[string]int{}
	for _, c := range added {
		p.ways[c.Part] += int(c.Delta)
	}
	p.looked = map[loss.Kind]int{loss.Deleted: p.base.Members, loss.Member: p.base.Members, loss.Store: len(a.brand.Org().Stores), loss.Way: len(p.ways)}
	return p, err
}

// customersOf returns how many customers somebody has to lose.
func (p *lossPast) customersOf(ctx context.Context, db *storage.DB, who loss.Who) (int, error) {
	switch who.Kind {
	case loss.Way:
		return p.ways[who.Way], nil
	case loss.Store:
		return db.CountRelatedIn(ctx, org.Scope{Stores: []id.Store{who.Store}})
	}
	return db.CountRelatedIn(ctx, org.Scope{Staff: who.Staff})
}

// tellLosses tells those leads of new alerts who are bound to a member of staff, by
// a message of the app. An alert is told once.
func (a *App) tellLosses(ctx context.Context, since time.Time) error {
	l := a.link.Load()
	if l == nil || l.Agent == 0 {
		return nil
	}
	alerts, err := a.db.LossAlerts(ctx, since)
	if err != nil {
		return err
	}
	alerts = slices.DeleteFunc(alerts, func(x storage.LossAlert) bool { return x.State != storage.AlertOpen || !x.Told.IsZero() })
	if len(alerts) == 0 {
		return nil
	}
	accounts, err := a.db.Accounts(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for i := range alerts {
		x := &alerts[i]
		to := a.toldOf(x, accounts)
		if len(to) == 0 {
			continue
		}
		if first, err := a.db.TellLoss(ctx, x.ID, a.clock.Now()); err != nil || !first {
			failed = append(failed, err)
			continue
		}
		card, err := a.lossCard(ctx, x)
		if err == nil {
			err = a.sendCard(ctx, l, to, card)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("tell leads of an alert: %w", err))
		}
	}
	return errors.Join(failed...)
}

// toldOf returns the members who are told of an alert: owners, leads and the accounts
// of its store, as far as they are bound to a member.
func (a *App) toldOf(x *storage.LossAlert, accounts []account.Account) (to []id.Staff) {
	store := x.Store
	if x.Staff != 0 {
		store = a.brand.StoreOf(x.Staff)
	}
	for _, one := range accounts {
		member, known := a.brand.Member(one.Staff)
		decides := one.Role == account.Owner || one.Role == account.Lead || one.Role == account.Store && x.Kind != loss.Way && slices.Contains(one.Stores, store)
		if one.Active && known && member.Active && decides && !slices.Contains(to, one.Staff) && one.Staff != x.Staff {
			to = append(to, one.Staff)
		}
	}
	return to
}

func (a *App) lossCard(ctx context.Context, x *storage.LossAlert) (wecom.TextCard, error) {
	name, err := a.desk.LosesName(ctx, x.Who)
	general := a.brand.Documents().General
	text := general.LossText
	if x.Kind == loss.Deleted {
		text = general.DeletedText
	}
	text = strings.NewReplacer("{who}", name, "{n}", strconv.Itoa(x.Lost), "{usual}", strconv.FormatFloat(x.Expected, 'f', 1, 64)).Replace(text)
	return wecom.TextCard{Title: general.LossTitle, Description: text, URL: a.config.PublicURL + "/losses/" + id.Text(x.ID)}, err
}
