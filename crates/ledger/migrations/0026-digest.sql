-- E-mails that tell somebody of several alerts at once.

-- Which alerts a digest tells of: an alert's page shows it among the messages that told of it. A message about one alert says so
-- itself, by its thread.
CREATE TABLE message_alert (
    alert_id   TEXT NOT NULL REFERENCES alert (id),
    message_id TEXT NOT NULL REFERENCES message (id),

    PRIMARY KEY (alert_id, message_id)
) STRICT, WITHOUT ROWID;
