-- Following one passage: the trace that its camera began, and how long the door had it.

-- `00-<trace>-<span>-<flags>` as the camera sent it, checked at the door. NULL: it sent none, and the trace has the passage's own
-- id (crates/trace), which needs no index to be found by.
ALTER TABLE passage ADD COLUMN traceparent TEXT CHECK (traceparent IS NULL OR length(traceparent) = 55);

-- Milliseconds from the door's opening to the record; NULL for passages from before.
ALTER TABLE passage ADD COLUMN intake_ms INTEGER CHECK (intake_ms >= 0);

-- Costs nothing where cameras send no trace.
CREATE INDEX passage_trace ON passage (substr(traceparent, 4, 32)) WHERE traceparent IS NOT NULL;

CREATE TRIGGER passage_trace_stays BEFORE UPDATE OF traceparent, intake_ms ON passage
BEGIN
    SELECT RAISE(ABORT, 'passage: facts of the receipt never change');
END;

-- The last event whose spans a collector has. No row while nothing was ever handed over.
CREATE TABLE span_export (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    event_sequence INTEGER NOT NULL
) STRICT;
