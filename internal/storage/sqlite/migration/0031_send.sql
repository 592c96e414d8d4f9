-- +goose Up
-- Which wording of a text a customer gets, with which chance and among which it was
-- drawn.
ALTER TABLE action ADD COLUMN wording INTEGER NOT NULL DEFAULT 0;
ALTER TABLE action ADD COLUMN wording_chance REAL NOT NULL DEFAULT 0;
ALTER TABLE action ADD COLUMN wording_among TEXT NOT NULL DEFAULT '';
ALTER TABLE touch ADD COLUMN wording INTEGER NOT NULL DEFAULT 0;
ALTER TABLE touch ADD COLUMN wording_chance REAL NOT NULL DEFAULT 0;
ALTER TABLE touch ADD COLUMN wording_among TEXT NOT NULL DEFAULT '';

CREATE TABLE dispatch_with_send (
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
    cancel_for  TEXT NOT NULL CHECK (cancel_for IN ('', 'window_over', 'objection', 'complaint', 'purchase', 'same_person', 'replanned', 'person', 'send_halted', 'send_cancelled')),
    task        TEXT NOT NULL CHECK (task IN ('', 'open', 'sending', 'confirmed', 'cancelling', 'cancelled')),
    task_since  INTEGER NOT NULL,
    read_back   INTEGER NOT NULL,
    urged       BLOB NOT NULL,
    title       TEXT NOT NULL DEFAULT '',
    content     INTEGER NOT NULL DEFAULT 0,
    wording     INTEGER NOT NULL DEFAULT 0,
    send_id     INTEGER NOT NULL DEFAULT 0,
    files       TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO dispatch_with_send (id, corp, staff_id, store_id, day, purpose, line_id, material, body, link, marker, starts, ends, state, approved_by, not_before, attempts, node, fence, since, called, request, message, because, decided_by, resend_of, cancel_for, task, task_since, read_back, urged, title, content)
SELECT id, corp, staff_id, store_id, day, purpose, line_id, material, body, link, marker, starts, ends, state, approved_by, not_before, attempts, node, fence, since, called, request, message, because, decided_by, resend_of, cancel_for, task, task_since, read_back, urged, title, content
FROM dispatch ORDER BY id;
DROP TABLE dispatch;
ALTER TABLE dispatch_with_send RENAME TO dispatch;
CREATE INDEX dispatch_by_state ON dispatch (state, task, id);
CREATE INDEX dispatch_of_staff ON dispatch (staff_id, day);
CREATE INDEX dispatch_by_message ON dispatch (message) WHERE message <> '';
CREATE INDEX dispatch_by_task ON dispatch (task, ends, id);
ALTER TABLE staff_task ADD COLUMN files TEXT NOT NULL DEFAULT '';
CREATE INDEX dispatch_of_send ON dispatch (send_id, state, task) WHERE send_id <> 0;

-- The same words for the same purpose, to whomever they go: what the circuit breaker
-- watches. Counts are of what happened since the counting began.
CREATE TABLE send (
    id         INTEGER NOT NULL PRIMARY KEY,
    words      INTEGER NOT NULL,
    purpose    TEXT   NOT NULL,
    material   TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    since      INTEGER NOT NULL,
    latest     INTEGER NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('running', 'halted', 'continued', 'cancelled')),
    counted    INTEGER NOT NULL,
    delivered  INTEGER NOT NULL,
    deletions  INTEGER NOT NULL,
    complaints INTEGER NOT NULL,
    halted     INTEGER NOT NULL,
    because    TEXT   NOT NULL,
    evidence   TEXT   NOT NULL,
    decided    INTEGER NOT NULL,
    decided_by TEXT   NOT NULL,
    told       INTEGER NOT NULL
) STRICT;
CREATE INDEX send_of_words ON send (words, since);
CREATE INDEX send_watched ON send (state, latest);

-- The same by the day on which messages arrived, with what came of them: the brand's
-- own history.
CREATE TABLE send_day (
    day        INTEGER NOT NULL,
    send_id    INTEGER NOT NULL,
    purpose    TEXT   NOT NULL,
    delivered  INTEGER NOT NULL,
    deletions  INTEGER NOT NULL,
    complaints INTEGER NOT NULL,
    PRIMARY KEY (day, send_id, purpose)
) STRICT;

-- What customers did after a message, once for each message and deed.
CREATE TABLE touch_effect (
    touch_id INTEGER NOT NULL,
    deed     TEXT   NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (touch_id, deed)
) STRICT;

-- Messages by wording, and of how many of them came what.
CREATE TABLE wording_count (
    material  TEXT   NOT NULL,
    wording   INTEGER NOT NULL,
    among     TEXT   NOT NULL,
    channel   TEXT   NOT NULL,
    given     INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    answered  INTEGER NOT NULL,
    bought    INTEGER NOT NULL,
    deleted   INTEGER NOT NULL,
    PRIMARY KEY (material, wording, among, channel)
) STRICT;

CREATE TABLE wording_text (
    wording INTEGER NOT NULL PRIMARY KEY,
    body    TEXT   NOT NULL
) STRICT;

-- What happened before begins nothing.
INSERT INTO log_cursor (reader, seq) SELECT 'sends', seq FROM log_head;
