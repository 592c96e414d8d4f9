-- +goose Up
-- What rules about customers ask that changes with facts: a column for each
-- field, and each window of it, of package audience, in whole numbers. refs is a
-- hash over the customer's rows of facet_ref; moves is the business day on which
-- a window changes although nothing happens, 0 never. No index but the key: a
-- rule may ask anything.
CREATE TABLE facet (
    customer_id INTEGER NOT NULL PRIMARY KEY,
    moves INTEGER NOT NULL, refs INTEGER NOT NULL,
    relation INTEGER NOT NULL, consent INTEGER NOT NULL, complaint INTEGER NOT NULL, store INTEGER NOT NULL, owner INTEGER NOT NULL,
    channel INTEGER NOT NULL, campaign INTEGER NOT NULL, city INTEGER NOT NULL, level INTEGER NOT NULL, birthday INTEGER NOT NULL,
    first_seen INTEGER NOT NULL, since INTEGER NOT NULL, lost_on INTEGER NOT NULL, first_order INTEGER NOT NULL, last_order INTEGER NOT NULL,
    last_touch INTEGER NOT NULL, last_answer INTEGER NOT NULL, last_message_in INTEGER NOT NULL, last_message_out INTEGER NOT NULL, last_need INTEGER NOT NULL,
    orders INTEGER NOT NULL, orders_7 INTEGER NOT NULL, orders_30 INTEGER NOT NULL, orders_90 INTEGER NOT NULL, orders_180 INTEGER NOT NULL, orders_365 INTEGER NOT NULL,
    turnover INTEGER NOT NULL, turnover_7 INTEGER NOT NULL, turnover_30 INTEGER NOT NULL, turnover_90 INTEGER NOT NULL, turnover_180 INTEGER NOT NULL, turnover_365 INTEGER NOT NULL,
    touches INTEGER NOT NULL, touches_7 INTEGER NOT NULL, touches_30 INTEGER NOT NULL, touches_90 INTEGER NOT NULL, touches_180 INTEGER NOT NULL, touches_365 INTEGER NOT NULL,
    messages_in INTEGER NOT NULL, messages_in_7 INTEGER NOT NULL, messages_in_30 INTEGER NOT NULL, messages_in_90 INTEGER NOT NULL, messages_in_180 INTEGER NOT NULL, messages_in_365 INTEGER NOT NULL,
    messages_out INTEGER NOT NULL, messages_out_7 INTEGER NOT NULL, messages_out_30 INTEGER NOT NULL, messages_out_90 INTEGER NOT NULL, messages_out_180 INTEGER NOT NULL, messages_out_365 INTEGER NOT NULL,
    reactions INTEGER NOT NULL, reactions_30 INTEGER NOT NULL, reactions_90 INTEGER NOT NULL,
    referrals INTEGER NOT NULL, staff_count INTEGER NOT NULL, group_count INTEGER NOT NULL
) STRICT;

-- Fields of several values.
CREATE TABLE facet_ref (
    customer_id INTEGER NOT NULL,
    field TEXT NOT NULL,
    code INTEGER NOT NULL,
    PRIMARY KEY (customer_id, field, code)
) STRICT, WITHOUT ROWID;

-- Texts behind the codes that columns hold: tags, channels, campaigns, cities.
CREATE TABLE word (
    field TEXT NOT NULL,
    code INTEGER NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (field, code)
) STRICT, WITHOUT ROWID;

-- How far work on audiences has come: until which customer facets were filled
-- in, which business day they are of.
CREATE TABLE audience_progress (
    name TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where there are no customers yet nothing has to be filled in.
INSERT INTO audience_progress SELECT 'fill', 9223372036854775807 WHERE NOT EXISTS (SELECT 1 FROM customer_state);

CREATE TABLE audience (
    id INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    note TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind = 'dynamic' OR kind = 'frozen'),
    rule TEXT NOT NULL, -- JSON, which names its own version
    watched INTEGER NOT NULL CHECK (watched IN (0, 1)), -- who enters and leaves becomes a fact
    filled INTEGER NOT NULL CHECK (filled IN (0, 1)), -- its members are stored
    created INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    changed INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    archived INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX audience_name ON audience (name) WHERE archived = 0;

-- Who is in watched and frozen audiences.
CREATE TABLE audience_member (
    customer_id INTEGER NOT NULL,
    audience_id INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (customer_id, audience_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX audience_members ON audience_member (audience_id, customer_id);

-- The size of an audience at the end of a day, and who came and went that day.
CREATE TABLE audience_day (
    audience_id INTEGER NOT NULL,
    day INTEGER NOT NULL, -- its number since 1970
    size INTEGER NOT NULL,
    came INTEGER NOT NULL,
    went INTEGER NOT NULL,
    PRIMARY KEY (audience_id, day)
) STRICT, WITHOUT ROWID;

-- Exports that wait for the word of a lead, and those that had it.
CREATE TABLE audience_export (
    id INTEGER NOT NULL PRIMARY KEY,
    audience_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    at INTEGER NOT NULL,
    customers INTEGER NOT NULL,
    format TEXT NOT NULL CHECK (format = 'csv' OR format = 'xlsx'),
    state TEXT NOT NULL CHECK (state = 'waiting' OR state = 'approved' OR state = 'refused' OR state = 'done'),
    answered_by TEXT NOT NULL,
    answered INTEGER NOT NULL
) STRICT;
