-- +goose Up
-- What audiences ask of everybody. Numbers are rounded as those in estimates are.
ALTER TABLE insight ADD COLUMN stage text NOT NULL DEFAULT '', ADD COLUMN stage_until bigint NOT NULL DEFAULT 0,
    ADD COLUMN repurchase double precision NOT NULL DEFAULT 0, ADD COLUMN need double precision NOT NULL DEFAULT 0, ADD COLUMN trust double precision NOT NULL DEFAULT 0, ADD COLUMN exposure double precision NOT NULL DEFAULT 0, ADD COLUMN alive double precision NOT NULL DEFAULT 0, ADD COLUMN fatigue double precision NOT NULL DEFAULT 0;
