-- +goose Up
-- Orders lie in the order they come in; what finds them by their hash is narrow.
CREATE TABLE orders_in_sequence (
    order_id    INTEGER NOT NULL UNIQUE,
    shop        TEXT    NOT NULL,
    store_id    INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    purchase    INTEGER NOT NULL CHECK (purchase IN (0, 1)),
    amount      INTEGER NOT NULL,
    refunded    INTEGER NOT NULL,
    record      BLOB    NOT NULL
) STRICT;
INSERT INTO orders_in_sequence SELECT order_id, shop, store_id, customer_id, at, purchase, amount, refunded, record FROM orders;
DROP TABLE orders;
ALTER TABLE orders_in_sequence RENAME TO orders;
