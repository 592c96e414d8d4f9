-- +goose Up
-- Which wording of a text a customer gets, with which chance and among which it was
-- drawn.
ALTER TABLE action ADD COLUMN wording BIGINT NOT NULL DEFAULT 0;
ALTER TABLE action ADD COLUMN wording_chance DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE action ADD COLUMN wording_among TEXT NOT NULL DEFAULT '';
ALTER TABLE touch ADD COLUMN wording BIGINT NOT NULL DEFAULT 0;
ALTER TABLE touch ADD COLUMN wording_chance DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE touch ADD COLUMN wording_among TEXT NOT NULL DEFAULT '';

ALTER TABLE dispatch DROP CONSTRAINT dispatch_cancel_for_check;
ALTER TABLE dispatch ADD CONSTRAINT dispatch_cancel_for_check
    CHECK (cancel_for IN ('', 'window_over', 'objection', 'complaint', 'purchase', 'same_person', 'replanned', 'person', 'send_halted', 'send_cancelled'));
ALTER TABLE dispatch ADD COLUMN wording BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dispatch ADD COLUMN send_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dispatch ADD COLUMN files TEXT NOT NULL DEFAULT '';
ALTER TABLE staff_task ADD COLUMN files TEXT NOT NULL DEFAULT '';
CREATE INDEX dispatch_of_send ON dispatch (send_id, state, task) WHERE send_id <> 0;

-- The same words for the same purpose, to whomever they go: what the circuit breaker
-- watches. Counts are of what happened since the counting began.
CREATE TABLE send (
    id         BIGINT NOT NULL PRIMARY KEY,
    words      BIGINT NOT NULL,
    purpose    TEXT   NOT NULL,
    material   TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    since      BIGINT NOT NULL,
    latest     BIGINT NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('running', 'halted', 'continued', 'cancelled')),
    counted    BIGINT NOT NULL,
    delivered  BIGINT NOT NULL,
    deletions  BIGINT NOT NULL,
    complaints BIGINT NOT NULL,
    halted     BIGINT NOT NULL,
    because    TEXT   NOT NULL,
    evidence   TEXT   NOT NULL,
    decided    BIGINT NOT NULL,
    decided_by TEXT   NOT NULL,
    told       BIGINT NOT NULL
);
CREATE INDEX send_of_words ON send (words, since);
CREATE INDEX send_watched ON send (state, latest);

-- The same by the day on which messages arrived, with what came of them: the brand's
-- own history.
CREATE TABLE send_day (
    day        BIGINT NOT NULL,
    send_id    BIGINT NOT NULL,
    purpose    TEXT   NOT NULL,
    delivered  BIGINT NOT NULL,
    deletions  BIGINT NOT NULL,
    complaints BIGINT NOT NULL,
    PRIMARY KEY (day, send_id, purpose)
);

-- What customers did after a message, once for each message and deed.
CREATE TABLE touch_effect (
    touch_id BIGINT NOT NULL,
    deed     TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (touch_id, deed)
);

-- Messages by wording, and of how many of them came what.
CREATE TABLE wording_count (
    material  TEXT   NOT NULL,
    wording   BIGINT NOT NULL,
    among     TEXT   NOT NULL,
    channel   TEXT   NOT NULL,
    given     BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    answered  BIGINT NOT NULL,
    bought    BIGINT NOT NULL,
    deleted   BIGINT NOT NULL,
    PRIMARY KEY (material, wording, among, channel)
);

CREATE TABLE wording_text (
    wording BIGINT NOT NULL PRIMARY KEY,
    body    TEXT   NOT NULL
);

-- What happened before begins nothing.
INSERT INTO log_cursor (reader, seq) SELECT 'sends', seq FROM log_head;
