-- +goose Up
CREATE TABLE letter (
    hash     BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    received INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE letter_pending (
    hash     BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    corp     TEXT    NOT NULL,
    received INTEGER NOT NULL,
    stale    INTEGER NOT NULL CHECK (stale IN (0, 1)),
    aside    INTEGER NOT NULL CHECK (aside IN (0, 1)),
    attempts INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    body     BLOB    NOT NULL
) STRICT;
CREATE INDEX letter_pending_oldest ON letter_pending (aside, received);

CREATE TABLE inbox (
    one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    finished INTEGER NOT NULL
) STRICT;
INSERT INTO inbox (one, finished) VALUES (1, 0);

CREATE TABLE sealed (
    subject_id   INTEGER NOT NULL,
    subject_type TEXT    NOT NULL CHECK (subject_type = 'customer' OR subject_type = 'group' OR subject_type = 'staff' OR subject_type = 'store'),
    field        TEXT    NOT NULL,
    part         TEXT    NOT NULL,
    box          BLOB    NOT NULL,
    PRIMARY KEY (subject_id, subject_type, field, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX sealed_by_field ON sealed (field) WHERE field <> 'message';
