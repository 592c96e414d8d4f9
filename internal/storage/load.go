package storage

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
)

// loadTable counts what members were given, so that a turn need not walk the
// actions of a day.
var loadTable = table{name: "staff_load", key: []string{"day", "staff_id", "channel", "purpose", "line_id", "material"}, known: add,
	columns: []column{{"day", bigint}, {"staff_id", bigint}, {"channel", text}, {"purpose", text}, {"line_id", bigint}, {"material", text},
		{"customers", bigint}}}

// Load counts what members were given on a day and kept: contacts by hand, what steps
// of processes take of the time for them, and mass sends, which are told apart by
// purpose, line, material and wording, those of processes by their numbers; of these
// what was dropped or taken back is left out. Posts count as mass sends do.
func (db *DB) Load(ctx context.Context, day time.Time) (map[id.Staff]decision.Load, error) {
	given := map[id.Staff]decision.Load{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var s id.Staff
		var l decision.Load
		err := scan(&s, &l.OneToOne, &l.StepContacts, &l.Confirmations)
		given[s] = l
		return err
	}, `SELECT staff_id, CAST(sum(CASE WHEN channel = 'one_to_one' AND of_process = 0 THEN customers ELSE 0 END) AS bigint),
			CAST(sum(CASE WHEN channel = 'one_to_one' AND of_process = 1 THEN customers ELSE 0 END) AS bigint),
			CAST(sum(CASE WHEN channel = 'mass_send' THEN 1 ELSE 0 END) AS bigint)
		FROM (SELECT staff_id, channel, customers, CASE WHEN substr(material, 1, 4) = '`+ofProcess+`' THEN 1 ELSE 0 END AS of_process,
				CASE WHEN channel = 'mass_send' AND substr(material, 1, 4) = '`+ofProcess+`' THEN CAST(substr(material, 5) AS bigint) ELSE 0 END AS dispatch
			FROM staff_load WHERE day = $1 AND customers > 0) l
		WHERE NOT EXISTS (SELECT 1 FROM dispatch d WHERE d.id = l.dispatch AND (d.state = 'dropped' OR d.task = 'cancelled'))
		GROUP BY staff_id`, at(day))
	if err != nil {
		return nil, fmt.Errorf("read what members were given: %w", err)
	}
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var s id.Staff
		var takes int64
		err := scan(&s, &takes)
		l := given[s]
		l.Steps = time.Duration(takes) * time.Millisecond
		given[s] = l
		return err
	}, "SELECT staff_id, CAST(sum(takes) AS bigint) FROM sop_given WHERE day = $1 AND takes > 0 GROUP BY staff_id", event.At(day).Day())
	if err != nil {
		return nil, fmt.Errorf("read how long steps take that members were given: %w", err)
	}
	posts, err := db.PostsAsked(ctx, day)
	for s, asked := range posts {
		l := given[s]
		l.Confirmations += len(asked)
		given[s] = l
	}
	return given, err
}

// ofPlan are the loads that a day's actions count.
const ofPlan = "purpose <> 'invite' AND substr(material, 1, 4) <> '" + ofProcess + "'"

// recountLoad counts a day anew from its actions.
func (tx *Tx) recountLoad(ctx context.Context, day time.Time) error {
	if _, err := tx.exec(ctx, "DELETE FROM staff_load WHERE day = $1 AND "+ofPlan, at(day)); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `INSERT INTO staff_load (`+loadTable.list()+`) `+plannedLoads+" FROM action WHERE day = $1 AND state <> 'cancelled'"+plannedLoadsBy, at(day))
	return err
}

// plannedLoads counts actions as loadChange does.
const (
	plannedText    = "material || CASE WHEN wording = 0 THEN '' ELSE '#' || CAST(wording AS text) END"
	plannedLoads   = "SELECT day, staff_id, channel, purpose, line_id, " + plannedText + " AS material, count(*) AS n"
	plannedLoadsBy = " GROUP BY day, staff_id, channel, purpose, line_id, " + plannedText
)

// loadKey is what loads are counted by.
type loadKey struct {
	day      int64
	staff    id.Staff
	channel  event.Channel
	purpose  event.Purpose
	line     id.Line
	material string
}

type loadChange map[loadKey]int64

func (l loadChange) add(a *decision.Action, customers int64) {
	material := a.Material
	if a.Wording != 0 { // each wording is a confirmation
		material += "#" + strconv.FormatInt(int64(a.Wording), 10)
	}
	l[loadKey{at(a.Day), a.Staff, a.Channel, a.Purpose, a.Line, material}] += customers
}

func (l loadChange) rows() [][]any {
	rows := make([][]any, 0, len(l))
	for k, customers := range l {
		rows = append(rows, []any{k.day, int64(k.staff), string(k.channel), string(k.purpose), int64(k.line), k.material, customers})
	}
	return rows
}
