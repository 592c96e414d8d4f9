package vault

import (
	"context"
	"fmt"
	"sync"
	"time"

	"siyu/internal/id"
)

// Letter is a callback body as it came, sealed by the vault before it is
// stored.
type Letter struct {
	// Hash is made of the plaintext alone: a retried delivery carries the same
	// plaintext under another nonce and is the same letter.
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

// Inbox seals letters and stores them durably. Letters that arrive together
// are stored together: the first to come writes for all that came while the
// write before was under way.
type Inbox struct {
	store InboxStore
	key   Key
	mu    sync.Mutex
	next  *post
	busy  bool
}

// post is a batch of letters on its way to the store.
type post struct {
	letters []Letter
	done    chan struct{}
	err     error
}

// Batches that carried at least busyPost letters follow each other with a pause
// of gather: each costs the disk a flush and the processor about as much as ten
// letters, so that under load half of the work is saved. A letter that comes
// alone does not wait.
const (
	busyPost = 8
	gather   = 4 * time.Millisecond
)

// maxPost bounds a batch, so that the last of a surge does not wait for one
// huge transaction.
const maxPost = 512

// NewInbox returns the inbox kept in store under the key.
func NewInbox(store InboxStore, key Key) *Inbox { return &Inbox{store: store, key: key} }

// Put returns nil only when the letter is durable, or already was. When ctx
// ends first the letter may have been stored all the same; that is harmless,
// because a repetition is the same letter.
func (b *Inbox) Put(ctx context.Context, l Letter) error {
	l.Body = b.key.Seal(l.Body, l.Hash[:])
	p := b.join(l)
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join adds the letter to the batch that is filling, and sets a writer to work
// if there is none.
func (b *Inbox) join(l Letter) *post {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = &post{done: make(chan struct{})}
	}
	p := b.next
	p.letters = append(p.letters, l)
	if len(p.letters) == maxPost {
		b.next = nil
		go b.write(p)
		return p
	}
	if !b.busy {
		b.busy = true
		go b.run()
	}
	return p
}

// run writes batches until none is waiting.
func (b *Inbox) run() {
	for {
		b.mu.Lock()
		p := b.next
		b.next = nil
		if p == nil {
			b.busy = false
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		b.write(p)
		if len(p.letters) >= busyPost {
			time.Sleep(gather)
		}
	}
}

func (b *Inbox) write(p *post) {
	// Nobody's request may cancel what others wait for; the store bounds its
	// own time.
	_, p.err = b.store.PutLetters(context.Background(), p.letters)
	close(p.done)
}

// Pending returns up to limit letters not yet finished, oldest first, opened.
func (b *Inbox) Pending(ctx context.Context, limit int) ([]Letter, error) {
	letters, err := b.store.PendingLetters(ctx, limit)
	if err != nil {
		return nil, err
	}
	for i := range letters {
		body, err := b.key.Open(letters[i].Body, letters[i].Hash[:])
		if err != nil {
			return nil, fmt.Errorf("open letter %x: %w", letters[i].Hash[:4], err)
		}
		letters[i].Body = body
	}
	return letters, nil
}
