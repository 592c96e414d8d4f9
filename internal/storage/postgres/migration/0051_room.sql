-- +goose Up
-- How long steps that members were given take of their time for contacts by hand, in
-- milliseconds; not known of what was given before the upgrade.
ALTER TABLE sop_given ADD COLUMN takes BIGINT NOT NULL DEFAULT 0;

-- Who let mass messages of a process leave before they were made, and for how many
-- customers; of that version alone.
CREATE TABLE approved_ahead (
    process_id BIGINT NOT NULL PRIMARY KEY,
    version    BIGINT NOT NULL,
    reach      BIGINT NOT NULL,
    account    TEXT NOT NULL,
    rank       TEXT NOT NULL,
    rule       TEXT NOT NULL,
    at         BIGINT NOT NULL
);
