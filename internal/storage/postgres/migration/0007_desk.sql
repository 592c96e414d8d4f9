-- +goose Up
CREATE TABLE audit (
    at      BIGINT NOT NULL,
    number  BIGINT NOT NULL,
    account TEXT   COLLATE "C" NOT NULL,
    did     TEXT   COLLATE "C" NOT NULL,
    about   TEXT   COLLATE "C" NOT NULL,
    PRIMARY KEY (at, number)
);

CREATE TABLE preference (
    account TEXT   COLLATE "C" NOT NULL,
    name    TEXT   COLLATE "C" NOT NULL,
    value   TEXT   COLLATE "C" NOT NULL,
    PRIMARY KEY (account, name)
);

CREATE TABLE group_kind (
    group_id BIGINT NOT NULL PRIMARY KEY,
    kind     TEXT   COLLATE "C" NOT NULL
);
