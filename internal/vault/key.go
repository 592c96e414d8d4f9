package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"siyu/internal/fault"
)

// keyBytes is the length of the key, for AES-256.
const keyBytes = 32

// Key seals boxes and makes keyed hashes. It never leaves the process; printed
// it shows nothing.
type Key struct {
	seal  cipher.AEAD
	hash  []byte
	print string
}

// String hides the key.
func (Key) String() string { return "***" }

// Fingerprint tells keys apart without showing them.
func (k Key) Fingerprint() string { return k.print }

// NewKey returns the key with these bytes.
func NewKey(secret []byte) (Key, error) {
	if len(secret) != keyBytes {
		return Key{}, fault.New(fault.Invalid, "vault key: expected %d bytes, got %d", keyBytes, len(secret))
	}
	block, err := aes.NewCipher(derived(secret, "seal"))
	if err != nil {
		return Key{}, fmt.Errorf("vault key: %w", err)
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return Key{}, fmt.Errorf("vault key: %w", err)
	}
	return Key{seal: seal, hash: derived(secret, "hash"), print: hex.EncodeToString(derived(secret, "fingerprint")[:8])}, nil
}

// derived gives each use a key of its own.
func derived(secret []byte, use string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("siyu vault " + use))
	return h.Sum(nil)
}

// OpenKey is ReadKey, or creates the file with a random key readable by its
// owner alone.
func OpenKey(path string) (Key, error) {
	key, err := ReadKey(path)
	if fault.CodeOf(err) == fault.NotFound {
		return createKey(path)
	}
	return key, err
}

// ReadKey reads the key file. It is fault.NotFound where there is none; a file
// that others may read is refused.
func ReadKey(path string) (Key, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Key{}, fault.New(fault.NotFound, "there is no vault key %s", path)
	}
	if err != nil {
		return Key{}, fmt.Errorf("read vault key: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, fmt.Errorf("read vault key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Key{}, fault.New(fault.Invalid, "vault key %s can be read by others: chmod 600", path)
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil {
		return Key{}, fault.New(fault.Invalid, "vault key %s: expected %d hexadecimal digits", path, 2*keyBytes)
	}
	return NewKey(secret)
}

func createKey(path string) (Key, error) {
	secret := make([]byte, keyBytes)
	_, _ = rand.Read(secret) // never fails, see crypto/rand
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Key{}, fmt.Errorf("create vault key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Key{}, fmt.Errorf("create vault key: %w", err)
	}
	_, err = f.WriteString(hex.EncodeToString(secret) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return Key{}, fmt.Errorf("write vault key: %w", err)
	}
	return NewKey(secret)
}

// Seal returns nonce and ciphertext of the text. With what it is bound to, it
// must be opened.
func (k Key) Seal(text, bound []byte) []byte {
	box := make([]byte, k.seal.NonceSize(), k.seal.NonceSize()+len(text)+k.seal.Overhead())
	_, _ = rand.Read(box) // never fails, see crypto/rand
	return k.seal.Seal(box, box, text, bound)
}

// Open returns the text of a box. A box sealed under another key, bound to
// something else, or altered, is an error.
func (k Key) Open(box, bound []byte) ([]byte, error) {
	n := k.seal.NonceSize()
	if len(box) < n {
		return nil, fault.New(fault.Invalid, "a sealed text of %d bytes is too short", len(box))
	}
	text, err := k.seal.Open(nil, box[:n], box[n:], bound)
	if err != nil {
		return nil, fault.New(fault.Invalid, "a sealed text does not open: another key, or it was altered")
	}
	return text, nil
}

// Hash returns a keyed hash of the parts: equal for equal parts under one key,
// and of no use without it.
func (k Key) Hash(parts ...string) []byte {
	h := hmac.New(sha256.New, k.hash)
	text := make([]byte, 0, 64) // room for a kind and a phone
	for _, p := range parts {
		text = append(append(strconv.AppendInt(text, int64(len(p)), 10), ':'), p...)
	}
	h.Write(text)
	return h.Sum(nil)
}
