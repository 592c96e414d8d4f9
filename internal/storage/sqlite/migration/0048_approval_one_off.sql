-- +goose Up
-- One-off messages by hand, calls and tasks are approved before they begin; subject_id
-- is then of a version of the process.
CREATE TABLE approval_next (
    kind       TEXT NOT NULL CHECK (kind IN ('mass', 'group', 'moments', 'one_off')),
    subject_id INTEGER NOT NULL,
    account    TEXT NOT NULL,
    rank       TEXT NOT NULL,
    at         INTEGER NOT NULL,
    store_id   INTEGER NOT NULL,
    customers  INTEGER NOT NULL,
    rule       TEXT NOT NULL,
    send       BLOB NOT NULL,
    PRIMARY KEY (kind, subject_id, account)
) STRICT;
INSERT INTO approval_next SELECT kind, subject_id, account, rank, at, store_id, customers, rule, send FROM approval;
DROP TABLE approval;
ALTER TABLE approval_next RENAME TO approval;
CREATE INDEX approval_send ON approval (send);
