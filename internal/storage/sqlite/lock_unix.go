//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"siyu/internal/fault"
)

// lockFile takes the lock for the life of the returned file. The system lets
// go of it when the process ends, however it ends.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock database: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close() // the lock was not taken, the file holds nothing
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fault.WithKey(fault.Conflict, "fault.database_in_use",
			fmt.Errorf("open database: another process is using it (lock file %s)", path))
	}
	return nil, fmt.Errorf("lock database: %w", err)
}
