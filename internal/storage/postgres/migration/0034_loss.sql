-- +goose Up
-- Customers who deleted a member, or whom a member deleted, from the log of facts.
CREATE TABLE loss (
    at          BIGINT NOT NULL,
    staff_id    BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    ended_by    TEXT COLLATE "C" NOT NULL,
    store_id    BIGINT NOT NULL,
    way         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (at, staff_id, customer_id)
);

-- Days on which more customers were lost than chance explains. closed_at_lost is how
-- many they were when a person closed the alert; told is when leads were told of it.
CREATE TABLE loss_alert (
    id             BIGINT NOT NULL PRIMARY KEY,
    kind           TEXT COLLATE "C" NOT NULL CHECK (kind IN ('deleted', 'member', 'store', 'way')),
    staff_id       BIGINT NOT NULL,
    store_id       BIGINT NOT NULL,
    way            TEXT COLLATE "C" NOT NULL,
    day            BIGINT NOT NULL,
    lost           BIGINT NOT NULL,
    expected       DOUBLE PRECISION NOT NULL,
    bound          BIGINT NOT NULL,
    opened         BIGINT NOT NULL,
    state          TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'seen', 'closed')),
    account        TEXT COLLATE "C" NOT NULL,
    word           TEXT COLLATE "C" NOT NULL,
    changed        BIGINT NOT NULL,
    closed_at_lost BIGINT NOT NULL,
    told           BIGINT NOT NULL
);
CREATE INDEX loss_alert_day ON loss_alert (day);
