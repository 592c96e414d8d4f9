-- +goose Up
-- Pictures and files that go with texts, and under which names corps know them: WeCom
-- forgets a media id after three days.
CREATE TABLE media_file (
    code  INTEGER NOT NULL PRIMARY KEY,
    kind  TEXT   NOT NULL,
    name  TEXT   NOT NULL,
    body  BLOB NOT NULL,
    since INTEGER NOT NULL
) STRICT;

CREATE TABLE media_id (
    corp    TEXT   NOT NULL,
    code    INTEGER NOT NULL,
    name    TEXT   NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (corp, code)
) STRICT;
