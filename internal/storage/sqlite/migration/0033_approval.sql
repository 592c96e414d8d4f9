-- +goose Up
-- Who approved what waits for approval. send names what goes to several members
-- as one; customers are those whom the row's own part reaches.
CREATE TABLE approval (
    kind       TEXT NOT NULL CHECK (kind IN ('mass', 'group', 'moments')),
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
CREATE INDEX approval_send ON approval (send);
