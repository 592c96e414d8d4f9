-- +goose Up
CREATE TABLE setting (
    name     TEXT   COLLATE "C" NOT NULL,
    version  BIGINT NOT NULL,
    document TEXT   COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL,
    account  TEXT   COLLATE "C" NOT NULL,
    PRIMARY KEY (name, version)
);

CREATE TABLE holdout (
    customer_id BIGINT NOT NULL PRIMARY KEY,
    held        BIGINT NOT NULL CHECK (held IN (0, 1)),
    assigned    BIGINT NOT NULL
);

CREATE TABLE action (
    customer_id  BIGINT NOT NULL,
    day          BIGINT NOT NULL,
    id           BIGINT NOT NULL,
    staff_id     BIGINT NOT NULL,
    store_id     BIGINT NOT NULL,
    corp         TEXT   COLLATE "C" NOT NULL,
    purpose      TEXT   COLLATE "C" NOT NULL,
    channel      TEXT   COLLATE "C" NOT NULL,
    limiting     TEXT   COLLATE "C" NOT NULL,
    line_id      BIGINT NOT NULL,
    material     TEXT   COLLATE "C" NOT NULL,
    gain         DOUBLE PRECISION NOT NULL,
    gain_low     DOUBLE PRECISION NOT NULL,
    gain_high    DOUBLE PRECISION NOT NULL,
    evidence     TEXT   COLLATE "C" NOT NULL,
    as_of        BIGINT NOT NULL,
    cost         DOUBLE PRECISION NOT NULL,
    reasons      TEXT   COLLATE "C" NOT NULL,
    probability  DOUBLE PRECISION NOT NULL,
    alternatives TEXT   COLLATE "C" NOT NULL,
    model        TEXT   COLLATE "C" NOT NULL,
    settings     BIGINT NOT NULL,
    begins       BIGINT NOT NULL,
    ends         BIGINT NOT NULL,
    state        TEXT   COLLATE "C" NOT NULL CHECK (state IN ('planned', 'handed', 'cancelled')),
    cancelled    TEXT   COLLATE "C" NOT NULL,
    PRIMARY KEY (customer_id, day)
);
CREATE INDEX action_of_day ON action (day, state, staff_id, customer_id);

CREATE TABLE withheld (
    customer_id BIGINT NOT NULL,
    since_day   BIGINT NOT NULL,
    until_day   BIGINT NOT NULL,
    store_id    BIGINT NOT NULL,
    because     TEXT   COLLATE "C" NOT NULL,
    limiting    TEXT   COLLATE "C" NOT NULL,
    purpose     TEXT   COLLATE "C" NOT NULL,
    gain        DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (customer_id, since_day)
);
CREATE INDEX withheld_now ON withheld (because, customer_id) WHERE until_day = 0;

CREATE TABLE staff_load (
    day       BIGINT NOT NULL,
    staff_id  BIGINT NOT NULL,
    channel   TEXT   NOT NULL,
    purpose   TEXT   NOT NULL,
    line_id   BIGINT NOT NULL,
    material  TEXT   NOT NULL,
    customers BIGINT NOT NULL,
    PRIMARY KEY (day, staff_id, channel, purpose, line_id, material)
);

CREATE TABLE plan_count (
    day       BIGINT NOT NULL,
    store_id  BIGINT NOT NULL,
    because   TEXT   COLLATE "C" NOT NULL,
    limiting  TEXT   COLLATE "C" NOT NULL,
    purpose   TEXT   COLLATE "C" NOT NULL,
    channel   TEXT   COLLATE "C" NOT NULL,
    customers BIGINT NOT NULL,
    gain      DOUBLE PRECISION NOT NULL,
    gain_low  DOUBLE PRECISION NOT NULL,
    gain_high DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (day, store_id, because, limiting, purpose, channel)
);
