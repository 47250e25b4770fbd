-- Rules of alerts that staff define, whom an alert could not tell yet, and what an alert was called. The meaning is that of
-- ../0023-alerts.sql.

-- Every version of every rule: who changed what and when, and what can be put back.
CREATE TABLE alert_rule_version (
    rule_id    TEXT NOT NULL,
    version    BIGINT NOT NULL CHECK (version >= 1),
    change     TEXT NOT NULL CHECK (change IN ('created', 'changed', 'deleted', 'undone')),
    -- The whole rule as it was from then on; crates/alerts reads it.
    definition TEXT NOT NULL CHECK ((definition::json) IS NOT NULL),
    deleted    BIGINT NOT NULL CHECK (deleted IN (0, 1)),
    at_ms      BIGINT NOT NULL,
    actor_role TEXT NOT NULL,
    actor_id   TEXT NOT NULL,

    PRIMARY KEY (rule_id, version)
);

CREATE TRIGGER alert_rule_version_stays BEFORE UPDATE ON alert_rule_version
FOR EACH ROW EXECUTE FUNCTION refuse('alert_rule_version: never changed');

CREATE TRIGGER alert_rule_version_stays_there BEFORE DELETE ON alert_rule_version
FOR EACH ROW EXECUTE FUNCTION refuse('alert_rule_version: never deleted');

-- The version in force.
CREATE TABLE alert_rule (
    id            TEXT NOT NULL PRIMARY KEY,
    version       BIGINT NOT NULL,
    deleted       BIGINT NOT NULL CHECK (deleted IN (0, 1)),
    created_at_ms BIGINT NOT NULL,

    FOREIGN KEY (id, version) REFERENCES alert_rule_version (rule_id, version)
);

-- What the rule was called when the alert began; empty for alerts of before.
ALTER TABLE alert ADD COLUMN title TEXT NOT NULL DEFAULT '';

-- Channels and addresses that had their share of this hour: they are told as soon as there is room.
ALTER TABLE alert ADD COLUMN held TEXT NOT NULL DEFAULT '[]';

-- The messages of an alert.
CREATE INDEX message_thread ON message (thread, sequence) WHERE thread <> '';

-- Who changed settings, booths and tokens, without looking at what happened to passages.
CREATE INDEX event_administration ON event (sequence)
WHERE kind IN ('settings-changed', 'threshold-applied', 'booth-registered', 'booth-changed', 'token-created', 'token-replaced', 'token-changed', 'token-revoked', 'push-set-up');
