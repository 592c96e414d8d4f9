-- +goose Up
-- Customers who deleted a member, or whom a member deleted, from the log of facts.
CREATE TABLE loss (
    at          INTEGER NOT NULL,
    staff_id    INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    ended_by    TEXT NOT NULL,
    store_id    INTEGER NOT NULL,
    way         TEXT NOT NULL,
    PRIMARY KEY (at, staff_id, customer_id)
) STRICT, WITHOUT ROWID;

-- Days on which more customers were lost than chance explains. closed_at_lost is how
-- many they were when a person closed the alert; told is when leads were told of it.
CREATE TABLE loss_alert (
    id             INTEGER NOT NULL PRIMARY KEY,
    kind           TEXT NOT NULL CHECK (kind IN ('deleted', 'member', 'store', 'way')),
    staff_id       INTEGER NOT NULL,
    store_id       INTEGER NOT NULL,
    way            TEXT NOT NULL,
    day            INTEGER NOT NULL,
    lost           INTEGER NOT NULL,
    expected       REAL NOT NULL,
    bound          INTEGER NOT NULL,
    opened         INTEGER NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('open', 'seen', 'closed')),
    account        TEXT NOT NULL,
    word           TEXT NOT NULL,
    changed        INTEGER NOT NULL,
    closed_at_lost INTEGER NOT NULL,
    told           INTEGER NOT NULL
) STRICT;
CREATE INDEX loss_alert_day ON loss_alert (day);
