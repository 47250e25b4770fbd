-- A lost file that nobody has any more is given up by an operator, for good: nothing waits for it any longer, and corrections of
-- its lines go out without naming a row of it.
ALTER TABLE lost_file ADD COLUMN released_at_ms INTEGER;
ALTER TABLE lost_file ADD COLUMN release_reason TEXT
    CHECK ((release_reason IS NULL) = (released_at_ms IS NULL));

-- Corrections that named no row are published by then.
CREATE TRIGGER lost_file_stays_released BEFORE UPDATE OF released_at_ms, release_reason ON lost_file
WHEN OLD.released_at_ms IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'lost_file: released for good');
END;
