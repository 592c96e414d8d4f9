-- +goose Up
-- What an action was expected to gain before that was corrected for its uncertainty,
-- and how many orders it stands for; 0 of actions that were planned before.
ALTER TABLE action ADD COLUMN raw REAL NOT NULL DEFAULT 0;
ALTER TABLE action ADD COLUMN orders REAL NOT NULL DEFAULT 0;
