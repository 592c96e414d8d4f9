package storage

import (
	"context"
	"fmt"
)

// ProcessWaiting is a version of a process, or a one-off message, that waits for
// somebody's word before it comes into force.
type ProcessWaiting struct {
	Number  int64
	Version int
}

// VersionSubject numbers a version of a process among what is approved: another version
// needs other approvals.
func VersionSubject(process int64, version int) int64 { return process*versions + int64(version) }

const versions = 1 << 20 // more than anybody writes

const waitingProcesses = ` FROM sop_process p JOIN sop_version v ON v.process_id = p.id
	WHERE p.state <> 'retired' AND v.forced = 0 AND v.withdrawn = 0 AND v.version = (SELECT max(version) FROM sop_version WHERE process_id = p.id)
	AND (p.state = 'active' AND v.version > p.version
		OR EXISTS (SELECT 1 FROM approval a WHERE a.kind IN ('process', 'one_off') AND a.subject_id = p.id * $1 + v.version))`

// ProcessesWaiting returns the versions that would take the place of one at work, and those
// that somebody has approved and another person has to, by number.
func (db *DB) ProcessesWaiting(ctx context.Context) (list []ProcessWaiting, err error) {
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var w ProcessWaiting
		err := scan(&w.Number, &w.Version)
		list = append(list, w)
		return err
	}, "SELECT p.id, v.version"+waitingProcesses+" ORDER BY p.id", int64(versions))
	if err != nil {
		return nil, fmt.Errorf("look for processes that wait for approval: %w", err)
	}
	return list, nil
}
