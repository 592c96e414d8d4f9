// Package callback turns the letters WeCom delivers into facts: it reads the
// inbox, looks at the API what an event only hints at, and starts welcomes.
package callback

import (
	"context"
	"fmt"

	"siyu/internal/vault"
	"siyu/internal/wecom"
)

// LetterBox stores letters; it seals them first.
type LetterBox interface {
	// PutLetters stores the letters whose hash is new and returns how many
	// were. It returns only after they are durable.
	PutLetters(ctx context.Context, letters []vault.Letter) (added int, err error)
}

// Sink puts verified callbacks into the inbox. It is what wecom's callback
// handler waits for before it answers.
type Sink struct {
	box  LetterBox
	wake func()
}

// NewSink returns a Sink that calls wake after each letter that was new; wake
// must not block. Reader.Wake is one.
func NewSink(box LetterBox, wake func()) *Sink { return &Sink{box: box, wake: wake} }

// Put implements wecom.CallbackSink.
func (s *Sink) Put(ctx context.Context, c wecom.Callback) error {
	added, err := s.box.PutLetters(ctx, []vault.Letter{{Hash: c.Hash, Corp: c.Corp, Received: c.At, Stale: c.Stale, Body: c.Plain}})
	if err != nil {
		return fmt.Errorf("store callback: %w", err)
	}
	if added > 0 {
		s.wake()
	}
	return nil
}
