package sqlite

import (
	"errors"

	driver "modernc.org/sqlite"
	code "modernc.org/sqlite/lib"

	"siyu/internal/fault"
)

// Explain gives errors of the database a code: a full disk, a read-only or
// failing disk are fault.Upstream, a broken uniqueness rule fault.Conflict.
func Explain(err error) error {
	e, ok := errors.AsType[*driver.Error](err)
	if !ok {
		return err
	}
	switch primary := e.Code() & 0xff; primary {
	case code.SQLITE_FULL:
		return fault.WithKey(fault.Upstream, "fault.disk_full", err)
	case code.SQLITE_IOERR, code.SQLITE_READONLY, code.SQLITE_CANTOPEN, code.SQLITE_BUSY:
		return fault.WithKey(fault.Upstream, "fault.disk_failing", err)
	case code.SQLITE_CONSTRAINT:
		if ext := e.Code(); ext == code.SQLITE_CONSTRAINT_UNIQUE || ext == code.SQLITE_CONSTRAINT_PRIMARYKEY {
			return fault.New(fault.Conflict, "%w", err)
		}
	}
	return err
}
