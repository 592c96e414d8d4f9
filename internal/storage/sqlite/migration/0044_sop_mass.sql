-- +goose Up
-- Steps that members were given, by the business day on which they were: sop_count has
-- them by the day on which they were first due. What was given before the upgrade is
-- known by that day alone.
CREATE TABLE sop_given (
    day        INTEGER NOT NULL,
    process_id INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    step       INTEGER NOT NULL,
    staff_id   INTEGER NOT NULL,
    store_id   INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    PRIMARY KEY (day, process_id, version, step, staff_id, store_id)
) STRICT, WITHOUT ROWID;
INSERT INTO sop_given (day, process_id, version, step, staff_id, store_id, n)
SELECT day, process_id, version, step, staff_id, store_id, CAST(sum(n) AS BIGINT) FROM sop_count WHERE figure = 'given' AND step >= 0
GROUP BY day, process_id, version, step, staff_id, store_id;

-- A mass message knows the process whose step it is (0: none), and whether it leaves on
-- the next day where a member is asked to confirm enough on this one.
CREATE TABLE dispatch_of_process (
    id          INTEGER NOT NULL PRIMARY KEY,
    corp        TEXT NOT NULL,
    staff_id    INTEGER NOT NULL,
    store_id    INTEGER NOT NULL,
    day         INTEGER NOT NULL,
    purpose     TEXT NOT NULL,
    line_id     INTEGER NOT NULL,
    material    TEXT NOT NULL,
    body        TEXT NOT NULL,
    link        TEXT NOT NULL,
    marker      TEXT NOT NULL,
    starts      INTEGER NOT NULL,
    ends        INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('planned', 'claimed', 'calling', 'accepted', 'rejected', 'in_doubt', 'resent', 'dropped')),
    approved_by TEXT NOT NULL,
    not_before  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    node        TEXT NOT NULL,
    fence       INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    called      INTEGER NOT NULL,
    request     BLOB NOT NULL,
    message     TEXT NOT NULL,
    because     TEXT NOT NULL,
    decided_by  TEXT NOT NULL,
    resend_of   INTEGER NOT NULL,
    cancel_for  TEXT NOT NULL CHECK (cancel_for IN ('', 'window_over', 'objection', 'complaint', 'purchase', 'same_person', 'replanned', 'person', 'send_halted', 'send_cancelled', 'retired', 'stopped')),
    task        TEXT NOT NULL CHECK (task IN ('', 'open', 'sending', 'confirmed', 'cancelling', 'cancelled')),
    task_since  INTEGER NOT NULL,
    read_back   INTEGER NOT NULL,
    urged       BLOB NOT NULL,
    title       TEXT NOT NULL DEFAULT '',
    content     INTEGER NOT NULL DEFAULT 0,
    wording     INTEGER NOT NULL DEFAULT 0,
    send_id     INTEGER NOT NULL DEFAULT 0,
    files       TEXT NOT NULL DEFAULT '',
    process_id  INTEGER NOT NULL DEFAULT 0,
    postpone    INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO dispatch_of_process (id, corp, staff_id, store_id, day, purpose, line_id, material, body, link, marker, starts, ends, state, approved_by, not_before, attempts, node, fence, since, called, request, message, because, decided_by, resend_of, cancel_for, task, task_since, read_back, urged, title, content, wording, send_id, files)
SELECT id, corp, staff_id, store_id, day, purpose, line_id, material, body, link, marker, starts, ends, state, approved_by, not_before, attempts, node, fence, since, called, request, message, because, decided_by, resend_of, cancel_for, task, task_since, read_back, urged, title, content, wording, send_id, files
FROM dispatch ORDER BY id;
DROP TABLE dispatch;
ALTER TABLE dispatch_of_process RENAME TO dispatch;
CREATE INDEX dispatch_by_state ON dispatch (state, task, id);
CREATE INDEX dispatch_of_staff ON dispatch (staff_id, day);
CREATE INDEX dispatch_by_message ON dispatch (message) WHERE message <> '';
CREATE INDEX dispatch_by_task ON dispatch (task, ends, id);
CREATE INDEX dispatch_of_send ON dispatch (send_id, state, task) WHERE send_id <> 0;
CREATE INDEX dispatch_of_process ON dispatch (process_id, state, task) WHERE process_id <> 0;
UPDATE dispatch SET postpone = 1, process_id = (SELECT max(CAST(substr(t.run, 5, instr(substr(t.run, 5), '/') - 1) AS INTEGER)) FROM touch t
    WHERE t.dispatch_id = dispatch.id AND t.dispatch_id <> 0 AND substr(t.run, 1, 4) = 'sop/')
WHERE (state IN ('planned', 'claimed', 'calling', 'in_doubt') OR task IN ('open', 'sending', 'cancelling'))
    AND EXISTS (SELECT 1 FROM touch t WHERE t.dispatch_id = dispatch.id AND t.dispatch_id <> 0 AND substr(t.run, 1, 4) = 'sop/');

-- What waits for approval waits for nobody while its process is paused.
ALTER TABLE batch ADD COLUMN process_id INTEGER NOT NULL DEFAULT 0;
UPDATE batch SET process_id = (SELECT d.process_id FROM dispatch d WHERE d.id = batch.dispatch_id)
WHERE EXISTS (SELECT 1 FROM dispatch d WHERE d.id = batch.dispatch_id AND d.process_id <> 0);
