package storage

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight/loss"
)

var lossTable = table{name: "loss", key: []string{"at", "staff_id", "customer_id"}, known: keep, columns: []column{
	{"at", bigint}, {"staff_id", bigint}, {"customer_id", bigint}, {"ended_by", text}, {"store_id", bigint}, {"way", text}}}

func lossRows(losses []flow.Loss) [][]any {
	rows := make([][]any, len(losses))
	for i, l := range losses {
		rows[i] = []any{int64(l.At), int64(l.Staff), int64(l.Customer), string(l.By), int64(l.Store), l.Way}
	}
	return rows
}

// LossCount is how many customers somebody lost.
type LossCount struct {
	loss.Who
	N int
}

// LossCounts returns what each member, store and contact way lost from one moment
// to before another, by each kind.
func (db *DB) LossCounts(ctx context.Context, from, until time.Time) (counts []LossCount, err error) {
	ended := map[loss.Kind]event.EndedBy{loss.Deleted: event.ByStaff, loss.Member: event.ByCustomer, loss.Store: event.ByCustomer, loss.Way: event.ByCustomer}
	for _, kind := range loss.Kinds() {
		by := map[loss.Kind]string{loss.Store: "0, store_id, ''", loss.Way: "0, 0, way"}[kind]
		group := map[loss.Kind]string{loss.Store: "store_id", loss.Way: "way"}[kind]
		if by == "" {
			by, group = "staff_id, 0, ''", "staff_id"
		}
		err = each(ctx, db.reader, func(scan func(...any) error) error {
			c := LossCount{Who: loss.Who{Kind: kind}}
			err := scan(&c.Staff, &c.Store, &c.Way, &c.N)
			if kind != loss.Way || c.Way != "" {
				counts = append(counts, c)
			}
			return err
		}, "SELECT "+by+", count(*) FROM loss WHERE at >= $1 AND at < $2 AND ended_by = $3 GROUP BY "+group, at(from), at(until), string(ended[kind]))
		if err != nil {
			return nil, fmt.Errorf("count losses: %w", err)
		}
	}
	return counts, nil
}

// LossesOf returns what somebody lost from one moment to before another, oldest
// first, at most limit.
func (db *DB) LossesOf(ctx context.Context, who loss.Who, from, until time.Time, limit int) (list []flow.Loss, err error) {
	c := conditions{dialect: db.dialect}
	c.add("at >= ? AND at < ?", at(from), at(until))
	switch who.Kind {
	case loss.Deleted, loss.Member:
		c.add("staff_id = ?", int64(who.Staff))
	case loss.Store:
		c.add("store_id = ?", int64(who.Store))
	case loss.Way:
		c.add("way = ?", who.Way)
	}
	by := event.ByCustomer
	if who.Kind == loss.Deleted {
		by = event.ByStaff
	}
	c.add("ended_by = ?", string(by))
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var l flow.Loss
		err := scan(&l.At, &l.Staff, &l.Customer, &l.By, &l.Store, &l.Way)
		list = append(list, l)
		return err
	}, "SELECT "+lossTable.list()+" FROM loss "+c.where()+" ORDER BY at, staff_id, customer_id"+c.limit(limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("read losses: %w", err)
	}
	return list, nil
}

// LossAlert is an alarm with what people made of it.
type LossAlert struct {
	ID int64 // LossAlertID
	loss.Alarm
	On      time.Time // business day
	Opened  time.Time
	State   AlertState
	Account string // who changed the state last
	Word    string
	Changed time.Time
	Told    time.Time // when leads were told, zero: not yet
}

// AlertState says what people made of an alert.
type AlertState string

// The states of an alert.
const (
	AlertOpen   AlertState = "open"
	AlertSeen   AlertState = "seen"
	AlertClosed AlertState = "closed"
)

// LossAlertID returns the number of the alert of somebody on a business day, so
// that raising it again finds it.
func LossAlertID(who loss.Who, on time.Time) int64 {
	sum := id.Hash("loss_alert", string(who.Kind), id.Text(who.Staff), id.Text(who.Store), who.Way, strconv.FormatInt(at(on), 10))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1)
}

const lossAlertColumns = "id, kind, staff_id, store_id, way, day, lost, expected, bound, opened, state, account, word, changed, told"

// RaiseLoss keeps the alarms of a business day. An alert that is there is brought
// to the new count; one that was closed opens again if more were lost since.
func (db *DB) RaiseLoss(ctx context.Context, alarms []loss.Alarm, on, now time.Time) error {
	if len(alarms) == 0 {
		return nil
	}
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		for i := range alarms {
			a := &alarms[i]
			_, err := tx.exec(ctx, `INSERT INTO loss_alert (id, kind, staff_id, store_id, way, day, lost, expected, bound, opened, state, account, word, changed, closed_at_lost, told)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open', '', '', $10, 0, 0)
				ON CONFLICT (id) DO UPDATE SET lost = excluded.lost, expected = excluded.expected, bound = excluded.bound,
					state = CASE WHEN loss_alert.state = 'closed' AND excluded.lost > loss_alert.closed_at_lost THEN 'open' ELSE loss_alert.state END`,
				LossAlertID(a.Who, on), string(a.Kind), int64(a.Staff), int64(a.Store), a.Way, at(on), int64(a.Lost), a.Expected, int64(a.Limit), at(now))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("raise %d alerts of losses: %w", len(alarms), err)
	}
	return nil
}

// LossAlerts returns the alerts of business days since one, the newest day and the
// largest first.
func (db *DB) LossAlerts(ctx context.Context, since time.Time) ([]LossAlert, error) {
	list, err := lossAlerts(ctx, db.reader, "WHERE day >= $1 ORDER BY day DESC, lost - bound DESC, id", at(since))
	if err != nil {
		return nil, fmt.Errorf("read alerts of losses: %w", err)
	}
	return list, nil
}

// LossAlertOf returns one alert; fault.NotFound if there is none.
func (db *DB) LossAlertOf(ctx context.Context, number int64) (LossAlert, error) {
	list, err := lossAlerts(ctx, db.reader, "WHERE id = $1", number)
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "no such alert")
	}
	if err != nil {
		return LossAlert{}, fmt.Errorf("read alert of losses: %w", err)
	}
	return list[0], nil
}

func lossAlerts(ctx context.Context, q querier, where string, args ...any) (list []LossAlert, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		var a LossAlert
		err := scan(&a.ID, &a.Kind, &a.Staff, &a.Store, &a.Way, moment{&a.On}, &a.Lost, &a.Expected, &a.Limit, moment{&a.Opened}, &a.State,
			&a.Account, &a.Word, moment{&a.Changed}, moment{&a.Told})
		list = append(list, a)
		return err
	}, "SELECT "+lossAlertColumns+" FROM loss_alert "+where, args...)
	return list, err
}

// AlertAnswer is what a person makes of an alert.
type AlertAnswer struct {
	State   AlertState
	Account string
	Word    string
	At      time.Time
}

// AnswerLoss keeps what a person made of an alert; fault.NotFound if there is none.
func (db *DB) AnswerLoss(ctx context.Context, number int64, a AlertAnswer) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.exec(ctx, `UPDATE loss_alert SET state = $1, account = $2, word = $3, changed = $4, closed_at_lost = lost WHERE id = $5`,
			string(a.State), a.Account, a.Word, at(a.At), number)
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "no such alert")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("answer alert of losses: %w", err)
	}
	return nil
}

// TellLoss notes that leads are told of an alert now, and tells whether nobody was
// before: an alert is told once, and rather not at all than twice.
func (db *DB) TellLoss(ctx context.Context, number int64, now time.Time) (first bool, err error) {
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.exec(ctx, "UPDATE loss_alert SET told = $1 WHERE id = $2 AND told = 0", at(now), number)
		first = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("note that an alert is told: %w", err)
	}
	return first, nil
}
