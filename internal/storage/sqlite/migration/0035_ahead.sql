-- +goose Up
-- What the night of a day expects members to do on the days after it: sums, because
-- the nights in between decide anew about each customer.
CREATE TABLE plan_ahead (
    day       INTEGER NOT NULL,
    staff_id  INTEGER NOT NULL,
    on_day    INTEGER NOT NULL,
    purpose   TEXT NOT NULL,
    channel   TEXT NOT NULL,
    line_id   INTEGER NOT NULL,
    store_id  INTEGER NOT NULL,
    customers INTEGER NOT NULL,
    gain      REAL NOT NULL,
    least     REAL NOT NULL,
    PRIMARY KEY (day, staff_id, on_day, purpose, channel, line_id)
) STRICT, WITHOUT ROWID;
