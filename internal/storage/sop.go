package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/flow"
)

var _ flow.Processes = (*DB)(nil)

// Processes implements flow.Processes.
func (db *DB) Processes(ctx context.Context) (list []flow.Process, err error) {
	var texts []string
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		var p flow.Process
		var kept int64
		var text string
		err := scan(&p.Number, &p.Name, &p.State, &p.Version, &p.Audience, &kept, moment{&p.Began}, moment{&p.Changed}, &p.Changer, &text)
		p.Kept = kept == 1
		list, texts = append(list, p), append(texts, text)
		return err
	}, `SELECT p.id, p.name, p.state, p.version, p.audience_id, p.kept, p.began, p.changed, p.account, v.document
		FROM sop_process p JOIN sop_version v ON v.process_id = p.id AND v.version = p.version ORDER BY p.id`)
	for i := range list {
		if err == nil {
			list[i].Document, err = db.process(texts[i])
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read processes: %w", err)
	}
	return list, nil
}

// process reads the text of a process, once: years of one-off messages are thousands of
// texts, which never change. Whoever gets it changes nothing in it.
func (db *DB) process(text string) (sop.Process, error) {
	if known, read := db.parsed.Load(text); read {
		return known.(sop.Process), nil
	}
	p, err := sop.Parse([]byte(text))
	if err == nil {
		db.parsed.Store(text, p)
	}
	return p, err
}

// ProcessVersions implements flow.Processes.
func (db *DB) ProcessVersions(ctx context.Context, number int64) (list []flow.ProcessVersion, err error) {
	var texts []string
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		v := flow.ProcessVersion{Process: number}
		var text string
		err := scan(&v.Version, &text, &v.Note, &v.By, moment{&v.At}, moment{&v.Forced}, moment{&v.Withdrawn})
		v.Text = text
		list, texts = append(list, v), append(texts, text)
		return err
	}, "SELECT version, document, note, account, at, forced, withdrawn FROM sop_version WHERE process_id = $1 ORDER BY version DESC", number)
	for i := range list {
		if err == nil {
			list[i].Document, err = sop.Parse([]byte(texts[i]))
		}
	}
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "no process %d", number)
	}
	if err != nil {
		return nil, fmt.Errorf("read versions of process %d: %w", number, err)
	}
	return list, nil
}

// AddProcess implements flow.Processes.
func (db *DB) AddProcess(ctx context.Context, v flow.ProcessVersion) (number int64, err error) {
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		stamp, err := tx.nextProcessStamp(ctx)
		if err != nil {
			return err
		}
		if _, err := one(ctx, tx, []any{&number}, "SELECT coalesce(max(id), 0) + 1 FROM sop_process"); err != nil {
			return err
		}
		n, err := tx.exec(ctx, `INSERT INTO sop_process (id, name, state, version, audience_id, kept, began, changed, account, stamp)
			VALUES ($1, $2, 'draft', 1, 0, 0, 0, $3, $4, $5) ON CONFLICT DO NOTHING`, number, v.Document.Name, at(v.At), v.By, stamp)
		if err == nil && n == 0 {
			err = fault.WithKey(fault.Conflict, "error.process_name", errors.New("there is a process of that name already"))
		}
		if err != nil {
			return err
		}
		v.Process, v.Version = number, 1
		return tx.addProcessVersion(ctx, &v)
	})
	if err != nil {
		return 0, fmt.Errorf("add process %s: %w", v.Document.Name, err)
	}
	return number, nil
}

func (tx *Tx) nextProcessStamp(ctx context.Context) (stamp int64, err error) {
	_, err = one(ctx, tx, []any{&stamp}, "SELECT coalesce(max(stamp), 0) + 1 FROM sop_process")
	return stamp, err
}

func (tx *Tx) addProcessVersion(ctx context.Context, v *flow.ProcessVersion) error {
	text, err := sop.Format(&v.Document)
	if err != nil {
		return fault.New(fault.Invalid, "write process: %w", err)
	}
	if written, err := sop.Parse([]byte(v.Text)); err == nil && len(sop.Diff(&written, &v.Document)) == 0 {
		text = []byte(v.Text)
	}
	newest := 0
	if _, err := one(ctx, tx, []any{&newest}, "SELECT coalesce(max(version), 0) FROM sop_version WHERE process_id = $1", v.Process); err != nil {
		return err
	}
	if v.Version != newest+1 {
		return fault.New(fault.Conflict, "the next version of process %d is %d, not %d", v.Process, newest+1, v.Version)
	}
	n, err := tx.exec(ctx, "INSERT INTO sop_version (process_id, version, document, note, account, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
		v.Process, int64(v.Version), string(text), v.Note, v.By, at(v.At))
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "process %d has a version %d already", v.Process, v.Version)
	}
	return err
}

// AddProcessVersion implements flow.Processes.
func (db *DB) AddProcessVersion(ctx context.Context, v flow.ProcessVersion) error {
	return db.changeVersions(ctx, v.Process, func(tx *Tx) error {
		if err := tx.addProcessVersion(ctx, &v); err != nil {
			return err
		}
		return tx.forceProcessVersion(ctx, v.Process, v.Version, v.By, v.At)
	})
}

// ProposeProcessVersion implements flow.Processes.
func (db *DB) ProposeProcessVersion(ctx context.Context, v flow.ProcessVersion) error {
	return db.changeVersions(ctx, v.Process, func(tx *Tx) error { return tx.addProcessVersion(ctx, &v) })
}

// WithdrawProcessVersion implements flow.Processes.
func (db *DB) WithdrawProcessVersion(ctx context.Context, number int64, version int, when time.Time) error {
	return db.changeVersions(ctx, number, func(tx *Tx) error {
		stamp, err := tx.nextProcessStamp(ctx)
		if err != nil {
			return err
		}
		// Who puts the version in force changes this row, too, so that one waits for the other.
		n, err := tx.exec(ctx, "UPDATE sop_process SET stamp = $1 WHERE id = $2 AND version < $3", stamp, number, int64(version))
		if err == nil && n > 0 {
			n, err = tx.exec(ctx, `UPDATE sop_version SET withdrawn = $1 WHERE process_id = $2 AND version = $3 AND forced = 0 AND withdrawn = 0
				AND version = (SELECT max(version) FROM sop_version WHERE process_id = $2)`, at(when), number, int64(version))
		}
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "version %d of process %d does not wait", version, number)
		}
		return err
	})
}

// ForceProcessVersion implements flow.Processes.
func (db *DB) ForceProcessVersion(ctx context.Context, number int64, version int, by string, when time.Time) error {
	return db.changeVersions(ctx, number, func(tx *Tx) error { return tx.forceProcessVersion(ctx, number, version, by, when) })
}

func (db *DB) changeVersions(ctx context.Context, number int64, change func(*Tx) error) error {
	if err := db.Write(ctx, Interactive, change); err != nil {
		return fmt.Errorf("change process %d: %w", number, err)
	}
	return nil
}

// forceProcessVersion lets the newest version take the place of an older one. Of a
// process that is not at work it comes into force once that is.
func (tx *Tx) forceProcessVersion(ctx context.Context, number int64, version int, by string, when time.Time) error {
	stamp, err := tx.nextProcessStamp(ctx)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `UPDATE sop_process SET version = $1, changed = $2, account = $3, stamp = $4 WHERE id = $5 AND version < $1
		AND $1 = (SELECT max(version) FROM sop_version WHERE process_id = $5)`, int64(version), at(when), by, stamp, number)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "process %d is another one by now", number)
	}
	if err != nil {
		return err
	}
	if withdrawn, err := one(ctx, tx, []any{new(int64)}, "SELECT version FROM sop_version WHERE process_id = $1 AND version = $2 AND withdrawn <> 0", number, int64(version)); err != nil || withdrawn {
		if err == nil {
			err = fault.New(fault.Conflict, "version %d of process %d was taken back", version, number)
		}
		return err
	}
	return tx.versionInForce(ctx, number, when)
}

// versionInForce notes since when the version of an active process is in force.
func (tx *Tx) versionInForce(ctx context.Context, number int64, since time.Time) error {
	_, err := tx.exec(ctx, `UPDATE sop_version SET forced = $1 WHERE process_id = $2 AND forced = 0
		AND version = (SELECT version FROM sop_process WHERE id = $2 AND state = 'active')`, at(since), number)
	return err
}

// ChangeProcess implements flow.Processes.
func (db *DB) ChangeProcess(ctx context.Context, p flow.Process) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		stamp, err := tx.nextProcessStamp(ctx)
		if err != nil {
			return err
		}
		n, err := tx.exec(ctx, "UPDATE sop_process SET state = $1, audience_id = $2, kept = $3, began = $4, changed = $5, account = $6, stamp = $7 WHERE id = $8",
			string(p.State), p.Audience, flag(p.Kept), at(p.Began), at(p.Changed), p.Changer, stamp, p.Number)
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "no process %d", p.Number)
		}
		if err != nil {
			return err
		}
		return tx.versionInForce(ctx, p.Number, p.Changed)
	})
	if err != nil {
		return fmt.Errorf("change process %d: %w", p.Number, err)
	}
	return nil
}

// ProcessesStamp implements flow.Processes.
func (db *DB) ProcessesStamp(ctx context.Context) (stamp int64, err error) {
	if _, err = one(ctx, db.reader, []any{&stamp}, "SELECT coalesce(max(stamp), 0) FROM sop_process"); err != nil {
		return 0, fmt.Errorf("look for changed processes: %w", err)
	}
	return stamp, nil
}
