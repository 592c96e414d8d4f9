-- +goose Up
-- A mass message knows the step of its process that it says, so that its wordings are
-- approved as one send, and whether that speaks of a promised benefit.
ALTER TABLE dispatch ADD COLUMN step TEXT NOT NULL DEFAULT '';
ALTER TABLE dispatch ADD COLUMN promised BIGINT NOT NULL DEFAULT 0;

-- A message knows when it was decided however often it is sent again (0: before the
-- upgrade), and whether it serves: then budgets neither stop nor count it.
ALTER TABLE touch ADD COLUMN planned BIGINT NOT NULL DEFAULT 0;
ALTER TABLE touch ADD COLUMN service BIGINT NOT NULL DEFAULT 0;
UPDATE touch SET planned = at WHERE state = 'underway';
