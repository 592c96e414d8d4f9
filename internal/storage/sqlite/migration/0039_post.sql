-- +goose Up
-- Posts into groups and Moments: one text, one call to WeCom for each owner of groups
-- or store of members (post_send), and where it goes (post_target: groups, or members).
CREATE TABLE post (
    id      INTEGER NOT NULL PRIMARY KEY,
    channel TEXT    NOT NULL CHECK (channel IN ('group_post', 'moments')),
    corp    TEXT    NOT NULL,
    purpose TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    title   TEXT    NOT NULL,
    link    TEXT    NOT NULL,
    tags    BLOB    NOT NULL,
    author  TEXT    NOT NULL,
    made    INTEGER NOT NULL,
    starts  INTEGER NOT NULL,
    ends    INTEGER NOT NULL
) STRICT;
CREATE INDEX post_by_time ON post (made, id);

-- The numbers of targets are kept with every change, so that no page counts them.
CREATE TABLE post_send (
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
    cancel_for  TEXT    NOT NULL CHECK (cancel_for IN ('', 'window_over', 'person')),
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
CREATE INDEX post_send_of_post ON post_send (post_id, id);
CREATE INDEX post_send_by_state ON post_send (state, task, id);
CREATE INDEX post_send_by_day ON post_send (day, staff_id);
CREATE INDEX post_send_by_message ON post_send (message) WHERE message <> '';

-- A post goes to a target once. The run of a process that wants it stands beside it;
-- process_id is 0 where a person does.
CREATE TABLE post_target (
    post_id    INTEGER NOT NULL,
    target_id  INTEGER NOT NULL,
    send_id    INTEGER NOT NULL,
    channel    TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('underway', 'delivered', 'failed', 'withdrawn')),
    because    TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    audience   INTEGER NOT NULL,
    seen       INTEGER NOT NULL,
    likes      INTEGER NOT NULL,
    comments   INTEGER NOT NULL,
    looked     INTEGER NOT NULL,
    subject    TEXT    NOT NULL,
    subject_id INTEGER NOT NULL,
    process_id INTEGER NOT NULL,
    occurrence INTEGER NOT NULL,
    PRIMARY KEY (post_id, target_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX post_target_of_send ON post_target (send_id, target_id);
CREATE INDEX post_target_received ON post_target (target_id, at);
CREATE INDEX post_target_watched ON post_target (looked) WHERE channel = 'moments' AND state = 'delivered';
