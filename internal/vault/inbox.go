package vault

import (
	"context"
	"time"

	"siyu/internal/id"
)

// Letter is a callback body as it came, sealed by the vault before it is
// stored. Its hash is sha256 of the plaintext: a retried delivery carries the
// same plaintext under another nonce and is the same letter.
type Letter struct {
	Hash     [32]byte
	Corp     id.Corp
	Received time.Time
	Stale    bool // its timestamp was far from our clock
	Body     []byte
	Attempts int
}

// InboxStore is what the callback inbox needs of a database. Bodies that it
// sees are sealed.
type InboxStore interface {
	// PutLetters stores the letters whose hash is new and returns how many
	// were. It returns only after they are durable.
	PutLetters(ctx context.Context, letters []Letter) (added int, err error)
	// PendingLetters returns up to limit letters not yet finished, oldest first.
	PendingLetters(ctx context.Context, limit int) ([]Letter, error)
	// FinishLetters marks letters as turned into facts.
	FinishLetters(ctx context.Context, hashes [][32]byte, at time.Time) error
	// FailLetter counts a failed attempt; after limit attempts the letter is
	// set aside and PendingLetters no longer returns it.
	FailLetter(ctx context.Context, hash [32]byte, reason string, limit int) error
	// CountLetters returns how many are pending and how many set aside.
	CountLetters(ctx context.Context) (pending, aside int, err error)
}
