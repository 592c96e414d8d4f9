package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
	"siyu/internal/storage"
)

// fenceFile remembers, outside the database, the highest fence this node was
// given. A database that gives out a lower one is an older copy that somebody
// put back: nothing may be sent before it was compared with WeCom.
const fenceFile = "node.fence"

// watchedNodes notices restored databases.
type watchedNodes struct {
	*storage.DB
	path  string
	clock clock.Clock
}

// NextFence implements delivery.Nodes.
func (w watchedNodes) NextFence(ctx context.Context, node string) (int64, error) {
	known, err := w.known()
	if err != nil {
		return 0, err
	}
	fence, err := w.DB.NextFence(ctx, node)
	if err != nil {
		return 0, err
	}
	if fence <= known {
		if err := w.Freeze(ctx, w.clock.Now()); err != nil {
			return 0, fmt.Errorf("freeze a restored database: %w", err)
		}
	}
	for fence <= known {
		if fence, err = w.DB.NextFence(ctx, node); err != nil {
			return 0, err
		}
	}
	return fence, w.remember(fence)
}

func (w watchedNodes) known() (int64, error) {
	raw, err := os.ReadFile(w.path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the node's fence: %w", err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
	if err != nil {
		return 0, fault.New(fault.Invalid, "%s holds no number; remove it if the database was never restored", w.path)
	}
	return n, nil
}

func (w watchedNodes) remember(fence int64) error {
	fresh := w.path + ".new"
	if err := os.WriteFile(fresh, []byte(strconv.FormatInt(fence, 10)+"\n"), 0o600); err != nil {
		return fmt.Errorf("remember the node's fence: %w", err)
	}
	return os.Rename(fresh, w.path)
}

func (a *App) nodes() watchedNodes {
	return watchedNodes{DB: a.db, path: filepath.Join(a.config.Data, fenceFile), clock: a.clock}
}

// thaw ends the freeze after a restore once WeCom's list can be believed.
func (a *App) thaw(ctx context.Context) error {
	since, err := a.db.Frozen(ctx)
	if err != nil || since.IsZero() || a.link.Load() == nil {
		return err
	}
	if a.clock.Now().Sub(since) >= a.gate.Load().Settings.Quarantine {
		posts, err := a.postGate().CompareRestored(ctx, since)
		if err != nil {
			return err
		}
		a.log.Warn("posts of a restored database were compared with WeCom", "found", posts.Found, "stopped", posts.Stopped, "adopted", posts.Adopted)
	}
	thawed, err := a.gate.Load().Thaw(ctx)
	if fault.CodeOf(err) == fault.Conflict {
		return nil // too early; it is tried again in a minute
	}
	if err != nil {
		return err
	}
	a.log.Warn("a restored database was compared with WeCom", "found", thawed.Found, "stopped", thawed.Stopped, "adopted", thawed.Adopted)
	return nil
}

func (a *App) checkFreeze(ctx context.Context) Check {
	since, err := a.db.Frozen(ctx)
	switch {
	case err != nil:
		return failed("gate", "error", "see_database", "Error", err.Error())
	case !since.IsZero():
		return failed("gate", "restored", "restored", "Time", since.In(a.zone).Format(time.DateTime))
	}
	return passed("gate", "gate")
}
