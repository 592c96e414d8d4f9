-- +goose Up
-- What the night of a day expects members to do on the days after it: sums, because
-- the nights in between decide anew about each customer.
CREATE TABLE plan_ahead (
    day       bigint NOT NULL,
    staff_id  bigint NOT NULL,
    on_day    bigint NOT NULL,
    purpose   text NOT NULL,
    channel   text NOT NULL,
    line_id   bigint NOT NULL,
    store_id  bigint NOT NULL,
    customers bigint NOT NULL,
    gain      double precision NOT NULL,
    least     double precision NOT NULL,
    PRIMARY KEY (day, staff_id, on_day, purpose, channel, line_id)
);
