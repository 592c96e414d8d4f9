-- +goose Up
-- Steps that happened in an older version and stand ahead in the run's own: they do not
-- happen again. Names, separated by blanks.
ALTER TABLE sop_run ADD COLUMN happened TEXT NOT NULL DEFAULT '';

-- Versions whose runs are taken over into the version in force, some at a time:
-- subject_id and occurrence are of the last run looked at, ended is when none was left, 0:
-- not yet.
CREATE TABLE sop_move (
    process_id BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    account    TEXT    NOT NULL,
    asked      BIGINT NOT NULL,
    subject_id BIGINT NOT NULL,
    occurrence BIGINT NOT NULL,
    moved      BIGINT NOT NULL,
    ended      BIGINT NOT NULL,
    PRIMARY KEY (process_id, version)
);

-- How often a member has put a task off.
ALTER TABLE staff_task ADD COLUMN put_offs BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sop_step ADD COLUMN put_offs BIGINT NOT NULL DEFAULT 0;
