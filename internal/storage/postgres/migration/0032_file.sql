-- +goose Up
-- Pictures and files that go with texts, and under which names corps know them: WeCom
-- forgets a media id after three days.
CREATE TABLE media_file (
    code  BIGINT NOT NULL PRIMARY KEY,
    kind  TEXT   NOT NULL,
    name  TEXT   NOT NULL,
    body  BYTEA NOT NULL,
    since BIGINT NOT NULL
);

CREATE TABLE media_id (
    corp    TEXT   NOT NULL,
    code    BIGINT NOT NULL,
    name    TEXT   NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (corp, code)
);
