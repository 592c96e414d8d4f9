-- +goose Up
-- What one node does at a time.
CREATE TABLE lease (
    name   TEXT    NOT NULL PRIMARY KEY,
    holder TEXT    NOT NULL,
    leased INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Everybody whom the facts folded so far changed was looked at.
INSERT INTO log_cursor (reader, seq) SELECT 'turn', seq FROM log_cursor WHERE reader = 'fold';
