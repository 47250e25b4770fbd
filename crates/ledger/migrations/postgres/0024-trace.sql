-- Following one passage: the trace that its camera began, and how long the door had it. The meaning is that of
-- ../0024-trace.sql.

ALTER TABLE passage ADD COLUMN traceparent TEXT CHECK (traceparent IS NULL OR length(traceparent) = 55);

ALTER TABLE passage ADD COLUMN intake_ms BIGINT CHECK (intake_ms >= 0);

CREATE INDEX passage_trace ON passage (substr(traceparent, 4, 32)) WHERE traceparent IS NOT NULL;

CREATE TRIGGER passage_trace_stays BEFORE UPDATE OF traceparent, intake_ms ON passage
FOR EACH ROW EXECUTE FUNCTION refuse('passage: facts of the receipt never change');

CREATE TABLE span_export (
    id             BIGINT PRIMARY KEY CHECK (id = 1),
    event_sequence BIGINT NOT NULL
);
