-- Signing in with a provider of identities (OpenID Connect).

-- Somebody whom a provider vouches for. What they may is in their token, which has a secret that nobody knows.
CREATE TABLE person (
    issuer          TEXT NOT NULL,
    -- In the provider's words: never given to anybody else.
    subject         TEXT NOT NULL,
    token_id        TEXT NOT NULL UNIQUE REFERENCES token (id),
    signed_in_at_ms INTEGER NOT NULL,

    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;

-- Attempts that were finished, so that none is finished twice. Kept until the browser that began it has forgotten it.
CREATE TABLE finished_sign_in (
    digest         BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    finished_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX finished_sign_in_age ON finished_sign_in (finished_at_ms);

-- What a provider says of itself, and its keys, as they were read last.
CREATE TABLE provider_document (
    address     TEXT NOT NULL PRIMARY KEY,
    -- None was ever read.
    body        TEXT,
    read_at_ms  INTEGER,
    -- The last try, successful or not.
    tried_at_ms INTEGER NOT NULL,

    CHECK ((body IS NULL) = (read_at_ms IS NULL))
) STRICT, WITHOUT ROWID;

ALTER TABLE session ADD COLUMN opened_by TEXT NOT NULL DEFAULT 'link' CHECK (opened_by IN ('link', 'provider'));
