// Package storagetest is the one set of expectations that every database
// behind storage has to meet.
package storagetest

import (
	"context"
	"testing"
	"time"

	"siyu/internal/storage"
)

// Opener returns a new, empty database that is closed when the test ends.
type Opener func(t testing.TB) *storage.DB

// noon is the moment in which the suite takes place.
var noon = time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)

// Run checks that databases made by open keep what the rooms were promised.
func Run(t *testing.T, open Opener) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, context.Context, *storage.DB)
	}{
		{"facts are numbered without gaps and kept once", factsAreKeptOnce},
		{"concurrent appends keep positions gapless", appendsKeepPositionsGapless},
		{"facts are found by subject", factsAreFoundBySubject},
		{"cursors never move back except to zero", cursorsMoveForward},
		{"a letter delivered many times is one letter", lettersAreKeptOnce},
		{"a letter that keeps failing is set aside", lettersAreSetAside},
		{"sealed texts are replaced and erased", sealedTextsAreErased},
		{"a failing write does not touch its neighbours", writesAreIndependent},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, t.Context(), open(t)) })
	}
}
