-- Decisions by people. The claim on an open review lives in `passage`, for it is part of its present state.

CREATE TABLE verdict (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    -- The version of the passage that this verdict made.
    version          INTEGER NOT NULL,
    at_ms            INTEGER NOT NULL,
    actor_role       TEXT NOT NULL,
    actor_id         TEXT NOT NULL,
    -- Either plate and jurisdiction, or a reject code.
    plate            TEXT,
    jurisdiction     TEXT,
    reject_code      TEXT,
    remark           TEXT,

    UNIQUE (passage_sequence, version),
    CHECK ((plate IS NULL) = (jurisdiction IS NULL)),
    CHECK ((plate IS NULL) <> (reject_code IS NULL))
) STRICT;

CREATE TRIGGER verdict_stays BEFORE UPDATE ON verdict
BEGIN
    SELECT RAISE(ABORT, 'verdict: a correction is a new verdict');
END;

CREATE TRIGGER verdict_stays_there BEFORE DELETE ON verdict
BEGIN
    SELECT RAISE(ABORT, 'verdict: never deleted');
END;
