-- +goose Up
-- Reminders by people that tasks of a member wait.
CREATE TABLE urge (
    staff_id BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    account  TEXT COLLATE "C" NOT NULL,
    tasks    BIGINT NOT NULL,
    PRIMARY KEY (staff_id, at)
);

-- When a member first saw a task. kind says what task_id numbers.
CREATE TABLE seen (
    staff_id BIGINT NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL CHECK (kind IN ('mass', 'hand', 'post', 'step')),
    task_id  BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (staff_id, task_id, kind)
);
CREATE INDEX seen_at ON seen (staff_id, at);

-- Messages of the app that go out by themselves: a row is written before the call, so
-- that none goes twice. number counts those of a kind on a day.
CREATE TABLE notice (
    day      BIGINT NOT NULL,
    staff_id BIGINT NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL CHECK (kind IN ('day', 'new', 'approval')),
    number   BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    state    TEXT COLLATE "C" NOT NULL CHECK (state IN ('called', 'sent', 'failed')),
    PRIMARY KEY (day, staff_id, kind, number)
);

-- Members whom the last message of the app did not reach, and why.
CREATE TABLE unreached (
    staff_id BIGINT NOT NULL PRIMARY KEY,
    since    BIGINT NOT NULL,
    because  TEXT COLLATE "C" NOT NULL
);

-- The customers of a mass message are all its touches but these.
CREATE INDEX touch_withdrawn ON touch (dispatch_id) WHERE dispatch_id <> 0 AND state = 'withdrawn';
