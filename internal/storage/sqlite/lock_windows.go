package sqlite

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"

	"siyu/internal/fault"
)

// lockFile takes the lock for the life of the returned file. The system lets
// go of it when the process ends, however it ends.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock database: %w", err)
	}
	err = windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
	if err == nil {
		return f, nil
	}
	_ = f.Close() // the lock was not taken, the file holds nothing
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return nil, fault.WithKey(fault.Conflict, "fault.database_in_use",
			fmt.Errorf("open database: another process is using it (lock file %s)", path))
	}
	return nil, fmt.Errorf("lock database: %w", err)
}
