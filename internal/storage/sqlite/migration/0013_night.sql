-- +goose Up
-- A night rewrites every row: what no list sorts or filters by stands in
-- estimates alone.
ALTER TABLE insight DROP COLUMN as_of;
ALTER TABLE insight DROP COLUMN repurchase;
ALTER TABLE insight DROP COLUMN last_order;
ALTER TABLE insight DROP COLUMN first_seen;
ALTER TABLE insight DROP COLUMN orders;

-- A night reads the runs of everybody in the order of ids.
CREATE TABLE withheld_by_customer (
    customer_id INTEGER NOT NULL,
    since_day   INTEGER NOT NULL,
    until_day   INTEGER NOT NULL,
    store_id    INTEGER NOT NULL,
    because     TEXT    NOT NULL,
    limiting    TEXT    NOT NULL,
    purpose     TEXT    NOT NULL,
    gain        REAL    NOT NULL,
    PRIMARY KEY (customer_id, since_day)
) STRICT, WITHOUT ROWID;
INSERT INTO withheld_by_customer SELECT customer_id, since_day, until_day, store_id, because, limiting, purpose, gain
FROM withheld ORDER BY customer_id, since_day;
DROP TABLE withheld;
ALTER TABLE withheld_by_customer RENAME TO withheld;
CREATE INDEX withheld_now ON withheld (because, store_id, customer_id) WHERE until_day = 0;
