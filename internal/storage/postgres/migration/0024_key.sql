-- +goose Up
-- Keys by which a brand's own programs come in, as hashes.
CREATE TABLE api_key (
    name   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    hash   BYTEA  NOT NULL UNIQUE CHECK (length(hash) = 32),
    role   TEXT COLLATE "C" NOT NULL CHECK (role IN ('lead', 'store')),
    stores BYTEA  NOT NULL,
    maker  TEXT COLLATE "C" NOT NULL,
    made   BIGINT NOT NULL,
    used   BIGINT NOT NULL
);
