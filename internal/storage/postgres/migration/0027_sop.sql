-- +goose Up
-- Standard processes. audience_id is the audience whose entering begins runs, 0 for
-- none; kept tells that it was made for the process alone; what happened before
-- began begins nothing.
CREATE TABLE sop_process (
    id          BIGINT NOT NULL PRIMARY KEY,
    name        TEXT COLLATE "C" NOT NULL UNIQUE,
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('draft', 'active', 'paused', 'retired')),
    version     BIGINT NOT NULL,
    audience_id BIGINT NOT NULL,
    kept        BIGINT NOT NULL,
    began       BIGINT NOT NULL,
    changed     BIGINT NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    stamp       BIGINT NOT NULL
);

CREATE TABLE sop_version (
    process_id BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    document   TEXT COLLATE "C" NOT NULL,
    note       TEXT COLLATE "C" NOT NULL,
    account    TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (process_id, version)
);

-- Subjects on their way through a process. occurrence is the moment from which
-- offsets of steps count; tried is when the step was first due, if it was put off.
CREATE TABLE sop_run (
    subject_id BIGINT NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    process_id BIGINT NOT NULL,
    occurrence BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    lane       TEXT COLLATE "C" NOT NULL,
    step       BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    tried      BIGINT NOT NULL,
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'watching', 'ended')),
    because    TEXT COLLATE "C" NOT NULL,
    entered_at BIGINT NOT NULL,
    last_step  BIGINT NOT NULL,
    held       BIGINT NOT NULL,
    goal       TEXT COLLATE "C" NOT NULL CHECK (goal IN ('', 'reached', 'missed')),
    PRIMARY KEY (subject_id, subject, process_id, occurrence)
);
CREATE INDEX sop_run_due ON sop_run (due_at) WHERE state <> 'ended';

-- What became of steps. task tells that a member has it and it is no contact to
-- one customer; ends is until when, late_from from when on it is late.
CREATE TABLE sop_step (
    subject_id BIGINT NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    process_id BIGINT NOT NULL,
    occurrence BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    step       BIGINT NOT NULL,
    outcome    TEXT COLLATE "C" NOT NULL,
    because    TEXT COLLATE "C" NOT NULL,
    variant    BIGINT NOT NULL,
    touch_id   BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    staff_id   BIGINT NOT NULL,
    store_id   BIGINT NOT NULL,
    task       BIGINT NOT NULL,
    late_from  BIGINT NOT NULL,
    ends       BIGINT NOT NULL,
    proof      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (subject_id, subject, process_id, occurrence, version, step)
);
CREATE INDEX sop_step_task ON sop_step (ends, staff_id) WHERE task = 1 AND outcome = 'given';

-- How often what became of steps and runs, so that pages never count them. step is
-- -1 for runs; bucket is how long after it was due, on the scale of sop.Bucket.
CREATE TABLE sop_count (
    day        BIGINT NOT NULL,
    process_id BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    step       BIGINT NOT NULL,
    staff_id   BIGINT NOT NULL,
    store_id   BIGINT NOT NULL,
    held       BIGINT NOT NULL,
    figure     TEXT COLLATE "C" NOT NULL,
    because    TEXT COLLATE "C" NOT NULL,
    bucket     BIGINT NOT NULL,
    n          BIGINT NOT NULL,
    PRIMARY KEY (day, process_id, version, step, staff_id, store_id, held, figure, because, bucket)
);
