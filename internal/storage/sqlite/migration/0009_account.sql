-- +goose Up
CREATE TABLE account (
    name      TEXT NOT NULL PRIMARY KEY,
    role      TEXT NOT NULL CHECK (role IN ('owner', 'lead', 'store', 'staff')),
    stores    BLOB NOT NULL,
    staff_id  INTEGER NOT NULL,
    active    INTEGER NOT NULL CHECK (active IN (0, 1)),
    password  TEXT NOT NULL,
    last_seen INTEGER NOT NULL
) STRICT;

CREATE TABLE account_link (
    hash    BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    account TEXT NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    hash    BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    account TEXT NOT NULL,
    began   INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX session_of_account ON session (account);

CREATE TABLE login_attempt (
    key   BLOB NOT NULL PRIMARY KEY,
    since INTEGER NOT NULL,
    count INTEGER NOT NULL
) STRICT;

CREATE TABLE job (
    id        INTEGER NOT NULL PRIMARY KEY,
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    run_at    INTEGER NOT NULL,
    attempts  INTEGER NOT NULL,
    fence     INTEGER NOT NULL,
    leased    INTEGER NOT NULL,
    payload   BLOB NOT NULL,
    progress  BLOB NOT NULL,
    because   TEXT NOT NULL,
    created   INTEGER NOT NULL,
    ended     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX job_open ON job (kind, name) WHERE state IN ('waiting', 'running');
CREATE INDEX job_due ON job (state, run_at);
CREATE INDEX job_newest ON job (kind, created);
