package reading

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/fault/killtest"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/storage/storagetest"
	"siyu/internal/vault"
)

// killed tells a child on which database its door writes.
type killed struct{ DB string }

func TestMain(m *testing.M) { killtest.Main(m, serve) }

// stored is a book over a database, for customers who all may be counted.
type stored struct {
	shelf
	db  *storage.DB
	log *eventlog.Log
}

func (s *stored) AddOpening(ctx context.Context, opened event.Fact) error {
	facts := []event.Fact{opened}
	if err := s.log.Stamp(facts); err != nil {
		return err
	}
	return s.db.AddOpening(ctx, facts[0])
}

// serve opens the door of a database until it is killed.
func serve(o killed) error {
	db, err := storage.Open(context.Background(), storage.Config{URL: o.DB})
	if err != nil {
		return err
	}
	key, err := vault.NewKey(append([]byte{1}, make([]byte, 31)...))
	if err != nil {
		return err
	}
	now := clock.NewVirtual(noon)
	door := &Door{Tokens: NewTokens(key), Book: &stored{db: db, log: eventlog.New(db, now)}, Clock: now, Log: slog.New(slog.DiscardHandler), Patience: Patience}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return http.Serve(listener, door) //nolint:gosec // a test that is killed
}

const (
	killsOfAll    = 10                     // one of so many kills is of the door
	longestSpared = 600 * time.Millisecond // real time a child gets
	readers       = 8
)

func TestKilledAtAnyMomentNoOpeningThatLedOnIsLostOrCountsTwice(t *testing.T) {
	rounds := max(1, killtest.Rounds(t)/killsOfAll)
	url := storagetest.SQLite(t)
	spare := rand.New(rand.NewPCG(7, 7))
	led := map[int64]int{} // how often each message's link led on
	for range rounds {
		child := killtest.Start(t, killed{url})
		came := make(chan int64, 1<<16)
		var all sync.WaitGroup
		for range readers {
			first := spare.Int64N(8)
			all.Go(func() { read(t.Context(), came, child.Said, first) })
		}
		child.Kill(time.Duration(spare.Int64N(int64(longestSpared))))
		all.Wait()
		close(came)
		for touch := range came {
			led[touch]++
		}
	}
	counted := openings(t, url)
	reloaded := 0
	for touch, times := range led {
		if counted[touch] != 1 {
			t.Errorf("message %d led on %d times and counts %d", touch, times, counted[touch])
		}
		reloaded += times - 1
	}
	for touch, n := range counted {
		if n != 1 {
			t.Errorf("message %d counts %d times", touch, n)
		}
	}
	t.Logf("%d kills, %d messages opened, %d reloads", rounds, len(led), reloaded)
	if len(led) == 0 || reloaded == 0 {
		t.Error("nothing was opened twice: the test proves nothing")
	}
}

// read opens links one after the other until the door is gone.
func read(ctx context.Context, came chan<- int64, address string, first int64) {
	key, err := vault.NewKey(append([]byte{1}, make([]byte, 31)...))
	if err != nil {
		panic(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for touch := first + 1; ctx.Err() == nil; touch++ {
		sent := content.Sent{Piece: guide.Code, Staff: 5, Touch: touch, Customer: id.Customer(touch)}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+Path+NewTokens(key).Write(sent), nil)
		if err != nil {
			panic(err)
		}
		request.Header.Set("User-Agent", byWechat)
		answer, err := client.Do(request)
		if err != nil {
			return
		}
		if answer.StatusCode == http.StatusFound {
			came <- touch
		}
		_ = answer.Body.Close()
	}
}

// openings counts the facts about each message.
func openings(t *testing.T, url string) map[int64]int {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	counted := map[int64]int{}
	for after := int64(0); ; {
		facts, err := db.FactsAfter(t.Context(), after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(facts) == 0 {
			return counted
		}
		for _, f := range facts {
			body, err := event.Read[event.ContentOpened](f)
			if err != nil {
				t.Fatal(err)
			}
			counted[body.Touch]++
			after = f.Seq
		}
	}
}
