-- +goose Up
-- What rules about customers ask that changes with facts: a column for each
-- field, and each window of it, of package audience, in whole numbers. refs is a
-- hash over the customer's rows of facet_ref; moves is the business day on which
-- a window changes although nothing happens, 0 never. No index but the key: a
-- rule may ask anything.
CREATE TABLE facet (
    customer_id BIGINT NOT NULL PRIMARY KEY,
    moves BIGINT NOT NULL, refs BIGINT NOT NULL,
    relation BIGINT NOT NULL, consent BIGINT NOT NULL, complaint BIGINT NOT NULL, store BIGINT NOT NULL, owner BIGINT NOT NULL,
    channel BIGINT NOT NULL, campaign BIGINT NOT NULL, city BIGINT NOT NULL, level BIGINT NOT NULL, birthday BIGINT NOT NULL,
    first_seen BIGINT NOT NULL, since BIGINT NOT NULL, lost_on BIGINT NOT NULL, first_order BIGINT NOT NULL, last_order BIGINT NOT NULL,
    last_touch BIGINT NOT NULL, last_answer BIGINT NOT NULL, last_message_in BIGINT NOT NULL, last_message_out BIGINT NOT NULL, last_need BIGINT NOT NULL,
    orders BIGINT NOT NULL, orders_7 BIGINT NOT NULL, orders_30 BIGINT NOT NULL, orders_90 BIGINT NOT NULL, orders_180 BIGINT NOT NULL, orders_365 BIGINT NOT NULL,
    turnover BIGINT NOT NULL, turnover_7 BIGINT NOT NULL, turnover_30 BIGINT NOT NULL, turnover_90 BIGINT NOT NULL, turnover_180 BIGINT NOT NULL, turnover_365 BIGINT NOT NULL,
    touches BIGINT NOT NULL, touches_7 BIGINT NOT NULL, touches_30 BIGINT NOT NULL, touches_90 BIGINT NOT NULL, touches_180 BIGINT NOT NULL, touches_365 BIGINT NOT NULL,
    messages_in BIGINT NOT NULL, messages_in_7 BIGINT NOT NULL, messages_in_30 BIGINT NOT NULL, messages_in_90 BIGINT NOT NULL, messages_in_180 BIGINT NOT NULL, messages_in_365 BIGINT NOT NULL,
    messages_out BIGINT NOT NULL, messages_out_7 BIGINT NOT NULL, messages_out_30 BIGINT NOT NULL, messages_out_90 BIGINT NOT NULL, messages_out_180 BIGINT NOT NULL, messages_out_365 BIGINT NOT NULL,
    reactions BIGINT NOT NULL, reactions_30 BIGINT NOT NULL, reactions_90 BIGINT NOT NULL,
    referrals BIGINT NOT NULL, staff_count BIGINT NOT NULL, group_count BIGINT NOT NULL
) WITH (fillfactor = 70); -- a turn's new version of a row fits beside the old one

-- Fields of several values.
CREATE TABLE facet_ref (
    customer_id BIGINT NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    code BIGINT NOT NULL,
    PRIMARY KEY (customer_id, field, code)
);

-- Texts behind the codes that columns hold: tags, channels, campaigns, cities.
CREATE TABLE word (
    field TEXT COLLATE "C" NOT NULL,
    code BIGINT NOT NULL,
    word TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (field, code)
);

-- How far work on audiences has come: until which customer facets were filled
-- in, which business day they are of.
CREATE TABLE audience_progress (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL
);

-- Where there are no customers yet nothing has to be filled in.
INSERT INTO audience_progress SELECT 'fill', 9223372036854775807 WHERE NOT EXISTS (SELECT 1 FROM customer_state);

CREATE TABLE audience (
    id BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind = 'dynamic' OR kind = 'frozen'),
    rule TEXT COLLATE "C" NOT NULL, -- JSON, which names its own version
    watched BOOLEAN NOT NULL, -- who enters and leaves becomes a fact
    filled BOOLEAN NOT NULL, -- its members are stored
    created BIGINT NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    changed BIGINT NOT NULL,
    changed_by TEXT COLLATE "C" NOT NULL,
    archived BIGINT NOT NULL
);
CREATE UNIQUE INDEX audience_name ON audience (name) WHERE archived = 0;

-- Who is in watched and frozen audiences.
CREATE TABLE audience_member (
    customer_id BIGINT NOT NULL,
    audience_id BIGINT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (customer_id, audience_id)
);
CREATE INDEX audience_members ON audience_member (audience_id, customer_id);

-- The size of an audience at the end of a day, and who came and went that day.
CREATE TABLE audience_day (
    audience_id BIGINT NOT NULL,
    day BIGINT NOT NULL, -- its number since 1970
    size BIGINT NOT NULL,
    came BIGINT NOT NULL,
    went BIGINT NOT NULL,
    PRIMARY KEY (audience_id, day)
);

-- Exports that wait for the word of a lead, and those that had it.
CREATE TABLE audience_export (
    id BIGINT NOT NULL PRIMARY KEY,
    audience_id BIGINT NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    customers BIGINT NOT NULL,
    format TEXT COLLATE "C" NOT NULL CHECK (format = 'csv' OR format = 'xlsx'),
    state TEXT COLLATE "C" NOT NULL CHECK (state = 'waiting' OR state = 'approved' OR state = 'refused' OR state = 'done'),
    answered_by TEXT COLLATE "C" NOT NULL,
    answered BIGINT NOT NULL
);
