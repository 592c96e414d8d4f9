-- +goose Up
CREATE TABLE told (
    part  TEXT   NOT NULL,
    name  TEXT   NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (part, name)
) STRICT;

CREATE TABLE orders (
    order_id    INTEGER NOT NULL PRIMARY KEY,
    shop        TEXT   NOT NULL,
    store_id    INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    purchase    INTEGER NOT NULL CHECK (purchase IN (0, 1)),
    amount      INTEGER NOT NULL,
    refunded    INTEGER NOT NULL,
    record      BLOB NOT NULL
) STRICT;

CREATE TABLE import_run (
    key     BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    started INTEGER NOT NULL,
    done    INTEGER NOT NULL CHECK (done IN (0, 1)),
    state   BLOB NOT NULL
) STRICT;
CREATE INDEX import_run_newest ON import_run (started);
