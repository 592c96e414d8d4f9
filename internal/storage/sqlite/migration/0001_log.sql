-- +goose Up
CREATE TABLE log_head (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL
) STRICT;
INSERT INTO log_head (one, seq) VALUES (1, 0);

-- Words are compared one by one: IN with more than two builds a table per row.
CREATE TABLE fact (
    seq          INTEGER NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    subject_id   INTEGER NOT NULL,
    subject_type TEXT    NOT NULL CHECK (subject_type = 'customer' OR subject_type = 'group' OR subject_type = 'staff' OR subject_type = 'store'),
    at           INTEGER NOT NULL,
    received     INTEGER NOT NULL,
    source       TEXT    NOT NULL,
    key          BLOB    NOT NULL CHECK (length(key) = 32),
    body         TEXT    NOT NULL,
    UNIQUE (subject_id, subject_type, key)
) STRICT;

CREATE TABLE log_cursor (
    reader TEXT    NOT NULL PRIMARY KEY,
    seq    INTEGER NOT NULL
) STRICT;
