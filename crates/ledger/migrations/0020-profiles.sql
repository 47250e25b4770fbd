-- Copies of exports for readers who are not billing, and how the places stand to which published files are delivered.

-- Export N in the columns of a copy: the same lines in the same order, with a chain of manifests of its own. A row says
-- that it is published; before that nothing has to be remembered, for the lines are those of a published export.
CREATE TABLE export_copy (
    -- Name of the copy's profile in the setting export.copies.
    profile         TEXT NOT NULL,
    export_sequence INTEGER NOT NULL REFERENCES export (sequence),
    columns         TEXT NOT NULL CHECK (columns IN ('lab', 'full')),
    published_at_ms INTEGER NOT NULL,
    sha256          TEXT NOT NULL,
    bytes           INTEGER NOT NULL,
    manifest        TEXT NOT NULL,
    manifest_sha256 TEXT NOT NULL,

    PRIMARY KEY (profile, export_sequence)
) STRICT;

CREATE INDEX export_copy_of ON export_copy (export_sequence, profile);

-- In sequence: a copy has no gaps, so its chain cannot fork.
CREATE TRIGGER export_copy_in_sequence BEFORE INSERT ON export_copy
WHEN NOT EXISTS (SELECT 1 FROM export WHERE sequence = NEW.export_sequence AND state = 'published')
    OR NEW.export_sequence <> 1 + coalesce((SELECT max(export_sequence) FROM export_copy WHERE profile = NEW.profile), 0)
BEGIN
    SELECT RAISE(ABORT, 'export_copy: not the next one');
END;

CREATE TRIGGER export_copy_stays BEFORE UPDATE ON export_copy
BEGIN
    SELECT RAISE(ABORT, 'export_copy: published before');
END;

CREATE TRIGGER export_copy_stays_there BEFORE DELETE ON export_copy
BEGIN
    SELECT RAISE(ABORT, 'export_copy: never deleted');
END;

-- Where a line stands in the file that was taken over. Lines are bound as their passages come, and a copy has them in the
-- rows of billing's file. None for those that were taken over before this was written down: `tollbooth restore` adds it.
ALTER TABLE adopted_line ADD COLUMN file_row INTEGER CHECK (file_row >= 1);
ALTER TABLE adopted_correction ADD COLUMN file_row INTEGER CHECK (file_row >= 1);

CREATE INDEX adopted_line_row ON adopted_line (export_sequence, file_row);

CREATE INDEX adopted_correction_row ON adopted_correction (export_sequence, file_row);

-- A destination as it was last reported.
CREATE TABLE destination (
    name               TEXT NOT NULL PRIMARY KEY,
    kind               TEXT NOT NULL CHECK (kind IN ('folder', 'sftp', 'ftps', 's3', 'azure-blob')),
    -- Whose files it gets: billing, or the name of a copy.
    profile            TEXT NOT NULL,
    -- What is wrong now; none: it is well.
    trouble            TEXT,
    failing_since_ms   INTEGER,
    failures           INTEGER NOT NULL,
    -- What was wrong last, and when it was reported last.
    last_trouble       TEXT,
    last_trouble_at_ms INTEGER,
    -- The last export that was delivered, 0 for none, and when that was first reported.
    delivered_through  INTEGER NOT NULL,
    delivered_at_ms    INTEGER,
    pending            INTEGER NOT NULL,
    reported_at_ms     INTEGER NOT NULL,
    -- By when the next report is expected.
    next_report_at_ms  INTEGER NOT NULL,
    reported_by        TEXT NOT NULL,

    CHECK ((trouble IS NULL) = (failing_since_ms IS NULL)),
    CHECK ((last_trouble IS NULL) = (last_trouble_at_ms IS NULL)),
    CHECK ((delivered_through = 0) = (delivered_at_ms IS NULL))
) STRICT;
