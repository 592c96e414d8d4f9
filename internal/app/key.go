package app

import (
	"context"
	"time"

	"siyu/internal/fault"
	"siyu/internal/storage"
	"siyu/internal/vault"
)

// keyDoc names the document that says under which key the database is sealed.
const keyDoc = "key"

type keyStored struct {
	Fingerprint string `json:"fingerprint"`
}

// keyOf returns the key of the database. Only a new database gets a new key:
// with another one what is sealed could never be read again, and what is
// written from then on not with the right one.
func keyOf(ctx context.Context, db *storage.DB, path string, now time.Time) (vault.Key, error) {
	var stored keyStored
	version, err := db.Setting(ctx, keyDoc, &stored)
	if err != nil {
		return vault.Key{}, err
	}
	if version > 0 {
		return readKey(path, stored)
	}
	key, err := vault.OpenKey(path)
	if err != nil {
		return vault.Key{}, err
	}
	_, err = db.SetSetting(ctx, storage.NewSetting{Name: keyDoc, Document: keyStored{key.Fingerprint()}, At: now, Account: "siyu"})
	return key, err
}

func readKey(path string, stored keyStored) (vault.Key, error) {
	key, err := vault.ReadKey(path)
	switch {
	case fault.CodeOf(err) == fault.NotFound:
		return key, fault.New(fault.Conflict, "%w, and the database is sealed with one (fingerprint %s): put the copy of the key file back, or name its place with key_file", err, stored.Fingerprint)
	case err == nil && key.Fingerprint() != stored.Fingerprint:
		return key, fault.New(fault.Conflict, "the vault key %s is not the one that the database is sealed with (fingerprint %s, expected %s): put the copy of the right key file back", path, key.Fingerprint(), stored.Fingerprint)
	}
	return key, err
}
