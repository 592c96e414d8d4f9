-- +goose Up
-- Keys by which a brand's own programs come in, as hashes.
CREATE TABLE api_key (
    name   TEXT    NOT NULL PRIMARY KEY,
    hash   BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    role   TEXT    NOT NULL CHECK (role IN ('lead', 'store')),
    stores BLOB    NOT NULL,
    maker  TEXT    NOT NULL,
    made   INTEGER NOT NULL,
    used   INTEGER NOT NULL
) STRICT;
