-- +goose Up
CREATE TABLE log_head (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    seq BIGINT NOT NULL
);
INSERT INTO log_head (one, seq) VALUES (1, 0);

CREATE TABLE fact (
    seq          BIGINT NOT NULL UNIQUE,
    kind         TEXT   COLLATE "C" NOT NULL,
    version      BIGINT NOT NULL,
    subject_id   BIGINT NOT NULL,
    subject_type TEXT   COLLATE "C" NOT NULL CHECK (subject_type IN ('customer', 'group', 'staff', 'store')),
    at           BIGINT NOT NULL,
    received     BIGINT NOT NULL,
    source       TEXT   COLLATE "C" NOT NULL,
    key          BYTEA  NOT NULL CHECK (length(key) = 32),
    body         TEXT   COLLATE "C" NOT NULL,
    PRIMARY KEY (subject_id, subject_type, key)
);

CREATE TABLE log_cursor (
    reader TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    seq    BIGINT NOT NULL
);
