package storage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"siyu/internal/fault"
)

// Copied says what was copied of one table. Hash is over all rows in the
// order of the key, equal in both databases.
type Copied struct {
	Table string
	Rows  int64
	Hash  [32]byte
}

// copyBatch is how many rows are written by one statement.
const copyBatch = 1000

// Copy copies everything from a SQLite database into an empty PostgreSQL one,
// in one transaction: all of it or nothing. Before it commits it reads every
// row back and compares. Nobody may write to either meanwhile. report is
// called after each table. A database that holds facts, letters or accounts is
// not empty: fault.Conflict.
func Copy(ctx context.Context, from, to *DB, report func(Copied)) error {
	if from.dialect != SQLite || to.dialect != Postgres {
		return fault.New(fault.Invalid, "copy database: expected SQLite to PostgreSQL, got %s to %s", from.dialect, to.dialect)
	}
	return to.Write(ctx, Background, func(tx *Tx) error {
		tables, err := tx.tables(ctx)
		if err != nil {
			return fmt.Errorf("copy database: read tables: %w", err)
		}
		if err := tx.mustBeEmpty(ctx); err != nil {
			return err
		}
		for _, t := range tables {
			done, err := tx.copyTable(ctx, from, t)
			if err != nil {
				return fmt.Errorf("copy table %s: %w", t.name, err)
			}
			report(done)
		}
		return nil
	})
}

func (tx *Tx) mustBeEmpty(ctx context.Context) error {
	var filled bool
	_, err := one(ctx, tx, []any{&filled},
		"SELECT EXISTS (SELECT 1 FROM fact) OR EXISTS (SELECT 1 FROM letter) OR EXISTS (SELECT 1 FROM letter_pending) OR EXISTS (SELECT 1 FROM account)")
	if err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	if filled {
		return fault.New(fault.Conflict, "copy database: the target is not empty")
	}
	return nil
}

// tables returns all tables of the schema with their key columns first.
func (tx *Tx) tables(ctx context.Context) ([]table, error) {
	var list []table
	err := each(ctx, tx, func(scan func(...any) error) error {
		var name, keys, columns, kinds string
		if err := scan(&name, &keys, &columns, &kinds); err != nil {
			return err
		}
		t := table{name: name, key: strings.Split(keys, ",")}
		for i, c := range strings.Split(columns, ",") {
			t.columns = append(t.columns, column{c, strings.Split(kinds, ",")[i]})
		}
		list = append(list, t)
		return nil
	}, `SELECT c.relname,
			(SELECT string_agg(a.attname, ',' ORDER BY array_position(i.indkey::int2[], a.attnum))
				FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
				WHERE i.indrelid = c.oid AND i.indisprimary),
			(SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
			(SELECT string_agg(format_type(a.atttypid, NULL), ',' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
		FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname <> 'goose_db_version'
		ORDER BY c.relname`)
	return list, err
}

func (tx *Tx) copyTable(ctx context.Context, from *DB, t table) (Copied, error) {
	done := Copied{Table: t.name}
	if _, err := tx.exec(ctx, "DELETE FROM "+t.name); err != nil { // what migrations put there
		return done, err
	}
	var batch [][]any
	rows, hash, err := t.walk(ctx, from.reader, func(row []any) error {
		if batch = append(batch, row); len(batch) < copyBatch {
			return nil
		}
		_, err := tx.put(ctx, t, batch)
		batch = batch[:0]
		return err
	})
	if err != nil {
		return done, err
	}
	if _, err := tx.put(ctx, t, batch); err != nil {
		return done, err
	}
	copied, same, err := t.walk(ctx, tx, func([]any) error { return nil })
	if err != nil {
		return done, err
	}
	if copied != rows || same != hash {
		return done, fault.New(fault.Internal, "%d rows were read and %d came back, or some were altered", rows, copied)
	}
	done.Rows, done.Hash = rows, hash
	return done, nil
}

// walk visits all rows in the order of the key and hashes them.
func (t table) walk(ctx context.Context, q querier, do func(row []any) error) (rows int64, hash [32]byte, err error) {
	sum := sha256.New()
	err = each(ctx, q, func(scan func(...any) error) error {
		row, err := t.scan(scan)
		if err != nil {
			return err
		}
		b, err := encode(row)
		if err != nil {
			return err
		}
		sum.Write(b)
		rows++
		return do(row)
	}, "SELECT "+t.list()+" FROM "+t.name+" ORDER BY "+strings.Join(t.key, ", "))
	return rows, [32]byte(sum.Sum(nil)), err
}

// scan reads one row into values of the columns' kinds.
func (t table) scan(scan func(...any) error) ([]any, error) {
	into := make([]any, len(t.columns))
	for i, c := range t.columns {
		switch c.kind {
		case bigint:
			into[i] = new(int64)
		case text:
			into[i] = new(string)
		case bytes:
			into[i] = new([]byte)
		case double:
			into[i] = new(float64)
		case boolean:
			into[i] = new(bool)
		default:
			return nil, fmt.Errorf("column %s has the unexpected type %s", c.name, c.kind)
		}
	}
	if err := scan(into...); err != nil {
		return nil, err
	}
	row := make([]any, len(into))
	for i, v := range into {
		switch v := v.(type) {
		case *int64:
			row[i] = *v
		case *string:
			row[i] = *v
		case *[]byte:
			row[i] = some(*v)
		case *float64:
			row[i] = *v
		case *bool:
			row[i] = *v
		}
	}
	return row, nil
}
