-- +goose Up
-- What the customers of the whole brand and of each store bought and are worth,
-- added up by the night, so that no page walks customers.
CREATE TABLE cohort (
    place    TEXT    NOT NULL CHECK (place IN ('brand', 'store')),
    store_id INTEGER NOT NULL,
    as_of    INTEGER NOT NULL,
    sums     BLOB    NOT NULL,
    PRIMARY KEY (place, store_id)
) STRICT, WITHOUT ROWID;
