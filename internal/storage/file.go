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

// FilesNamed returns what is known of files, without their contents, in the order
// asked for; those that are not there are missing.
func (db *DB) FilesNamed(ctx context.Context, codes []id.Code) ([]content.File, error) {
	known := map[id.Code]content.File{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var f content.File
		err := scan(&f.Code, &f.Kind, &f.Name)
		known[f.Code] = f
		return err
	}, "SELECT code, kind, name FROM media_file WHERE code "+db.dialect.among(1), idList(db.dialect, codes))
	if err != nil {
		return nil, fmt.Errorf("look up %d files: %w", len(codes), err)
	}
	var files []content.File
	for _, code := range codes {
		if f, is := known[code]; is {
			files = append(files, f)
		}
	}
	return files, nil
}

// MediaID implements delivery.Files.
func (db *DB) MediaID(ctx context.Context, of delivery.MediaKey, after time.Time) (name string, err error) {
	_, err = one(ctx, db.reader, []any{&name}, "SELECT name FROM media_id WHERE corp = $1 AND used_for = $2 AND code = $3 AND expires > $4",
		string(of.Corp), string(of.Use), int64(of.Code), at(after))
	if err != nil {
		return "", fmt.Errorf("read the media id of a file: %w", err)
	}
	return name, nil
}

// KeepMediaID implements delivery.Files.
func (db *DB) KeepMediaID(ctx context.Context, of delivery.MediaKey, mediaID string, until time.Time) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		if mediaID == "" {
			_, err := tx.exec(ctx, "DELETE FROM media_id WHERE corp = $1 AND used_for = $2 AND code = $3", string(of.Corp), string(of.Use), int64(of.Code))
			return err
		}
		_, err := tx.exec(ctx, `INSERT INTO media_id (corp, used_for, code, name, expires) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (corp, used_for, code) DO UPDATE SET name = excluded.name, expires = excluded.expires`,
			string(of.Corp), string(of.Use), int64(of.Code), mediaID, at(until))
		return err
	})
	if err != nil {
		return fmt.Errorf("store the media id of a file: %w", err)
	}
	return nil
}
