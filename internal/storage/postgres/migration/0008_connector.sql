-- +goose Up
CREATE TABLE told (
    part  TEXT   COLLATE "C" NOT NULL,
    name  TEXT   COLLATE "C" NOT NULL,
    value BYTEA  NOT NULL,
    PRIMARY KEY (part, name)
);

CREATE TABLE orders (
    order_id    BIGINT NOT NULL PRIMARY KEY,
    shop        TEXT   COLLATE "C" NOT NULL,
    store_id    BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    purchase    BIGINT NOT NULL CHECK (purchase IN (0, 1)),
    amount      BIGINT NOT NULL,
    refunded    BIGINT NOT NULL,
    record      BYTEA  NOT NULL
);

CREATE TABLE import_run (
    key     BYTEA  NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    started BIGINT NOT NULL,
    done    BIGINT NOT NULL CHECK (done IN (0, 1)),
    state   BYTEA  NOT NULL
);
CREATE INDEX import_run_newest ON import_run (started);
