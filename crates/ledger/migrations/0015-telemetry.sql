-- What is measured: the events, added up by subject and step of time, so that nobody who watches counts the ledger.

CREATE TABLE telemetry (
    -- `all`, `booth:ID`, `camera:BOOTH/NAME` or `recognizer:NAME`.
    subject  TEXT NOT NULL,
    step     TEXT NOT NULL CHECK (step IN ('minute', 'hour', 'day', 'total')),
    start_ms INTEGER NOT NULL,
    -- JSON object of whole numbers by metric; absent is zero.
    facts    TEXT NOT NULL CHECK (json_valid(facts)),

    PRIMARY KEY (subject, step, start_ms)
) STRICT, WITHOUT ROWID;

-- Everybody who was ever measured: finds and deletes roll-ups by subject, as their key begins with it.
CREATE TABLE telemetry_subject (
    subject TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Passages by where they are now, as the events added up so far say. What is still on its way by hour of receipt, so
-- that the oldest is found by an index; what has ended under the hour ''.
CREATE TABLE telemetry_standing (
    booth_id      TEXT NOT NULL,
    state         TEXT NOT NULL,
    received_hour TEXT NOT NULL,
    passages      INTEGER NOT NULL,

    PRIMARY KEY (booth_id, state, received_hour)
) STRICT, WITHOUT ROWID;

-- Events that are not added up yet, where their numbers are not the order in which they were committed. Always empty
-- here: SQLite has one writer at a time, and `event_sequence` below says where the next fold begins.
CREATE TABLE telemetry_pending (
    event_sequence INTEGER NOT NULL PRIMARY KEY
) STRICT;

CREATE TABLE telemetry_state (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    -- The highest event that was added up.
    event_sequence INTEGER NOT NULL,
    -- How everything stood after the last fold, JSON.
    standing       TEXT NOT NULL CHECK (json_valid(standing))
) STRICT;

INSERT INTO telemetry_state (id, event_sequence, standing) VALUES (1, 0, '{}');

-- How many of these the roll-ups have.
ALTER TABLE refusal ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;

-- Uploads that were refused before a camera was recognised: no token, another's token, another method.
CREATE TABLE stranger_refusal (
    -- `2026-11-20T10`, UTC.
    hour     TEXT NOT NULL,
    -- The booth that the path named.
    booth_id TEXT NOT NULL REFERENCES booth (id),
    -- Last part of the problem's type.
    reason   TEXT NOT NULL,
    uploads  INTEGER NOT NULL CHECK (uploads >= 1),
    counted  INTEGER NOT NULL DEFAULT 0,
    -- When it was last added to: not more than once a second.
    counted_at_ms INTEGER NOT NULL,

    PRIMARY KEY (hour, booth_id, reason)
) STRICT, WITHOUT ROWID;
