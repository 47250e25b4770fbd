-- Messages to people and programs, and the alerts that most of them tell about.

-- The outbox. A message is written with what it tells about, and delivered by somebody else under a lease.
CREATE TABLE message (
    sequence            INTEGER PRIMARY KEY,
    -- The same in every delivery, so that a receiver can drop one that comes twice.
    id                  TEXT NOT NULL UNIQUE,
    kind                TEXT NOT NULL,
    -- What carries it: `log`, `mail`, `chat`. No list here: one more is no migration.
    channel             TEXT NOT NULL CHECK (channel <> ''),
    -- Empty where the channel has one receiver.
    addressee           TEXT NOT NULL,
    subject             TEXT NOT NULL,
    body                TEXT NOT NULL,
    -- Messages about one thing have the same; empty for one that stands alone.
    thread              TEXT NOT NULL DEFAULT '',
    created_at_ms       INTEGER NOT NULL,
    state               TEXT NOT NULL DEFAULT 'due'
        CHECK (state IN ('due', 'leased', 'handed-over', 'dead', 'withdrawn')),
    attempts            INTEGER NOT NULL DEFAULT 0,
    next_attempt_at_ms  INTEGER NOT NULL DEFAULT 0,
    -- From when on it is too old to be tried again; later when somebody asked for another try.
    tried_from_ms       INTEGER NOT NULL,
    -- A delivery of it may have arrived: the next one says so.
    doubtful            INTEGER NOT NULL DEFAULT 0 CHECK (doubtful IN (0, 1)),
    lease_token         TEXT UNIQUE,
    lease_expires_at_ms INTEGER,
    last_class          TEXT,
    last_failure        TEXT,
    -- What the next server on the way calls it.
    reference           TEXT,
    closed_at_ms        INTEGER,

    CHECK ((state = 'leased') = (lease_token IS NOT NULL)),
    CHECK ((lease_token IS NULL) = (lease_expires_at_ms IS NULL)),
    CHECK ((state IN ('handed-over', 'dead', 'withdrawn')) = (closed_at_ms IS NOT NULL))
) STRICT;

CREATE INDEX message_due ON message (channel, sequence) WHERE state = 'due';

CREATE INDEX message_leased ON message (channel, lease_expires_at_ms) WHERE state = 'leased';

CREATE INDEX message_dead ON message (sequence) WHERE state = 'dead';

-- How many an address got lately.
CREATE INDEX message_addressee ON message (addressee, created_at_ms);

CREATE TRIGGER message_stays BEFORE UPDATE OF sequence, id, kind, channel, addressee, subject, body, thread, created_at_ms
ON message
BEGIN
    SELECT RAISE(ABORT, 'message: what is said never changes');
END;

CREATE TRIGGER message_stays_there BEFORE DELETE ON message
BEGIN
    SELECT RAISE(ABORT, 'message: never deleted');
END;

-- Each delivery that was begun. One that has no end was lost, and may have arrived.
CREATE TABLE message_attempt (
    message_sequence INTEGER NOT NULL REFERENCES message (sequence),
    number           INTEGER NOT NULL CHECK (number >= 1),
    channel          TEXT NOT NULL,
    worker           TEXT NOT NULL,
    repetition       INTEGER NOT NULL CHECK (repetition IN (0, 1)),
    started_at_ms    INTEGER NOT NULL,
    finished_at_ms   INTEGER,
    -- `running`, `handed-over`, `lost`, or the class of the failure.
    outcome          TEXT NOT NULL DEFAULT 'running',
    detail           TEXT NOT NULL DEFAULT '',

    PRIMARY KEY (message_sequence, number),
    CHECK ((outcome = 'running') = (finished_at_ms IS NULL))
) STRICT, WITHOUT ROWID;

-- How many a channel began lately.
CREATE INDEX message_attempt_rate ON message_attempt (channel, started_at_ms);

-- How the channels stand.
CREATE TABLE message_channel (
    name                   TEXT NOT NULL PRIMARY KEY,
    -- In a row; while there are any, one message at a time tries for all.
    failures               INTEGER NOT NULL DEFAULT 0,
    failing_since_ms       INTEGER,
    reason                 TEXT NOT NULL DEFAULT '',
    detail                 TEXT NOT NULL DEFAULT '',
    held_until_ms          INTEGER NOT NULL DEFAULT 0,
    last_handed_over_at_ms INTEGER,

    CHECK ((failures = 0) = (failing_since_ms IS NULL))
) STRICT, WITHOUT ROWID;

-- Notices were the messages of before: the log was their only receiver.
INSERT INTO message (id, kind, channel, addressee, subject, body, created_at_ms, state, attempts, next_attempt_at_ms,
    tried_from_ms, last_failure, closed_at_ms)
SELECT id, kind, 'log', '', subject, body, created_at_ms,
    CASE state WHEN 'delivered' THEN 'handed-over' WHEN 'given-up' THEN 'dead' ELSE 'due' END,
    attempts, next_attempt_at_ms, created_at_ms, last_failure, closed_at_ms
FROM notice ORDER BY sequence;

DROP TABLE notice;

-- One alert of a rule, from its beginning to its end.
CREATE TABLE alert (
    sequence           INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    rule               TEXT NOT NULL,
    severity           TEXT NOT NULL CHECK (severity IN ('warning', 'page')),
    state              TEXT NOT NULL CHECK (state IN ('firing', 'resolved')),
    -- It in a sentence, and a line for each booth (recogniser, …): as it is, or last was.
    summary            TEXT NOT NULL,
    lines              TEXT NOT NULL CHECK (json_valid(lines)),
    fired_at_ms        INTEGER NOT NULL,
    resolved_at_ms     INTEGER,
    -- Who was told: channels and addresses.
    told               TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(told)),
    told_at_ms         INTEGER,
    told_subjects      INTEGER NOT NULL DEFAULT 0,
    tellings           INTEGER NOT NULL DEFAULT 0,
    -- Another rule explains it.
    inhibited          INTEGER NOT NULL DEFAULT 0 CHECK (inhibited IN (0, 1)),
    acknowledged_at_ms INTEGER,
    acknowledged_by    TEXT,
    remark             TEXT,

    CHECK ((state = 'resolved') = (resolved_at_ms IS NOT NULL)),
    CHECK ((told_at_ms IS NULL) = (tellings = 0)),
    CHECK ((acknowledged_at_ms IS NULL) = (acknowledged_by IS NULL))
) STRICT;

-- One rule, one alert at a time.
CREATE UNIQUE INDEX alert_firing ON alert (rule) WHERE state = 'firing';

CREATE TRIGGER alert_resolved_stays BEFORE UPDATE ON alert WHEN OLD.state = 'resolved'
BEGIN
    SELECT RAISE(ABORT, 'alert: over before');
END;

CREATE TRIGGER alert_stays BEFORE DELETE ON alert
BEGIN
    SELECT RAISE(ABORT, 'alert: never deleted');
END;

-- What is wrong now, and since when: a row goes when it is well again.
CREATE TABLE alert_condition (
    rule     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    since_ms INTEGER NOT NULL,

    PRIMARY KEY (rule, subject)
) STRICT, WITHOUT ROWID;

-- Rules of which nobody wants to hear for a while.
CREATE TABLE alert_snooze (
    rule          TEXT NOT NULL PRIMARY KEY,
    until_ms      INTEGER NOT NULL,
    reason        TEXT NOT NULL,
    snoozed_by    TEXT NOT NULL,
    snoozed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When the rules were last looked at, the balance among them, and the day of the last daily message.
CREATE TABLE alert_watch (
    one                INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    looked_at_ms       INTEGER NOT NULL DEFAULT 0,
    balanced_at_ms     INTEGER NOT NULL DEFAULT 0,
    unbalanced         TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(unbalanced)),
    told_well_day      INTEGER NOT NULL DEFAULT 0,
    -- An export that the store has and this ledger has not; 0 for none.
    older_than         INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

INSERT INTO alert_watch (one) VALUES (1);
