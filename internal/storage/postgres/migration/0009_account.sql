-- +goose Up
CREATE TABLE account (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('owner', 'lead', 'store', 'staff')),
    stores BYTEA NOT NULL,
    staff_id BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    password TEXT COLLATE "C" NOT NULL,
    last_seen BIGINT NOT NULL
);

CREATE TABLE account_link (
    hash BYTEA NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    account TEXT COLLATE "C" NOT NULL,
    expires BIGINT NOT NULL
);

CREATE TABLE session (
    hash BYTEA NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    account TEXT COLLATE "C" NOT NULL,
    began BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX session_of_account ON session (account);

CREATE TABLE login_attempt (
    key BYTEA NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL,
    count BIGINT NOT NULL
);

CREATE TABLE job (
    id BIGINT NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    leased BIGINT NOT NULL,
    payload BYTEA NOT NULL,
    progress BYTEA NOT NULL,
    because TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL,
    ended BIGINT NOT NULL
);
CREATE UNIQUE INDEX job_open ON job (kind, name) WHERE state IN ('waiting', 'running');
CREATE INDEX job_due ON job (state, run_at);
CREATE INDEX job_newest ON job (kind, created);
