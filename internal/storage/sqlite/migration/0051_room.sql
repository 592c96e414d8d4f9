-- +goose Up
-- How long steps that members were given take of their time for contacts by hand, in
-- milliseconds; not known of what was given before the upgrade.
ALTER TABLE sop_given ADD COLUMN takes INTEGER NOT NULL DEFAULT 0;
