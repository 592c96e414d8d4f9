-- +goose Up
-- Processes that members do by hand are approved before they come into force;
-- subject_id of kind process is then of a version. forced is when a version first came
-- into force, 0 for one that waits for that or was replaced before.
CREATE TABLE approval_next (
    kind       TEXT NOT NULL CHECK (kind IN ('mass', 'group', 'moments', 'one_off', 'process')),
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

ALTER TABLE sop_version ADD COLUMN forced INTEGER NOT NULL DEFAULT 0;
UPDATE sop_version SET forced = at WHERE process_id IN (SELECT id FROM sop_process WHERE state <> 'draft');
