package storage

import (
	"context"
	"fmt"
	"slices"

	"siyu/internal/audience"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
)

var _ flow.Audiences = (*DB)(nil)

var audienceTable = table{name: "audience", key: []string{"id"}, columns: []column{{"id", bigint}, {"version", bigint}, {"name", text},
	{"note", text}, {"kind", text}, {"rule", text}, {"watched", boolean}, {"filled", boolean}, {"created", bigint}, {"created_by", text},
	{"changed", bigint}, {"changed_by", text}, {"archived", bigint}, {"told", boolean}, {"round", bigint}}}

func scanAudience(scan func(...any) error) (a flow.Audience, err error) {
	var rule string
	err = scan(&a.Number, &a.Version, &a.Name, &a.Note, &a.Kind, &rule, &a.Watched, &a.Filled,
		moment{&a.Created}, &a.CreatedBy, moment{&a.Changed}, &a.Changer, moment{&a.Archived}, &a.Told, &a.Round)
	if err != nil {
		return a, err
	}
	if a.Rule, err = audience.Unmarshal([]byte(rule)); err != nil {
		return a, fmt.Errorf("rule of audience %d: %w", a.Number, err)
	}
	return a, nil
}

func audiences(ctx context.Context, q querier, where string, args ...any) (list []flow.Audience, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		a, err := scanAudience(scan)
		list = append(list, a)
		return err
	}, "SELECT "+audienceTable.list()+" FROM audience "+where+" ORDER BY id", args...)
	return list, err
}

// Audiences implements flow.Audiences.
func (db *DB) Audiences(ctx context.Context) ([]flow.Audience, error) {
	list, err := audiences(ctx, db.reader, "WHERE archived = 0")
	if err != nil {
		return nil, fmt.Errorf("read audiences: %w", err)
	}
	return list, nil
}

// Emptying implements flow.Audiences.
func (db *DB) Emptying(ctx context.Context) ([]flow.Audience, error) {
	list, err := audiences(ctx, db.reader, "WHERE archived <> 0 AND NOT filled")
	if err != nil {
		return nil, fmt.Errorf("read archived audiences: %w", err)
	}
	return list, nil
}

// Audience returns one audience, in use or not; fault.NotFound where there is
// none.
func (db *DB) Audience(ctx context.Context, number int64) (flow.Audience, error) {
	list, err := audiences(ctx, db.reader, "WHERE id = $1", number)
	if err != nil {
		return flow.Audience{}, fmt.Errorf("read audience %d: %w", number, err)
	}
	if len(list) == 0 {
		return flow.Audience{}, fault.New(fault.NotFound, "there is no audience %d", number)
	}
	return list[0], nil
}

// AddAudience stores a new audience under the next number. Another one in use
// with its name is fault.Conflict.
func (db *DB) AddAudience(ctx context.Context, a flow.Audience) (number int64, err error) {
	rule, err := audience.Marshal(&a.Rule)
	if err != nil {
		return 0, err
	}
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		if err := tx.nameFree(ctx, a.Name, 0); err != nil {
			return err
		}
		if _, err := one(ctx, tx, []any{&number}, "SELECT coalesce(max(id), 0) + 1 FROM audience"); err != nil {
			return err
		}
		n, err := tx.exec(ctx, "INSERT INTO audience ("+audienceTable.list()+") VALUES ("+marks(0, len(audienceTable.columns))+") ON CONFLICT DO NOTHING",
			number, int64(1), a.Name, a.Note, string(a.Kind), string(rule), a.Watched, a.Filled,
			at(a.Created), a.CreatedBy, at(a.Created), a.CreatedBy, int64(0), false, int64(1))
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "another audience was added at the same moment")
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("add audience: %w", err)
	}
	return number, nil
}

// nameFree is fault.Conflict where another audience in use has the name.
func (tx *Tx) nameFree(ctx context.Context, name string, except int64) error {
	var other int64
	found, err := one(ctx, tx, []any{&other}, "SELECT id FROM audience WHERE name = $1 AND archived = 0 AND id <> $2", name, except)
	if err == nil && found {
		err = fault.WithKey(fault.Conflict, "error.audience_taken", fmt.Errorf("audience %d has this name already", other))
	}
	return err
}

// ChangeAudience stores what a person changed of an audience: name, note, rule,
// whether it is watched. It is fault.Conflict where somebody else changed it
// since its Version or another one has the name. A frozen audience keeps its rule.
// Where the audience is not filled any more, a new round begins for it and for
// the dynamic audiences that name it.
func (db *DB) ChangeAudience(ctx context.Context, a flow.Audience, naming []int64) error {
	rule, err := audience.Marshal(&a.Rule)
	if err != nil {
		return err
	}
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		if err := tx.nameFree(ctx, a.Name, a.Number); err != nil {
			return err
		}
		n, err := tx.exec(ctx, `UPDATE audience SET version = version + 1, name = $1, note = $2, rule = $3, watched = $4, changed = $5, changed_by = $6
			WHERE id = $7 AND version = $8 AND archived = 0 AND (kind = 'dynamic' OR rule = $9)`,
			a.Name, a.Note, string(rule), a.Watched, at(a.Changed), a.Changer, a.Number, int64(a.Version), string(rule))
		if err == nil && n == 0 {
			err = changedMeanwhile(a.Number)
		}
		if err != nil || a.Filled {
			return err
		}
		_, err = tx.exec(ctx, "UPDATE audience SET filled = $1, round = round + 1 WHERE kind = 'dynamic' AND archived = 0 AND id "+tx.dialect.among(2),
			false, idList(tx.dialect, append(naming, a.Number)))
		return err
	})
	if err != nil {
		return fmt.Errorf("change audience %d: %w", a.Number, err)
	}
	return nil
}

func changedMeanwhile(number int64) error {
	return fault.WithKey(fault.Conflict, "error.form_stale", fmt.Errorf("audience %d was changed by somebody else meanwhile", number))
}

// ArchiveAudience takes an audience out of use. Its members go in the background,
// see flow.FillMembers.
func (db *DB) ArchiveAudience(ctx context.Context, a flow.Audience) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		n, err := tx.exec(ctx, `UPDATE audience SET version = version + 1, archived = $1, changed = $2, changed_by = $3, filled = $4, round = round + 1
			WHERE id = $5 AND version = $6 AND archived = 0`, at(a.Archived), at(a.Archived), a.Changer, false, a.Number, int64(a.Version))
		if err == nil && n == 0 {
			err = changedMeanwhile(a.Number)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("archive audience %d: %w", a.Number, err)
	}
	return nil
}

// AudiencesStamp implements flow.Audiences: versions and rounds only grow, and a
// round is filled after it was not.
func (db *DB) AudiencesStamp(ctx context.Context) (stamp int64, err error) {
	_, err = one(ctx, db.reader, []any{&stamp}, "SELECT CAST(coalesce(sum(2 * (version + round) + CASE WHEN filled THEN 1 ELSE 0 END), 0) AS bigint) FROM audience")
	if err != nil {
		return 0, fmt.Errorf("read stamp of audiences: %w", err)
	}
	return stamp, nil
}

// SetFilled implements flow.Audiences.
func (db *DB) SetFilled(ctx context.Context, number int64, round int) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.exec(ctx, "UPDATE audience SET filled = $1, told = (watched AND archived = 0) WHERE id = $2 AND round = $3", true, number, int64(round))
		return err
	})
	if err != nil {
		return fmt.Errorf("note that audience %d is filled: %w", number, err)
	}
	return nil
}

// MembershipsOf implements flow.Audiences.
func (db *DB) MembershipsOf(ctx context.Context, customers []id.Customer) (map[id.Customer][]int64, error) {
	of := map[id.Customer][]int64{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var who id.Customer
		var number int64
		err := scan(&who, &number)
		of[who] = append(of[who], number)
		return err
	}, "SELECT m.customer_id, m.audience_id FROM "+db.dialect.joined(1)+" audience_member m ON m.customer_id = j.value",
		idList(db.dialect, slices.Sorted(slices.Values(customers))))
	if err != nil {
		return nil, fmt.Errorf("read memberships of %d customers: %w", len(customers), err)
	}
	return of, nil
}

// EachMember implements flow.Audiences.
func (db *DB) EachMember(ctx context.Context, number int64, chunk int, do func([]id.Customer) error) error {
	after := int64(-1 << 63)
	for {
		list, err := db.customers(ctx, db.reader, "SELECT customer_id FROM audience_member WHERE audience_id = $1 AND customer_id > $2"+
			" ORDER BY customer_id LIMIT $3", number, after, int64(chunk))
		if err != nil {
			return fmt.Errorf("read members of audience %d: %w", number, err)
		}
		if len(list) == 0 {
			return nil
		}
		after = int64(list[len(list)-1])
		if err := do(list); err != nil {
			return err
		}
	}
}

// ChangeMembers implements flow.Audiences. A fact is appended only of a row
// that was written or removed: done twice the second time does nothing.
func (db *DB) ChangeMembers(ctx context.Context, changes []flow.MemberChange) error {
	var put appended
	err := db.Write(ctx, Background, func(tx *Tx) (err error) {
		var facts []event.Fact
		for _, c := range changes {
			some, err := tx.changeMembers(ctx, c)
			if err != nil {
				return fmt.Errorf("audience %d: %w", c.Audience, err)
			}
			facts = append(facts, some...)
		}
		put, err = tx.appendFacts(ctx, facts)
		return err
	})
	if err != nil {
		return fmt.Errorf("change members: %w", err)
	}
	db.tail.push(put.facts)
	return nil
}

// changeMembers returns the facts of those who came and went indeed.
func (tx *Tx) changeMembers(ctx context.Context, c flow.MemberChange) (facts []event.Fact, err error) {
	came, err := tx.addMembers(ctx, c)
	if err != nil {
		return nil, err
	}
	went, err := tx.removeMembers(ctx, c)
	if err != nil || c.Facts == nil {
		return nil, err
	}
	for i, done := range slices.Concat(came, went) {
		if done {
			facts = append(facts, c.Facts[i])
		}
	}
	d := flow.AudienceDay{Audience: c.Audience, Day: c.Day, Came: countTrue(came), Went: countTrue(went)}
	return facts, tx.countDay(ctx, d)
}

// countDay adds who came and went to the history; the size follows from that
// of the day before.
func (tx *Tx) countDay(ctx context.Context, d flow.AudienceDay) error {
	n, err := tx.exec(ctx, "UPDATE audience_day SET size = size + $1, came = came + $2, went = went + $3 WHERE audience_id = $4 AND day = $5",
		int64(d.Came-d.Went), int64(d.Came), int64(d.Went), d.Audience, d.Day)
	if err != nil || n > 0 {
		return err
	}
	var size int64
	if _, err := one(ctx, tx, []any{&size}, "SELECT size FROM audience_day WHERE audience_id = $1 AND day < $2 ORDER BY day DESC LIMIT 1", d.Audience, d.Day); err != nil {
		return err
	}
	d.Size = int(size) + d.Came - d.Went
	return tx.addDay(ctx, d)
}

func countTrue(list []bool) (n int) {
	for _, v := range list {
		if v {
			n++
		}
	}
	return n
}

// addMembers tells of everybody who comes whether they were not there.
func (tx *Tx) addMembers(ctx context.Context, c flow.MemberChange) ([]bool, error) {
	const insert = "INSERT INTO audience_member (customer_id, audience_id, since)"
	if tx.dialect == Postgres {
		return tx.returned(ctx, c.Came, insert+` SELECT unnest($1::bigint[]), $2::bigint, $3::bigint
			ON CONFLICT (customer_id, audience_id) DO NOTHING RETURNING customer_id`, idList(tx.dialect, c.Came), c.Audience, at(c.At))
	}
	did := make([]bool, len(c.Came))
	for i, who := range c.Came {
		n, err := tx.exec(ctx, insert+" VALUES ($1, $2, $3) ON CONFLICT (customer_id, audience_id) DO NOTHING", int64(who), c.Audience, at(c.At))
		if err != nil {
			return nil, fmt.Errorf("add member: %w", err)
		}
		did[i] = n > 0
	}
	return did, nil
}

// removeMembers tells of everybody who goes whether they were there.
func (tx *Tx) removeMembers(ctx context.Context, c flow.MemberChange) ([]bool, error) {
	if tx.dialect == Postgres {
		return tx.returned(ctx, c.Went, "DELETE FROM audience_member WHERE customer_id = ANY($1::bigint[]) AND audience_id = $2 RETURNING customer_id",
			idList(tx.dialect, c.Went), c.Audience)
	}
	did := make([]bool, len(c.Went))
	for i, who := range c.Went {
		n, err := tx.exec(ctx, "DELETE FROM audience_member WHERE customer_id = $1 AND audience_id = $2", int64(who), c.Audience)
		if err != nil {
			return nil, fmt.Errorf("remove member: %w", err)
		}
		did[i] = n > 0
	}
	return did, nil
}

// returned tells which of the customers a statement returns.
func (tx *Tx) returned(ctx context.Context, customers []id.Customer, text string, args ...any) ([]bool, error) {
	did := make([]bool, len(customers))
	if len(customers) == 0 {
		return did, nil
	}
	changed := make(map[id.Customer]bool, len(customers))
	err := each(ctx, tx, func(scan func(...any) error) error {
		var who id.Customer
		err := scan(&who)
		changed[who] = true
		return err
	}, text, args...)
	for i, who := range customers {
		did[i] = changed[who]
	}
	return did, err
}

// AddDays implements flow.Audiences.
func (db *DB) AddDays(ctx context.Context, days []flow.AudienceDay) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		for _, d := range days {
			if err := tx.addDay(ctx, d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store days of %d audiences: %w", len(days), err)
	}
	return nil
}

func (tx *Tx) addDay(ctx context.Context, d flow.AudienceDay) error {
	_, err := tx.exec(ctx, `INSERT INTO audience_day (audience_id, day, size, came, went) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (audience_id, day) DO UPDATE SET size = excluded.size, came = audience_day.came + excluded.came, went = audience_day.went + excluded.went`,
		d.Audience, d.Day, int64(d.Size), int64(d.Came), int64(d.Went))
	return err
}

// AudienceDays returns the history of an audience from a business day on,
// oldest first.
func (db *DB) AudienceDays(ctx context.Context, number, from int64) (days []flow.AudienceDay, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		d := flow.AudienceDay{Audience: number}
		err := scan(&d.Day, &d.Size, &d.Came, &d.Went)
		days = append(days, d)
		return err
	}, "SELECT day, size, came, went FROM audience_day WHERE audience_id = $1 AND day >= $2 ORDER BY day", number, from)
	if err != nil {
		return nil, fmt.Errorf("read days of audience %d: %w", number, err)
	}
	return days, nil
}

// Progress implements flow.Facets.
func (db *DB) Progress(ctx context.Context, work string) (number int64, err error) {
	if _, err = one(ctx, db.reader, []any{&number}, "SELECT number FROM audience_progress WHERE name = $1", work); err != nil {
		return 0, fmt.Errorf("read progress of %s: %w", work, err)
	}
	return number, nil
}

// SetProgress implements flow.Facets.
func (db *DB) SetProgress(ctx context.Context, work string, number int64) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.exec(ctx, "INSERT INTO audience_progress (name, number) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET number = excluded.number", work, number)
		return err
	})
	if err != nil {
		return fmt.Errorf("store progress of %s: %w", work, err)
	}
	return nil
}
