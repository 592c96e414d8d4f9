-- +goose Up
-- How long steps that members were given take of their time for contacts by hand, in
-- milliseconds; not known of what was given before the upgrade.
ALTER TABLE sop_given ADD COLUMN takes INTEGER NOT NULL DEFAULT 0;

-- Who let mass messages of a process leave before they were made, and for how many
-- customers; of that version alone.
CREATE TABLE approved_ahead (
    process_id INTEGER NOT NULL PRIMARY KEY,
    version    INTEGER NOT NULL,
    reach      INTEGER NOT NULL,
    account    TEXT NOT NULL,
    rank       TEXT NOT NULL,
    rule       TEXT NOT NULL,
    at         INTEGER NOT NULL
) STRICT;

-- What became of the customers of mass messages, counted, so that a list of many need
-- not walk ten thousands of each.
CREATE TABLE mass_tally (
    dispatch_id INTEGER NOT NULL,
    state       TEXT NOT NULL,
    because     TEXT NOT NULL,
    customers   INTEGER NOT NULL,
    PRIMARY KEY (dispatch_id, state, because)
) STRICT, WITHOUT ROWID;
INSERT INTO mass_tally (dispatch_id, state, because, customers)
SELECT dispatch_id, state, because, count(*) FROM touch WHERE dispatch_id <> 0 GROUP BY dispatch_id, state, because;
CREATE INDEX dispatch_by_day ON dispatch (day, store_id);
