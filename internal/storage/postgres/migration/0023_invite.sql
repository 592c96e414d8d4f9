-- +goose Up
-- Customers of an audience asked into a group by members of staff. stores is empty
-- for everybody's, else the stores whose members ask; listed is up to which
-- customer the audience was looked through; ends is when the last window ends.
CREATE TABLE invitation (
    id          BIGINT  NOT NULL PRIMARY KEY,
    audience_id BIGINT  NOT NULL,
    group_id    BIGINT  NOT NULL,
    stores      TEXT COLLATE "C" NOT NULL,
    body        TEXT COLLATE "C" NOT NULL,
    link        TEXT COLLATE "C" NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('listing', 'inviting', 'ended', 'stopped')),
    begun       BIGINT  NOT NULL,
    listed      BIGINT  NOT NULL,
    ends        BIGINT  NOT NULL
);
CREATE INDEX invitation_of_audience ON invitation (audience_id, id);
CREATE UNIQUE INDEX invitation_open ON invitation (audience_id, group_id, stores) WHERE state IN ('listing', 'inviting');

CREATE TABLE invitee (
    customer_id   BIGINT  NOT NULL,
    invitation_id BIGINT  NOT NULL,
    group_id      BIGINT  NOT NULL,
    staff_id      BIGINT  NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'asked', 'said', 'joined', 'declined', 'missed', 'taken', 'withheld')),
    because       TEXT COLLATE "C" NOT NULL,
    asked         BIGINT  NOT NULL,
    PRIMARY KEY (customer_id, invitation_id)
);
CREATE INDEX invitee_waiting ON invitee (invitation_id, staff_id, customer_id) WHERE state = 'waiting';
CREATE INDEX invitee_open ON invitee (invitation_id, customer_id) WHERE state IN ('waiting', 'asked');

-- Customers of an invitation by where they stand, so that pages never count them.
CREATE TABLE invitee_count (
    invitation_id BIGINT  NOT NULL,
    state         TEXT COLLATE "C" NOT NULL,
    because       TEXT COLLATE "C" NOT NULL,
    customers     BIGINT  NOT NULL,
    PRIMARY KEY (invitation_id, state, because)
);

-- A member who said that an invitation was made waits for nobody but WeCom.
DROP INDEX staff_task_waiting;
CREATE INDEX staff_task_waiting ON staff_task (ends, staff_id, purpose, store_id, starts, id, result) WHERE state IN ('due', 'postponed');
