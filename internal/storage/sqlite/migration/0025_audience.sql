-- +goose Up
-- told: there was a fact about everybody who came and went since members were
-- first stored. round: how often everybody had to be asked anew.
ALTER TABLE audience ADD COLUMN told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1));
ALTER TABLE audience ADD COLUMN round INTEGER NOT NULL DEFAULT 1;
UPDATE audience SET told = filled WHERE watched = 1 AND archived = 0;
-- Members that were left over are forgotten in the background.
UPDATE audience SET filled = 0, round = 2 WHERE kind = 'dynamic' AND (watched = 0 OR archived <> 0) OR kind = 'frozen' AND archived <> 0;

-- own: the rule held of the customer; else of somebody for whom they answer.
ALTER TABLE audience_member ADD COLUMN own INTEGER NOT NULL DEFAULT 1 CHECK (own IN (0, 1));

-- When the customer's relations were last tagged; 0: they have to be.
ALTER TABLE tag_follower ADD COLUMN marked INTEGER NOT NULL DEFAULT 1;

-- The key may read who is in audiences.
ALTER TABLE api_key ADD COLUMN members INTEGER NOT NULL DEFAULT 0 CHECK (members IN (0, 1));
