-- +goose Up
-- A touch is found by its customer; PostgreSQL keeps its rows in the order they
-- come in already.
DROP INDEX touch_by_id;
DROP INDEX touch_of_dispatch;
CREATE INDEX touch_of_dispatch ON touch (dispatch_id, id) WHERE dispatch_id <> 0;
