package storage

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/content"
	"siyu/internal/delivery"
	"siyu/internal/fault"
	"siyu/internal/id"
)

var _ delivery.Files = (*DB)(nil)

// PutFile stores a file. One that is there already stays as it is.
func (db *DB) PutFile(ctx context.Context, f content.File, data []byte, now time.Time) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, "INSERT INTO media_file (code, kind, name, body, since) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (code) DO NOTHING",
			int64(f.Code), string(f.Kind), f.Name, data, at(now))
		return err
	})
	if err != nil {
		return fmt.Errorf("store a file of %d bytes: %w", len(data), err)
	}
	return nil
}

// File implements delivery.Files.
func (db *DB) File(ctx context.Context, code id.Code) (name string, data []byte, err error) {
	found, err := one(ctx, db.reader, []any{&name, &data}, "SELECT name, body FROM media_file WHERE code = $1", int64(code))
	switch {
	case err != nil:
		return "", nil, fmt.Errorf("read a file: %w", err)
	case !found:
		return "", nil, fault.New(fault.NotFound, "there is no file %s", id.Text(code))
	}
	return name, data, nil
}

// MediaID implements delivery.Files.
func (db *DB) MediaID(ctx context.Context, corp id.Corp, code id.Code, after time.Time) (name string, err error) {
	_, err = one(ctx, db.reader, []any{&name}, "SELECT name FROM media_id WHERE corp = $1 AND code = $2 AND expires > $3", string(corp), int64(code), at(after))
	if err != nil {
		return "", fmt.Errorf("read the media id of a file: %w", err)
	}
	return name, nil
}

// KeepMediaID implements delivery.Files.
func (db *DB) KeepMediaID(ctx context.Context, corp id.Corp, code id.Code, mediaID string, until time.Time) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		if mediaID == "" {
			_, err := tx.exec(ctx, "DELETE FROM media_id WHERE corp = $1 AND code = $2", string(corp), int64(code))
			return err
		}
		_, err := tx.exec(ctx, `INSERT INTO media_id (corp, code, name, expires) VALUES ($1, $2, $3, $4)
			ON CONFLICT (corp, code) DO UPDATE SET name = excluded.name, expires = excluded.expires`, string(corp), int64(code), mediaID, at(until))
		return err
	})
	if err != nil {
		return fmt.Errorf("store the media id of a file: %w", err)
	}
	return nil
}
