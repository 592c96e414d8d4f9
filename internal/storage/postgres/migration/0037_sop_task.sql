-- +goose Up
-- A member put a task off until starts, for a reason.
ALTER TABLE sop_step ADD COLUMN starts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sop_step ADD COLUMN put_off TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX sop_step_answered ON sop_step (staff_id, at) WHERE task = 1 AND outcome IN ('done', 'no_need');

-- Goals are judged of paused processes, too.
CREATE INDEX sop_run_watching ON sop_run (due_at) WHERE state = 'watching';

-- Pictures that prove steps, sealed.
CREATE TABLE sop_photo (
    subject_id BIGINT NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    process_id BIGINT NOT NULL,
    occurrence BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    step       BIGINT NOT NULL,
    staff_id   BIGINT NOT NULL,
    store_id   BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    account    TEXT COLLATE "C" NOT NULL,
    box        BYTEA NOT NULL,
    PRIMARY KEY (subject_id, subject, process_id, occurrence, version, step)
);
CREATE INDEX sop_photo_process ON sop_photo (process_id, at);
