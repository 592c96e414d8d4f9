package app

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"siyu/internal/audience/index"
	"siyu/internal/fault"
)

// indexFile keeps the audience index while nobody serves. It holds no names.
const indexFile = "audience.index"

// indexHead is the first line of the file: of which log and which night the
// index is.
type indexHead struct {
	Judged int64  `json:"judged"`
	Fact   string `json:"fact"` // key of the last fact whose customers it holds
}

func (a *App) indexPath() string { return filepath.Join(a.config.Data, indexFile) }

// Refill does the first step of storing who is in audiences now, after a person
// changed one; KeepAudiences does the others, or another node that turns.
func (a *App) Refill(ctx context.Context) error {
	_, err := a.alone(ctx, func(ctx context.Context) error {
		_, err := a.flow.FillMembers(ctx, a.clock.Now())
		return err
	})
	return err
}

// KeepAudiences opens the day for audiences, stores who is in them where a person
// changed one, fills in facets that an older version did not know, and reads the
// index anew where another node has understood everybody anew.
func (a *App) KeepAudiences(ctx context.Context) error {
	if err := a.raiseIndex(ctx); err != nil {
		return err
	}
	if _, err := a.alone(ctx, func(ctx context.Context) error { return a.flow.PassDay(ctx, a.clock.Now()) }); err != nil {
		return err
	}
	if err := a.inSteps(ctx, a.flow.FillMembers); err != nil {
		return err
	}
	return a.inSteps(ctx, a.flow.FillFacets)
}

// inSteps does steps while there are more, with turns between them.
func (a *App) inSteps(ctx context.Context, step func(context.Context, time.Time) (more bool, err error)) error {
	for more := true; more && ctx.Err() == nil; {
		more = false
		if _, err := a.alone(ctx, func(ctx context.Context) (err error) {
			more, err = step(ctx, a.clock.Now())
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// Indexed returns how many customers the audience index holds, 0 while there is
// none.
func (a *App) Indexed() int {
	if ix := a.flow.Index(); ix != nil {
		return ix.Len()
	}
	return 0
}

// readingSpare is how many per cent of the memory in use may wait to be collected
// while the index is read: most of it holds no pointers, so that looking through it
// again costs little.
const readingSpare = 25

// raiseIndex reads the index where there is none, or none of the last night:
// from its file or from the database. Turns go on meanwhile.
func (a *App) raiseIndex(ctx context.Context) error {
	a.raising.Lock()
	defer a.raising.Unlock()
	adjust, end := Thrift(readingSpare) // ten million customers would otherwise take twice their room
	defer end()
	if a.flow.Index() == nil {
		ix, head, err := a.readIndexFile(ctx)
		switch {
		case err == nil:
			a.flow.OfferIndex(ix, head.Judged)
		case !errors.Is(err, fs.ErrNotExist):
			a.log.Warn("the audience index is read from the database, because its file cannot be used", "error", err)
		}
	}
	const often = 500_000 // customers between two lines of the log
	told := 0
	return a.flow.BuildIndex(ctx, a.clock.Now(), func(customers int) {
		if customers-told >= often {
			told = customers
			adjust()
			a.log.Info("reading the audience index", "customers", customers)
		}
	})
}

// readIndexFile returns the index of the file, if it is of this log.
func (a *App) readIndexFile(ctx context.Context) (*index.Index, indexHead, error) {
	var head indexHead
	file, err := os.Open(a.indexPath())
	if err != nil {
		return nil, head, err
	}
	defer file.Close()
	const room = 1 << 20
	from := bufio.NewReaderSize(file, room)
	line, err := from.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &head)
	}
	if err != nil {
		return nil, head, fmt.Errorf("read the head of %s: %w", indexFile, err)
	}
	ix, err := index.Read(from)
	if err != nil {
		return nil, head, fmt.Errorf("read %s: %w", indexFile, err)
	}
	key, err := a.factKey(ctx, ix.Position().Fact)
	if err == nil && key != head.Fact {
		err = fault.New(fault.Conflict, "%s belongs to another log", indexFile)
	}
	return ix, head, err
}

// factKey returns the key of the fact at a position, "" for the beginning.
func (a *App) factKey(ctx context.Context, seq int64) (string, error) {
	if seq == 0 {
		return "", nil
	}
	facts, err := a.facts.FactsAfter(ctx, seq-1, 1)
	if err != nil || len(facts) == 0 {
		return "none", err
	}
	return hex.EncodeToString(facts[0].Key[:]), nil
}

// keepIndexFile writes the index to its file, which stands until the new one is
// whole. Without it the next start takes longer, nothing else.
func (a *App) keepIndexFile(ctx context.Context) {
	_, err := a.alone(ctx, func(ctx context.Context) error {
		ix, judged, err := a.flow.KeptIndex(ctx)
		if err != nil || ix == nil {
			return err
		}
		key, err := a.factKey(ctx, ix.Position().Fact)
		if err != nil {
			return err
		}
		return replaceFile(a.indexPath(), func(to io.Writer) error {
			if err := json.NewEncoder(to).Encode(indexHead{judged, key}); err != nil {
				return err
			}
			_, err := ix.WriteTo(to)
			return err
		})
	})
	if err != nil {
		a.log.Warn("the audience index was not written to its file", "error", err)
	}
}

// replaceFile writes a file beside the one there is and puts it in its place
// once it is on the disk.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	fresh, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new*")
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write %s: %w", filepath.Base(path), err), os.Remove(fresh.Name()))
		}
	}()
	const room = 1 << 20
	to := bufio.NewWriterSize(fresh, room)
	if err = write(to); err == nil {
		err = to.Flush()
	}
	if err == nil {
		err = fresh.Sync()
	}
	if err = errors.Join(err, fresh.Close()); err != nil {
		return err
	}
	return os.Rename(fresh.Name(), path)
}
