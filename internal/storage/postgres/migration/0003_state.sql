-- +goose Up
CREATE TABLE customer_state (
    customer_id BIGINT NOT NULL PRIMARY KEY,
    merged BOOLEAN NOT NULL,
    state BYTEA NOT NULL
);

CREATE TABLE group_state (
    group_id BIGINT NOT NULL PRIMARY KEY,
    state BYTEA NOT NULL
);

CREATE TABLE staff_state (
    staff_id BIGINT NOT NULL PRIMARY KEY,
    state BYTEA NOT NULL
);

CREATE TABLE customer_alias (
    customer_id BIGINT NOT NULL PRIMARY KEY,
    canonical_id BIGINT NOT NULL
);
CREATE INDEX customer_alias_of ON customer_alias (canonical_id, customer_id);

CREATE TABLE identity (
    kind TEXT COLLATE "C" NOT NULL,
    key BYTEA NOT NULL,
    customer_id BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);

CREATE TABLE counter (
    day BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    store_id BIGINT NOT NULL,
    part TEXT COLLATE "C" NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (name, day, store_id, part)
);
