-- +goose Up
CREATE TABLE dispatch (
    id BIGINT NOT NULL PRIMARY KEY,
    corp TEXT COLLATE "C" NOT NULL,
    staff_id BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    line_id BIGINT NOT NULL,
    material TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    link TEXT COLLATE "C" NOT NULL,
    marker TEXT COLLATE "C" NOT NULL,
    starts BIGINT NOT NULL,
    ends BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('planned', 'claimed', 'calling', 'accepted', 'rejected', 'in_doubt', 'resent', 'dropped')),
    approved_by TEXT COLLATE "C" NOT NULL,
    not_before BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    node TEXT COLLATE "C" NOT NULL,
    fence BIGINT NOT NULL,
    since BIGINT NOT NULL,
    called BIGINT NOT NULL,
    request BYTEA NOT NULL,
    message TEXT COLLATE "C" NOT NULL,
    because TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL,
    resend_of BIGINT NOT NULL,
    cancel_for TEXT COLLATE "C" NOT NULL CHECK (cancel_for IN ('', 'window_over', 'objection', 'complaint', 'purchase', 'replanned', 'person')),
    task TEXT COLLATE "C" NOT NULL CHECK (task IN ('', 'open', 'sending', 'confirmed', 'cancelling', 'cancelled')),
    task_since BIGINT NOT NULL,
    read_back BIGINT NOT NULL,
    urged BYTEA NOT NULL
);
CREATE INDEX dispatch_by_state ON dispatch (state, task, id);
CREATE INDEX dispatch_of_staff ON dispatch (staff_id, day);
CREATE INDEX dispatch_by_message ON dispatch (message) WHERE message <> '';

CREATE TABLE touch (
    customer_id BIGINT NOT NULL,
    run TEXT COLLATE "C" NOT NULL,
    step BIGINT NOT NULL,
    occurrence BIGINT NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    dispatch_id BIGINT NOT NULL,
    staff_id BIGINT NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    action_id BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('underway', 'delivered', 'failed', 'withdrawn')),
    because TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, run, step, occurrence, channel)
);
CREATE INDEX touch_of_dispatch ON touch (dispatch_id, id);
CREATE INDEX touch_by_id ON touch (id);
CREATE INDEX touch_underway ON touch (customer_id, dispatch_id) WHERE state = 'underway';

CREATE TABLE staff_task (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    corp TEXT COLLATE "C" NOT NULL,
    staff_id BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    line_id BIGINT NOT NULL,
    material TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    link TEXT COLLATE "C" NOT NULL,
    action_id BIGINT NOT NULL,
    starts BIGINT NOT NULL,
    ends BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('due', 'postponed', 'done', 'no_need', 'missed', 'taken')),
    since BIGINT NOT NULL,
    result TEXT COLLATE "C" NOT NULL,
    because TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE INDEX staff_task_by_id ON staff_task (id);
CREATE INDEX staff_task_by_state ON staff_task (state, starts, id);
CREATE INDEX staff_task_of_staff ON staff_task (staff_id, starts, id);

CREATE TABLE node (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    fence BIGINT NOT NULL
);

CREATE TABLE gate (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    frozen BIGINT NOT NULL
);
INSERT INTO gate (one, frozen) VALUES (1, 0);

CREATE TABLE token (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    box BYTEA NOT NULL,
    version BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    holder TEXT COLLATE "C" NOT NULL,
    fence BIGINT NOT NULL,
    leased BIGINT NOT NULL
);
