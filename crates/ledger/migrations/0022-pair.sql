-- What plates teach about a booth and its cameras, and by which rules an export is keyed.

-- The issuer that the plate alone names, whatever passes at the booth: only such plates, and people, teach who passes.
ALTER TABLE reading_attempt ADD COLUMN issuer_by_plate TEXT;

-- The operator's keying rules when the lines were bound; empty for those of the program.
ALTER TABLE export ADD COLUMN keying_rules TEXT NOT NULL DEFAULT '';

-- Who passed at a booth, one row for each change that makes a difference. The latest is in force.
CREATE TABLE booth_traffic (
    booth_id      TEXT NOT NULL REFERENCES booth (id),
    version       INTEGER NOT NULL CHECK (version >= 1),
    learned_at_ms INTEGER NOT NULL,
    -- Looked at last, and no other since.
    checked_at_ms INTEGER NOT NULL,
    -- Vehicles by issuer and series, older ones counting less, JSON.
    observed      TEXT NOT NULL CHECK (json_valid(observed)),

    PRIMARY KEY (booth_id, version)
) STRICT;

-- Texts that a camera shows at one place on photo after photo. One that was forgotten is never learned again.
CREATE TABLE camera_text (
    id              INTEGER PRIMARY KEY,
    booth_id        TEXT NOT NULL REFERENCES booth (id),
    lane            TEXT NOT NULL,
    camera          TEXT NOT NULL,
    -- As it was read.
    text            TEXT NOT NULL,
    -- The same with all characters that are commonly confused as one.
    text_key        TEXT NOT NULL,
    -- In pixels of the photo.
    x               REAL NOT NULL,
    y               REAL NOT NULL,
    width           REAL NOT NULL,
    height          REAL NOT NULL,
    learned_at_ms   INTEGER NOT NULL,
    -- The photo that was one too many.
    passage_id      TEXT NOT NULL,
    forgotten_at_ms INTEGER,
    forgotten_by    TEXT,

    UNIQUE (booth_id, lane, camera, text_key),
    CHECK ((forgotten_at_ms IS NULL) = (forgotten_by IS NULL))
) STRICT;
