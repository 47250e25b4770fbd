-- Cameras that push of their own accord, whose requests cannot say booth, lane and camera as the API asks.

CREATE TABLE pushing_camera (
    -- A camera's token: it says the booth, and is revoked like any other. Its text is never used; the camera shows a password
    -- that is derived from the gateway's key, so nothing secret of it is here.
    token_id      TEXT NOT NULL PRIMARY KEY REFERENCES token (id),
    -- NULL: the camera's events name their lane.
    lane          TEXT,
    camera        TEXT NOT NULL,
    -- IANA name; NULL: the booth's.
    time_zone     TEXT,
    updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- First operators' tokens that were revoked: the secret variable may go back to one of them, which stays revoked.
CREATE TABLE revoked_first_operator (
    digest        BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    revoked_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
