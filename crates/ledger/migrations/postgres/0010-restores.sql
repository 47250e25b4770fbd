-- What a newer ledger published before this one was restored from a backup, taken over so that it is not billed twice.

-- A line of an adopted export. Its passage is named and not referred to: this ledger may not have it, or get it again from
-- a camera that resends. While a line is open its passage is bound to no export; once accepted, to this one.
CREATE TABLE adopted_line (
    passage_id      TEXT PRIMARY KEY,
    export_sequence BIGINT NOT NULL REFERENCES export (sequence),
    plate           TEXT NOT NULL,
    settled         BIGINT NOT NULL DEFAULT 0 CHECK (settled IN (0, 1))
);

CREATE INDEX adopted_line_open ON adopted_line (export_sequence) WHERE settled = 0;

CREATE TRIGGER adopted_line_stays BEFORE UPDATE OF passage_id, export_sequence, plate ON adopted_line
FOR EACH ROW EXECUTE FUNCTION refuse('adopted_line: was published');

CREATE TRIGGER adopted_line_stays_there BEFORE DELETE ON adopted_line
FOR EACH ROW EXECUTE FUNCTION refuse('adopted_line: never deleted');
