-- +goose Up
CREATE TABLE setting (
    name     TEXT   NOT NULL,
    version  INTEGER NOT NULL,
    document TEXT   NOT NULL,
    at       INTEGER NOT NULL,
    account  TEXT   NOT NULL,
    PRIMARY KEY (name, version)
) STRICT;

CREATE TABLE holdout (
    customer_id INTEGER NOT NULL PRIMARY KEY,
    held        INTEGER NOT NULL CHECK (held IN (0, 1)),
    assigned    INTEGER NOT NULL
) STRICT;

CREATE TABLE action (
    customer_id  INTEGER NOT NULL,
    day          INTEGER NOT NULL,
    id           INTEGER NOT NULL,
    staff_id     INTEGER NOT NULL,
    store_id     INTEGER NOT NULL,
    corp         TEXT   NOT NULL,
    purpose      TEXT   NOT NULL,
    channel      TEXT   NOT NULL,
    limiting     TEXT   NOT NULL,
    line_id      INTEGER NOT NULL,
    material     TEXT   NOT NULL,
    gain         REAL NOT NULL,
    gain_low     REAL NOT NULL,
    gain_high    REAL NOT NULL,
    evidence     TEXT   NOT NULL,
    as_of        INTEGER NOT NULL,
    cost         REAL NOT NULL,
    reasons      TEXT   NOT NULL,
    probability  REAL NOT NULL,
    alternatives TEXT   NOT NULL,
    model        TEXT   NOT NULL,
    settings     INTEGER NOT NULL,
    begins       INTEGER NOT NULL,
    ends         INTEGER NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('planned', 'handed', 'cancelled')),
    cancelled    TEXT   NOT NULL,
    PRIMARY KEY (customer_id, day)
) STRICT;
CREATE INDEX action_of_day ON action (day, state, staff_id, customer_id);

CREATE TABLE withheld (
    customer_id INTEGER NOT NULL,
    since_day   INTEGER NOT NULL,
    until_day   INTEGER NOT NULL,
    store_id    INTEGER NOT NULL,
    because     TEXT   NOT NULL,
    limiting    TEXT   NOT NULL,
    purpose     TEXT   NOT NULL,
    gain        REAL NOT NULL,
    PRIMARY KEY (customer_id, since_day)
) STRICT;
CREATE INDEX withheld_now ON withheld (because, customer_id) WHERE until_day = 0;

CREATE TABLE staff_load (
    day       INTEGER NOT NULL,
    staff_id  INTEGER NOT NULL,
    channel   TEXT   NOT NULL,
    purpose   TEXT   NOT NULL,
    line_id   INTEGER NOT NULL,
    material  TEXT   NOT NULL,
    customers INTEGER NOT NULL,
    PRIMARY KEY (day, staff_id, channel, purpose, line_id, material)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan_count (
    day       INTEGER NOT NULL,
    store_id  INTEGER NOT NULL,
    because   TEXT   NOT NULL,
    limiting  TEXT   NOT NULL,
    purpose   TEXT   NOT NULL,
    channel   TEXT   NOT NULL,
    customers INTEGER NOT NULL,
    gain      REAL NOT NULL,
    gain_low  REAL NOT NULL,
    gain_high REAL NOT NULL,
    PRIMARY KEY (day, store_id, because, limiting, purpose, channel)
) STRICT;
