-- +goose Up
-- A member put a task off until starts, for a reason.
ALTER TABLE sop_step ADD COLUMN starts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sop_step ADD COLUMN put_off TEXT NOT NULL DEFAULT '';
CREATE INDEX sop_step_answered ON sop_step (staff_id, at) WHERE task = 1 AND outcome IN ('done', 'no_need');

-- Goals are judged of paused processes, too.
CREATE INDEX sop_run_watching ON sop_run (due_at) WHERE state = 'watching';

-- Pictures that prove steps, sealed.
CREATE TABLE sop_photo (
    subject_id INTEGER NOT NULL,
    subject    TEXT NOT NULL,
    process_id INTEGER NOT NULL,
    occurrence INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    step       INTEGER NOT NULL,
    staff_id   INTEGER NOT NULL,
    store_id   INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    account    TEXT NOT NULL,
    box        BLOB NOT NULL,
    PRIMARY KEY (subject_id, subject, process_id, occurrence, version, step)
) STRICT;
CREATE INDEX sop_photo_process ON sop_photo (process_id, at);
