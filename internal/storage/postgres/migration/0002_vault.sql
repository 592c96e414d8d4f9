-- +goose Up
CREATE TABLE letter (
    hash     BYTEA  NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    received BIGINT NOT NULL
);

CREATE TABLE letter_pending (
    hash     BYTEA   NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    corp     TEXT    COLLATE "C" NOT NULL,
    received BIGINT  NOT NULL,
    stale    BOOLEAN NOT NULL,
    aside    BOOLEAN NOT NULL,
    attempts BIGINT  NOT NULL,
    reason   TEXT    COLLATE "C" NOT NULL,
    body     BYTEA   NOT NULL
);
CREATE INDEX letter_pending_oldest ON letter_pending (aside, received);

CREATE TABLE inbox (
    one      BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    finished BIGINT NOT NULL
);
INSERT INTO inbox (one, finished) VALUES (1, 0);

CREATE TABLE sealed (
    subject_id   BIGINT NOT NULL,
    subject_type TEXT   COLLATE "C" NOT NULL CHECK (subject_type IN ('customer', 'group', 'staff', 'store')),
    field        TEXT   COLLATE "C" NOT NULL,
    part         TEXT   COLLATE "C" NOT NULL,
    box          BYTEA  NOT NULL,
    PRIMARY KEY (subject_id, subject_type, field, part)
);
CREATE INDEX sealed_by_field ON sealed (field, subject_id, subject_type, part) WHERE field <> 'message';
