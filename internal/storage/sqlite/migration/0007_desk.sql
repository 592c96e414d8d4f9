-- +goose Up
CREATE TABLE audit (
    at      INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    account TEXT   NOT NULL,
    did     TEXT   NOT NULL,
    about   TEXT   NOT NULL,
    PRIMARY KEY (at, number)
) STRICT;

CREATE TABLE preference (
    account TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    value   TEXT   NOT NULL,
    PRIMARY KEY (account, name)
) STRICT;

CREATE TABLE group_kind (
    group_id INTEGER NOT NULL PRIMARY KEY,
    kind     TEXT   NOT NULL
) STRICT;
