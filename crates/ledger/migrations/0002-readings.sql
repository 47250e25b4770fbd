-- Attempts to read a photo, and the wake-up that starts them.

CREATE TABLE reading_attempt (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    attempt          INTEGER NOT NULL CHECK (attempt >= 1),
    -- Checked on every write: whoever lost the lease can no longer change anything.
    token            TEXT NOT NULL UNIQUE,
    worker           TEXT NOT NULL,
    recognizer       TEXT NOT NULL DEFAULT '',
    model            TEXT NOT NULL DEFAULT '',
    started_at_ms    INTEGER NOT NULL,
    finished_at_ms   INTEGER,
    -- `running`, `read`, `expired`, `given-back` or a failure class; classes grow, so there is no CHECK.
    outcome          TEXT NOT NULL DEFAULT 'running',
    detail           TEXT NOT NULL DEFAULT '',
    duration_ms      INTEGER NOT NULL DEFAULT 0,
    -- Millionths of the accounting currency.
    cost_micros      INTEGER NOT NULL DEFAULT 0,
    -- The normalised reading with the raw reply, JSON.
    reading          TEXT CHECK (reading IS NULL OR json_valid(reading)),

    UNIQUE (passage_sequence, attempt),
    CHECK ((outcome = 'running') = (finished_at_ms IS NULL)),
    CHECK ((outcome = 'read') = (reading IS NOT NULL))
) STRICT;

-- An attempt ends once; what it ended with stays.
CREATE TRIGGER reading_attempt_ends_once BEFORE UPDATE ON reading_attempt WHEN OLD.outcome <> 'running'
BEGIN
    SELECT RAISE(ABORT, 'reading_attempt: ended before');
END;

CREATE TRIGGER reading_attempt_stays BEFORE DELETE ON reading_attempt
BEGIN
    SELECT RAISE(ABORT, 'reading_attempt: never deleted');
END;

-- One row: when the reading stage was last woken.
CREATE TABLE wake_up (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    woken_at_ms INTEGER NOT NULL
) STRICT;
