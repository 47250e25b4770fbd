-- The log of what people did and looked at.

-- What people did, apart from what machines did: an index as small as that, for the log is read from its end.
CREATE INDEX event_people ON event (sequence) WHERE actor_role NOT IN ('system', 'camera');

CREATE INDEX event_person ON event (actor_id, sequence) WHERE actor_role NOT IN ('system', 'camera');

-- Who looked at which photo on which day: one row however often, so that looking at a photo again costs no write.
CREATE TABLE photo_view (
    number           INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    token_id         TEXT NOT NULL REFERENCES token (id),
    -- Days since 1970-01-01, UTC.
    day              INTEGER NOT NULL,
    -- The first time on that day.
    at_ms            INTEGER NOT NULL,

    UNIQUE (passage_sequence, token_id, day)
) STRICT;

CREATE INDEX photo_view_person ON photo_view (token_id, number);
