-- The supervisor's desk: reviews that somebody flagged, reviews that were given to somebody, roles that are limited to
-- booths, and plates looked up by the text that registers go by.

-- Somebody who reviews asks a supervisor to decide. It stands while its passage has this version, unless it was taken back.
CREATE TABLE flag (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    -- Of the passage. When a supervisor takes the decision back, the flag stands again, at the version of then.
    version          INTEGER NOT NULL,
    at_ms            INTEGER NOT NULL,
    actor_role       TEXT NOT NULL,
    actor_id         TEXT NOT NULL,
    note             TEXT NOT NULL CHECK (length(note) BETWEEN 1 AND 4000),
    -- Taken back.
    ended_at_ms      INTEGER
) STRICT;

CREATE INDEX flag_passage ON flag (passage_sequence, id);

-- One standing flag a passage.
CREATE UNIQUE INDEX flag_once ON flag (passage_sequence, version) WHERE ended_at_ms IS NULL;

CREATE TRIGGER flag_stays BEFORE UPDATE OF passage_sequence, at_ms, actor_role, actor_id, note ON flag
BEGIN
    SELECT RAISE(ABORT, 'flag: another note is another flag');
END;

CREATE TRIGGER flag_stays_there BEFORE DELETE ON flag
BEGIN
    SELECT RAISE(ABORT, 'flag: never deleted');
END;

-- A supervisor gave a review to somebody. It holds while its passage has this version, until it ends or runs out.
CREATE TABLE assignment (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    version          INTEGER NOT NULL,
    assignee_id      TEXT NOT NULL REFERENCES token (id),
    assigned_by      TEXT NOT NULL,
    assigned_at_ms   INTEGER NOT NULL,
    until_ms         INTEGER NOT NULL,
    -- Given back, taken away, or done.
    ended_at_ms      INTEGER
) STRICT;

CREATE UNIQUE INDEX assignment_once ON assignment (passage_sequence, version) WHERE ended_at_ms IS NULL;

-- What is offered to somebody first.
CREATE INDEX assignment_of ON assignment (assignee_id, passage_sequence) WHERE ended_at_ms IS NULL;

-- Booths that a person's role is limited to, a JSON array of their ids; none: it is not limited.
ALTER TABLE token ADD COLUMN booths TEXT CHECK (booths IS NULL OR json_valid(booths));

-- One owner's plate, however it is written: many issuers do not tell O from 0 and I from 1.
CREATE INDEX passage_plate_key ON passage
    (booth_id, replace(replace(plate, 'O', '0'), 'I', '1'), captured_at_ms) WHERE plate IS NOT NULL;

CREATE INDEX confusion_key ON confusion (replace(replace(read_plate, 'O', '0'), 'I', '1'));
