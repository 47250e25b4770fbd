-- What changed about lines after they were published, and what billing answered to them. What was published is never rewritten.

-- Corrections are exports, too: in the same sequence, chain and delivery.
ALTER TABLE export ADD COLUMN kind TEXT NOT NULL DEFAULT 'lines' CHECK (kind IN ('lines', 'corrections'));

-- How a passage that was billed stands to what billing has of it. None: billing has what is decided here, or nothing was
-- billed. `open`: it is being looked at again. `due`: it was decided otherwise, and no correction is published yet.
-- `withdrawn`: billing was told to bill nothing. A passage that is open, due or withdrawn is bound to no export.
ALTER TABLE passage ADD COLUMN correction TEXT CHECK (
    correction IS NULL OR (export_sequence IS NULL AND (
        (correction = 'open' AND state IN ('waiting', 'reading', 'in-review'))
        OR (correction = 'due' AND state IN ('accepted', 'rejected'))
        OR (correction = 'withdrawn' AND state = 'rejected'))));

CREATE INDEX passage_due ON passage (sequence) WHERE correction = 'due';
CREATE INDEX passage_correction ON passage (received_hour, booth_id, correction, state) WHERE correction IS NOT NULL;

-- Set free from its export only by being opened again, once that is published.
DROP TRIGGER passage_stays_bound;
CREATE TRIGGER passage_stays_bound BEFORE UPDATE OF export_sequence ON passage
WHEN OLD.export_sequence IS NOT NULL AND NEW.export_sequence IS NOT OLD.export_sequence AND NOT (
    NEW.export_sequence IS NULL AND OLD.state = 'accepted' AND NEW.state = 'in-review'
    AND coalesce(NEW.correction, '') = 'open'
    AND EXISTS (SELECT 1 FROM export WHERE sequence = OLD.export_sequence AND state = 'published'))
BEGIN
    SELECT RAISE(ABORT, 'passage: bound to an export');
END;

-- Why a published line was looked at again.
CREATE TABLE recall (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    at_ms            INTEGER NOT NULL,
    cause            TEXT NOT NULL CHECK (cause IN ('error', 'dispute', 'refused', 'restored')),
    remark           TEXT NOT NULL
) STRICT;

CREATE INDEX recall_passage ON recall (passage_sequence, id);

CREATE TRIGGER recall_stays BEFORE UPDATE ON recall
BEGIN
    SELECT RAISE(ABORT, 'recall: append-only');
END;

CREATE TRIGGER recall_stays_there BEFORE DELETE ON recall
BEGIN
    SELECT RAISE(ABORT, 'recall: append-only');
END;

-- Revision 1 of a passage is its bill line; each revision corrects the one before, so no line is corrected twice.
CREATE TABLE correction (
    line                INTEGER PRIMARY KEY,
    export_sequence     INTEGER NOT NULL REFERENCES export (sequence),
    passage_sequence    INTEGER NOT NULL REFERENCES passage (sequence),
    revision            INTEGER NOT NULL CHECK (revision >= 2),
    -- The export that holds the line corrected.
    corrects_export     INTEGER NOT NULL REFERENCES export (sequence),
    action              TEXT NOT NULL CHECK (action IN ('replace', 'withdraw')),
    cause               TEXT NOT NULL CHECK (cause IN ('error', 'dispute', 'refused', 'restored')),
    plate               TEXT,
    jurisdiction        TEXT,
    reject_code         TEXT,
    decided_by          TEXT NOT NULL,
    booth_id            TEXT NOT NULL,
    received_hour       TEXT NOT NULL,

    UNIQUE (passage_sequence, revision),
    CHECK ((action = 'replace') = (plate IS NOT NULL)),
    CHECK ((action = 'replace') = (jurisdiction IS NOT NULL)),
    CHECK ((action = 'withdraw') = (reject_code IS NOT NULL))
) STRICT;

CREATE INDEX correction_export ON correction (export_sequence, line);

CREATE TRIGGER correction_of_a_line BEFORE INSERT ON correction
WHEN NOT EXISTS (SELECT 1 FROM bill_line WHERE passage_sequence = NEW.passage_sequence AND revision = 1
        AND NEW.revision = 2 AND export_sequence = NEW.corrects_export)
    AND NOT EXISTS (SELECT 1 FROM correction WHERE passage_sequence = NEW.passage_sequence
        AND revision = NEW.revision - 1 AND export_sequence = NEW.corrects_export)
BEGIN
    SELECT RAISE(ABORT, 'correction: there is no such line');
END;

CREATE TRIGGER correction_stays BEFORE UPDATE ON correction
BEGIN
    SELECT RAISE(ABORT, 'correction: a correction is a new revision');
END;

CREATE TRIGGER correction_stays_there BEFORE DELETE ON correction
BEGIN
    SELECT RAISE(ABORT, 'correction: never deleted');
END;

-- A correction that a newer ledger published, taken over after a restore. Settled once its passage is bound here.
CREATE TABLE adopted_correction (
    passage_id      TEXT NOT NULL,
    revision        INTEGER NOT NULL CHECK (revision >= 2),
    export_sequence INTEGER NOT NULL REFERENCES export (sequence),
    corrects_export INTEGER NOT NULL REFERENCES export (sequence),
    action          TEXT NOT NULL CHECK (action IN ('replace', 'withdraw')),
    cause           TEXT NOT NULL CHECK (cause IN ('error', 'dispute', 'refused', 'restored')),
    plate           TEXT,
    jurisdiction    TEXT,
    reject_code     TEXT,
    decided_by      TEXT NOT NULL,
    settled         INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)),

    PRIMARY KEY (passage_id, revision)
) STRICT;

CREATE INDEX adopted_correction_open ON adopted_correction (passage_id, revision) WHERE settled = 0;

CREATE TRIGGER adopted_correction_stays BEFORE UPDATE OF passage_id, revision, export_sequence, corrects_export, action,
    cause, plate, jurisdiction, reject_code, decided_by ON adopted_correction
BEGIN
    SELECT RAISE(ABORT, 'adopted_correction: was published');
END;

CREATE TRIGGER adopted_correction_stays_there BEFORE DELETE ON adopted_correction
BEGIN
    SELECT RAISE(ABORT, 'adopted_correction: never deleted');
END;

-- What billing answered to a line: once for each. Booth and hour are copied for the balance.
CREATE TABLE disposition (
    id               INTEGER PRIMARY KEY,
    export_sequence  INTEGER NOT NULL REFERENCES export (sequence),
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    -- Of the line: 1 for a bill line, more for a correction.
    revision         INTEGER NOT NULL CHECK (revision >= 1),
    outcome          TEXT NOT NULL CHECK (outcome IN ('billed', 'owner-not-found', 'refused')),
    reason           TEXT,
    at_ms            INTEGER NOT NULL,
    actor_role       TEXT NOT NULL,
    actor_id         TEXT NOT NULL,
    booth_id         TEXT NOT NULL,
    received_hour    TEXT NOT NULL,

    UNIQUE (passage_sequence, revision),
    CHECK ((outcome = 'refused') = (reason IS NOT NULL))
) STRICT;

CREATE INDEX disposition_balance ON disposition (received_hour, booth_id, outcome);
CREATE INDEX disposition_export ON disposition (export_sequence, outcome);

CREATE TRIGGER disposition_stays BEFORE UPDATE ON disposition
BEGIN
    SELECT RAISE(ABORT, 'disposition: a line is answered once');
END;

CREATE TRIGGER disposition_stays_there BEFORE DELETE ON disposition
BEGIN
    SELECT RAISE(ABORT, 'disposition: never deleted');
END;
