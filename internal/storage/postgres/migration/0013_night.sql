-- +goose Up
-- A night rewrites every row: what no list sorts or filters by stands in
-- estimates alone.
ALTER TABLE insight DROP COLUMN as_of, DROP COLUMN repurchase, DROP COLUMN last_order, DROP COLUMN first_seen, DROP COLUMN orders;
