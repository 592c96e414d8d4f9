-- +goose Up
-- PostgreSQL's index on subjects and keys stays as it is.
SELECT 1;
