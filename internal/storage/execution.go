package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/id"
)

// Execution is what one member did of the tasks whose window began within a
// time.
type Execution struct {
	Staff  id.Staff
	Due    int // given, mass sends and contacts by hand
	Done   int
	OnTime int // done before their window ended
	Open   int
}

// Execution returns it for every member who was given something from since on,
// as of now.
func (db *DB) Execution(ctx context.Context, since, now time.Time) ([]Execution, error) {
	var list []Execution
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var e Execution
		err := scan(&e.Staff, &e.Due, &e.Done, &e.OnTime, &e.Open)
		list = append(list, e)
		return err
	}, `SELECT staff_id, CAST(sum(due) AS bigint), CAST(sum(done) AS bigint), CAST(sum(on_time) AS bigint), CAST(sum(open) AS bigint) FROM (
			SELECT staff_id, 1 AS due,
				CASE WHEN task = 'confirmed' THEN 1 ELSE 0 END AS done,
				CASE WHEN task = 'confirmed' AND task_since <= ends THEN 1 ELSE 0 END AS on_time,
				CASE WHEN task = 'open' THEN 1 ELSE 0 END AS open
			FROM dispatch WHERE state = 'accepted' AND starts >= $1 AND task <> 'cancelled'
			UNION ALL
			SELECT staff_id, 1 AS due,
				CASE WHEN state = 'done' THEN 1 ELSE 0 END AS done,
				CASE WHEN state = 'done' AND since <= ends THEN 1 ELSE 0 END AS on_time,
				CASE WHEN state IN ('due', 'postponed') AND ends > $2 THEN 1 ELSE 0 END AS open
			FROM staff_task WHERE starts >= $3 AND starts <= $4 AND state <> 'taken'
		) given GROUP BY staff_id`, at(since), at(now), at(since), at(now))
	if err != nil {
		return nil, fmt.Errorf("read execution: %w", err)
	}
	return list, nil
}
