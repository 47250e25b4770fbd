-- Finds the same picture again, and whether it was taken at the same moment in the same lane, without going through all photos
-- that show it: a camera that is stuck sends one picture for weeks.
DROP INDEX passage_frame;
CREATE INDEX passage_frame ON passage (booth_id, picture_digest, captured_at_ms, lane, sequence);
