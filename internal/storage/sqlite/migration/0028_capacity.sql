-- +goose Up
-- What became within the window that ends at as_of of the customers whom a member
-- held at its beginning, counted by the night so that no page walks customers.
CREATE TABLE staff_held (
    staff_id INTEGER NOT NULL PRIMARY KEY,
    as_of    INTEGER NOT NULL,
    kept     INTEGER NOT NULL,
    lost     INTEGER NOT NULL,
    buyers   INTEGER NOT NULL,
    again    INTEGER NOT NULL
) STRICT;
