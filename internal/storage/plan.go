package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
)

var actionTable = table{name: "action", key: []string{"customer_id", "day"}, columns: []column{
	{"customer_id", bigint}, {"day", bigint}, {"id", bigint}, {"staff_id", bigint}, {"store_id", bigint}, {"corp", text},
	{"purpose", text}, {"channel", text}, {"limiting", text}, {"line_id", bigint}, {"material", text},
	{"gain", double}, {"gain_low", double}, {"gain_high", double}, {"evidence", text}, {"as_of", bigint}, {"cost", double},
	{"reasons", text}, {"probability", double}, {"alternatives", text}, {"model", text}, {"settings", bigint},
	{"begins", bigint}, {"ends", bigint}, {"state", text}, {"cancelled", text},
	{"wording", bigint}, {"wording_chance", double}, {"wording_among", text},
	{"raw", double}, {"orders", double}}}

var withheldTable = table{name: "withheld", key: []string{"customer_id", "since_day"}, known: replace, columns: []column{
	{"customer_id", bigint}, {"since_day", bigint}, {"until_day", bigint}, {"store_id", bigint},
	{"because", text}, {"limiting", text}, {"purpose", text}, {"gain", double}}}

var planCountTable = table{name: "plan_count", key: []string{"day", "store_id", "because", "limiting", "purpose", "channel"}, known: add,
	columns: []column{{"day", bigint}, {"store_id", bigint}, {"because", text}, {"limiting", text}, {"purpose", text}, {"channel", text},
		{"customers", bigint}, {"gain", double}, {"gain_low", double}, {"gain_high", double}}}

// BeginPlan implements flow.Plans.
func (db *DB) BeginPlan(ctx context.Context, day time.Time) (handed bool, err error) {
	defer db.sums.forgetAll()
	err = db.Write(ctx, Background, func(tx *Tx) (err error) {
		if _, err := tx.exec(ctx, "DELETE FROM action WHERE day = $1 AND state IN ('planned', 'cancelled')", at(day)); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, "DELETE FROM plan_count WHERE day = $1", at(day)); err != nil {
			return err
		}
		var some int64
		if handed, err = one(ctx, tx, []any{&some}, "SELECT 1 FROM action WHERE day = $1 AND state = 'handed' LIMIT 1", at(day)); err != nil {
			return err
		}
		return tx.recountLoad(ctx, day)
	})
	if err != nil {
		return false, fmt.Errorf("begin plan: %w", err)
	}
	return handed, nil
}

// SavePlan implements flow.Plans. What held before is read outside the
// transaction, which would hold up others, because a brand has one flow.
func (db *DB) SavePlan(ctx context.Context, p flow.PlanPart) error {
	defer db.sums.forgetAll()
	actions, err := actionRows(p.Actions)
	if err != nil {
		return err
	}
	loads := loadChange{}
	for i := range p.Actions {
		loads.add(&p.Actions[i], 1)
	}
	running, err := db.running(ctx, p.Of)
	if err != nil {
		return fmt.Errorf("read withheld customers: %w", err)
	}
	runs := changedRuns(p.Plan, running)
	if len(actions)+len(p.Counts) == 0 {
		if err := db.putInTurns(ctx, withheldTable, runs); err != nil {
			return fmt.Errorf("store %d withheld: %w", len(p.Withheld), err)
		}
		return nil
	}
	err = db.Write(ctx, Background, func(tx *Tx) error {
		if err := tx.replaceCancelled(ctx, p.Plan); err != nil {
			return err
		}
		if _, err := tx.put(ctx, actionTable, actions); err != nil {
			return err
		}
		if _, err := tx.put(ctx, loadTable, loads.rows()); err != nil {
			return err
		}
		if err := tx.dropRuns(ctx, p.Plan, running); err != nil {
			return err
		}
		if _, err := tx.put(ctx, withheldTable, runs); err != nil {
			return err
		}
		_, err := tx.put(ctx, planCountTable, planCountRows(p.Counts))
		return err
	})
	if err != nil {
		return fmt.Errorf("store %d actions and %d withheld: %w", len(p.Actions), len(p.Withheld), err)
	}
	return nil
}

// replaceCancelled makes room for customers whose action of the day was taken
// back and who get another one.
func (tx *Tx) replaceCancelled(ctx context.Context, p decision.Plan) error {
	if len(p.Actions) == 0 {
		return nil
	}
	customers := make([]id.Customer, len(p.Actions))
	for i, a := range p.Actions {
		customers[i] = a.Customer
	}
	_, err := tx.exec(ctx, "DELETE FROM action WHERE state = 'cancelled' AND "+tx.dialect.pair("day", "customer_id"),
		at(p.Day), idList(tx.dialect, customers))
	return err
}

// changedRuns returns what is to be written where the answer changed: it ends
// the run that held before and begins another one. A customer with an action
// has no run.
func changedRuns(p decision.Plan, running map[id.Customer]run) [][]any {
	var rows [][]any
	end := func(r run) { rows = append(rows, r.row(at(p.Day))) }
	for _, a := range p.Actions {
		if r, ok := running[a.Customer]; ok && r.since < at(p.Day) {
			end(r)
		}
	}
	for i := range p.Withheld {
		w := &p.Withheld[i]
		r, ok := running[w.Customer]
		if ok && r.because == w.Because && r.purpose == w.Purpose && r.limiting == w.Limiting && r.store == w.Store {
			continue
		}
		if ok && r.since < at(p.Day) {
			end(r)
		}
		fresh := run{w.Customer, at(p.Day), w.Store, w.Because, w.Limiting, w.Purpose, w.Gain}
		rows = append(rows, fresh.row(0))
	}
	return rows
}

// dropRuns forgets runs that began on the day itself and gave way to an action.
func (tx *Tx) dropRuns(ctx context.Context, p decision.Plan, running map[id.Customer]run) error {
	var gone []id.Customer
	for _, a := range p.Actions {
		if r, ok := running[a.Customer]; ok && r.since >= at(p.Day) {
			gone = append(gone, a.Customer)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	_, err := tx.exec(ctx, "DELETE FROM withheld WHERE since_day = $1 AND customer_id "+tx.dialect.among(2), at(p.Day), idList(tx.dialect, gone))
	return err
}

// run is one customer left alone for one reason over days.
type run struct {
	customer id.Customer
	since    int64
	store    id.Store
	because  decision.Because
	limiting insight.Part
	purpose  event.Purpose
	gain     float64
}

func (r run) row(until int64) []any {
	return []any{int64(r.customer), r.since, until, int64(r.store), string(r.because), string(r.limiting), string(r.purpose), r.gain}
}

const runColumns = "customer_id, since_day, store_id, because, limiting, purpose, gain"

func (r *run) fields() []any {
	return []any{&r.customer, &r.since, &r.store, &r.because, &r.limiting, &r.purpose, &r.gain}
}

func (db *DB) running(ctx context.Context, of flow.Whom) (map[id.Customer]run, error) {
	runs := make(map[id.Customer]run, len(of.List))
	which, args := db.dialect.whom(of)
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var r run
		err := scan(r.fields()...)
		runs[r.customer] = r
		return err
	}, "SELECT "+runColumns+" FROM withheld WHERE until_day = 0 AND customer_id "+which, args...)
	return runs, err
}

// PlanOf implements flow.Plans.
func (db *DB) PlanOf(ctx context.Context, day time.Time, customers []id.Customer) (decision.Plan, error) {
	p := decision.Plan{Day: day}
	var err error
	p.Actions, err = db.actions(ctx, "WHERE day = $1 AND state <> 'cancelled' AND customer_id "+db.dialect.among(2),
		at(day), idList(db.dialect, customers))
	if err != nil {
		return p, err
	}
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var r run
		err := scan(r.fields()...)
		p.Withheld = append(p.Withheld, r.withheld(day))
		return err
	}, "SELECT "+runColumns+" FROM withheld WHERE since_day <= $1 AND (until_day = 0 OR until_day > $1) AND customer_id "+db.dialect.among(2),
		at(day), idList(db.dialect, customers))
	if err != nil {
		return p, fmt.Errorf("read withheld customers: %w", err)
	}
	return p, nil
}

func (r run) withheld(day time.Time) decision.Withheld {
	return decision.Withheld{Day: day, Customer: r.customer, Store: r.store, Because: r.because, Limiting: r.limiting, Purpose: r.purpose, Gain: r.gain}
}

// WithheldNow returns up to limit customers left alone now for the reason, in
// order of store and id, after the one given, of whom only Store and Customer
// are read. stores nil: all stores.
func (db *DB) WithheldNow(ctx context.Context, because decision.Because, stores []id.Store, after *decision.Withheld, limit int) ([]decision.Withheld, error) {
	where, args := "WHERE until_day = 0 AND because = $1", []any{string(because), limit}
	if after != nil {
		where += " AND (store_id, customer_id) > ($3, $4)"
		args = append(args, int64(after.Store), int64(after.Customer))
	}
	if stores != nil {
		where += " AND store_id " + db.dialect.among(len(args)+1)
		args = append(args, idList(db.dialect, stores))
	}
	var list []decision.Withheld
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var r run
		err := scan(r.fields()...)
		list = append(list, r.withheld(time.UnixMilli(r.since)))
		return err
	}, "SELECT "+runColumns+" FROM withheld "+where+" ORDER BY store_id, customer_id LIMIT $2", args...)
	if err != nil {
		return nil, fmt.Errorf("read withheld customers: %w", err)
	}
	return list, nil
}

// TakeBack implements flow.Plans.
func (db *DB) TakeBack(ctx context.Context, t flow.TakenBack, counts []flow.PlanCount) error {
	defer db.sums.forgetAll()
	err := db.Write(ctx, Background, func(tx *Tx) error {
		loads := loadChange{}
		for i := range t.Actions {
			c := &t.Actions[i]
			changed, err := tx.exec(ctx, "UPDATE action SET state = 'cancelled', cancelled = $1 WHERE customer_id = $2 AND day = $3 AND id = $4"+
				" AND state <> 'cancelled'", string(c.Because), int64(c.Action.Customer), at(c.Action.Day), c.Action.ID)
			if err != nil {
				return err
			}
			loads.add(&c.Action, -changed)
		}
		if _, err := tx.put(ctx, loadTable, loads.rows()); err != nil {
			return err
		}
		if len(t.Gone) > 0 {
			if _, err := tx.exec(ctx, "UPDATE withheld SET until_day = $1 WHERE until_day = 0 AND customer_id "+tx.dialect.among(2),
				at(t.Day), idList(tx.dialect, t.Gone)); err != nil {
				return err
			}
		}
		_, err := tx.put(ctx, planCountTable, planCountRows(counts))
		return err
	})
	if err != nil {
		return fmt.Errorf("take back %d actions: %w", len(t.Actions), err)
	}
	return nil
}

// ToHand is how many actions of a member were not handed to delivery.
type ToHand struct {
	Staff   id.Staff
	Actions int
}

// StaffToHand returns the members who have actions of the day that were not
// handed to delivery.
func (db *DB) StaffToHand(ctx context.Context, day time.Time) ([]ToHand, error) {
	var staff []ToHand
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var s ToHand
		err := scan(&s.Staff, &s.Actions)
		staff = append(staff, s)
		return err
	}, "SELECT staff_id, count(*) FROM action WHERE day = $1 AND state = 'planned' GROUP BY staff_id ORDER BY staff_id", at(day))
	if err != nil {
		return nil, fmt.Errorf("read members with actions: %w", err)
	}
	return staff, nil
}

// ActionsToHand returns the members' actions of the day that were not handed to
// delivery.
func (db *DB) ActionsToHand(ctx context.Context, day time.Time, staff []id.Staff) ([]decision.Action, error) {
	return db.actions(ctx, "WHERE day = $1 AND state = 'planned' AND staff_id "+db.dialect.among(2)+" ORDER BY staff_id, customer_id",
		at(day), idList(db.dialect, staff))
}

// MarkHanded notes that delivery has the actions, which are of one day. It goes
// member by member, because that is how SQLite finds them.
func (db *DB) MarkHanded(ctx context.Context, actions []decision.Action) error {
	customers := map[id.Staff][]id.Customer{}
	for i := range actions {
		customers[actions[i].Staff] = append(customers[actions[i].Staff], actions[i].Customer)
	}
	err := db.Write(ctx, Background, func(tx *Tx) error {
		for staff, own := range customers {
			_, err := tx.exec(ctx, "UPDATE action SET state = 'handed' WHERE day = $1 AND state = 'planned' AND staff_id = $2 AND customer_id "+
				tx.dialect.among(3), at(actions[0].Day), int64(staff), idList(tx.dialect, own))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("mark %d actions as handed over: %w", len(actions), err)
	}
	return nil
}

// Planned implements flow.Plans.
func (db *DB) Planned(ctx context.Context, day time.Time) (bool, error) {
	var some int64
	planned, err := one(ctx, db.reader, []any{&some}, "SELECT 1 FROM plan_count WHERE day = $1 AND customers <> 0 LIMIT 1", at(day))
	if err != nil {
		return false, fmt.Errorf("look for a plan: %w", err)
	}
	return planned, nil
}

// PlanCounts returns the counts of a day, by store.
func (db *DB) PlanCounts(ctx context.Context, day time.Time) ([]flow.PlanCount, error) {
	var counts []flow.PlanCount
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		c := flow.PlanCount{PlanKey: flow.PlanKey{Day: day}}
		err := scan(&c.Store, &c.Because, &c.Limiting, &c.Purpose, &c.Channel, &c.Customers, &c.Gain, &c.Low, &c.High)
		if c.Customers != 0 {
			counts = append(counts, c)
		}
		return err
	}, "SELECT store_id, because, limiting, purpose, channel, customers, gain, gain_low, gain_high FROM plan_count WHERE day = $1", at(day))
	if err != nil {
		return nil, fmt.Errorf("read counts of the plan: %w", err)
	}
	return counts, nil
}

func planCountRows(counts []flow.PlanCount) [][]any {
	rows := make([][]any, len(counts))
	for i, c := range counts {
		rows[i] = []any{at(c.Day), int64(c.Store), string(c.Because), string(c.Limiting), string(c.Purpose), string(c.Channel),
			int64(c.Customers), c.Gain, c.Low, c.High}
	}
	return rows
}

func actionRows(actions []decision.Action) ([][]any, error) {
	rows := make([][]any, len(actions))
	for i, a := range actions {
		reasons, err := json.Marshal(a.Because)
		if err != nil {
			return nil, fmt.Errorf("write reasons of an action: %w", err)
		}
		alternatives, err := json.Marshal(a.Alternatives)
		if err != nil {
			return nil, fmt.Errorf("write alternatives of an action: %w", err)
		}
		rows[i] = []any{int64(a.Customer), at(a.Day), a.ID, int64(a.Staff), int64(a.Store), string(a.Corp),
			string(a.Purpose), string(a.Channel), string(a.Limiting), int64(a.Line), a.Material,
			a.Gain.Value, a.Gain.Low, a.Gain.High, string(a.Gain.Evidence), at(a.Gain.AsOf), a.Cost,
			string(reasons), a.Probability, string(alternatives), a.Model, int64(a.Settings), at(a.From), at(a.Until), "planned", "",
			int64(a.Wording), a.Drawn.Chance, a.Among, a.Raw, a.Orders}
	}
	return rows, nil
}

func (db *DB) actions(ctx context.Context, where string, args ...any) ([]decision.Action, error) {
	var actions []decision.Action
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var a decision.Action
		var day, asOf, from, until event.Instant
		var reasons, alternatives string
		err := scan(&a.Customer, &day, &a.ID, &a.Staff, &a.Store, &a.Corp, &a.Purpose, &a.Channel, &a.Limiting, &a.Line, &a.Material,
			&a.Gain.Value, &a.Gain.Low, &a.Gain.High, &a.Gain.Evidence, &asOf, &a.Cost, &reasons, &a.Probability, &alternatives,
			&a.Model, &a.Settings, &from, &until, &a.Wording, &a.Drawn.Chance, &a.Among, &a.Raw, &a.Orders)
		if err != nil {
			return err
		}
		a.Day, a.From, a.Until = day.Time(), from.Time(), until.Time()
		a.Gain.AsOf, a.Gain.Unit, a.Gain.Model = asOf.Time(), insight.Fen, a.Model
		if err := json.Unmarshal([]byte(reasons), &a.Because); err != nil {
			return err
		}
		err = json.Unmarshal([]byte(alternatives), &a.Alternatives)
		actions = append(actions, a)
		return err
	}, `SELECT customer_id, day, id, staff_id, store_id, corp, purpose, channel, limiting, line_id, material, gain, gain_low, gain_high,
		evidence, as_of, cost, reasons, probability, alternatives, model, settings, begins, ends, wording, wording_chance, wording_among, raw, orders FROM action `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read actions: %w", err)
	}
	return actions, nil
}

// at returns a time as a column holds it.
func at(t time.Time) int64 { return int64(event.At(t)) }
