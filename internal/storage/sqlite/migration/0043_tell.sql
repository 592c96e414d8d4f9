-- +goose Up
-- Reminders by people that tasks of a member wait.
CREATE TABLE urge (
    staff_id INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    account  TEXT    NOT NULL,
    tasks    INTEGER NOT NULL,
    PRIMARY KEY (staff_id, at)
) STRICT, WITHOUT ROWID;

-- When a member first saw a task. kind says what task_id numbers.
CREATE TABLE seen (
    staff_id INTEGER NOT NULL,
    kind     TEXT    NOT NULL CHECK (kind IN ('mass', 'hand', 'post', 'step')),
    task_id  INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (staff_id, task_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_at ON seen (staff_id, at);

-- Messages of the app that go out by themselves: a row is written before the call, so
-- that none goes twice. number counts those of a kind on a day.
CREATE TABLE notice (
    day      INTEGER NOT NULL,
    staff_id INTEGER NOT NULL,
    kind     TEXT    NOT NULL CHECK (kind IN ('day', 'new', 'approval')),
    number   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('called', 'sent', 'failed')),
    PRIMARY KEY (day, staff_id, kind, number)
) STRICT, WITHOUT ROWID;

-- Members whom the last message of the app did not reach, and why.
CREATE TABLE unreached (
    staff_id INTEGER NOT NULL PRIMARY KEY,
    since    INTEGER NOT NULL,
    because  TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- The customers of a mass message are all its touches but these.
CREATE INDEX touch_withdrawn ON touch (dispatch_id) WHERE dispatch_id <> 0 AND state = 'withdrawn';
