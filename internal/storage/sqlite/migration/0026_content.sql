-- +goose Up
-- Openings of the brand's content: how rules see them, and what is sent with
-- links whose openings are counted.
ALTER TABLE facet ADD COLUMN last_opened INTEGER NOT NULL DEFAULT 0;
ALTER TABLE facet ADD COLUMN openings INTEGER NOT NULL DEFAULT 0;
ALTER TABLE facet ADD COLUMN openings_7 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE facet ADD COLUMN openings_30 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE facet ADD COLUMN openings_90 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE facet ADD COLUMN openings_180 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE facet ADD COLUMN openings_365 INTEGER NOT NULL DEFAULT 0;

-- What a link shows, and whose openings it counts: a code of content_piece, 0
-- where none are counted.
ALTER TABLE dispatch ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE dispatch ADD COLUMN content INTEGER NOT NULL DEFAULT 0;
ALTER TABLE staff_task ADD COLUMN content INTEGER NOT NULL DEFAULT 0;

-- Content that was sent or that a page of the brand told of. An address that was
-- sent stays what it was: a changed one is another piece.
CREATE TABLE content_piece (
    code INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL, -- of the material, or as the page calls it
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    address TEXT NOT NULL, -- '' of pages of the brand
    since INTEGER NOT NULL
) STRICT;

-- Openings of mass messages, of which nobody knows who opened them.
CREATE TABLE dispatch_opening (
    dispatch_id INTEGER NOT NULL PRIMARY KEY,
    openings INTEGER NOT NULL,
    latest INTEGER NOT NULL
) STRICT;
