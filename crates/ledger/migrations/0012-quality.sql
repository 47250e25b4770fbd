-- Reviews that are read without a suggestion, and what people answered: how the error of automatic acceptance is measured.

-- What decides which passages are drawn. Made here, known to nobody: whoever knew it could tell a sample by its id.
CREATE TABLE blind_secret (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    secret TEXT NOT NULL CHECK (length(secret) = 64)
) STRICT;

INSERT INTO blind_secret (id, secret) VALUES (1, lower(hex(randomblob(32))));

CREATE TABLE blind_review (
    passage_sequence INTEGER PRIMARY KEY REFERENCES passage (sequence),
    origin           TEXT NOT NULL CHECK (origin IN ('sample', 'unprompted', 'second', 'seeded')),
    standing         TEXT NOT NULL CHECK (standing IN ('open', 'disputed', 'settled', 'reopened', 'void')),
    -- People whose answers must agree.
    people           INTEGER NOT NULL CHECK (people BETWEEN 1 AND 2),
    booth_id         TEXT NOT NULL,
    drawn_at_ms      INTEGER NOT NULL,
    -- The lot, from 0 to 1, and the share that was in force: lots below the share were drawn.
    lot              REAL NOT NULL,
    share_percent    REAL NOT NULL,
    -- Of a sample: who read it, and what the judge would have billed.
    recognizer       TEXT,
    model            TEXT,
    plate            TEXT,
    jurisdiction     TEXT,
    confidence       REAL,
    -- How often the issuer of such a plate is wrong, by the judge's own reckoning.
    wrong_person_percent REAL,
    settled_at_ms    INTEGER,
    -- What is right; none of the two where nothing can be billed.
    right_plate      TEXT,
    right_jurisdiction TEXT,
    -- What was wrong with the judge's answer; none where it was right.
    machine_error    TEXT,

    CHECK ((standing = 'settled') = (settled_at_ms IS NOT NULL)),
    CHECK ((origin = 'sample') = (plate IS NOT NULL)),
    CHECK ((plate IS NULL) = (jurisdiction IS NULL)),
    CHECK ((right_plate IS NULL) = (right_jurisdiction IS NULL)),
    CHECK (machine_error IS NULL OR (origin = 'sample' AND standing = 'settled'))
) STRICT;

-- What was drawn in a time.
CREATE INDEX blind_review_drawn ON blind_review (drawn_at_ms, origin, standing);

-- What somebody answered, of every review: blind or not, held until others answer or decided at once.
CREATE TABLE opinion (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    at_ms            INTEGER NOT NULL,
    actor_role       TEXT NOT NULL,
    actor_id         TEXT NOT NULL,
    -- Either plate and jurisdiction, or a reject code.
    plate            TEXT,
    jurisdiction     TEXT,
    reject_code      TEXT,
    remark           TEXT,
    -- It moved nothing: others must answer first. Its author sees it as a decision.
    held             INTEGER NOT NULL CHECK (held IN (0, 1)),
    -- 1 while it is held, stands and nothing was decided.
    waiting          INTEGER NOT NULL CHECK (waiting IN (0, 1)),
    withdrawn_at_ms  INTEGER,
    -- 1 right, 0 wrong; nothing where nobody knows.
    is_right         INTEGER CHECK (is_right IN (0, 1)),

    CHECK ((plate IS NULL) = (jurisdiction IS NULL)),
    CHECK ((plate IS NULL) <> (reject_code IS NULL)),
    CHECK (waiting = 0 OR (held = 1 AND withdrawn_at_ms IS NULL))
) STRICT;

CREATE INDEX opinion_passage ON opinion (passage_sequence, actor_id);

CREATE INDEX opinion_waiting ON opinion (actor_id, passage_sequence) WHERE waiting = 1;

CREATE INDEX opinion_checked ON opinion (actor_id, id) WHERE is_right IS NOT NULL;

CREATE INDEX opinion_time ON opinion (at_ms);

-- One standing answer a person.
CREATE UNIQUE INDEX opinion_once ON opinion (passage_sequence, actor_id) WHERE waiting = 1;

CREATE TRIGGER opinion_stays BEFORE UPDATE OF
    passage_sequence, at_ms, actor_role, actor_id, plate, jurisdiction, reject_code, remark, held
ON opinion
BEGIN
    SELECT RAISE(ABORT, 'opinion: a correction is a new opinion');
END;

CREATE TRIGGER opinion_stays_there BEFORE DELETE ON opinion
BEGIN
    SELECT RAISE(ABORT, 'opinion: never deleted');
END;

-- Texts that were read where a person found another: the machine never bills them again.
CREATE TABLE confusion (
    read_plate       TEXT NOT NULL,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    right_plate      TEXT NOT NULL,
    upheld_at_ms     INTEGER NOT NULL,
    -- The decision was taken back or opened again.
    withdrawn_at_ms  INTEGER,

    PRIMARY KEY (read_plate, passage_sequence)
) STRICT;

CREATE INDEX confusion_passage ON confusion (passage_sequence);
