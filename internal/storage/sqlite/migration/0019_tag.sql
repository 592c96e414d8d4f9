-- +goose Up
-- Groups of tags and tags, of WeCom and (without a corp) the brand's own.
CREATE TABLE tag_group (
    corp     TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    place    INTEGER NOT NULL,
    strategy INTEGER NOT NULL,
    rule     TEXT    NOT NULL,
    ours     INTEGER NOT NULL CHECK (ours IN (0, 1)),
    gone     INTEGER NOT NULL,
    PRIMARY KEY (corp, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tag (
    corp     TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    group_id TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    place    INTEGER NOT NULL,
    audience INTEGER NOT NULL,
    gone     INTEGER NOT NULL,
    PRIMARY KEY (corp, id)
) STRICT, WITHOUT ROWID;

-- How many customers carried a tag when they were counted.
CREATE TABLE tag_count (
    corp     TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    carriers INTEGER NOT NULL,
    counted  INTEGER NOT NULL,
    PRIMARY KEY (corp, id)
) STRICT, WITHOUT ROWID;

-- What WeCom and Siyu disagree about, until a person has seen it.
CREATE TABLE tag_conflict (
    corp    TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    kind    TEXT    NOT NULL CHECK (kind IN ('renamed', 'deleted', 'not_ours')),
    was     TEXT    NOT NULL,
    becomes TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (corp, id, kind)
) STRICT, WITHOUT ROWID;

-- Work that tags many customers, with what is still to be done and who could
-- not be tagged.
CREATE TABLE tag_work (
    id      INTEGER NOT NULL PRIMARY KEY,
    corp    TEXT    NOT NULL,
    tag_id  TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    follows INTEGER NOT NULL CHECK (follows IN (0, 1)),
    account TEXT    NOT NULL,
    state   TEXT    NOT NULL CHECK (state IN ('preparing', 'open', 'finished', 'stopped', 'failed')),
    because TEXT    NOT NULL,
    total   INTEGER NOT NULL,
    done    INTEGER NOT NULL,
    failed  INTEGER NOT NULL,
    reached INTEGER NOT NULL,
    begun   INTEGER NOT NULL,
    ended   INTEGER NOT NULL
) STRICT;
CREATE INDEX tag_work_by_begin ON tag_work (begun, id);
CREATE UNIQUE INDEX tag_work_following ON tag_work (corp, tag_id) WHERE follows = 1 AND state IN ('preparing', 'open');

CREATE TABLE tag_target (
    customer_id INTEGER NOT NULL,
    work        INTEGER NOT NULL,
    off         INTEGER NOT NULL CHECK (off IN (0, 1)),
    PRIMARY KEY (customer_id, work)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_target_of_work ON tag_target (work, customer_id, off);

CREATE TABLE tag_refusal (
    customer_id INTEGER NOT NULL,
    work        INTEGER NOT NULL,
    because     TEXT    NOT NULL,
    PRIMARY KEY (customer_id, work)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_refusal_of_work ON tag_refusal (work, customer_id);

-- Who carries a tag because of the audience it follows.
CREATE TABLE tag_follower (
    customer_id INTEGER NOT NULL,
    corp        TEXT    NOT NULL,
    tag_id      TEXT    NOT NULL,
    PRIMARY KEY (customer_id, corp, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_follower_of_tag ON tag_follower (corp, tag_id, customer_id);

-- The list of WeCom's tags was kept among what was told: it is read anew.
DELETE FROM told WHERE substr(part, 1, 5) = 'tags/';
