-- From accepted passages to published files, and the notices that tell people about them.

CREATE TABLE export (
    -- 1, 2, 3 … without gaps.
    sequence           INTEGER PRIMARY KEY CHECK (sequence >= 1),
    state              TEXT NOT NULL CHECK (state IN ('bound', 'published')),
    cause              TEXT NOT NULL CHECK (cause IN ('scheduled', 'requested')),
    profile            TEXT NOT NULL CHECK (profile IN ('lab', 'full')),
    file_name          TEXT NOT NULL UNIQUE,
    row_count          INTEGER NOT NULL CHECK (row_count >= 1),
    -- Accepted passages were left for a next file.
    more_waiting       INTEGER NOT NULL CHECK (more_waiting IN (0, 1)),
    window_from_ms     INTEGER,
    window_to_ms       INTEGER NOT NULL,
    bound_at_ms        INTEGER NOT NULL,
    published_at_ms    INTEGER,
    sha256             TEXT,
    bytes              INTEGER,
    manifest           TEXT,
    manifest_sha256    TEXT,

    CHECK ((state = 'published') = (published_at_ms IS NOT NULL)),
    CHECK ((state = 'published') = (sha256 IS NOT NULL)),
    CHECK ((state = 'published') = (bytes IS NOT NULL)),
    CHECK ((state = 'published') = (manifest IS NOT NULL)),
    CHECK ((state = 'published') = (manifest_sha256 IS NOT NULL))
) STRICT;

-- At most one export is under way, so the chain of manifests can never fork.
CREATE UNIQUE INDEX export_under_way ON export (state) WHERE state = 'bound';

CREATE TRIGGER export_published_stays BEFORE UPDATE ON export WHEN OLD.state = 'published'
BEGIN
    SELECT RAISE(ABORT, 'export: published before');
END;

CREATE TRIGGER export_stays BEFORE DELETE ON export
BEGIN
    SELECT RAISE(ABORT, 'export: never deleted');
END;

-- At most one line per passage and revision, whatever else goes wrong. What is billed is copied here, so rendering
-- stays a pure function of these rows; booth and hour are copied as well, so that the balance needs no join.
CREATE TABLE bill_line (
    line                INTEGER PRIMARY KEY,
    export_sequence     INTEGER NOT NULL REFERENCES export (sequence),
    passage_sequence    INTEGER NOT NULL REFERENCES passage (sequence),
    revision            INTEGER NOT NULL CHECK (revision >= 1),
    booth_id            TEXT NOT NULL,
    received_hour       TEXT NOT NULL,
    plate               TEXT NOT NULL,
    jurisdiction        TEXT NOT NULL,
    jurisdiction_source TEXT NOT NULL,
    decided_by          TEXT NOT NULL,
    confidence          REAL,

    UNIQUE (passage_sequence, revision)
) STRICT;

CREATE INDEX bill_line_export ON bill_line (export_sequence, line);

CREATE INDEX bill_line_balance ON bill_line (received_hour, booth_id, export_sequence);

CREATE TRIGGER bill_line_of_accepted BEFORE INSERT ON bill_line
WHEN NOT EXISTS (SELECT 1 FROM passage WHERE sequence = NEW.passage_sequence AND state = 'accepted')
BEGIN
    SELECT RAISE(ABORT, 'bill_line: the passage is not accepted');
END;

CREATE TRIGGER bill_line_binds AFTER INSERT ON bill_line
BEGIN
    UPDATE passage SET export_sequence = NEW.export_sequence WHERE sequence = NEW.passage_sequence;
END;

CREATE TRIGGER bill_line_stays BEFORE UPDATE ON bill_line
BEGIN
    SELECT RAISE(ABORT, 'bill_line: a correction is a new revision');
END;

CREATE TRIGGER bill_line_stays_there BEFORE DELETE ON bill_line
BEGIN
    SELECT RAISE(ABORT, 'bill_line: never deleted');
END;

-- Nor can a passage be set free from its export by hand.
CREATE TRIGGER passage_stays_bound BEFORE UPDATE OF export_sequence ON passage
WHEN OLD.export_sequence IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'passage: bound to an export');
END;

-- Runs that ended. "Not due" is no run.
CREATE TABLE export_run (
    number          INTEGER PRIMARY KEY,
    started_at_ms   INTEGER NOT NULL,
    finished_at_ms  INTEGER NOT NULL,
    cause           TEXT NOT NULL CHECK (cause IN ('scheduled', 'requested')),
    outcome         TEXT NOT NULL CHECK (outcome IN ('published', 'nothing-to-export')),
    export_sequence INTEGER UNIQUE REFERENCES export (sequence),

    CHECK ((outcome = 'published') = (export_sequence IS NOT NULL))
) STRICT;

-- Messages to people, written with what they tell about and delivered afterwards.
CREATE TABLE notice (
    sequence           INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    kind               TEXT NOT NULL,
    subject            TEXT NOT NULL,
    body               TEXT NOT NULL,
    created_at_ms      INTEGER NOT NULL,
    state              TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'given-up')),
    attempts           INTEGER NOT NULL DEFAULT 0,
    next_attempt_at_ms INTEGER NOT NULL DEFAULT 0,
    last_failure       TEXT,
    closed_at_ms       INTEGER,

    CHECK ((state = 'due') = (closed_at_ms IS NULL))
) STRICT;

CREATE INDEX notice_due ON notice (sequence) WHERE state = 'due';
