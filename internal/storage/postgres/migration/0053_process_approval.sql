-- +goose Up
-- Processes that members do by hand are approved before they come into force;
-- subject_id of kind process is then of a version. forced is when a version first came
-- into force, 0 for one that waits for that or was replaced before.
ALTER TABLE approval DROP CONSTRAINT approval_kind_check;
ALTER TABLE approval ADD CONSTRAINT approval_kind_check CHECK (kind IN ('mass', 'group', 'moments', 'one_off', 'process'));

ALTER TABLE sop_version ADD COLUMN forced BIGINT NOT NULL DEFAULT 0;
UPDATE sop_version SET forced = at WHERE process_id IN (SELECT id FROM sop_process WHERE state <> 'draft');
