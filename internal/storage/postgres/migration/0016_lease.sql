-- +goose Up
-- What one node does at a time.
CREATE TABLE lease (
    name   TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    holder TEXT   COLLATE "C" NOT NULL,
    leased BIGINT NOT NULL
);

-- Everybody whom the facts folded so far changed was looked at.
INSERT INTO log_cursor (reader, seq) SELECT 'turn', seq FROM log_cursor WHERE reader = 'fold';
