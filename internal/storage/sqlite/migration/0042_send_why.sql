-- +goose Up
-- Why a person let a halted send go on, or cancelled it, in the person's words.
ALTER TABLE send ADD COLUMN why TEXT NOT NULL DEFAULT '';
