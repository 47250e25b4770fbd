-- Exports of a million lines: bound and published in steps. The meaning is that of ../0019-pieces.sql.

-- Lines are still being bound to it; `row_count` counts those that are.
ALTER TABLE export ADD COLUMN filling BIGINT NOT NULL DEFAULT 0
    CHECK (filling IN (0, 1) AND (filling = 0 OR state = 'bound'));
-- While it is bound: its lines up to this one are in the history as billed, or as corrected. The step that writes the last
-- of them publishes it.
ALTER TABLE export ADD COLUMN told_line BIGINT NOT NULL DEFAULT 0;

-- Files of published exports that are not in the store as they were published. Corrections name rows of such files, so
-- those of their lines wait until the file is back; everything else goes on.
CREATE TABLE lost_file (
    export_sequence BIGINT PRIMARY KEY REFERENCES export (sequence),
    lost_at_ms      BIGINT NOT NULL,
    -- None while it is lost.
    back_at_ms      BIGINT
);

CREATE INDEX lost_file_open ON lost_file (export_sequence) WHERE back_at_ms IS NULL;

-- An export of corrections that nobody has seen is given up when a file that it refers to is lost: its corrections are due
-- again, and its number is used by what comes next. What is published stays for ever.
DROP TRIGGER export_stays ON export;
CREATE TRIGGER export_stays BEFORE DELETE ON export
FOR EACH ROW WHEN (OLD.state = 'published' OR OLD.kind <> 'corrections')
EXECUTE FUNCTION refuse('export: never deleted');

DROP TRIGGER correction_stays_there ON correction;
CREATE FUNCTION correction_stays_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM export WHERE sequence = OLD.export_sequence AND state = 'bound') THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'correction: never deleted' USING ERRCODE = 'TB001';
END;
$$;

CREATE TRIGGER correction_stays_there BEFORE DELETE ON correction
FOR EACH ROW EXECUTE FUNCTION correction_stays_there();

-- Not for a query of ours: whenever an export is given up, the database looks for passages that refer to it, and without this
-- it reads all of them.
CREATE INDEX passage_export ON passage (export_sequence) WHERE export_sequence IS NOT NULL;

-- What billing answered to a line of an adopted export whose passage this ledger does not have as billed. It becomes an
-- ordinary disposition once the line is settled.
CREATE TABLE adopted_answer (
    passage_id      TEXT NOT NULL,
    revision        BIGINT NOT NULL CHECK (revision >= 1),
    export_sequence BIGINT NOT NULL REFERENCES export (sequence),
    outcome         TEXT NOT NULL CHECK (outcome IN ('billed', 'owner-not-found', 'refused')),
    reason          TEXT,
    at_ms           BIGINT NOT NULL,
    actor_role      TEXT NOT NULL,
    actor_id        TEXT NOT NULL,
    settled         BIGINT NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)),

    PRIMARY KEY (passage_id, revision),
    CHECK ((outcome = 'refused') = (reason IS NOT NULL))
);

CREATE INDEX adopted_answer_open ON adopted_answer (export_sequence) WHERE settled = 0;

CREATE TRIGGER adopted_answer_stays BEFORE UPDATE OF passage_id, revision, export_sequence, outcome, reason, at_ms,
    actor_role, actor_id ON adopted_answer
FOR EACH ROW EXECUTE FUNCTION refuse('adopted_answer: a line is answered once');

CREATE TRIGGER adopted_answer_stays_there BEFORE DELETE ON adopted_answer
FOR EACH ROW EXECUTE FUNCTION refuse('adopted_answer: never deleted');
