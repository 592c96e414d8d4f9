-- +goose Up
-- One-off messages by hand, calls and tasks are approved before they begin; subject_id
-- is then of a version of the process.
ALTER TABLE approval DROP CONSTRAINT approval_kind_check;
ALTER TABLE approval ADD CONSTRAINT approval_kind_check CHECK (kind IN ('mass', 'group', 'moments', 'one_off'));
