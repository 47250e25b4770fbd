-- Tokens and settings. The meaning is that of ../0005-administration.sql.

CREATE TABLE token (
    id            TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the whole text. A secret has 256 random bits: a slow password hash would only slow down requests.
    digest        BYTEA NOT NULL CHECK (length(digest) = 32),
    role          TEXT NOT NULL CHECK (role IN ('camera', 'reviewer', 'supervisor', 'operator', 'billing')),
    booth_id      TEXT REFERENCES booth (id),
    name          TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    created_by    TEXT NOT NULL,
    revoked_at_ms BIGINT,

    CHECK ((role = 'camera') = (booth_id IS NOT NULL))
);

-- Only what differs from the defaults, so that a better default reaches everybody who never chose.
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL CHECK ((value::json) IS NOT NULL)
);
