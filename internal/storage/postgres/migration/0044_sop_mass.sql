-- +goose Up
-- Steps that members were given, by the business day on which they were: sop_count has
-- them by the day on which they were first due. What was given before the upgrade is
-- known by that day alone.
CREATE TABLE sop_given (
    day        BIGINT NOT NULL,
    process_id BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    step       BIGINT NOT NULL,
    staff_id   BIGINT NOT NULL,
    store_id   BIGINT NOT NULL,
    n          BIGINT NOT NULL,
    PRIMARY KEY (day, process_id, version, step, staff_id, store_id)
);
INSERT INTO sop_given (day, process_id, version, step, staff_id, store_id, n)
SELECT day, process_id, version, step, staff_id, store_id, CAST(sum(n) AS BIGINT) FROM sop_count WHERE figure = 'given' AND step >= 0
GROUP BY day, process_id, version, step, staff_id, store_id;

-- A mass message knows the process whose step it is (0: none), and whether it leaves on
-- the next day where a member is asked to confirm enough on this one.
ALTER TABLE dispatch DROP CONSTRAINT dispatch_cancel_for_check;
ALTER TABLE dispatch ADD CONSTRAINT dispatch_cancel_for_check
    CHECK (cancel_for IN ('', 'window_over', 'objection', 'complaint', 'purchase', 'same_person', 'replanned', 'person', 'send_halted', 'send_cancelled', 'retired', 'stopped'));
ALTER TABLE dispatch ADD COLUMN process_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE dispatch ADD COLUMN postpone BIGINT NOT NULL DEFAULT 0;
CREATE INDEX dispatch_of_process ON dispatch (process_id, state, task) WHERE process_id <> 0;
UPDATE dispatch SET postpone = 1, process_id = (SELECT max(CAST(split_part(t.run, '/', 2) AS BIGINT)) FROM touch t
    WHERE t.dispatch_id = dispatch.id AND t.dispatch_id <> 0 AND substr(t.run, 1, 4) = 'sop/')
WHERE (state IN ('planned', 'claimed', 'calling', 'in_doubt') OR task IN ('open', 'sending', 'cancelling'))
    AND EXISTS (SELECT 1 FROM touch t WHERE t.dispatch_id = dispatch.id AND t.dispatch_id <> 0 AND substr(t.run, 1, 4) = 'sop/');

-- What waits for approval waits for nobody while its process is paused.
ALTER TABLE batch ADD COLUMN process_id BIGINT NOT NULL DEFAULT 0;
UPDATE batch SET process_id = (SELECT d.process_id FROM dispatch d WHERE d.id = batch.dispatch_id)
WHERE EXISTS (SELECT 1 FROM dispatch d WHERE d.id = batch.dispatch_id AND d.process_id <> 0);
