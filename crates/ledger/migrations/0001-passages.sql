-- Booths, passages and the append-only history.
--
-- Rules for every migration: a file is applied once, in one transaction, and never edited afterwards (its SHA-256
-- is recorded and compared). A statement ends with a line that ends in `;`, a trigger with the line `END;`.
-- Times are milliseconds since 1970-01-01T00:00:00Z (`_at_ms`), given by the caller: no SQL date function is used.

CREATE TABLE booth (
    id            TEXT NOT NULL PRIMARY KEY,
    name          TEXT NOT NULL,
    jurisdiction  TEXT NOT NULL,
    -- JSON array of lane names; empty: any lane.
    lanes         TEXT NOT NULL CHECK (json_valid(lanes)),
    time_zone     TEXT NOT NULL,
    updated_at_ms INTEGER NOT NULL
) STRICT;

-- Reasons and reject codes have no CHECK: the lists grow, and SQLite changes a CHECK only by copying the table.
-- States have one: a new state changes the balance and deserves the copy.
CREATE TABLE passage (
    -- The order of everything. Not AUTOINCREMENT: rows are never deleted, so max + 1 is enough and saves a page
    -- write per passage.
    sequence           INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    version            INTEGER NOT NULL CHECK (version >= 1),
    booth_id           TEXT NOT NULL REFERENCES booth (id),
    passage_key        TEXT NOT NULL,
    lane               TEXT NOT NULL,
    camera             TEXT NOT NULL,
    -- As the camera wrote it, with its offset, and the instant it names.
    captured_at        TEXT NOT NULL,
    captured_at_ms     INTEGER NOT NULL,
    received_at_ms     INTEGER NOT NULL,
    -- `2026-11-20T10`, UTC: the key of the balance.
    received_hour      TEXT NOT NULL,
    -- Token that sent it.
    sent_by            TEXT NOT NULL,

    photo_key          TEXT NOT NULL,
    photo_sha256       TEXT NOT NULL CHECK (length(photo_sha256) = 64),
    photo_bytes        INTEGER NOT NULL CHECK (photo_bytes > 0),
    photo_format       TEXT NOT NULL CHECK (photo_format IN ('jpeg', 'png', 'webp')),
    width_pixels       INTEGER NOT NULL,
    height_pixels      INTEGER NOT NULL,

    state              TEXT NOT NULL
        CHECK (state IN ('waiting', 'reading', 'in-review', 'accepted', 'rejected', 'duplicate')),
    -- Review reason while in review, reject code when rejected.
    reason             TEXT,
    detail             TEXT,
    -- Decided plate; a suggestion while in review.
    plate              TEXT,
    jurisdiction       TEXT,
    jurisdiction_source TEXT CHECK (jurisdiction_source IN ('read', 'assumed-from-booth', 'reviewer')),
    -- `judge` or the reviewer's token.
    decided_by         TEXT,
    decided_at_ms      INTEGER,
    confidence         REAL CHECK (confidence BETWEEN 0 AND 1),

    -- Numbers the attempts and is never reset, so an attempt's token can never come back.
    last_attempt       INTEGER NOT NULL DEFAULT 0,
    -- Counts against `reading.max_attempts`; back to 0 when a reviewer sends it to the recogniser again.
    counted_attempts   INTEGER NOT NULL DEFAULT 0 CHECK (counted_attempts BETWEEN 0 AND last_attempt),
    -- 0: at once.
    next_attempt_at_ms INTEGER NOT NULL DEFAULT 0,
    -- Each time that lies ahead has the time it was set beside it: when that lies ahead as well, the clock jumped
    -- back, and what was promised by the old clock no longer holds.
    waiting_since_ms   INTEGER,
    lease_token        TEXT,
    leased_at_ms       INTEGER,
    lease_expires_at_ms INTEGER,

    review_opened_at_ms INTEGER,
    claimed_by         TEXT,
    claimed_at_ms      INTEGER,
    claimed_until_ms   INTEGER,

    duplicate_of       INTEGER REFERENCES passage (sequence),
    -- Set with the bill line, by its trigger; here as well because "accepted and not bound" must be an index.
    export_sequence    INTEGER REFERENCES export (sequence),

    UNIQUE (booth_id, passage_key),
    CHECK ((state IN ('in-review', 'rejected')) = (reason IS NOT NULL)),
    CHECK ((state = 'in-review') = (review_opened_at_ms IS NOT NULL)),
    CHECK ((state = 'reading') = (lease_token IS NOT NULL)),
    CHECK ((state = 'waiting') = (waiting_since_ms IS NOT NULL)),
    CHECK ((lease_token IS NULL) = (leased_at_ms IS NULL)),
    CHECK ((lease_token IS NULL) = (lease_expires_at_ms IS NULL)),
    CHECK ((claimed_by IS NULL) = (claimed_at_ms IS NULL)),
    CHECK ((claimed_by IS NULL) = (claimed_until_ms IS NULL)),
    CHECK (claimed_by IS NULL OR state = 'in-review'),
    CHECK (state <> 'accepted' OR (plate IS NOT NULL AND jurisdiction IS NOT NULL
        AND jurisdiction_source IS NOT NULL)),
    CHECK ((state IN ('accepted', 'rejected')) = (decided_by IS NOT NULL)),
    CHECK ((decided_by IS NULL) = (decided_at_ms IS NULL)),
    CHECK ((state = 'duplicate') = (duplicate_of IS NOT NULL)),
    CHECK (export_sequence IS NULL OR state = 'accepted')
) STRICT;

-- Finds the same frame again, inside the statement that records a passage.
CREATE INDEX passage_frame ON passage (booth_id, photo_sha256);

-- The balance's right side, counted from the index alone: a million passages are read in a fraction of a second.
CREATE INDEX passage_balance ON passage (received_hour, booth_id, state);

-- Work in the order of receipt; the last columns let leases and the backlog be found without touching the rows.
CREATE INDEX passage_state ON passage (state, sequence, next_attempt_at_ms, waiting_since_ms);

-- Search by booth, newest first.
CREATE INDEX passage_booth ON passage (booth_id, sequence);

-- The same plate at the same booth moments ago.
CREATE INDEX passage_plate ON passage (booth_id, plate, captured_at_ms) WHERE plate IS NOT NULL;

-- What the next export binds: as short as the time since the last one, however many passages were billed before.
CREATE INDEX passage_unbound ON passage (sequence) WHERE state = 'accepted' AND export_sequence IS NULL;

-- Not for a query of ours: whenever a passage is inserted, SQLite looks for rows that refer to it, and without this
-- index it would read the whole table each time.
CREATE INDEX passage_duplicate ON passage (duplicate_of) WHERE duplicate_of IS NOT NULL;

-- The table of moves, once more: the domain crate makes an illegal move inexpressible, this makes it impossible for
-- everything else that opens the file. A test holds the two together.
CREATE TRIGGER passage_moves BEFORE UPDATE OF state, version ON passage
WHEN NOT (
    (NEW.state = OLD.state AND NEW.version = OLD.version)
    OR (NEW.version = OLD.version + 1 AND (OLD.state, NEW.state) IN (VALUES
        ('waiting', 'reading'),
        ('reading', 'waiting'),
        ('reading', 'accepted'),
        ('reading', 'in-review'),
        ('in-review', 'accepted'),
        ('in-review', 'rejected'),
        ('in-review', 'waiting'),
        ('accepted', 'in-review'),
        ('rejected', 'in-review')))
)
BEGIN
    SELECT RAISE(ABORT, 'passage: no such move, or the version did not grow by one');
END;

-- What was acknowledged stays what it was.
CREATE TRIGGER passage_facts BEFORE UPDATE OF
    sequence, id, booth_id, passage_key, lane, camera, captured_at, captured_at_ms, received_at_ms, received_hour,
    sent_by, photo_key, photo_sha256, photo_bytes, photo_format, width_pixels, height_pixels, duplicate_of
ON passage
BEGIN
    SELECT RAISE(ABORT, 'passage: facts of the receipt never change');
END;

CREATE TRIGGER passage_stays BEFORE DELETE ON passage
BEGIN
    SELECT RAISE(ABORT, 'passage: never deleted');
END;

-- Append-only. `kind` has no CHECK for the reason given above.
CREATE TABLE event (
    sequence         INTEGER PRIMARY KEY,
    at_ms            INTEGER NOT NULL,
    kind             TEXT NOT NULL,
    actor_role       TEXT NOT NULL,
    actor_id         TEXT NOT NULL,
    passage_sequence INTEGER REFERENCES passage (sequence),
    booth_id         TEXT,
    received_hour    TEXT,
    from_state       TEXT,
    to_state         TEXT,
    detail           TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;

CREATE INDEX event_passage ON event (passage_sequence, sequence) WHERE passage_sequence IS NOT NULL;

-- The balance's left side, from the index alone. Events that move nothing (claims, settings) stay out.
CREATE INDEX event_balance ON event (received_hour, booth_id, kind, from_state, to_state)
    WHERE to_state IS NOT NULL;

CREATE TRIGGER event_stays BEFORE UPDATE ON event
BEGIN
    SELECT RAISE(ABORT, 'event: append-only');
END;

CREATE TRIGGER event_stays_there BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'event: append-only');
END;

-- Recording a passage is one statement, because on Spin a transaction of several keeps the write lock over as many
-- calls of the host: measured, 16 writers got 1,390 passages/s that way and 2,290/s with this trigger.
CREATE TRIGGER passage_received AFTER INSERT ON passage
BEGIN
    INSERT INTO event
        (at_ms, kind, actor_role, actor_id, passage_sequence, booth_id, received_hour, to_state, detail)
    VALUES
        (NEW.received_at_ms, 'received', 'camera', NEW.sent_by, NEW.sequence, NEW.booth_id, NEW.received_hour,
         NEW.state,
         CASE
             WHEN NEW.reason IS NOT NULL THEN json_object('reason', NEW.reason)
             WHEN NEW.duplicate_of IS NOT NULL
                 THEN json_object('duplicate_of', (SELECT id FROM passage WHERE sequence = NEW.duplicate_of))
             ELSE '{}'
         END);
END;
