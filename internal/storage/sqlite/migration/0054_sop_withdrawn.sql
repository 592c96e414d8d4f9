-- +goose Up
-- A version that waits for approval may be taken back before it comes into force;
-- withdrawn is when, 0 for all others.
ALTER TABLE sop_version ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0;
