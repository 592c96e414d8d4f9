-- +goose Up
-- A night hands over tens of thousands of contacts. What it writes lies in the
-- order in which it writes; keys begin with the day, not with the customer.
CREATE TABLE touch_in_sequence (
    customer_id INTEGER NOT NULL,
    run         TEXT NOT NULL,
    step        INTEGER NOT NULL,
    occurrence  INTEGER NOT NULL,
    channel     TEXT NOT NULL,
    id          INTEGER NOT NULL,
    dispatch_id INTEGER NOT NULL,
    staff_id    INTEGER NOT NULL,
    purpose     TEXT NOT NULL,
    action_id   INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('underway', 'delivered', 'failed', 'withdrawn')),
    because     TEXT NOT NULL,
    at          INTEGER NOT NULL,
    UNIQUE (run, customer_id, step, occurrence, channel)
) STRICT;
INSERT INTO touch_in_sequence SELECT customer_id, run, step, occurrence, channel, id, dispatch_id, staff_id, purpose, action_id, state, because, at
FROM touch ORDER BY run, staff_id, customer_id;
DROP TABLE touch;
ALTER TABLE touch_in_sequence RENAME TO touch;
CREATE INDEX touch_of_dispatch ON touch (dispatch_id, id) WHERE dispatch_id <> 0;
CREATE INDEX touch_underway ON touch (customer_id, dispatch_id) WHERE state = 'underway';
CREATE INDEX touch_ended ON touch (customer_id, at) WHERE state <> 'underway';

CREATE TABLE staff_task_in_sequence (
    customer_id INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    corp        TEXT NOT NULL,
    staff_id    INTEGER NOT NULL,
    store_id    INTEGER NOT NULL,
    purpose     TEXT NOT NULL,
    line_id     INTEGER NOT NULL,
    material    TEXT NOT NULL,
    body        TEXT NOT NULL,
    link        TEXT NOT NULL,
    action_id   INTEGER NOT NULL,
    starts      INTEGER NOT NULL,
    ends        INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('due', 'postponed', 'done', 'no_need', 'missed', 'taken')),
    since       INTEGER NOT NULL,
    result      TEXT NOT NULL,
    because     TEXT NOT NULL,
    UNIQUE (id, customer_id)
) STRICT;
INSERT INTO staff_task_in_sequence SELECT customer_id, id, corp, staff_id, store_id, purpose, line_id, material, body, link, action_id,
    starts, ends, state, since, result, because
FROM staff_task ORDER BY starts, staff_id, id;
DROP TABLE staff_task;
ALTER TABLE staff_task_in_sequence RENAME TO staff_task;
CREATE INDEX staff_task_of_staff ON staff_task (staff_id, ends, id);
CREATE INDEX staff_task_waiting ON staff_task (ends, staff_id, purpose, store_id, starts, id) WHERE state IN ('due', 'postponed');

CREATE TABLE action_by_day (
    customer_id  INTEGER NOT NULL,
    day          INTEGER NOT NULL,
    id           INTEGER NOT NULL,
    staff_id     INTEGER NOT NULL,
    store_id     INTEGER NOT NULL,
    corp         TEXT   NOT NULL,
    purpose      TEXT   NOT NULL,
    channel      TEXT   NOT NULL,
    limiting     TEXT   NOT NULL,
    line_id      INTEGER NOT NULL,
    material     TEXT   NOT NULL,
    gain         REAL NOT NULL,
    gain_low     REAL NOT NULL,
    gain_high    REAL NOT NULL,
    evidence     TEXT   NOT NULL,
    as_of        INTEGER NOT NULL,
    cost         REAL NOT NULL,
    reasons      TEXT   NOT NULL,
    probability  REAL NOT NULL,
    alternatives TEXT   NOT NULL,
    model        TEXT   NOT NULL,
    settings     INTEGER NOT NULL,
    begins       INTEGER NOT NULL,
    ends         INTEGER NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('planned', 'handed', 'cancelled')),
    cancelled    TEXT   NOT NULL,
    UNIQUE (day, customer_id)
) STRICT;
INSERT INTO action_by_day SELECT customer_id, day, id, staff_id, store_id, corp, purpose, channel, limiting, line_id, material,
    gain, gain_low, gain_high, evidence, as_of, cost, reasons, probability, alternatives, model, settings, begins, ends, state, cancelled
FROM action ORDER BY day, staff_id, customer_id;
DROP TABLE action;
ALTER TABLE action_by_day RENAME TO action;
CREATE INDEX action_of_day ON action (day, state, staff_id, customer_id);
