-- +goose Up
-- Groups of tags and tags, of WeCom and (without a corp) the brand's own.
CREATE TABLE tag_group (
    corp     TEXT COLLATE "C" NOT NULL,
    id       TEXT COLLATE "C" NOT NULL,
    name     TEXT COLLATE "C" NOT NULL,
    place    BIGINT  NOT NULL,
    strategy BIGINT  NOT NULL,
    rule     TEXT COLLATE "C" NOT NULL,
    ours     BOOLEAN NOT NULL,
    gone     BIGINT  NOT NULL,
    PRIMARY KEY (corp, id)
);

CREATE TABLE tag (
    corp     TEXT COLLATE "C" NOT NULL,
    id       TEXT COLLATE "C" NOT NULL,
    group_id TEXT COLLATE "C" NOT NULL,
    name     TEXT COLLATE "C" NOT NULL,
    place    BIGINT  NOT NULL,
    audience BIGINT  NOT NULL,
    gone     BIGINT  NOT NULL,
    PRIMARY KEY (corp, id)
);

-- How many customers carried a tag when they were counted.
CREATE TABLE tag_count (
    corp     TEXT COLLATE "C" NOT NULL,
    id       TEXT COLLATE "C" NOT NULL,
    carriers BIGINT  NOT NULL,
    counted  BIGINT  NOT NULL,
    PRIMARY KEY (corp, id)
);

-- What WeCom and Siyu disagree about, until a person has seen it.
CREATE TABLE tag_conflict (
    corp    TEXT COLLATE "C" NOT NULL,
    id      TEXT COLLATE "C" NOT NULL,
    kind    TEXT COLLATE "C" NOT NULL CHECK (kind IN ('renamed', 'deleted', 'not_ours')),
    was     TEXT COLLATE "C" NOT NULL,
    becomes TEXT COLLATE "C" NOT NULL,
    at      BIGINT  NOT NULL,
    PRIMARY KEY (corp, id, kind)
);

-- Work that tags many customers, with what is still to be done and who could
-- not be tagged.
CREATE TABLE tag_work (
    id      BIGINT  NOT NULL PRIMARY KEY,
    corp    TEXT COLLATE "C" NOT NULL,
    tag_id  TEXT COLLATE "C" NOT NULL,
    name    TEXT COLLATE "C" NOT NULL,
    follows BOOLEAN NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    state   TEXT COLLATE "C" NOT NULL CHECK (state IN ('preparing', 'open', 'finished', 'stopped', 'failed')),
    because TEXT COLLATE "C" NOT NULL,
    total   BIGINT  NOT NULL,
    done    BIGINT  NOT NULL,
    failed  BIGINT  NOT NULL,
    reached BIGINT  NOT NULL,
    begun   BIGINT  NOT NULL,
    ended   BIGINT  NOT NULL
);
CREATE INDEX tag_work_by_begin ON tag_work (begun, id);
CREATE UNIQUE INDEX tag_work_following ON tag_work (corp, tag_id) WHERE follows AND state IN ('preparing', 'open');

CREATE TABLE tag_target (
    customer_id BIGINT  NOT NULL,
    work        BIGINT  NOT NULL,
    off         BOOLEAN NOT NULL,
    PRIMARY KEY (customer_id, work)
);
CREATE INDEX tag_target_of_work ON tag_target (work, customer_id, off);

CREATE TABLE tag_refusal (
    customer_id BIGINT  NOT NULL,
    work        BIGINT  NOT NULL,
    because     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (customer_id, work)
);
CREATE INDEX tag_refusal_of_work ON tag_refusal (work, customer_id);

-- Who carries a tag because of the audience it follows.
CREATE TABLE tag_follower (
    customer_id BIGINT  NOT NULL,
    corp        TEXT COLLATE "C" NOT NULL,
    tag_id      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (customer_id, corp, tag_id)
);
CREATE INDEX tag_follower_of_tag ON tag_follower (corp, tag_id, customer_id);

-- The list of WeCom's tags was kept among what was told: it is read anew.
DELETE FROM told WHERE substr(part, 1, 5) = 'tags/';
