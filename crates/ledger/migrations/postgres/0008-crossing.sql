-- Which photos show one crossing, and which files the same picture. The meaning is that of ../0008-crossing.sql.

-- What was read at a booth around a moment. A passage enters it when its plate is known, so recording one costs nothing.
CREATE INDEX passage_moment ON passage (booth_id, captured_at_ms) WHERE plate IS NOT NULL;

-- What the file shows, without what is written beside it (metadata, comments, bytes behind the end): 32 digits of hex.
-- Where that cannot be told, and for passages from before, the first 32 digits of the file's SHA-256.
ALTER TABLE passage ADD COLUMN picture_digest TEXT NOT NULL DEFAULT '';
UPDATE passage SET picture_digest = substr(photo_sha256, 1, 32);

-- Finds the same picture again, inside the statement that records a passage; the same bytes are the same picture.
DROP INDEX passage_frame;
CREATE INDEX passage_frame ON passage (booth_id, picture_digest);

DROP TRIGGER passage_facts ON passage;
CREATE TRIGGER passage_facts BEFORE UPDATE OF
    sequence, id, booth_id, passage_key, lane, camera, captured_at, captured_at_ms, received_at_ms, received_hour,
    sent_by, photo_key, photo_sha256, photo_bytes, photo_format, width_pixels, height_pixels, duplicate_of,
    picture_digest
ON passage
FOR EACH ROW EXECUTE FUNCTION refuse('passage: facts of the receipt never change');
