-- +goose Up
CREATE TABLE customer_state (
    customer_id INTEGER NOT NULL PRIMARY KEY,
    merged      INTEGER NOT NULL CHECK (merged IN (0, 1)),
    state       BLOB NOT NULL
) STRICT;

CREATE TABLE group_state (
    group_id INTEGER NOT NULL PRIMARY KEY,
    state    BLOB NOT NULL
) STRICT;

CREATE TABLE staff_state (
    staff_id INTEGER NOT NULL PRIMARY KEY,
    state    BLOB NOT NULL
) STRICT;

CREATE TABLE customer_alias (
    customer_id  INTEGER NOT NULL PRIMARY KEY,
    canonical_id INTEGER NOT NULL
) STRICT;
CREATE INDEX customer_alias_of ON customer_alias (canonical_id, customer_id);

CREATE TABLE identity (
    kind        TEXT NOT NULL,
    key         BLOB NOT NULL,
    customer_id INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (
    day      INTEGER NOT NULL,
    name     TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    part     TEXT NOT NULL,
    value    INTEGER NOT NULL,
    PRIMARY KEY (name, day, store_id, part)
) STRICT, WITHOUT ROWID;
