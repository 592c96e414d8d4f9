package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"siyu/internal/app/brand"
	"siyu/internal/app/desk"
	"siyu/internal/clock"
	"siyu/internal/connector/reading"
	"siyu/internal/content"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/storage"
)

var (
	_ delivery.Reading = (*bookshelf)(nil)
	_ reading.Book     = (*bookshelf)(nil)
	_ desk.Bookshelf   = (*bookshelf)(nil)
)

// bookshelf keeps the content that tracked links lead to in memory, so that a
// link leads on while the database is busy.
type bookshelf struct {
	db     *storage.DB
	log    *eventlog.Log
	brand  *brand.Brand
	clock  clock.Clock
	tokens reading.Tokens
	public string // address of this installation, "" where nobody outside reaches it

	mu     sync.RWMutex
	pieces map[id.Code]content.Piece
}

// openReading reads what was sent with tracked links and opens their door.
func (a *App) openReading(ctx context.Context) error {
	b := &bookshelf{db: a.db, log: a.facts, brand: a.brand, clock: a.clock, tokens: reading.NewTokens(a.vault.Key()),
		public: strings.TrimRight(a.config.PublicURL, "/"), pieces: map[id.Code]content.Piece{}}
	stored, err := a.db.Pieces(ctx)
	if err != nil {
		return err
	}
	for _, p := range stored {
		b.pieces[p.Code] = p
	}
	a.reading, a.door = b, &reading.Door{Tokens: b.tokens, Book: b, Clock: a.clock, Log: a.log, Patience: reading.Patience}
	return nil
}

// Door returns the door of tracked links.
func (a *App) Door() *reading.Door { return a.door }

// Reachable implements desk.Bookshelf.
func (b *bookshelf) Reachable() bool { return b.public != "" }

// Counting implements reading.Book.
func (b *bookshelf) Counting() bool { return b.brand.Documents().Reading.On() }

// Piece implements reading.Book.
func (b *bookshelf) Piece(ctx context.Context, code id.Code) (content.Piece, bool, error) {
	b.mu.RLock()
	p, ok := b.pieces[code]
	b.mu.RUnlock()
	if ok {
		return p, true, nil
	}
	p, ok, err := b.db.Piece(ctx, code) // another node may have sent it
	if ok {
		b.put(p)
	}
	return p, ok, err
}

func (b *bookshelf) put(p content.Piece) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pieces[p.Code] = p
}

// All implements desk.Bookshelf.
func (b *bookshelf) All() []content.Piece {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.SortedFunc(maps.Values(b.pieces), func(a, b content.Piece) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Code, b.Code)) })
}

// mostPieces bounds what is kept in memory, about 5 MB: no brand has written so
// much, but a program that names a page anew each time would.
const mostPieces = 20_000

// Keep implements desk.Bookshelf.
func (b *bookshelf) Keep(ctx context.Context, p content.Piece) error {
	b.mu.RLock()
	known, many := b.pieces[p.Code], len(b.pieces)
	b.mu.RUnlock()
	switch {
	case known == p:
		return nil
	case known.Code == 0 && many >= mostPieces:
		return fault.New(fault.Invalid, "there are %d pieces of content already", many)
	}
	if err := b.db.PutPiece(ctx, p, b.clock.Now()); err != nil {
		return err
	}
	b.put(p)
	return nil
}

// Pieces implements delivery.Reading.
func (b *bookshelf) Pieces(ctx context.Context, materials []content.Material) (map[string]id.Code, error) {
	if !b.Counting() || !b.Reachable() {
		return nil, nil
	}
	codes := map[string]id.Code{}
	for _, m := range materials {
		p, linked := content.PieceOf(m)
		if !linked {
			continue
		}
		if err := b.Keep(ctx, p); err != nil {
			return nil, err
		}
		codes[m.Code] = p.Code
	}
	return codes, nil
}

// Asked implements desk.Bookshelf.
func (b *bookshelf) Asked(ctx context.Context, token string) (sent content.Sent, survey content.Piece, ok bool, err error) {
	if sent, ok = b.tokens.Read(token); !ok {
		return sent, survey, false, nil
	}
	survey, ok, err = b.Piece(ctx, sent.Piece)
	return sent, survey, ok && survey.Kind == content.Survey, err
}

// AddMassAnswer implements desk.Bookshelf.
func (b *bookshelf) AddMassAnswer(ctx context.Context, sent content.Sent, score int) error {
	return b.db.AddCounters(ctx, []flow.Counter{{Name: flow.CountAnswersMass, Part: flow.PartOfScore(sent.Piece, score),
		Store: b.brand.StoreOf(sent.Staff), Day: flow.DayOf(event.At(b.clock.Now())), Delta: 1}})
}

// Readers implements delivery.Reading.
func (b *bookshelf) Readers(ctx context.Context, customers []id.Customer) (map[id.Customer]bool, error) {
	answers, err := b.db.Canonical(ctx, customers)
	if err != nil {
		return nil, err
	}
	who := make([]id.Customer, len(customers))
	for i, c := range customers {
		who[i] = cmp.Or(answers[c], c)
	}
	slices.Sort(who)
	states, err := b.db.LoadCustomers(ctx, slices.Compact(who))
	if err != nil {
		return nil, fmt.Errorf("load customers: %w", err)
	}
	whose, may := b.brand.Documents().Reading, map[id.Customer]bool{}
	for i := range states {
		may[states[i].ID] = whose.Of(&states[i])
	}
	readers := map[id.Customer]bool{}
	for _, c := range customers {
		readers[c] = may[cmp.Or(answers[c], c)]
	}
	return readers, nil
}

// Reads implements reading.Book.
func (b *bookshelf) Reads(ctx context.Context, customer id.Customer) (bool, error) {
	readers, err := b.Readers(ctx, []id.Customer{customer})
	return readers[customer], err
}

// Link implements delivery.Reading.
func (b *bookshelf) Link(sent content.Sent) string {
	if b.public == "" { // it was taken away since a survey was written
		return ""
	}
	return b.public + reading.Path + b.tokens.Write(sent)
}

// AddOpening implements reading.Book.
func (b *bookshelf) AddOpening(ctx context.Context, opened event.Fact) error {
	facts := []event.Fact{opened}
	if err := b.log.Stamp(facts); err != nil {
		return err
	}
	return b.db.AddOpening(ctx, facts[0])
}

// AddMassOpening implements reading.Book.
func (b *bookshelf) AddMassOpening(ctx context.Context, sent content.Sent, at time.Time) error {
	return b.db.AddMassOpening(ctx, sent.Dispatch, flow.Counter{
		Name: flow.CountOpenedMass, Part: flow.PartOfPiece(sent.Piece), Store: b.brand.StoreOf(sent.Staff), Day: flow.DayOf(event.At(at)), Delta: 1,
	}, at)
}

// keepLost keeps how many openings could not be stored.
func (a *App) keepLost(ctx context.Context) error {
	lost := a.door.TakeLost()
	if lost == 0 {
		return nil
	}
	err := a.db.AddCounters(ctx, []flow.Counter{{Name: flow.CountLost, Day: flow.DayOf(event.At(a.clock.Now())), Delta: lost}})
	if err != nil {
		a.door.AddLost(lost)
	}
	return err
}
