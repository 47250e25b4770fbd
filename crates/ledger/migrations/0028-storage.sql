-- Whether photos can be stored: on a full disk the ledger answers, for it reads, and every photo is refused.

-- One row: when a photo last could not be stored for want of room.
CREATE TABLE storage_full (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    noted_at_ms INTEGER NOT NULL
) STRICT;
