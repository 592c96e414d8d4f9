package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
)

var pieceTable = table{name: "content_piece", key: []string{"code"}, known: replace, columns: []column{{"code", bigint}, {"name", text}, {"kind", text},
	{"title", text}, {"address", text}, {"since", bigint}}}

// Pieces returns all content that was ever sent with a counted link, or that a
// page of the brand told of.
func (db *DB) Pieces(ctx context.Context) ([]content.Piece, error) {
	return db.pieces(ctx, "SELECT "+pieceTable.list()+" FROM content_piece ORDER BY name, code")
}

// Piece returns the content of a code; ok is false where there is none.
func (db *DB) Piece(ctx context.Context, code id.Code) (p content.Piece, ok bool, err error) {
	list, err := db.pieces(ctx, "SELECT "+pieceTable.list()+" FROM content_piece WHERE code = $1", int64(code))
	if err != nil || len(list) == 0 {
		return p, false, err
	}
	return list[0], true, nil
}

func (db *DB) pieces(ctx context.Context, text string, args ...any) (list []content.Piece, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var p content.Piece
		var since int64
		err := scan(&p.Code, &p.Name, &p.Kind, &p.Title, &p.Address, &since)
		list = append(list, p)
		return err
	}, text, args...)
	if err != nil {
		return nil, fmt.Errorf("read pieces of content: %w", err)
	}
	return list, nil
}

// PutPiece stores a piece, or its title and kind where it is known.
func (db *DB) PutPiece(ctx context.Context, p content.Piece, at time.Time) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, "INSERT INTO content_piece (code, name, kind, title, address, since) VALUES ($1, $2, $3, $4, $5, $6)"+
			" ON CONFLICT (code) DO UPDATE SET kind = excluded.kind, title = excluded.title",
			int64(p.Code), p.Name, string(p.Kind), p.Title, p.Address, int64(event.At(at)))
		return err
	})
	if err != nil {
		return fmt.Errorf("store piece %s: %w", p.Name, err)
	}
	return nil
}

// AddOpening appends the fact of an opening while somebody waits. It returns
// after the fact is durable.
func (db *DB) AddOpening(ctx context.Context, opened event.Fact) error {
	var put appended
	err := db.Write(ctx, Interactive, func(tx *Tx) (err error) {
		put, err = tx.appendFacts(ctx, []event.Fact{opened})
		return err
	})
	if err != nil {
		return fmt.Errorf("store an opening: %w", err)
	}
	db.tail.push(put.facts)
	return nil
}

// AddMassOpening counts an opening of a dispatch, of a day and store.
func (db *DB) AddMassOpening(ctx context.Context, dispatch int64, figure flow.Counter, at time.Time) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		if _, err := tx.exec(ctx, "INSERT INTO dispatch_opening (dispatch_id, openings, latest) VALUES ($1, 1, $2)"+
			" ON CONFLICT (dispatch_id) DO UPDATE SET openings = dispatch_opening.openings + 1, latest = excluded.latest",
			dispatch, int64(event.At(at))); err != nil {
			return err
		}
		_, err := tx.put(ctx, counterTable, counterRows([]flow.Counter{figure}))
		return err
	})
	if err != nil {
		return fmt.Errorf("count an opening of dispatch %d: %w", dispatch, err)
	}
	db.forgetDays([]flow.Counter{figure})
	return nil
}

// AddCounters adds to figures.
func (db *DB) AddCounters(ctx context.Context, figures []flow.Counter) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.put(ctx, counterTable, counterRows(figures))
		return err
	})
	if err != nil {
		return fmt.Errorf("add to %d figures: %w", len(figures), err)
	}
	db.forgetDays(figures)
	return nil
}

// DispatchOpenings returns how often the link of a dispatch was opened.
func (db *DB) DispatchOpenings(ctx context.Context, dispatch int64) (openings int, err error) {
	if _, err := one(ctx, db.reader, []any{&openings}, "SELECT openings FROM dispatch_opening WHERE dispatch_id = $1", dispatch); err != nil {
		return 0, fmt.Errorf("read openings of dispatch %d: %w", dispatch, err)
	}
	return openings, nil
}
