-- +goose Up
-- Orders lie in the order they come in here already.
SELECT 1;
