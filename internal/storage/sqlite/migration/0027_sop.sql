-- +goose Up
-- Standard processes. audience_id is the audience whose entering begins runs, 0 for
-- none; kept tells that it was made for the process alone; what happened before
-- began begins nothing.
CREATE TABLE sop_process (
    id          INTEGER NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL UNIQUE,
    state       TEXT    NOT NULL CHECK (state IN ('draft', 'active', 'paused', 'retired')),
    version     INTEGER NOT NULL,
    audience_id INTEGER NOT NULL,
    kept        INTEGER NOT NULL,
    began       INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    account     TEXT    NOT NULL,
    stamp       INTEGER NOT NULL
) STRICT;

CREATE TABLE sop_version (
    process_id INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    document   TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    account    TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (process_id, version)
) STRICT, WITHOUT ROWID;

-- Subjects on their way through a process. occurrence is the moment from which
-- offsets of steps count; tried is when the step was first due, if it was put off.
CREATE TABLE sop_run (
    subject_id INTEGER NOT NULL,
    subject    TEXT    NOT NULL,
    process_id INTEGER NOT NULL,
    occurrence INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    lane       TEXT    NOT NULL,
    step       INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    tried      INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('waiting', 'watching', 'ended')),
    because    TEXT    NOT NULL,
    entered_at INTEGER NOT NULL,
    last_step  INTEGER NOT NULL,
    held       INTEGER NOT NULL,
    goal       TEXT    NOT NULL CHECK (goal IN ('', 'reached', 'missed')),
    PRIMARY KEY (subject_id, subject, process_id, occurrence)
) STRICT, WITHOUT ROWID;
CREATE INDEX sop_run_due ON sop_run (due_at) WHERE state <> 'ended';

-- What became of steps. task tells that a member has it and it is no contact to
-- one customer; ends is until when, late_from from when on it is late.
CREATE TABLE sop_step (
    subject_id INTEGER NOT NULL,
    subject    TEXT    NOT NULL,
    process_id INTEGER NOT NULL,
    occurrence INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    step       INTEGER NOT NULL,
    outcome    TEXT    NOT NULL,
    because    TEXT    NOT NULL,
    variant    INTEGER NOT NULL,
    touch_id   INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    staff_id   INTEGER NOT NULL,
    store_id   INTEGER NOT NULL,
    task       INTEGER NOT NULL,
    late_from  INTEGER NOT NULL,
    ends       INTEGER NOT NULL,
    proof      TEXT    NOT NULL,
    PRIMARY KEY (subject_id, subject, process_id, occurrence, version, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX sop_step_task ON sop_step (ends, staff_id) WHERE task = 1 AND outcome = 'given';

-- How often what became of steps and runs, so that pages never count them. step is
-- -1 for runs; bucket is how long after it was due, on the scale of sop.Bucket.
CREATE TABLE sop_count (
    day        INTEGER NOT NULL,
    process_id INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    step       INTEGER NOT NULL,
    staff_id   INTEGER NOT NULL,
    store_id   INTEGER NOT NULL,
    held       INTEGER NOT NULL,
    figure     TEXT    NOT NULL,
    because    TEXT    NOT NULL,
    bucket     INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    PRIMARY KEY (day, process_id, version, step, staff_id, store_id, held, figure, because, bucket)
) STRICT, WITHOUT ROWID;
