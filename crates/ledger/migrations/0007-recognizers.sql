-- Who reads: turns, attempts by recogniser, the standing of services, and shadows.

-- Whose turn it is; which recogniser that means is decided by the settings when the passage is leased.
ALTER TABLE passage ADD COLUMN turn TEXT NOT NULL DEFAULT 'first' CHECK (turn IN ('first', 'second'));

-- The same index with the turn in it, so that work for one recogniser is found without touching the rows.
DROP INDEX passage_state;
CREATE INDEX passage_state ON passage (state, sequence, next_attempt_at_ms, waiting_since_ms, turn);

-- Few passages wait for a second recogniser, behind many that wait for the first.
CREATE INDEX passage_second ON passage (sequence, next_attempt_at_ms, waiting_since_ms)
    WHERE state = 'waiting' AND turn = 'second';

-- The name by which settings and budgets know it; `recognizer` is what it calls itself. Earlier attempts were all made
-- in process.
ALTER TABLE reading_attempt ADD COLUMN asked TEXT NOT NULL DEFAULT 'in-process';
-- The likeliest text, to be compared with what was decided in the end.
ALTER TABLE reading_attempt ADD COLUMN plate TEXT;

-- What recognisers did lately, newest first, without touching the stored readings.
CREATE INDEX reading_attempt_asked ON reading_attempt
    (asked, started_at_ms, outcome, duration_ms, cost_micros, plate, passage_sequence);

-- The standing of a service, shared by all replicas.
CREATE TABLE recognizer (
    name            TEXT NOT NULL PRIMARY KEY,
    -- As it describes itself; unknown until a worker asked it.
    component       TEXT,
    model           TEXT,
    price_micros    INTEGER CHECK (price_micros >= 0),
    described_at_ms INTEGER,
    -- The circuit: failures in a row, and while it is open, why, since when and until when.
    failures        INTEGER NOT NULL DEFAULT 0,
    open_reason     TEXT,
    opened_at_ms    INTEGER,
    retry_at_ms     INTEGER,
    -- Before this time the rate allows no call.
    next_call_at_ms INTEGER NOT NULL DEFAULT 0,

    CHECK ((price_micros IS NULL) = (described_at_ms IS NULL)),
    CHECK ((open_reason IS NULL) = (opened_at_ms IS NULL)),
    CHECK ((open_reason IS NULL) = (retry_at_ms IS NULL))
) STRICT, WITHOUT ROWID;

-- Reserved with each lease and never given back: a crash may have spent it.
CREATE TABLE recognizer_day (
    recognizer   TEXT NOT NULL,
    -- Days since 1970-01-01, UTC.
    day          INTEGER NOT NULL,
    calls        INTEGER NOT NULL,
    money_micros INTEGER NOT NULL,

    PRIMARY KEY (recognizer, day)
) STRICT, WITHOUT ROWID;

-- Readings by a recogniser whose answers are not used. Beside the passage, never in its way: own leases, one attempt,
-- and no column of the passage changes.
CREATE TABLE shadow_task (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    recognizer       TEXT NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('due', 'leased', 'ended')),
    created_at_ms    INTEGER NOT NULL,
    token            TEXT UNIQUE,
    leased_at_ms     INTEGER,
    expires_at_ms    INTEGER,
    finished_at_ms   INTEGER,
    -- `read`, `expired` or a failure class.
    outcome          TEXT,
    detail           TEXT NOT NULL DEFAULT '',
    component        TEXT NOT NULL DEFAULT '',
    model            TEXT NOT NULL DEFAULT '',
    duration_ms      INTEGER NOT NULL DEFAULT 0,
    cost_micros      INTEGER NOT NULL DEFAULT 0,
    plate            TEXT,
    -- What the recogniser whose answer was used had read.
    used_plate       TEXT,
    reading          TEXT CHECK (reading IS NULL OR json_valid(reading)),

    UNIQUE (passage_sequence, recognizer),
    CHECK ((state = 'due') = (token IS NULL)),
    CHECK ((token IS NULL) = (leased_at_ms IS NULL)),
    CHECK ((token IS NULL) = (expires_at_ms IS NULL)),
    CHECK ((state = 'ended') = (outcome IS NOT NULL)),
    CHECK ((state = 'ended') = (finished_at_ms IS NOT NULL))
) STRICT;

CREATE INDEX shadow_task_due ON shadow_task (recognizer, id) WHERE state = 'due';
CREATE INDEX shadow_task_leased ON shadow_task (recognizer, expires_at_ms, leased_at_ms) WHERE state = 'leased';
CREATE INDEX shadow_task_ended ON shadow_task
    (recognizer, leased_at_ms, outcome, duration_ms, cost_micros, plate, used_plate, passage_sequence)
    WHERE state = 'ended';

CREATE TRIGGER shadow_task_ends_once BEFORE UPDATE ON shadow_task WHEN OLD.state = 'ended'
BEGIN
    SELECT RAISE(ABORT, 'shadow_task: ended before');
END;
