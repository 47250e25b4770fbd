-- People at the console: one-time links to sign in with, and the sessions they open.

CREATE TABLE sign_in_link (
    id            TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the whole text, as for tokens.
    digest        BLOB NOT NULL CHECK (length(digest) = 32),
    -- Whose session it opens. The digest of that token as it was then: a token that was replaced opens nothing.
    token_id      TEXT NOT NULL REFERENCES token (id),
    token_digest  BLOB NOT NULL CHECK (length(token_digest) = 32),
    created_at_ms INTEGER NOT NULL,
    created_by    TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    used_at_ms    INTEGER
) STRICT;

CREATE INDEX sign_in_link_token ON sign_in_link (token_id, expires_at_ms);

CREATE TABLE session (
    id           TEXT NOT NULL PRIMARY KEY,
    digest       BLOB NOT NULL CHECK (length(digest) = 32),
    token_id     TEXT NOT NULL REFERENCES token (id),
    token_digest BLOB NOT NULL CHECK (length(token_digest) = 32),
    opened_at_ms INTEGER NOT NULL,
    -- The last use that was written down, at most once a minute.
    used_at_ms   INTEGER NOT NULL,
    ended_at_ms  INTEGER
) STRICT;

CREATE INDEX session_token ON session (token_id);

CREATE INDEX session_opened ON session (opened_at_ms);
