-- +goose Up
-- Posts into groups and Moments: one text, one call to WeCom for each owner of groups
-- or store of members (post_send), and where it goes (post_target: groups, or members).
CREATE TABLE post (
    id      bigint NOT NULL PRIMARY KEY,
    channel text COLLATE "C" NOT NULL CHECK (channel IN ('group_post', 'moments')),
    corp    text COLLATE "C" NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    body    text COLLATE "C" NOT NULL,
    title   text COLLATE "C" NOT NULL,
    link    text COLLATE "C" NOT NULL,
    tags    bytea    NOT NULL,
    author  text COLLATE "C" NOT NULL,
    made    bigint NOT NULL,
    starts  bigint NOT NULL,
    ends    bigint NOT NULL
);
CREATE INDEX post_by_time ON post (made, id);

-- The numbers of targets are kept with every change, so that no page counts them.
CREATE TABLE post_send (
    id          bigint NOT NULL PRIMARY KEY,
    post_id     bigint NOT NULL,
    channel     text COLLATE "C" NOT NULL,
    corp        text COLLATE "C" NOT NULL,
    staff_id    bigint NOT NULL,
    store_id    bigint NOT NULL,
    day         bigint NOT NULL,
    link        text COLLATE "C" NOT NULL,
    marker      text COLLATE "C" NOT NULL,
    starts      bigint NOT NULL,
    ends        bigint NOT NULL,
    state       text COLLATE "C" NOT NULL CHECK (state IN ('planned', 'claimed', 'calling', 'accepted', 'rejected', 'in_doubt', 'resent', 'dropped')),
    approved_by text COLLATE "C" NOT NULL,
    not_before  bigint NOT NULL,
    attempts    bigint NOT NULL,
    node        text COLLATE "C" NOT NULL,
    fence       bigint NOT NULL,
    since       bigint NOT NULL,
    called      bigint NOT NULL,
    request     bytea    NOT NULL,
    job         text COLLATE "C" NOT NULL,
    message     text COLLATE "C" NOT NULL,
    because     text COLLATE "C" NOT NULL,
    decided_by  text COLLATE "C" NOT NULL,
    resend_of   bigint NOT NULL,
    cancel_for  text COLLATE "C" NOT NULL CHECK (cancel_for IN ('', 'window_over', 'person')),
    task        text COLLATE "C" NOT NULL CHECK (task IN ('', 'making', 'open', 'sending', 'confirmed', 'cancelling', 'cancelled')),
    task_since  bigint NOT NULL,
    read_back   bigint NOT NULL,
    urged       bytea    NOT NULL,
    targets     bigint NOT NULL,
    reached     bigint NOT NULL,
    failed      bigint NOT NULL,
    withdrawn   bigint NOT NULL,
    audience    bigint NOT NULL,
    seen        bigint NOT NULL,
    likes       bigint NOT NULL,
    comments    bigint NOT NULL
);
CREATE INDEX post_send_of_post ON post_send (post_id, id);
CREATE INDEX post_send_by_state ON post_send (state, task, id);
CREATE INDEX post_send_by_day ON post_send (day, staff_id);
CREATE INDEX post_send_by_message ON post_send (message) WHERE message <> '';

-- A post goes to a target once. The run of a process that wants it stands beside it;
-- process_id is 0 where a person does.
CREATE TABLE post_target (
    post_id    bigint NOT NULL,
    target_id  bigint NOT NULL,
    send_id    bigint NOT NULL,
    channel    text COLLATE "C" NOT NULL,
    state      text COLLATE "C" NOT NULL CHECK (state IN ('underway', 'delivered', 'failed', 'withdrawn')),
    because    text COLLATE "C" NOT NULL,
    at         bigint NOT NULL,
    audience   bigint NOT NULL,
    seen       bigint NOT NULL,
    likes      bigint NOT NULL,
    comments   bigint NOT NULL,
    looked     bigint NOT NULL,
    subject    text COLLATE "C" NOT NULL,
    subject_id bigint NOT NULL,
    process_id bigint NOT NULL,
    occurrence bigint NOT NULL,
    PRIMARY KEY (post_id, target_id)
);
CREATE INDEX post_target_of_send ON post_target (send_id, target_id);
CREATE INDEX post_target_received ON post_target (target_id, at);
CREATE INDEX post_target_watched ON post_target (looked) WHERE channel = 'moments' AND state = 'delivered';
