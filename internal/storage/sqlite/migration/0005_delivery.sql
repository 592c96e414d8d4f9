-- +goose Up
CREATE TABLE dispatch (
    id          INTEGER NOT NULL PRIMARY KEY,
    corp        TEXT NOT NULL,
    staff_id    INTEGER NOT NULL,
    store_id    INTEGER NOT NULL,
    day         INTEGER NOT NULL,
    purpose     TEXT NOT NULL,
    line_id     INTEGER NOT NULL,
    material    TEXT NOT NULL,
    body        TEXT NOT NULL,
    link        TEXT NOT NULL,
    marker      TEXT NOT NULL,
    starts      INTEGER NOT NULL,
    ends        INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('planned', 'claimed', 'calling', 'accepted', 'rejected', 'in_doubt', 'resent', 'dropped')),
    approved_by TEXT NOT NULL,
    not_before  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    node        TEXT NOT NULL,
    fence       INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    called      INTEGER NOT NULL,
    request     BLOB NOT NULL,
    message     TEXT NOT NULL,
    because     TEXT NOT NULL,
    decided_by  TEXT NOT NULL,
    resend_of   INTEGER NOT NULL,
    cancel_for  TEXT NOT NULL CHECK (cancel_for IN ('', 'window_over', 'objection', 'complaint', 'purchase', 'replanned', 'person')),
    task        TEXT NOT NULL CHECK (task IN ('', 'open', 'sending', 'confirmed', 'cancelling', 'cancelled')),
    task_since  INTEGER NOT NULL,
    read_back   INTEGER NOT NULL,
    urged       BLOB NOT NULL
) STRICT;
CREATE INDEX dispatch_by_state ON dispatch (state, task, id);
CREATE INDEX dispatch_of_staff ON dispatch (staff_id, day);
CREATE INDEX dispatch_by_message ON dispatch (message) WHERE message <> '';

CREATE TABLE touch (
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
    PRIMARY KEY (customer_id, run, step, occurrence, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX touch_of_dispatch ON touch (dispatch_id, id);
CREATE INDEX touch_by_id ON touch (id);
CREATE INDEX touch_underway ON touch (customer_id, dispatch_id) WHERE state = 'underway';

CREATE TABLE staff_task (
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
    PRIMARY KEY (customer_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX staff_task_by_id ON staff_task (id);
CREATE INDEX staff_task_by_state ON staff_task (state, starts, id);
CREATE INDEX staff_task_of_staff ON staff_task (staff_id, starts, id);

CREATE TABLE node (
    name  TEXT NOT NULL PRIMARY KEY,
    fence INTEGER NOT NULL
) STRICT;

CREATE TABLE gate (
    one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    frozen INTEGER NOT NULL
) STRICT;
INSERT INTO gate (one, frozen) VALUES (1, 0);

CREATE TABLE token (
    key     TEXT NOT NULL PRIMARY KEY,
    box     BLOB NOT NULL,
    version INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    holder  TEXT NOT NULL,
    fence   INTEGER NOT NULL,
    leased  INTEGER NOT NULL
) STRICT;
