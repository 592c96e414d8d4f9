-- +goose Up
-- What waits for approval, with what its actions promise, so that no page adds
-- up the actions of every batch.
CREATE TABLE batch (
    dispatch_id BIGINT NOT NULL PRIMARY KEY,
    staff_id    BIGINT NOT NULL,
    store_id    BIGINT NOT NULL,
    purpose     TEXT COLLATE "C" NOT NULL,
    ends        BIGINT NOT NULL,
    customers   BIGINT NOT NULL,
    gain        DOUBLE PRECISION    NOT NULL,
    gain_low    DOUBLE PRECISION    NOT NULL,
    gain_high   DOUBLE PRECISION    NOT NULL
);
CREATE INDEX batch_by_gain ON batch (gain, dispatch_id);
INSERT INTO batch (dispatch_id, staff_id, store_id, purpose, ends, customers, gain, gain_low, gain_high)
SELECT d.id, d.staff_id, d.store_id, d.purpose, d.ends, count(t.id), coalesce(sum(a.gain), 0.0), coalesce(sum(a.gain_low), 0.0), coalesce(sum(a.gain_high), 0.0)
FROM dispatch d JOIN touch t ON t.dispatch_id = d.id AND t.state = 'underway'
LEFT JOIN action a ON a.customer_id = t.customer_id AND a.id = t.action_id
WHERE d.state = 'planned' AND d.approved_by = ''
GROUP BY d.id, d.staff_id, d.store_id, d.purpose, d.ends;

-- What a member was given and did, by the hour (UTC) in which its window began,
-- so that no page counts tasks.
CREATE TABLE execution (
    hour     BIGINT NOT NULL,
    staff_id BIGINT NOT NULL,
    due      BIGINT NOT NULL,
    done     BIGINT NOT NULL,
    on_time  BIGINT NOT NULL,
    waiting  BIGINT NOT NULL,
    PRIMARY KEY (hour, staff_id)
);
INSERT INTO execution (hour, staff_id, due, done, on_time, waiting)
SELECT starts - starts % 3600000, staff_id, count(*), sum(done), sum(on_time), sum(waiting) FROM (
    SELECT starts, staff_id,
        CASE WHEN task = 'confirmed' THEN 1 ELSE 0 END AS done,
        CASE WHEN task = 'confirmed' AND task_since <= ends THEN 1 ELSE 0 END AS on_time,
        CASE WHEN task = 'open' THEN 1 ELSE 0 END AS waiting
    FROM dispatch WHERE state = 'accepted' AND task <> 'cancelled'
    UNION ALL
    SELECT starts, staff_id,
        CASE WHEN state = 'done' THEN 1 ELSE 0 END,
        CASE WHEN state = 'done' AND since <= ends THEN 1 ELSE 0 END,
        CASE WHEN state = 'due' OR state = 'postponed' THEN 1 ELSE 0 END
    FROM staff_task WHERE state <> 'taken'
) given GROUP BY starts - starts % 3600000, staff_id;

CREATE INDEX dispatch_by_task ON dispatch (task, ends, id);
DROP INDEX staff_task_by_state;
DROP INDEX staff_task_of_staff;
CREATE INDEX staff_task_of_staff ON staff_task (staff_id, ends, id);
CREATE INDEX staff_task_waiting ON staff_task (ends, staff_id, purpose, store_id, starts, id) WHERE state IN ('due', 'postponed');
