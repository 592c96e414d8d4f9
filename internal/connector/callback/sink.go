// Package callback turns the letters WeCom delivers into facts: it reads the
// inbox, looks at the API what an event only hints at, and starts welcomes.
package callback

import (
	"context"
	"fmt"

	"siyu/internal/vault"
	"siyu/internal/wecom"
)

// LetterBox stores letters, sealed; vault.Inbox is one.
type LetterBox interface {
	// Put returns nil only when the letter is durable, or already was.
	Put(ctx context.Context, l vault.Letter) error
}

// Sink puts verified callbacks into the inbox. It is what wecom's callback
// handler waits for before it answers.
type Sink struct {
	box  LetterBox
	wake func()
}

// NewSink returns a Sink that calls wake after each letter; wake must not
// block. Reader.Wake is one.
func NewSink(box LetterBox, wake func()) *Sink { return &Sink{box: box, wake: wake} }

// Put implements wecom.CallbackSink.
func (s *Sink) Put(ctx context.Context, c wecom.Callback) error {
	err := s.box.Put(ctx, vault.Letter{Hash: c.Hash, Corp: c.Corp, Received: c.At, Stale: c.Stale, Body: c.Plain})
	if err != nil {
		return fmt.Errorf("store callback: %w", err)
	}
	s.wake()
	return nil
}
