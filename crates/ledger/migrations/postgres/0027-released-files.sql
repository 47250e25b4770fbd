-- Lost files that nobody has any more. The meaning is that of ../0027-released-files.sql.
ALTER TABLE lost_file ADD COLUMN released_at_ms BIGINT;
ALTER TABLE lost_file ADD COLUMN release_reason TEXT
    CHECK ((release_reason IS NULL) = (released_at_ms IS NULL));

-- Corrections that named no row are published by then.
CREATE TRIGGER lost_file_stays_released BEFORE UPDATE OF released_at_ms, release_reason ON lost_file
FOR EACH ROW WHEN (OLD.released_at_ms IS NOT NULL)
EXECUTE FUNCTION refuse('lost_file: released for good');
