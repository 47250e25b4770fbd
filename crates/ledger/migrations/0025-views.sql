-- What the console's log, known answers, keys and sign-out need.

-- Where in the history a time lies, for what people did: the log is asked for a day.
CREATE INDEX event_people_time ON event (at_ms, sequence) WHERE actor_role NOT IN ('system', 'camera');

CREATE INDEX photo_view_time ON photo_view (at_ms, number);

-- The known answers: few among all reviews that are read without a suggestion.
CREATE INDEX blind_review_seeded ON blind_review (passage_sequence) WHERE origin = 'seeded';

-- How somebody likes the console: which key does what, light or dark. One row for a person, replaced as a whole.
CREATE TABLE preference (
    token_id      TEXT NOT NULL PRIMARY KEY REFERENCES token (id),
    body          TEXT NOT NULL CHECK (json_valid(body)),
    changed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The provider's own name (`sid`) for the session in which somebody signed in there: it ends ours by it.
ALTER TABLE session ADD COLUMN provider_session TEXT;

CREATE INDEX session_provider ON session (provider_session) WHERE provider_session IS NOT NULL;
