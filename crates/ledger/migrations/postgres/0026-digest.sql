-- E-mails that tell somebody of several alerts at once. The meaning is that of ../0026-digest.sql.

-- Which alerts a digest tells of: an alert's page shows it among the messages that told of it. A message about one alert says so
-- itself, by its thread.
CREATE TABLE message_alert (
    alert_id   TEXT NOT NULL REFERENCES alert (id),
    message_id TEXT NOT NULL REFERENCES message (id),

    PRIMARY KEY (alert_id, message_id)
);

-- Of which alerts a digest tells: what tells of the same ones reaches an address before and after it.
CREATE INDEX message_alert_message ON message_alert (message_id);
