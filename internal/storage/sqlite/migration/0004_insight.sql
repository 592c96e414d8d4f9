-- +goose Up
CREATE TABLE insight (
    customer_id INTEGER NOT NULL PRIMARY KEY,
    as_of       INTEGER NOT NULL,
    related     INTEGER NOT NULL CHECK (related IN (0, 1)),
    refuses     INTEGER NOT NULL CHECK (refuses IN (0, 1)),
    staff_id    INTEGER NOT NULL,
    store_id    INTEGER NOT NULL,
    limiting    TEXT NOT NULL,
    value       REAL NOT NULL,
    repurchase  REAL NOT NULL,
    next_due    INTEGER NOT NULL,
    last_order  INTEGER NOT NULL,
    last_fact   INTEGER NOT NULL,
    first_seen  INTEGER NOT NULL,
    orders      INTEGER NOT NULL,
    estimates   BLOB NOT NULL
) STRICT;

CREATE TABLE model (
    name     TEXT NOT NULL,
    serial   INTEGER NOT NULL,
    version  TEXT NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (name, serial)
) STRICT, WITHOUT ROWID;
