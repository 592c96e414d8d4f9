-- +goose Up
-- Posts carry pictures, films and files, as delivery's FilesText writes them.
ALTER TABLE post ADD COLUMN files text COLLATE "C" NOT NULL DEFAULT '';

-- Files for Moments are uploaded apart from those for messages. What is known of
-- uploads is forgotten: each file is uploaded once more.
DROP TABLE media_id;
CREATE TABLE media_id (
    corp     TEXT   NOT NULL,
    used_for TEXT   NOT NULL CHECK (used_for IN ('messages', 'moments')),
    code     BIGINT NOT NULL,
    name     TEXT   NOT NULL,
    expires  BIGINT NOT NULL,
    PRIMARY KEY (corp, used_for, code)
);

-- Posts of a process that is retired are taken back.
ALTER TABLE post_send DROP CONSTRAINT post_send_cancel_for_check;
ALTER TABLE post_send ADD CONSTRAINT post_send_cancel_for_check CHECK (cancel_for IN ('', 'window_over', 'person', 'retired'));
