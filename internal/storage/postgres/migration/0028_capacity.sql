-- +goose Up
-- What became within the window that ends at as_of of the customers whom a member
-- held at its beginning, counted by the night so that no page walks customers.
CREATE TABLE staff_held (
    staff_id bigint NOT NULL PRIMARY KEY,
    as_of    bigint NOT NULL,
    kept     bigint NOT NULL,
    lost     bigint NOT NULL,
    buyers   bigint NOT NULL,
    again    bigint NOT NULL
);
