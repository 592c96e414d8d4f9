package storagetest

import (
	"context"
	"testing"
	"time"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/storage"
)

func openingsCountOnceAndOfNobody(t *testing.T, ctx context.Context, db *storage.DB) {
	guide := content.Piece{Code: 7, Name: "serve.1", Kind: content.Article, Title: "冲泡 'guide'", Address: "https://shop.example/brew?a=1"}
	page := content.Piece{Code: 3, Name: "guide", Kind: content.Page, Title: "guide"}
	ok(t, db.PutPiece(ctx, guide, noon))
	ok(t, db.PutPiece(ctx, page, noon))
	guide.Title = "another title"
	again := guide
	again.Address = "https://elsewhere.example" // where a link leads never changes
	ok(t, db.PutPiece(ctx, again, noon.Add(time.Hour)))
	alike(t, "pieces", must[[]content.Piece](t)(db.Pieces(ctx)), []content.Piece{page, guide})
	one, found, err := db.Piece(ctx, 7)
	ok(t, err)
	equal(t, "found", found, true)
	alike(t, "piece", one, guide)
	if _, found, err = db.Piece(ctx, 8); found || err != nil {
		t.Errorf("a piece nobody made: %v, %v", found, err)
	}

	opened, err := event.New(event.Customer(31), noon, event.FromReading, id.Hash("x"), event.ContentOpened{Content: 7, Touch: 9})
	ok(t, err)
	opened.Received = noon
	ok(t, db.AddOpening(ctx, opened))
	ok(t, db.AddOpening(ctx, opened))
	equal(t, "head", must[int64](t)(db.LogHead(ctx)), 1)
	facts := must[[]event.Fact](t)(db.FactsAfter(ctx, 0, 9))
	equal(t, "facts", len(facts), 1)

	day := flow.DayOf(event.At(noon))
	figure := flow.Counter{Name: flow.CountOpenedMass, Part: flow.PartOfPiece(7), Store: 4, Day: day, Delta: 1}
	for range 3 {
		ok(t, db.AddMassOpening(ctx, 77, figure, noon))
	}
	ok(t, db.AddMassOpening(ctx, 78, figure, noon))
	ok(t, db.AddCounters(ctx, []flow.Counter{{Name: flow.CountLost, Day: day, Delta: 2}}))
	ok(t, db.AddCounters(ctx, []flow.Counter{{Name: flow.CountLost, Day: day, Delta: 3}}))
	equal(t, "of the dispatch", must[int](t)(db.DispatchOpenings(ctx, 77)), 3)
	equal(t, "of another", must[int](t)(db.DispatchOpenings(ctx, 79)), 0)
	figure.Delta = 4
	counted := must[[]flow.Counter](t)(db.DayCounters(ctx, []string{flow.CountOpenedMass, flow.CountLost}, day, day))
	alike(t, "figures", counted, []flow.Counter{{Name: flow.CountLost, Day: day, Delta: 5}, figure})
}
