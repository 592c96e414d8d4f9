-- +goose Up
-- What the customers of the whole brand and of each store bought and are worth,
-- added up by the night, so that no page walks customers.
CREATE TABLE cohort (
    place    TEXT COLLATE "C" NOT NULL CHECK (place IN ('brand', 'store')),
    store_id BIGINT NOT NULL,
    as_of    BIGINT NOT NULL,
    sums     BYTEA  NOT NULL,
    PRIMARY KEY (place, store_id)
);
