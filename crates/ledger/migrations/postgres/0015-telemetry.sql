-- What is measured: the events, added up by subject and step of time. The meaning is that of ../0015-telemetry.sql.

CREATE TABLE telemetry (
    -- `all`, `booth:ID`, `camera:BOOTH/NAME` or `recognizer:NAME`.
    subject  TEXT NOT NULL,
    step     TEXT NOT NULL CHECK (step IN ('minute', 'hour', 'day', 'total')),
    start_ms BIGINT NOT NULL,
    -- JSON object of whole numbers by metric; absent is zero.
    facts    TEXT NOT NULL CHECK ((facts::json) IS NOT NULL),

    PRIMARY KEY (subject, step, start_ms)
);

CREATE TABLE telemetry_subject (
    subject TEXT NOT NULL PRIMARY KEY
);

CREATE TABLE telemetry_standing (
    booth_id      TEXT NOT NULL,
    state         TEXT NOT NULL,
    received_hour TEXT NOT NULL,
    passages      BIGINT NOT NULL,

    PRIMARY KEY (booth_id, state, received_hour)
);

-- Events that are not added up yet. Writers meet here, so a lower number may be committed after a higher one; a cursor
-- would pass it by. A row is written with the event, in its transaction, and deleted with its being added up.
CREATE TABLE telemetry_pending (
    event_sequence BIGINT NOT NULL PRIMARY KEY
);

CREATE TABLE telemetry_state (
    id             BIGINT PRIMARY KEY CHECK (id = 1),
    event_sequence BIGINT NOT NULL,
    standing       TEXT NOT NULL CHECK ((standing::json) IS NOT NULL)
);

INSERT INTO telemetry_state (id, event_sequence, standing) VALUES (1, 0, '{}');

ALTER TABLE refusal ADD COLUMN counted BIGINT NOT NULL DEFAULT 0;

CREATE TABLE stranger_refusal (
    -- `2026-11-20T10`, UTC.
    hour     TEXT NOT NULL,
    -- The booth that the path named.
    booth_id TEXT NOT NULL REFERENCES booth (id),
    -- Last part of the problem's type.
    reason   TEXT NOT NULL,
    uploads  BIGINT NOT NULL CHECK (uploads >= 1),
    counted  BIGINT NOT NULL DEFAULT 0,
    -- When it was last added to: not more than once a second.
    counted_at_ms BIGINT NOT NULL,

    PRIMARY KEY (hour, booth_id, reason)
);

CREATE FUNCTION event_pending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO telemetry_pending SELECT sequence FROM added;
    RETURN NULL;
END;
$$;

-- For the statement, not for each row: an export writes thousands of events in one.
CREATE TRIGGER event_pending AFTER INSERT ON event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION event_pending();

-- What happened before is added up, too.
INSERT INTO telemetry_pending SELECT sequence FROM event;
