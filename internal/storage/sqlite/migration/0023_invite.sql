-- +goose Up
-- Customers of an audience asked into a group by members of staff. stores is empty
-- for everybody's, else the stores whose members ask; listed is up to which
-- customer the audience was looked through; ends is when the last window ends.
CREATE TABLE invitation (
    id          INTEGER NOT NULL PRIMARY KEY,
    audience_id INTEGER NOT NULL,
    group_id    INTEGER NOT NULL,
    stores      TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    link        TEXT    NOT NULL,
    account     TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('listing', 'inviting', 'ended', 'stopped')),
    begun       INTEGER NOT NULL,
    listed      INTEGER NOT NULL,
    ends        INTEGER NOT NULL
) STRICT;
CREATE INDEX invitation_of_audience ON invitation (audience_id, id);
CREATE UNIQUE INDEX invitation_open ON invitation (audience_id, group_id, stores) WHERE state IN ('listing', 'inviting');

CREATE TABLE invitee (
    customer_id   INTEGER NOT NULL,
    invitation_id INTEGER NOT NULL,
    group_id      INTEGER NOT NULL,
    staff_id      INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('waiting', 'asked', 'said', 'joined', 'declined', 'missed', 'taken', 'withheld')),
    because       TEXT    NOT NULL,
    asked         INTEGER NOT NULL,
    PRIMARY KEY (customer_id, invitation_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX invitee_waiting ON invitee (invitation_id, staff_id, customer_id) WHERE state = 'waiting';
CREATE INDEX invitee_open ON invitee (invitation_id, customer_id) WHERE state IN ('waiting', 'asked');

-- Customers of an invitation by where they stand, so that pages never count them.
CREATE TABLE invitee_count (
    invitation_id INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    because       TEXT    NOT NULL,
    customers     INTEGER NOT NULL,
    PRIMARY KEY (invitation_id, state, because)
) STRICT, WITHOUT ROWID;

-- A member who said that an invitation was made waits for nobody but WeCom.
DROP INDEX staff_task_waiting;
CREATE INDEX staff_task_waiting ON staff_task (ends, staff_id, purpose, store_id, starts, id, result) WHERE state IN ('due', 'postponed');
