CREATE TABLE adopted_answer (
    passage_id      TEXT NOT NULL,
    revision        INTEGER NOT NULL CHECK (revision >= 1),
    export_sequence INTEGER NOT NULL REFERENCES export (sequence),
    outcome         TEXT NOT NULL CHECK (outcome IN ('billed', 'owner-not-found', 'refused')),
    reason          TEXT,
    at_ms           INTEGER NOT NULL,
    actor_role      TEXT NOT NULL,
    actor_id        TEXT NOT NULL,
    settled         INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)),

    PRIMARY KEY (passage_id, revision),
    CHECK ((outcome = 'refused') = (reason IS NOT NULL))
) STRICT;

CREATE INDEX adopted_answer_open ON adopted_answer (export_sequence) WHERE settled = 0;

CREATE TRIGGER adopted_answer_stays BEFORE UPDATE OF passage_id, revision, export_sequence, outcome, reason, at_ms,
    actor_role, actor_id ON adopted_answer
BEGIN
    SELECT RAISE(ABORT, 'adopted_answer: a line is answered once');
END;

CREATE TRIGGER adopted_answer_stays_there BEFORE DELETE ON adopted_answer
BEGIN
    SELECT RAISE(ABORT, 'adopted_answer: never deleted');
END;

CREATE TABLE adopted_correction (
    passage_id      TEXT NOT NULL,
    revision        INTEGER NOT NULL CHECK (revision >= 2),
    export_sequence INTEGER NOT NULL REFERENCES export (sequence),
    corrects_export INTEGER NOT NULL REFERENCES export (sequence),
    action          TEXT NOT NULL CHECK (action IN ('replace', 'withdraw')),
    cause           TEXT NOT NULL CHECK (cause IN ('error', 'dispute', 'refused', 'restored')),
    plate           TEXT,
    jurisdiction    TEXT,
    reject_code     TEXT,
    decided_by      TEXT NOT NULL,
    settled         INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)), file_row INTEGER CHECK (file_row >= 1), plate_type TEXT,

    PRIMARY KEY (passage_id, revision)
) STRICT;

CREATE INDEX adopted_correction_open ON adopted_correction (passage_id, revision) WHERE settled = 0;

CREATE INDEX adopted_correction_row ON adopted_correction (export_sequence, file_row);

CREATE TRIGGER adopted_correction_stays BEFORE UPDATE OF passage_id, revision, export_sequence, corrects_export, action,
    cause, plate, jurisdiction, reject_code, decided_by ON adopted_correction
BEGIN
    SELECT RAISE(ABORT, 'adopted_correction: was published');
END;

CREATE TRIGGER adopted_correction_stays_there BEFORE DELETE ON adopted_correction
BEGIN
    SELECT RAISE(ABORT, 'adopted_correction: never deleted');
END;

CREATE TABLE adopted_line (
    passage_id      TEXT PRIMARY KEY,
    export_sequence INTEGER NOT NULL REFERENCES export (sequence),
    plate           TEXT NOT NULL,
    settled         INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1))
, file_row INTEGER CHECK (file_row >= 1), jurisdiction TEXT, plate_type TEXT) STRICT;

CREATE INDEX adopted_line_open ON adopted_line (export_sequence) WHERE settled = 0;

CREATE INDEX adopted_line_row ON adopted_line (export_sequence, file_row);

CREATE TRIGGER adopted_line_stays BEFORE UPDATE OF passage_id, export_sequence, plate, jurisdiction, plate_type ON adopted_line
BEGIN
    SELECT RAISE(ABORT, 'adopted_line: was published');
END;

CREATE TRIGGER adopted_line_stays_there BEFORE DELETE ON adopted_line
BEGIN
    SELECT RAISE(ABORT, 'adopted_line: never deleted');
END;

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
    remark             TEXT, title TEXT NOT NULL DEFAULT '', held TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(held)),

    CHECK ((state = 'resolved') = (resolved_at_ms IS NOT NULL)),
    CHECK ((told_at_ms IS NULL) = (tellings = 0)),
    CHECK ((acknowledged_at_ms IS NULL) = (acknowledged_by IS NULL))
) STRICT;

CREATE UNIQUE INDEX alert_firing ON alert (rule) WHERE state = 'firing';

CREATE TRIGGER alert_resolved_stays BEFORE UPDATE ON alert WHEN OLD.state = 'resolved'
BEGIN
    SELECT RAISE(ABORT, 'alert: over before');
END;

CREATE TRIGGER alert_stays BEFORE DELETE ON alert
BEGIN
    SELECT RAISE(ABORT, 'alert: never deleted');
END;

CREATE TABLE alert_condition (
    rule     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    since_ms INTEGER NOT NULL,

    PRIMARY KEY (rule, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_rule (
    id            TEXT NOT NULL PRIMARY KEY,
    version       INTEGER NOT NULL,
    deleted       INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    created_at_ms INTEGER NOT NULL,

    FOREIGN KEY (id, version) REFERENCES alert_rule_version (rule_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_rule_version (
    rule_id    TEXT NOT NULL,
    version    INTEGER NOT NULL CHECK (version >= 1),
    change     TEXT NOT NULL CHECK (change IN ('created', 'changed', 'deleted', 'undone')),
    -- The whole rule as it was from then on; crates/alerts reads it.
    definition TEXT NOT NULL CHECK (json_valid(definition)),
    deleted    INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    at_ms      INTEGER NOT NULL,
    actor_role TEXT NOT NULL,
    actor_id   TEXT NOT NULL,

    PRIMARY KEY (rule_id, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER alert_rule_version_stays BEFORE UPDATE ON alert_rule_version
BEGIN
    SELECT RAISE(ABORT, 'alert_rule_version: never changed');
END;

CREATE TRIGGER alert_rule_version_stays_there BEFORE DELETE ON alert_rule_version
BEGIN
    SELECT RAISE(ABORT, 'alert_rule_version: never deleted');
END;

CREATE TABLE alert_snooze (
    rule          TEXT NOT NULL PRIMARY KEY,
    until_ms      INTEGER NOT NULL,
    reason        TEXT NOT NULL,
    snoozed_by    TEXT NOT NULL,
    snoozed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_watch (
    one                INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    looked_at_ms       INTEGER NOT NULL DEFAULT 0,
    balanced_at_ms     INTEGER NOT NULL DEFAULT 0,
    unbalanced         TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(unbalanced)),
    told_well_day      INTEGER NOT NULL DEFAULT 0,
    -- An export that the store has and this ledger has not; 0 for none.
    older_than         INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE assignment (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    version          INTEGER NOT NULL,
    assignee_id      TEXT NOT NULL REFERENCES token (id),
    assigned_by      TEXT NOT NULL,
    assigned_at_ms   INTEGER NOT NULL,
    until_ms         INTEGER NOT NULL,
    -- Given back, taken away, or done.
    ended_at_ms      INTEGER
) STRICT;

CREATE INDEX assignment_of ON assignment (assignee_id, passage_sequence) WHERE ended_at_ms IS NULL;

CREATE UNIQUE INDEX assignment_once ON assignment (passage_sequence, version) WHERE ended_at_ms IS NULL;

CREATE TABLE bill_line (
    line                INTEGER PRIMARY KEY,
    export_sequence     INTEGER NOT NULL REFERENCES export (sequence),
    passage_sequence    INTEGER NOT NULL REFERENCES passage (sequence),
    revision            INTEGER NOT NULL CHECK (revision >= 1),
    booth_id            TEXT NOT NULL,
    received_hour       TEXT NOT NULL,
    plate               TEXT NOT NULL,
    jurisdiction        TEXT NOT NULL,
    jurisdiction_source TEXT NOT NULL,
    decided_by          TEXT NOT NULL,
    confidence          REAL, plate_type TEXT,

    UNIQUE (passage_sequence, revision)
) STRICT;

CREATE INDEX bill_line_balance ON bill_line (received_hour, booth_id, export_sequence);

CREATE INDEX bill_line_export ON bill_line (export_sequence, line);

CREATE TRIGGER bill_line_binds AFTER INSERT ON bill_line
BEGIN
    UPDATE passage SET export_sequence = NEW.export_sequence WHERE sequence = NEW.passage_sequence;
END;

CREATE TRIGGER bill_line_of_accepted BEFORE INSERT ON bill_line
WHEN NOT EXISTS (SELECT 1 FROM passage WHERE sequence = NEW.passage_sequence AND state = 'accepted')
BEGIN
    SELECT RAISE(ABORT, 'bill_line: the passage is not accepted');
END;

CREATE TRIGGER bill_line_stays BEFORE UPDATE ON bill_line
BEGIN
    SELECT RAISE(ABORT, 'bill_line: a correction is a new revision');
END;

CREATE TRIGGER bill_line_stays_there BEFORE DELETE ON bill_line
BEGIN
    SELECT RAISE(ABORT, 'bill_line: never deleted');
END;

CREATE TABLE blind_review (
    passage_sequence INTEGER PRIMARY KEY REFERENCES passage (sequence),
    origin           TEXT NOT NULL CHECK (origin IN ('sample', 'unprompted', 'second', 'seeded')),
    standing         TEXT NOT NULL CHECK (standing IN ('open', 'disputed', 'settled', 'reopened', 'void')),
    -- People whose answers must agree.
    people           INTEGER NOT NULL CHECK (people BETWEEN 1 AND 2),
    booth_id         TEXT NOT NULL,
    drawn_at_ms      INTEGER NOT NULL,
    -- The lot, from 0 to 1, and the share that was in force: lots below the share were drawn.
    lot              REAL NOT NULL,
    share_percent    REAL NOT NULL,
    -- Of a sample: who read it, and what the judge would have billed.
    recognizer       TEXT,
    model            TEXT,
    plate            TEXT,
    jurisdiction     TEXT,
    confidence       REAL,
    -- How often the issuer of such a plate is wrong, by the judge's own reckoning.
    wrong_person_percent REAL,
    settled_at_ms    INTEGER,
    -- What is right; none of the two where nothing can be billed.
    right_plate      TEXT,
    right_jurisdiction TEXT,
    -- What was wrong with the judge's answer; none where it was right.
    machine_error    TEXT,

    CHECK ((standing = 'settled') = (settled_at_ms IS NOT NULL)),
    CHECK ((origin = 'sample') = (plate IS NOT NULL)),
    CHECK ((plate IS NULL) = (jurisdiction IS NULL)),
    CHECK ((right_plate IS NULL) = (right_jurisdiction IS NULL)),
    CHECK (machine_error IS NULL OR (origin = 'sample' AND standing = 'settled'))
) STRICT;

CREATE INDEX blind_review_drawn ON blind_review (drawn_at_ms, origin, standing);

CREATE INDEX blind_review_seeded ON blind_review (passage_sequence) WHERE origin = 'seeded';

CREATE TABLE blind_secret (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    secret TEXT NOT NULL CHECK (length(secret) = 64)
) STRICT;

CREATE TABLE booth (
    id            TEXT NOT NULL PRIMARY KEY,
    name          TEXT NOT NULL,
    jurisdiction  TEXT NOT NULL,
    -- JSON array of lane names; empty: any lane.
    lanes         TEXT NOT NULL CHECK (json_valid(lanes)),
    time_zone     TEXT NOT NULL,
    updated_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE booth_traffic (
    booth_id      TEXT NOT NULL REFERENCES booth (id),
    version       INTEGER NOT NULL CHECK (version >= 1),
    learned_at_ms INTEGER NOT NULL,
    -- Looked at last, and no other since.
    checked_at_ms INTEGER NOT NULL,
    -- Vehicles by issuer and series, older ones counting less, JSON.
    observed      TEXT NOT NULL CHECK (json_valid(observed)),

    PRIMARY KEY (booth_id, version)
) STRICT;

CREATE TABLE camera_text (
    id              INTEGER PRIMARY KEY,
    booth_id        TEXT NOT NULL REFERENCES booth (id),
    lane            TEXT NOT NULL,
    camera          TEXT NOT NULL,
    -- As it was read.
    text            TEXT NOT NULL,
    -- The same with all characters that are commonly confused as one.
    text_key        TEXT NOT NULL,
    -- In pixels of the photo.
    x               REAL NOT NULL,
    y               REAL NOT NULL,
    width           REAL NOT NULL,
    height          REAL NOT NULL,
    learned_at_ms   INTEGER NOT NULL,
    -- The photo that was one too many.
    passage_id      TEXT NOT NULL,
    forgotten_at_ms INTEGER,
    forgotten_by    TEXT,

    UNIQUE (booth_id, lane, camera, text_key),
    CHECK ((forgotten_at_ms IS NULL) = (forgotten_by IS NULL))
) STRICT;

CREATE TABLE camera_turn (
    id              INTEGER PRIMARY KEY,
    booth_id        TEXT NOT NULL REFERENCES booth (id),
    lane            TEXT NOT NULL,
    camera          TEXT NOT NULL,
    turned          TEXT NOT NULL CHECK (turned IN ('mirrored', 'upside-down')),
    -- Of photos taken from then on, and before that: times of capture.
    since_ms        INTEGER NOT NULL,
    until_ms        INTEGER,
    decided_at_ms   INTEGER NOT NULL,
    decided_by      TEXT NOT NULL,
    ended_at_ms     INTEGER,
    ended_by        TEXT,
    -- It was a mistake: as if it had never been decided.
    withdrawn_at_ms INTEGER,
    withdrawn_by    TEXT,

    CHECK (until_ms IS NULL OR until_ms >= since_ms),
    CHECK ((until_ms IS NULL) = (ended_at_ms IS NULL)),
    CHECK ((ended_at_ms IS NULL) = (ended_by IS NULL)),
    CHECK ((withdrawn_at_ms IS NULL) = (withdrawn_by IS NULL))
) STRICT;

CREATE INDEX camera_turn_camera ON camera_turn (booth_id, lane, camera, id);

CREATE UNIQUE INDEX camera_turn_open ON camera_turn (booth_id, lane, camera)
    WHERE withdrawn_at_ms IS NULL AND until_ms IS NULL;

CREATE TABLE confusion (
    read_plate       TEXT NOT NULL,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    right_plate      TEXT NOT NULL,
    upheld_at_ms     INTEGER NOT NULL,
    -- The decision was taken back or opened again.
    withdrawn_at_ms  INTEGER,

    PRIMARY KEY (read_plate, passage_sequence)
) STRICT;

CREATE INDEX confusion_key ON confusion (replace(replace(read_plate, 'O', '0'), 'I', '1'));

CREATE INDEX confusion_passage ON confusion (passage_sequence);

CREATE TABLE correction (
    line                INTEGER PRIMARY KEY,
    export_sequence     INTEGER NOT NULL REFERENCES export (sequence),
    passage_sequence    INTEGER NOT NULL REFERENCES passage (sequence),
    revision            INTEGER NOT NULL CHECK (revision >= 2),
    -- The export that holds the line corrected.
    corrects_export     INTEGER NOT NULL REFERENCES export (sequence),
    action              TEXT NOT NULL CHECK (action IN ('replace', 'withdraw')),
    cause               TEXT NOT NULL CHECK (cause IN ('error', 'dispute', 'refused', 'restored')),
    plate               TEXT,
    jurisdiction        TEXT,
    reject_code         TEXT,
    decided_by          TEXT NOT NULL,
    booth_id            TEXT NOT NULL,
    received_hour       TEXT NOT NULL, plate_type TEXT,

    UNIQUE (passage_sequence, revision),
    CHECK ((action = 'replace') = (plate IS NOT NULL)),
    CHECK ((action = 'replace') = (jurisdiction IS NOT NULL)),
    CHECK ((action = 'withdraw') = (reject_code IS NOT NULL))
) STRICT;

CREATE INDEX correction_export ON correction (export_sequence, line);

CREATE TRIGGER correction_of_a_line BEFORE INSERT ON correction
WHEN NOT EXISTS (SELECT 1 FROM bill_line WHERE passage_sequence = NEW.passage_sequence AND revision = 1
        AND NEW.revision = 2 AND export_sequence = NEW.corrects_export)
    AND NOT EXISTS (SELECT 1 FROM correction WHERE passage_sequence = NEW.passage_sequence
        AND revision = NEW.revision - 1 AND export_sequence = NEW.corrects_export)
BEGIN
    SELECT RAISE(ABORT, 'correction: there is no such line');
END;

CREATE TRIGGER correction_stays BEFORE UPDATE ON correction
BEGIN
    SELECT RAISE(ABORT, 'correction: a correction is a new revision');
END;

CREATE TRIGGER correction_stays_there BEFORE DELETE ON correction
WHEN NOT EXISTS (SELECT 1 FROM export WHERE sequence = OLD.export_sequence AND state = 'bound')
BEGIN
    SELECT RAISE(ABORT, 'correction: never deleted');
END;

CREATE TABLE destination (
    name               TEXT NOT NULL PRIMARY KEY,
    kind               TEXT NOT NULL CHECK (kind IN ('folder', 'sftp', 'ftps', 's3', 'azure-blob')),
    -- Whose files it gets: billing, or the name of a copy.
    profile            TEXT NOT NULL,
    -- What is wrong now; none: it is well.
    trouble            TEXT,
    failing_since_ms   INTEGER,
    failures           INTEGER NOT NULL,
    -- What was wrong last, and when it was reported last.
    last_trouble       TEXT,
    last_trouble_at_ms INTEGER,
    -- The last export that was delivered, 0 for none, and when that was first reported.
    delivered_through  INTEGER NOT NULL,
    delivered_at_ms    INTEGER,
    pending            INTEGER NOT NULL,
    reported_at_ms     INTEGER NOT NULL,
    -- By when the next report is expected.
    next_report_at_ms  INTEGER NOT NULL,
    reported_by        TEXT NOT NULL,

    CHECK ((trouble IS NULL) = (failing_since_ms IS NULL)),
    CHECK ((last_trouble IS NULL) = (last_trouble_at_ms IS NULL)),
    CHECK ((delivered_through = 0) = (delivered_at_ms IS NULL))
) STRICT;

CREATE TABLE disposition (
    id               INTEGER PRIMARY KEY,
    export_sequence  INTEGER NOT NULL REFERENCES export (sequence),
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    -- Of the line: 1 for a bill line, more for a correction.
    revision         INTEGER NOT NULL CHECK (revision >= 1),
    outcome          TEXT NOT NULL CHECK (outcome IN ('billed', 'owner-not-found', 'refused')),
    reason           TEXT,
    at_ms            INTEGER NOT NULL,
    actor_role       TEXT NOT NULL,
    actor_id         TEXT NOT NULL,
    booth_id         TEXT NOT NULL,
    received_hour    TEXT NOT NULL,

    UNIQUE (passage_sequence, revision),
    CHECK ((outcome = 'refused') = (reason IS NOT NULL))
) STRICT;

CREATE INDEX disposition_balance ON disposition (received_hour, booth_id, outcome);

CREATE INDEX disposition_export ON disposition (export_sequence, outcome);

CREATE TRIGGER disposition_stays BEFORE UPDATE ON disposition
BEGIN
    SELECT RAISE(ABORT, 'disposition: a line is answered once');
END;

CREATE TRIGGER disposition_stays_there BEFORE DELETE ON disposition
BEGIN
    SELECT RAISE(ABORT, 'disposition: never deleted');
END;

CREATE TABLE event (
    sequence         INTEGER PRIMARY KEY,
    at_ms            INTEGER NOT NULL,
    kind             TEXT NOT NULL,
    actor_role       TEXT NOT NULL,
    actor_id         TEXT NOT NULL,
    passage_sequence INTEGER REFERENCES passage (sequence),
    booth_id         TEXT,
    received_hour    TEXT,
    from_state       TEXT,
    to_state         TEXT,
    detail           TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;

CREATE INDEX event_administration ON event (sequence)
WHERE kind IN ('settings-changed', 'threshold-applied', 'booth-registered', 'booth-changed', 'token-created', 'token-replaced', 'token-changed', 'token-revoked', 'push-set-up');

CREATE INDEX event_balance ON event (received_hour, booth_id, kind, from_state, to_state)
    WHERE to_state IS NOT NULL;

CREATE INDEX event_passage ON event (passage_sequence, sequence) WHERE passage_sequence IS NOT NULL;

CREATE INDEX event_people ON event (sequence) WHERE actor_role NOT IN ('system', 'camera');

CREATE INDEX event_people_time ON event (at_ms, sequence) WHERE actor_role NOT IN ('system', 'camera');

CREATE INDEX event_person ON event (actor_id, sequence) WHERE actor_role NOT IN ('system', 'camera');

CREATE TRIGGER event_stays BEFORE UPDATE ON event
BEGIN
    SELECT RAISE(ABORT, 'event: append-only');
END;

CREATE TRIGGER event_stays_there BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'event: append-only');
END;

CREATE TABLE export (
    -- 1, 2, 3 … without gaps.
    sequence           INTEGER PRIMARY KEY CHECK (sequence >= 1),
    state              TEXT NOT NULL CHECK (state IN ('bound', 'published')),
    cause              TEXT NOT NULL CHECK (cause IN ('scheduled', 'requested')),
    profile            TEXT NOT NULL CHECK (profile IN ('lab', 'full')),
    file_name          TEXT NOT NULL UNIQUE,
    row_count          INTEGER NOT NULL CHECK (row_count >= 1),
    -- Accepted passages were left for a next file.
    more_waiting       INTEGER NOT NULL CHECK (more_waiting IN (0, 1)),
    window_from_ms     INTEGER,
    window_to_ms       INTEGER NOT NULL,
    bound_at_ms        INTEGER NOT NULL,
    published_at_ms    INTEGER,
    sha256             TEXT,
    bytes              INTEGER,
    manifest           TEXT,
    manifest_sha256    TEXT, kind TEXT NOT NULL DEFAULT 'lines' CHECK (kind IN ('lines', 'corrections')), filling INTEGER NOT NULL DEFAULT 0
    CHECK (filling IN (0, 1) AND (filling = 0 OR state = 'bound')), told_line INTEGER NOT NULL DEFAULT 0, keying_rules TEXT NOT NULL DEFAULT '', sealed_manifest TEXT
    CHECK (sealed_manifest IS NULL OR (state = 'bound' AND kind = 'corrections')),

    CHECK ((state = 'published') = (published_at_ms IS NOT NULL)),
    CHECK ((state = 'published') = (sha256 IS NOT NULL)),
    CHECK ((state = 'published') = (bytes IS NOT NULL)),
    CHECK ((state = 'published') = (manifest IS NOT NULL)),
    CHECK ((state = 'published') = (manifest_sha256 IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX export_under_way ON export (state) WHERE state = 'bound';

CREATE TRIGGER export_published_stays BEFORE UPDATE ON export WHEN OLD.state = 'published'
BEGIN
    SELECT RAISE(ABORT, 'export: published before');
END;

CREATE TRIGGER export_stays BEFORE DELETE ON export WHEN OLD.state = 'published' OR OLD.kind <> 'corrections'
BEGIN
    SELECT RAISE(ABORT, 'export: never deleted');
END;

CREATE TABLE export_copy (
    -- Name of the copy's profile in the setting export.copies.
    profile         TEXT NOT NULL,
    export_sequence INTEGER NOT NULL REFERENCES export (sequence),
    columns         TEXT NOT NULL CHECK (columns IN ('lab', 'full')),
    published_at_ms INTEGER NOT NULL,
    sha256          TEXT NOT NULL,
    bytes           INTEGER NOT NULL,
    manifest        TEXT NOT NULL,
    manifest_sha256 TEXT NOT NULL,

    PRIMARY KEY (profile, export_sequence)
) STRICT;

CREATE INDEX export_copy_of ON export_copy (export_sequence, profile);

CREATE TRIGGER export_copy_in_sequence BEFORE INSERT ON export_copy
WHEN NOT EXISTS (SELECT 1 FROM export WHERE sequence = NEW.export_sequence AND state = 'published')
    OR NEW.export_sequence <> 1 + coalesce((SELECT max(export_sequence) FROM export_copy WHERE profile = NEW.profile), 0)
BEGIN
    SELECT RAISE(ABORT, 'export_copy: not the next one');
END;

CREATE TRIGGER export_copy_stays BEFORE UPDATE ON export_copy
BEGIN
    SELECT RAISE(ABORT, 'export_copy: published before');
END;

CREATE TRIGGER export_copy_stays_there BEFORE DELETE ON export_copy
BEGIN
    SELECT RAISE(ABORT, 'export_copy: never deleted');
END;

CREATE TABLE export_download (
    number          INTEGER PRIMARY KEY,
    export_sequence INTEGER NOT NULL REFERENCES export (sequence),
    -- Of the copy; `billing` for the file that is billed from.
    profile         TEXT NOT NULL,
    -- `manifest`: with its signature.
    part            TEXT NOT NULL CHECK (part IN ('file', 'manifest')),
    token_id        TEXT NOT NULL REFERENCES token (id),
    -- Days since 1970-01-01, UTC.
    day             INTEGER NOT NULL,
    -- The first time on that day.
    at_ms           INTEGER NOT NULL,

    UNIQUE (export_sequence, profile, part, token_id, day)
) STRICT;

CREATE INDEX export_download_person ON export_download (token_id, number);

CREATE INDEX export_download_time ON export_download (at_ms, number);

CREATE TABLE export_run (
    number          INTEGER PRIMARY KEY,
    started_at_ms   INTEGER NOT NULL,
    finished_at_ms  INTEGER NOT NULL,
    cause           TEXT NOT NULL CHECK (cause IN ('scheduled', 'requested')),
    outcome         TEXT NOT NULL CHECK (outcome IN ('published', 'nothing-to-export')),
    export_sequence INTEGER UNIQUE REFERENCES export (sequence),

    CHECK ((outcome = 'published') = (export_sequence IS NOT NULL))
) STRICT;

CREATE TABLE finished_sign_in (
    digest         BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    finished_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX finished_sign_in_age ON finished_sign_in (finished_at_ms);

CREATE TABLE flag (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    -- Of the passage. When a supervisor takes the decision back, the flag stands again, at the version of then.
    version          INTEGER NOT NULL,
    at_ms            INTEGER NOT NULL,
    actor_role       TEXT NOT NULL,
    actor_id         TEXT NOT NULL,
    note             TEXT NOT NULL CHECK (length(note) BETWEEN 1 AND 4000),
    -- Taken back.
    ended_at_ms      INTEGER
) STRICT;

CREATE UNIQUE INDEX flag_once ON flag (passage_sequence, version) WHERE ended_at_ms IS NULL;

CREATE INDEX flag_passage ON flag (passage_sequence, id);

CREATE TRIGGER flag_stays BEFORE UPDATE OF passage_sequence, at_ms, actor_role, actor_id, note ON flag
BEGIN
    SELECT RAISE(ABORT, 'flag: another note is another flag');
END;

CREATE TRIGGER flag_stays_there BEFORE DELETE ON flag
BEGIN
    SELECT RAISE(ABORT, 'flag: never deleted');
END;

CREATE TABLE lost_file (
    export_sequence INTEGER PRIMARY KEY REFERENCES export (sequence),
    lost_at_ms      INTEGER NOT NULL,
    -- None while it is lost.
    back_at_ms      INTEGER
, released_at_ms INTEGER, release_reason TEXT
    CHECK ((release_reason IS NULL) = (released_at_ms IS NULL))) STRICT;

CREATE INDEX lost_file_open ON lost_file (export_sequence) WHERE back_at_ms IS NULL;

CREATE TRIGGER lost_file_stays_released BEFORE UPDATE OF released_at_ms, release_reason ON lost_file
WHEN OLD.released_at_ms IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'lost_file: released for good');
END;

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

CREATE INDEX message_addressee ON message (addressee, created_at_ms);

CREATE INDEX message_dead ON message (sequence) WHERE state = 'dead';

CREATE INDEX message_due ON message (channel, sequence) WHERE state = 'due';

CREATE INDEX message_leased ON message (channel, lease_expires_at_ms) WHERE state = 'leased';

CREATE INDEX message_thread ON message (thread, sequence) WHERE thread <> '';

CREATE TRIGGER message_stays BEFORE UPDATE OF sequence, id, kind, channel, addressee, subject, body, thread, created_at_ms
ON message
BEGIN
    SELECT RAISE(ABORT, 'message: what is said never changes');
END;

CREATE TRIGGER message_stays_there BEFORE DELETE ON message
BEGIN
    SELECT RAISE(ABORT, 'message: never deleted');
END;

CREATE TABLE message_alert (
    alert_id   TEXT NOT NULL REFERENCES alert (id),
    message_id TEXT NOT NULL REFERENCES message (id),

    PRIMARY KEY (alert_id, message_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX message_alert_message ON message_alert (message_id);

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

CREATE INDEX message_attempt_rate ON message_attempt (channel, started_at_ms);

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

CREATE TABLE opinion (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    at_ms            INTEGER NOT NULL,
    actor_role       TEXT NOT NULL,
    actor_id         TEXT NOT NULL,
    -- Either plate and jurisdiction, or a reject code.
    plate            TEXT,
    jurisdiction     TEXT,
    reject_code      TEXT,
    remark           TEXT,
    -- It moved nothing: others must answer first. Its author sees it as a decision.
    held             INTEGER NOT NULL CHECK (held IN (0, 1)),
    -- 1 while it is held, stands and nothing was decided.
    waiting          INTEGER NOT NULL CHECK (waiting IN (0, 1)),
    withdrawn_at_ms  INTEGER,
    -- 1 right, 0 wrong; nothing where nobody knows.
    is_right         INTEGER CHECK (is_right IN (0, 1)),

    CHECK ((plate IS NULL) = (jurisdiction IS NULL)),
    CHECK ((plate IS NULL) <> (reject_code IS NULL)),
    CHECK (waiting = 0 OR (held = 1 AND withdrawn_at_ms IS NULL))
) STRICT;

CREATE INDEX opinion_checked ON opinion (actor_id, id) WHERE is_right IS NOT NULL;

CREATE UNIQUE INDEX opinion_once ON opinion (passage_sequence, actor_id) WHERE waiting = 1;

CREATE INDEX opinion_passage ON opinion (passage_sequence, actor_id);

CREATE INDEX opinion_time ON opinion (at_ms);

CREATE INDEX opinion_waiting ON opinion (actor_id, passage_sequence) WHERE waiting = 1;

CREATE TRIGGER opinion_stays BEFORE UPDATE OF
    passage_sequence, at_ms, actor_role, actor_id, plate, jurisdiction, reject_code, remark, held
ON opinion
BEGIN
    SELECT RAISE(ABORT, 'opinion: a correction is a new opinion');
END;

CREATE TRIGGER opinion_stays_there BEFORE DELETE ON opinion
BEGIN
    SELECT RAISE(ABORT, 'opinion: never deleted');
END;

CREATE TABLE passage (
    -- The order of everything. Not AUTOINCREMENT: rows are never deleted, so max + 1 is enough and saves a page
    -- write per passage.
    sequence           INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    version            INTEGER NOT NULL CHECK (version >= 1),
    booth_id           TEXT NOT NULL REFERENCES booth (id),
    passage_key        TEXT NOT NULL,
    lane               TEXT NOT NULL,
    camera             TEXT NOT NULL,
    -- As the camera wrote it, with its offset, and the instant it names.
    captured_at        TEXT NOT NULL,
    captured_at_ms     INTEGER NOT NULL,
    received_at_ms     INTEGER NOT NULL,
    -- `2026-11-20T10`, UTC: the key of the balance.
    received_hour      TEXT NOT NULL,
    -- Token that sent it.
    sent_by            TEXT NOT NULL,

    photo_key          TEXT NOT NULL,
    photo_sha256       TEXT NOT NULL CHECK (length(photo_sha256) = 64),
    photo_bytes        INTEGER NOT NULL CHECK (photo_bytes > 0),
    photo_format       TEXT NOT NULL CHECK (photo_format IN ('jpeg', 'png', 'webp')),
    width_pixels       INTEGER NOT NULL,
    height_pixels      INTEGER NOT NULL,

    state              TEXT NOT NULL
        CHECK (state IN ('waiting', 'reading', 'in-review', 'accepted', 'rejected', 'duplicate')),
    -- Review reason while in review, reject code when rejected.
    reason             TEXT,
    detail             TEXT,
    -- Decided plate; a suggestion while in review.
    plate              TEXT,
    jurisdiction       TEXT,
    jurisdiction_source TEXT CHECK (jurisdiction_source IN ('read', 'assumed-from-booth', 'reviewer')),
    -- `judge` or the reviewer's token.
    decided_by         TEXT,
    decided_at_ms      INTEGER,
    confidence         REAL CHECK (confidence BETWEEN 0 AND 1),

    -- Numbers the attempts and is never reset, so an attempt's token can never come back.
    last_attempt       INTEGER NOT NULL DEFAULT 0,
    -- Counts against `reading.max_attempts`; back to 0 when a reviewer sends it to the recogniser again.
    counted_attempts   INTEGER NOT NULL DEFAULT 0 CHECK (counted_attempts BETWEEN 0 AND last_attempt),
    -- 0: at once.
    next_attempt_at_ms INTEGER NOT NULL DEFAULT 0,
    -- Each time that lies ahead has the time it was set beside it: when that lies ahead as well, the clock jumped
    -- back, and what was promised by the old clock no longer holds.
    waiting_since_ms   INTEGER,
    lease_token        TEXT,
    leased_at_ms       INTEGER,
    lease_expires_at_ms INTEGER,

    review_opened_at_ms INTEGER,
    claimed_by         TEXT,
    claimed_at_ms      INTEGER,
    claimed_until_ms   INTEGER,

    duplicate_of       INTEGER REFERENCES passage (sequence),
    -- Set with the bill line, by its trigger; here as well because "accepted and not bound" must be an index.
    export_sequence    INTEGER REFERENCES export (sequence), turn TEXT NOT NULL DEFAULT 'first' CHECK (turn IN ('first', 'second')), picture_digest TEXT NOT NULL DEFAULT '', correction TEXT CHECK (
    correction IS NULL OR (export_sequence IS NULL AND (
        (correction = 'open' AND state IN ('waiting', 'reading', 'in-review'))
        OR (correction = 'due' AND state IN ('accepted', 'rejected'))
        OR (correction = 'withdrawn' AND state = 'rejected')))), traceparent TEXT CHECK (traceparent IS NULL OR length(traceparent) = 55), intake_ms INTEGER CHECK (intake_ms >= 0),

    UNIQUE (booth_id, passage_key),
    CHECK ((state IN ('in-review', 'rejected')) = (reason IS NOT NULL)),
    CHECK ((state = 'in-review') = (review_opened_at_ms IS NOT NULL)),
    CHECK ((state = 'reading') = (lease_token IS NOT NULL)),
    CHECK ((state = 'waiting') = (waiting_since_ms IS NOT NULL)),
    CHECK ((lease_token IS NULL) = (leased_at_ms IS NULL)),
    CHECK ((lease_token IS NULL) = (lease_expires_at_ms IS NULL)),
    CHECK ((claimed_by IS NULL) = (claimed_at_ms IS NULL)),
    CHECK ((claimed_by IS NULL) = (claimed_until_ms IS NULL)),
    CHECK (claimed_by IS NULL OR state = 'in-review'),
    CHECK (state <> 'accepted' OR (plate IS NOT NULL AND jurisdiction IS NOT NULL
        AND jurisdiction_source IS NOT NULL)),
    CHECK ((state IN ('accepted', 'rejected')) = (decided_by IS NOT NULL)),
    CHECK ((decided_by IS NULL) = (decided_at_ms IS NULL)),
    CHECK ((state = 'duplicate') = (duplicate_of IS NOT NULL)),
    CHECK (export_sequence IS NULL OR state = 'accepted')
) STRICT;

CREATE INDEX passage_balance ON passage (received_hour, booth_id, state);

CREATE INDEX passage_booth ON passage (booth_id, sequence);

CREATE INDEX passage_claimed ON passage (claimed_by, claimed_until_ms, claimed_at_ms) WHERE claimed_by IS NOT NULL;

CREATE INDEX passage_correction ON passage (received_hour, booth_id, correction, state) WHERE correction IS NOT NULL;

CREATE INDEX passage_decider ON passage (decided_by, sequence) WHERE decided_by IS NOT NULL AND decided_by <> 'judge';

CREATE INDEX passage_due ON passage (sequence) WHERE correction = 'due';

CREATE INDEX passage_duplicate ON passage (duplicate_of) WHERE duplicate_of IS NOT NULL;

CREATE INDEX passage_export ON passage (export_sequence) WHERE export_sequence IS NOT NULL;

CREATE INDEX passage_frame ON passage (booth_id, picture_digest, captured_at_ms, lane, sequence);

CREATE INDEX passage_moment ON passage (booth_id, captured_at_ms) WHERE plate IS NOT NULL;

CREATE INDEX passage_open ON passage (received_at_ms, sequence) WHERE state = 'in-review';

CREATE INDEX passage_plate ON passage (booth_id, plate, captured_at_ms) WHERE plate IS NOT NULL;

CREATE INDEX passage_plate_key ON passage
    (booth_id, replace(replace(plate, 'O', '0'), 'I', '1'), captured_at_ms) WHERE plate IS NOT NULL;

CREATE INDEX passage_second ON passage (received_at_ms, sequence, next_attempt_at_ms, waiting_since_ms)
    WHERE state = 'waiting' AND turn = 'second';

CREATE INDEX passage_state ON passage (state, sequence);

CREATE INDEX passage_trace ON passage (substr(traceparent, 4, 32)) WHERE traceparent IS NOT NULL;

CREATE INDEX passage_unbound ON passage (sequence) WHERE state = 'accepted' AND export_sequence IS NULL;

CREATE INDEX passage_waiting ON passage (received_at_ms, sequence, next_attempt_at_ms, waiting_since_ms, turn)
    WHERE state = 'waiting';

CREATE TRIGGER passage_facts BEFORE UPDATE OF
    sequence, id, booth_id, passage_key, lane, camera, captured_at, captured_at_ms, received_at_ms, received_hour,
    sent_by, photo_key, photo_sha256, photo_bytes, photo_format, width_pixels, height_pixels, duplicate_of,
    picture_digest
ON passage
BEGIN
    SELECT RAISE(ABORT, 'passage: facts of the receipt never change');
END;

CREATE TRIGGER passage_moves BEFORE UPDATE OF state, version ON passage
WHEN NOT (
    (NEW.state = OLD.state AND NEW.version = OLD.version)
    OR (NEW.version = OLD.version + 1 AND (OLD.state, NEW.state) IN (VALUES
        ('waiting', 'reading'),
        ('reading', 'waiting'),
        ('reading', 'accepted'),
        ('reading', 'in-review'),
        ('in-review', 'accepted'),
        ('in-review', 'rejected'),
        ('in-review', 'waiting'),
        ('accepted', 'in-review'),
        ('rejected', 'in-review')))
)
BEGIN
    SELECT RAISE(ABORT, 'passage: no such move, or the version did not grow by one');
END;

CREATE TRIGGER passage_received AFTER INSERT ON passage
BEGIN
    INSERT INTO event
        (at_ms, kind, actor_role, actor_id, passage_sequence, booth_id, received_hour, to_state, detail)
    VALUES
        (NEW.received_at_ms, 'received', 'camera', NEW.sent_by, NEW.sequence, NEW.booth_id, NEW.received_hour,
         NEW.state,
         CASE
             WHEN NEW.reason IS NOT NULL THEN json_object('reason', NEW.reason)
             WHEN NEW.duplicate_of IS NOT NULL
                 THEN json_object('duplicate_of', (SELECT id FROM passage WHERE sequence = NEW.duplicate_of))
             ELSE '{}'
         END);
END;

CREATE TRIGGER passage_stays BEFORE DELETE ON passage
BEGIN
    SELECT RAISE(ABORT, 'passage: never deleted');
END;

CREATE TRIGGER passage_stays_bound BEFORE UPDATE OF export_sequence ON passage
WHEN OLD.export_sequence IS NOT NULL AND NEW.export_sequence IS NOT OLD.export_sequence AND NOT (
    NEW.export_sequence IS NULL AND OLD.state = 'accepted' AND NEW.state = 'in-review'
    AND coalesce(NEW.correction, '') = 'open'
    AND EXISTS (SELECT 1 FROM export WHERE sequence = OLD.export_sequence AND state = 'published'))
BEGIN
    SELECT RAISE(ABORT, 'passage: bound to an export');
END;

CREATE TRIGGER passage_trace_stays BEFORE UPDATE OF traceparent, intake_ms ON passage
BEGIN
    SELECT RAISE(ABORT, 'passage: facts of the receipt never change');
END;

CREATE TABLE person (
    issuer          TEXT NOT NULL,
    -- In the provider's words: never given to anybody else.
    subject         TEXT NOT NULL,
    token_id        TEXT NOT NULL UNIQUE REFERENCES token (id),
    signed_in_at_ms INTEGER NOT NULL,

    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;

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

CREATE INDEX photo_view_time ON photo_view (at_ms, number);

CREATE TABLE picture_print (
    passage_sequence INTEGER PRIMARY KEY REFERENCES passage (sequence),
    booth_id         TEXT NOT NULL REFERENCES booth (id),
    -- What was read, with all characters that are commonly confused as one.
    text_key         TEXT NOT NULL,
    -- Mean brightness of each cell of a grid over the picture, a byte each.
    print            BLOB NOT NULL CHECK (length(print) BETWEEN 1 AND 1024)
) STRICT;

CREATE INDEX picture_print_text ON picture_print (booth_id, text_key, passage_sequence);

CREATE TABLE plate_type (
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    actor_id         TEXT NOT NULL,
    plate_type       TEXT,

    PRIMARY KEY (passage_sequence, actor_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX plate_type_type ON plate_type (plate_type, passage_sequence) WHERE plate_type IS NOT NULL;

CREATE TABLE preference (
    token_id      TEXT NOT NULL PRIMARY KEY REFERENCES token (id),
    body          TEXT NOT NULL CHECK (json_valid(body)),
    changed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE provider_document (
    address     TEXT NOT NULL PRIMARY KEY,
    -- None was ever read.
    body        TEXT,
    read_at_ms  INTEGER,
    -- The last try, successful or not.
    tried_at_ms INTEGER NOT NULL,

    CHECK ((body IS NULL) = (read_at_ms IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE pushing_camera (
    -- A camera's token: it says the booth, and is revoked like any other. Its text is never used; the camera shows a password
    -- that is derived from the gateway's key, so nothing secret of it is here.
    token_id      TEXT NOT NULL PRIMARY KEY REFERENCES token (id),
    -- NULL: the camera's events name their lane.
    lane          TEXT,
    camera        TEXT NOT NULL,
    -- IANA name; NULL: the booth's.
    time_zone     TEXT,
    updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE reading_attempt (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    attempt          INTEGER NOT NULL CHECK (attempt >= 1),
    -- Checked on every write: whoever lost the lease can no longer change anything.
    token            TEXT NOT NULL UNIQUE,
    worker           TEXT NOT NULL,
    recognizer       TEXT NOT NULL DEFAULT '',
    model            TEXT NOT NULL DEFAULT '',
    started_at_ms    INTEGER NOT NULL,
    finished_at_ms   INTEGER,
    -- `running`, `read`, `expired`, `given-back` or a failure class; classes grow, so there is no CHECK.
    outcome          TEXT NOT NULL DEFAULT 'running',
    detail           TEXT NOT NULL DEFAULT '',
    duration_ms      INTEGER NOT NULL DEFAULT 0,
    -- Millionths of the accounting currency.
    cost_micros      INTEGER NOT NULL DEFAULT 0,
    -- The normalised reading with the raw reply, JSON.
    reading          TEXT CHECK (reading IS NULL OR json_valid(reading)), asked TEXT NOT NULL DEFAULT 'in-process', plate TEXT, issuer_by_plate TEXT, turn_id INTEGER,

    UNIQUE (passage_sequence, attempt),
    CHECK ((outcome = 'running') = (finished_at_ms IS NULL)),
    CHECK ((outcome = 'read') = (reading IS NOT NULL))
) STRICT;

CREATE INDEX reading_attempt_asked ON reading_attempt
    (asked, started_at_ms, outcome, duration_ms, cost_micros, plate, passage_sequence);

CREATE TRIGGER reading_attempt_ends_once BEFORE UPDATE ON reading_attempt WHEN OLD.outcome <> 'running'
BEGIN
    SELECT RAISE(ABORT, 'reading_attempt: ended before');
END;

CREATE TRIGGER reading_attempt_stays BEFORE DELETE ON reading_attempt
BEGIN
    SELECT RAISE(ABORT, 'reading_attempt: never deleted');
END;

CREATE TABLE recall (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    at_ms            INTEGER NOT NULL,
    cause            TEXT NOT NULL CHECK (cause IN ('error', 'dispute', 'refused', 'restored')),
    remark           TEXT NOT NULL
) STRICT;

CREATE INDEX recall_passage ON recall (passage_sequence, id);

CREATE TRIGGER recall_stays BEFORE UPDATE ON recall
BEGIN
    SELECT RAISE(ABORT, 'recall: append-only');
END;

CREATE TRIGGER recall_stays_there BEFORE DELETE ON recall
BEGIN
    SELECT RAISE(ABORT, 'recall: append-only');
END;

CREATE TABLE recognizer (
    name            TEXT NOT NULL PRIMARY KEY,
    -- As it describes itself; unknown until a worker asked it.
    component       TEXT,
    model           TEXT,
    price_micros    INTEGER CHECK (price_micros >= 0),
    described_at_ms INTEGER,
    -- The circuit: failures in a row, and while it is open, why, since when and until when.
    failures        INTEGER NOT NULL DEFAULT 0,
    open_reason     TEXT,
    opened_at_ms    INTEGER,
    retry_at_ms     INTEGER,
    -- Before this time the rate allows no call.
    next_call_at_ms INTEGER NOT NULL DEFAULT 0,

    CHECK ((price_micros IS NULL) = (described_at_ms IS NULL)),
    CHECK ((open_reason IS NULL) = (opened_at_ms IS NULL)),
    CHECK ((open_reason IS NULL) = (retry_at_ms IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE recognizer_day (
    recognizer   TEXT NOT NULL,
    -- Days since 1970-01-01, UTC.
    day          INTEGER NOT NULL,
    calls        INTEGER NOT NULL,
    money_micros INTEGER NOT NULL,

    PRIMARY KEY (recognizer, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE refusal (
    -- `2026-11-20T10`, UTC.
    hour     TEXT NOT NULL,
    -- Of the camera's token, whatever the path said.
    booth_id TEXT NOT NULL REFERENCES booth (id),
    -- Last part of the problem's type, `image-size`.
    reason   TEXT NOT NULL,
    uploads  INTEGER NOT NULL CHECK (uploads >= 1), counted INTEGER NOT NULL DEFAULT 0,

    PRIMARY KEY (hour, booth_id, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE revoked_first_operator (
    digest        BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    revoked_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE schema_migration (
    number        INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,
    -- SHA-256 of the file, lower-case hex.
    checksum      TEXT NOT NULL,
    -- Unknown when the call that applied it carried no time: the ledger reads no clock.
    applied_at_ms INTEGER
) STRICT;

CREATE TABLE session (
    id           TEXT NOT NULL PRIMARY KEY,
    digest       BLOB NOT NULL CHECK (length(digest) = 32),
    token_id     TEXT NOT NULL REFERENCES token (id),
    token_digest BLOB NOT NULL CHECK (length(token_digest) = 32),
    opened_at_ms INTEGER NOT NULL,
    -- The last use that was written down, at most once a minute.
    used_at_ms   INTEGER NOT NULL,
    ended_at_ms  INTEGER
, opened_by TEXT NOT NULL DEFAULT 'link' CHECK (opened_by IN ('link', 'provider')), provider_session TEXT) STRICT;

CREATE INDEX session_opened ON session (opened_at_ms);

CREATE INDEX session_provider ON session (provider_session) WHERE provider_session IS NOT NULL;

CREATE INDEX session_token ON session (token_id);

CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;

CREATE TABLE shadow_task (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    recognizer       TEXT NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('due', 'leased', 'ended')),
    created_at_ms    INTEGER NOT NULL,
    token            TEXT UNIQUE,
    leased_at_ms     INTEGER,
    expires_at_ms    INTEGER,
    finished_at_ms   INTEGER,
    -- `read`, `expired` or a failure class.
    outcome          TEXT,
    detail           TEXT NOT NULL DEFAULT '',
    component        TEXT NOT NULL DEFAULT '',
    model            TEXT NOT NULL DEFAULT '',
    duration_ms      INTEGER NOT NULL DEFAULT 0,
    cost_micros      INTEGER NOT NULL DEFAULT 0,
    plate            TEXT,
    -- What the recogniser whose answer was used had read.
    used_plate       TEXT,
    reading          TEXT CHECK (reading IS NULL OR json_valid(reading)),

    UNIQUE (passage_sequence, recognizer),
    CHECK ((state = 'due') = (token IS NULL)),
    CHECK ((token IS NULL) = (leased_at_ms IS NULL)),
    CHECK ((token IS NULL) = (expires_at_ms IS NULL)),
    CHECK ((state = 'ended') = (outcome IS NOT NULL)),
    CHECK ((state = 'ended') = (finished_at_ms IS NOT NULL))
) STRICT;

CREATE INDEX shadow_task_due ON shadow_task (recognizer, id) WHERE state = 'due';

CREATE INDEX shadow_task_ended ON shadow_task
    (recognizer, leased_at_ms, outcome, duration_ms, cost_micros, plate, used_plate, passage_sequence)
    WHERE state = 'ended';

CREATE INDEX shadow_task_leased ON shadow_task (recognizer, expires_at_ms, leased_at_ms) WHERE state = 'leased';

CREATE TRIGGER shadow_task_ends_once BEFORE UPDATE ON shadow_task WHEN OLD.state = 'ended'
BEGIN
    SELECT RAISE(ABORT, 'shadow_task: ended before');
END;

CREATE TABLE sign_in_link (
    id            TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the whole text, as for tokens.
    digest        BLOB NOT NULL CHECK (length(digest) = 32),
    -- Whose session it opens. The digest of that token as it was then: a token that was replaced opens nothing.
    token_id      TEXT NOT NULL REFERENCES token (id),
    token_digest  BLOB NOT NULL CHECK (length(token_digest) = 32),
    created_at_ms INTEGER NOT NULL,
    created_by    TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    used_at_ms    INTEGER
) STRICT;

CREATE INDEX sign_in_link_token ON sign_in_link (token_id, expires_at_ms);

CREATE TABLE span_export (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    event_sequence INTEGER NOT NULL
) STRICT;

CREATE TABLE storage_full (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    noted_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE stranger_refusal (
    -- `2026-11-20T10`, UTC.
    hour     TEXT NOT NULL,
    -- The booth that the path named.
    booth_id TEXT NOT NULL REFERENCES booth (id),
    -- Last part of the problem's type.
    reason   TEXT NOT NULL,
    uploads  INTEGER NOT NULL CHECK (uploads >= 1),
    counted  INTEGER NOT NULL DEFAULT 0,
    -- When it was last added to: not more than once a second.
    counted_at_ms INTEGER NOT NULL,

    PRIMARY KEY (hour, booth_id, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE telemetry (
    -- `all`, `booth:ID`, `camera:BOOTH/NAME` or `recognizer:NAME`.
    subject  TEXT NOT NULL,
    step     TEXT NOT NULL CHECK (step IN ('minute', 'hour', 'day', 'total')),
    start_ms INTEGER NOT NULL,
    -- JSON object of whole numbers by metric; absent is zero.
    facts    TEXT NOT NULL CHECK (json_valid(facts)),

    PRIMARY KEY (subject, step, start_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE telemetry_pending (
    event_sequence INTEGER NOT NULL PRIMARY KEY
) STRICT;

CREATE TABLE telemetry_standing (
    booth_id      TEXT NOT NULL,
    state         TEXT NOT NULL,
    received_hour TEXT NOT NULL,
    passages      INTEGER NOT NULL,

    PRIMARY KEY (booth_id, state, received_hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE telemetry_state (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    -- The highest event that was added up.
    event_sequence INTEGER NOT NULL,
    -- How everything stood after the last fold, JSON.
    standing       TEXT NOT NULL CHECK (json_valid(standing))
) STRICT;

CREATE TABLE telemetry_subject (
    subject TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    id            TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the whole text. A secret has 256 random bits: a slow password hash would only slow down requests.
    digest        BLOB NOT NULL CHECK (length(digest) = 32),
    role          TEXT NOT NULL CHECK (role IN ('camera', 'reviewer', 'supervisor', 'operator', 'billing')),
    booth_id      TEXT REFERENCES booth (id),
    name          TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    created_by    TEXT NOT NULL,
    revoked_at_ms INTEGER, booths TEXT CHECK (booths IS NULL OR json_valid(booths)),

    CHECK ((role = 'camera') = (booth_id IS NOT NULL))
) STRICT;

CREATE TABLE verdict (
    id               INTEGER PRIMARY KEY,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    -- The version of the passage that this verdict made.
    version          INTEGER NOT NULL,
    at_ms            INTEGER NOT NULL,
    actor_role       TEXT NOT NULL,
    actor_id         TEXT NOT NULL,
    -- Either plate and jurisdiction, or a reject code.
    plate            TEXT,
    jurisdiction     TEXT,
    reject_code      TEXT,
    remark           TEXT, plate_type TEXT,

    UNIQUE (passage_sequence, version),
    CHECK ((plate IS NULL) = (jurisdiction IS NULL)),
    CHECK ((plate IS NULL) <> (reject_code IS NULL))
) STRICT;

CREATE TRIGGER verdict_stays BEFORE UPDATE ON verdict
BEGIN
    SELECT RAISE(ABORT, 'verdict: a correction is a new verdict');
END;

CREATE TRIGGER verdict_stays_there BEFORE DELETE ON verdict
BEGIN
    SELECT RAISE(ABORT, 'verdict: never deleted');
END;

CREATE TABLE wake_up (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    woken_at_ms INTEGER NOT NULL
) STRICT;

