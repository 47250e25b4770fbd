-- Looking back: who decided what, of which type the plate was, and who fetched which file.

-- What people decided, by who did: a small part of all that was. What the machine decided is nearly everything, and needs no index.
CREATE INDEX passage_decider ON passage (decided_by, sequence) WHERE decided_by IS NOT NULL AND decided_by <> 'judge';

-- Who fetched which file of which export on which day: one row however often, so that whoever asks again and again, or range by
-- range, costs no write. Kept as long as looks at photos.
CREATE TABLE export_download (
    number          INTEGER PRIMARY KEY,
    export_sequence INTEGER NOT NULL REFERENCES export (sequence),
    -- Of the copy; `billing` for the file that is billed from.
    profile         TEXT NOT NULL,
    -- `manifest`: with its signature.
    part            TEXT NOT NULL CHECK (part IN ('file', 'manifest')),
    token_id        TEXT NOT NULL REFERENCES token (id),
    -- Days since 1970-01-01, UTC.
    day             INTEGER NOT NULL,
    -- The first time on that day.
    at_ms           INTEGER NOT NULL,

    UNIQUE (export_sequence, profile, part, token_id, day)
) STRICT;

CREATE INDEX export_download_person ON export_download (token_id, number);
CREATE INDEX export_download_time ON export_download (at_ms, number);

-- What people said of the type of a plate: beside the passage, a row for whoever answered, because answers may be held. The type of a
-- passage is what its decider said. None: took it back.
CREATE TABLE plate_type (
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    actor_id         TEXT NOT NULL,
    plate_type       TEXT,

    PRIMARY KEY (passage_sequence, actor_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX plate_type_type ON plate_type (plate_type, passage_sequence) WHERE plate_type IS NOT NULL;

ALTER TABLE verdict ADD COLUMN plate_type TEXT;
ALTER TABLE bill_line ADD COLUMN plate_type TEXT;
ALTER TABLE correction ADD COLUMN plate_type TEXT;
ALTER TABLE adopted_correction ADD COLUMN plate_type TEXT;
