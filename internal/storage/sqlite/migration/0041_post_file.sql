-- +goose Up
-- Posts carry pictures, films and files, as delivery's FilesText writes them.
ALTER TABLE post ADD COLUMN files TEXT NOT NULL DEFAULT '';

-- Files for Moments are uploaded apart from those for messages. What is known of
-- uploads is forgotten: each file is uploaded once more.
DROP TABLE media_id;
CREATE TABLE media_id (
    corp     TEXT    NOT NULL,
    used_for TEXT    NOT NULL CHECK (used_for IN ('messages', 'moments')),
    code     INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    expires  INTEGER NOT NULL,
    PRIMARY KEY (corp, used_for, code)
) STRICT;

-- Posts of a process that is retired are taken back.
CREATE TABLE post_send_retired (
    id          INTEGER NOT NULL PRIMARY KEY,
    post_id     INTEGER NOT NULL,
    channel     TEXT    NOT NULL,
    corp        TEXT    NOT NULL,
    staff_id    INTEGER NOT NULL,
    store_id    INTEGER NOT NULL,
    day         INTEGER NOT NULL,
    link        TEXT    NOT NULL,
    marker      TEXT    NOT NULL,
    starts      INTEGER NOT NULL,
    ends        INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('planned', 'claimed', 'calling', 'accepted', 'rejected', 'in_doubt', 'resent', 'dropped')),
    approved_by TEXT    NOT NULL,
    not_before  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    node        TEXT    NOT NULL,
    fence       INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    called      INTEGER NOT NULL,
    request     BLOB    NOT NULL,
    job         TEXT    NOT NULL,
    message     TEXT    NOT NULL,
    because     TEXT    NOT NULL,
    decided_by  TEXT    NOT NULL,
    resend_of   INTEGER NOT NULL,
    cancel_for  TEXT    NOT NULL CHECK (cancel_for IN ('', 'window_over', 'person', 'retired')),
    task        TEXT    NOT NULL CHECK (task IN ('', 'making', 'open', 'sending', 'confirmed', 'cancelling', 'cancelled')),
    task_since  INTEGER NOT NULL,
    read_back   INTEGER NOT NULL,
    urged       BLOB    NOT NULL,
    targets     INTEGER NOT NULL,
    reached     INTEGER NOT NULL,
    failed      INTEGER NOT NULL,
    withdrawn   INTEGER NOT NULL,
    audience    INTEGER NOT NULL,
    seen        INTEGER NOT NULL,
    likes       INTEGER NOT NULL,
    comments    INTEGER NOT NULL
) STRICT;
INSERT INTO post_send_retired SELECT * FROM post_send;
DROP TABLE post_send;
ALTER TABLE post_send_retired RENAME TO post_send;
CREATE INDEX post_send_of_post ON post_send (post_id, id);
CREATE INDEX post_send_by_state ON post_send (state, task, id);
CREATE INDEX post_send_by_day ON post_send (day, staff_id);
CREATE INDEX post_send_by_message ON post_send (message) WHERE message <> '';
