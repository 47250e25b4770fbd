-- What a published file says of issuer and type of a plate, kept with the lines that are taken over from it: a passage that is decided
-- otherwise after a restore must not change what is known to be billed. None for a file of the profile `lab`, which says neither.
ALTER TABLE adopted_line ADD COLUMN jurisdiction TEXT;
ALTER TABLE adopted_line ADD COLUMN plate_type TEXT;

DROP TRIGGER adopted_line_stays;
CREATE TRIGGER adopted_line_stays BEFORE UPDATE OF passage_id, export_sequence, plate, jurisdiction, plate_type ON adopted_line
BEGIN
    SELECT RAISE(ABORT, 'adopted_line: was published');
END;
