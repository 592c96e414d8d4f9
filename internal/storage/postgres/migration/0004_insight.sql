-- +goose Up
CREATE TABLE insight (
    customer_id BIGINT NOT NULL PRIMARY KEY,
    as_of BIGINT NOT NULL,
    related BOOLEAN NOT NULL,
    refuses BOOLEAN NOT NULL,
    staff_id BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    limiting TEXT COLLATE "C" NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    repurchase DOUBLE PRECISION NOT NULL,
    next_due BIGINT NOT NULL,
    last_order BIGINT NOT NULL,
    last_fact  BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    orders BIGINT NOT NULL,
    estimates BYTEA NOT NULL
) WITH (fillfactor = 45); -- every night's new version of a row fits beside the old one

CREATE TABLE model (
    name TEXT COLLATE "C" NOT NULL,
    serial BIGINT NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    document BYTEA NOT NULL,
    PRIMARY KEY (name, serial)
);
