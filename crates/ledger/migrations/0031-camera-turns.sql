-- Cameras that somebody found mirrored or upside down: photos taken in that time are turned back before they are read.
CREATE TABLE camera_turn (
    id              INTEGER PRIMARY KEY,
    booth_id        TEXT NOT NULL REFERENCES booth (id),
    lane            TEXT NOT NULL,
    camera          TEXT NOT NULL,
    turned          TEXT NOT NULL CHECK (turned IN ('mirrored', 'upside-down')),
    -- Of photos taken from then on, and before that: times of capture.
    since_ms        INTEGER NOT NULL,
    until_ms        INTEGER,
    decided_at_ms   INTEGER NOT NULL,
    decided_by      TEXT NOT NULL,
    ended_at_ms     INTEGER,
    ended_by        TEXT,
    -- It was a mistake: as if it had never been decided.
    withdrawn_at_ms INTEGER,
    withdrawn_by    TEXT,

    CHECK (until_ms IS NULL OR until_ms >= since_ms),
    CHECK ((until_ms IS NULL) = (ended_at_ms IS NULL)),
    CHECK ((ended_at_ms IS NULL) = (ended_by IS NULL)),
    CHECK ((withdrawn_at_ms IS NULL) = (withdrawn_by IS NULL))
) STRICT;

-- Asked with every lease.
CREATE INDEX camera_turn_camera ON camera_turn (booth_id, lane, camera, id);

-- No camera is turned in two ways.
CREATE UNIQUE INDEX camera_turn_open ON camera_turn (booth_id, lane, camera)
    WHERE withdrawn_at_ms IS NULL AND until_ms IS NULL;

-- The decision by which the photo was turned back before it was read.
ALTER TABLE reading_attempt ADD COLUMN turn_id INTEGER;
