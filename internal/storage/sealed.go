package storage

import (
	"context"
	"fmt"

	"siyu/internal/event"
	"siyu/internal/vault"
)

var _ vault.Store = (*DB)(nil)

var sealedTable = table{name: "sealed", key: []string{"subject_id", "subject_type", "field", "part"}, known: replace,
	columns: []column{{"subject_id", bigint}, {"subject_type", text}, {"field", text}, {"part", text}, {"box", bytes}}}

// PutSealed implements vault.Store. Of rows with one subject, field and part
// the last stays.
func (db *DB) PutSealed(ctx context.Context, rows []vault.Sealed) error {
	type place struct {
		subject event.Subject
		field   vault.Field
		part    string
	}
	newest := map[place]int{}
	for i, r := range rows {
		newest[place{r.Subject, r.Field, r.Part}] = i
	}
	values := make([][]any, 0, len(newest))
	for i, r := range rows {
		if newest[place{r.Subject, r.Field, r.Part}] == i {
			values = append(values, []any{r.Subject.ID, string(r.Subject.Type), string(r.Field), r.Part, r.Box})
		}
	}
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.put(ctx, sealedTable, values)
		return err
	})
	if err != nil {
		return fmt.Errorf("store %d sealed texts: %w", len(rows), err)
	}
	return nil
}

// SealedOf implements vault.Store.
func (db *DB) SealedOf(ctx context.Context, subjects []event.Subject, fields []vault.Field) ([]vault.Sealed, error) {
	byType := map[event.SubjectType][]int64{}
	for _, s := range subjects {
		byType[s.Type] = append(byType[s.Type], s.ID)
	}
	var rows []vault.Sealed
	for kind, ids := range byType {
		err := db.sealed(ctx, func(s vault.Sealed) error { rows = append(rows, s); return nil },
			"WHERE subject_id "+db.dialect.among(1)+" AND subject_type = $2 AND field "+db.dialect.amongWords(3),
			idList(db.dialect, ids), string(kind), wordList(db.dialect, fields))
		if err != nil {
			return nil, fmt.Errorf("read sealed texts of %d subjects: %w", len(subjects), err)
		}
	}
	return rows, nil
}

// EachSealed implements vault.Store.
func (db *DB) EachSealed(ctx context.Context, field vault.Field, do func(vault.Sealed) error) error {
	where := "WHERE field = $1"
	if field != vault.Message {
		where += " AND field <> 'message'" // names the index to both planners
	}
	if err := db.sealed(ctx, do, where, string(field)); err != nil {
		return fmt.Errorf("read all sealed %s: %w", field, err)
	}
	return nil
}

func (db *DB) sealed(ctx context.Context, do func(vault.Sealed) error, where string, args ...any) error {
	return each(ctx, db.reader, func(scan func(...any) error) error {
		var s vault.Sealed
		if err := scan(&s.Subject.ID, &s.Subject.Type, &s.Field, &s.Part, &s.Box); err != nil {
			return err
		}
		return do(s)
	}, "SELECT subject_id, subject_type, field, part, box FROM sealed "+where, args...)
}

// EraseSealed implements vault.Store.
func (db *DB) EraseSealed(ctx context.Context, subject event.Subject) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		if _, err := tx.exec(ctx, "DELETE FROM sealed WHERE subject_id = $1 AND subject_type = $2", subject.ID, string(subject.Type)); err != nil {
			return err
		}
		return tx.erasePhotos(ctx, subject)
	})
	if err != nil {
		return fmt.Errorf("erase sealed texts: %w", err)
	}
	return nil
}
