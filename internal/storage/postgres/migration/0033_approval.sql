-- +goose Up
-- Who approved what waits for approval. send names what goes to several members
-- as one; customers are those whom the row's own part reaches.
CREATE TABLE approval (
    kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('mass', 'group', 'moments')),
    subject_id BIGINT NOT NULL,
    account    TEXT COLLATE "C" NOT NULL,
    rank       TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    store_id   BIGINT NOT NULL,
    customers  BIGINT NOT NULL,
    rule       TEXT COLLATE "C" NOT NULL,
    send       BYTEA NOT NULL,
    PRIMARY KEY (kind, subject_id, account)
);
CREATE INDEX approval_send ON approval (send);
