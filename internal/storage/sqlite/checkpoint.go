package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// checkpointEvery is how often the write-ahead log is copied back. A busy
// night writes some 80 MB in that time; a page that is written again and again
// is copied once.
const checkpointEvery = 2 * time.Second

// checkpointer copies the write-ahead log into the database file on a
// connection of its own, so that no commit has to wait for that.
type checkpointer struct {
	db    *sql.DB
	end   context.CancelFunc
	ended chan struct{}
}

func startCheckpoints(path string) (*checkpointer, error) {
	db, err := sql.Open("sqlite", address(path, checkpointSettings))
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	ctx, end := context.WithCancel(context.Background())
	c := &checkpointer{db: db, end: end, ended: make(chan struct{})}
	go c.run(ctx)
	return c, nil
}

var checkpointSettings = []string{"synchronous(FULL)", "busy_timeout(0)", "cache_size(-2048)"}

func (c *checkpointer) run(ctx context.Context) {
	defer close(c.ended)
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			// A failed checkpoint loses nothing: the log keeps what was not
			// copied, and a disk that fails is reported by the next write.
			_, _ = c.db.ExecContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)")
		}
	}
}

func (c *checkpointer) stop() error {
	c.end()
	<-c.ended
	if err := c.db.Close(); err != nil {
		return fmt.Errorf("close checkpointer: %w", err)
	}
	return nil
}
