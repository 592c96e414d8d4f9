-- +goose Up
-- The page of a store's own people must not walk the customers of all others.
DROP INDEX withheld_now;
CREATE INDEX withheld_now ON withheld (because, store_id, customer_id) WHERE until_day = 0;
