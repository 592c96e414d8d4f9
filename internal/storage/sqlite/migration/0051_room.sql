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
