-- What a newer ledger published before this one was restored from a backup, taken over so that it is not billed twice.

-- A line of an adopted export. Its passage is named and not referred to: this ledger may not have it, or get it again from
-- a camera that resends. While a line is open its passage is bound to no export; once accepted, to this one.
CREATE TABLE adopted_line (
    passage_id      TEXT PRIMARY KEY,
    export_sequence INTEGER NOT NULL REFERENCES export (sequence),
    plate           TEXT NOT NULL,
    settled         INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1))
) STRICT;

CREATE INDEX adopted_line_open ON adopted_line (export_sequence) WHERE settled = 0;

CREATE TRIGGER adopted_line_stays BEFORE UPDATE OF passage_id, export_sequence, plate ON adopted_line
BEGIN
    SELECT RAISE(ABORT, 'adopted_line: was published');
END;

CREATE TRIGGER adopted_line_stays_there BEFORE DELETE ON adopted_line
BEGIN
    SELECT RAISE(ABORT, 'adopted_line: never deleted');
END;
