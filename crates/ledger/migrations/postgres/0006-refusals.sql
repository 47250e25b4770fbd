-- Uploads that were refused, counted for people; outside the balance, for nothing of theirs was stored. The meaning is that of ../0006-refusals.sql.
--
-- One row an hour, booth and reason: it grows with time, never with the number of attempts.
CREATE TABLE refusal (
    -- `2026-11-20T10`, UTC.
    hour     TEXT NOT NULL,
    -- Of the camera's token, whatever the path said.
    booth_id TEXT NOT NULL REFERENCES booth (id),
    -- Last part of the problem's type, `image-size`.
    reason   TEXT NOT NULL,
    uploads  BIGINT NOT NULL CHECK (uploads >= 1),

    PRIMARY KEY (hour, booth_id, reason)
);
