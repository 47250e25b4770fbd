-- Issuer and type of a plate as the published file says them. The meaning is that of ../0033-adopted-issuers.sql.
ALTER TABLE adopted_line ADD COLUMN jurisdiction TEXT;
ALTER TABLE adopted_line ADD COLUMN plate_type TEXT;

DROP TRIGGER adopted_line_stays ON adopted_line;
CREATE TRIGGER adopted_line_stays BEFORE UPDATE OF passage_id, export_sequence, plate, jurisdiction, plate_type ON adopted_line
FOR EACH ROW EXECUTE FUNCTION refuse('adopted_line: was published');
