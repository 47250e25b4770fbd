CREATE TABLE adopted_line (
    passage_id      TEXT PRIMARY KEY,
    export_sequence INTEGER NOT NULL REFERENCES export (sequence),
    plate           TEXT NOT NULL,
    settled         INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1))
) STRICT;

CREATE INDEX adopted_line_open ON adopted_line (export_sequence) WHERE settled = 0;

CREATE TRIGGER adopted_line_stays BEFORE UPDATE OF passage_id, export_sequence, plate ON adopted_line
BEGIN
    SELECT RAISE(ABORT, 'adopted_line: was published');
END;

CREATE TRIGGER adopted_line_stays_there BEFORE DELETE ON adopted_line
BEGIN
    SELECT RAISE(ABORT, 'adopted_line: never deleted');
END;

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
    confidence          REAL,

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

CREATE TABLE confusion (
    read_plate       TEXT NOT NULL,
    passage_sequence INTEGER NOT NULL REFERENCES passage (sequence),
    right_plate      TEXT NOT NULL,
    upheld_at_ms     INTEGER NOT NULL,
    -- The decision was taken back or opened again.
    withdrawn_at_ms  INTEGER,

    PRIMARY KEY (read_plate, passage_sequence)
) STRICT;

CREATE INDEX confusion_passage ON confusion (passage_sequence);

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

CREATE INDEX event_balance ON event (received_hour, booth_id, kind, from_state, to_state)
    WHERE to_state IS NOT NULL;

CREATE INDEX event_passage ON event (passage_sequence, sequence) WHERE passage_sequence IS NOT NULL;

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
    manifest_sha256    TEXT,

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

CREATE TRIGGER export_stays BEFORE DELETE ON export
BEGIN
    SELECT RAISE(ABORT, 'export: never deleted');
END;

CREATE TABLE export_run (
    number          INTEGER PRIMARY KEY,
    started_at_ms   INTEGER NOT NULL,
    finished_at_ms  INTEGER NOT NULL,
    cause           TEXT NOT NULL CHECK (cause IN ('scheduled', 'requested')),
    outcome         TEXT NOT NULL CHECK (outcome IN ('published', 'nothing-to-export')),
    export_sequence INTEGER UNIQUE REFERENCES export (sequence),

    CHECK ((outcome = 'published') = (export_sequence IS NOT NULL))
) STRICT;

CREATE TABLE notice (
    sequence           INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    kind               TEXT NOT NULL,
    subject            TEXT NOT NULL,
    body               TEXT NOT NULL,
    created_at_ms      INTEGER NOT NULL,
    state              TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'given-up')),
    attempts           INTEGER NOT NULL DEFAULT 0,
    next_attempt_at_ms INTEGER NOT NULL DEFAULT 0,
    last_failure       TEXT,
    closed_at_ms       INTEGER,

    CHECK ((state = 'due') = (closed_at_ms IS NULL))
) STRICT;

CREATE INDEX notice_due ON notice (sequence) WHERE state = 'due';

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
    export_sequence    INTEGER REFERENCES export (sequence), turn TEXT NOT NULL DEFAULT 'first' CHECK (turn IN ('first', 'second')), picture_digest TEXT NOT NULL DEFAULT '',

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

CREATE INDEX passage_duplicate ON passage (duplicate_of) WHERE duplicate_of IS NOT NULL;

CREATE INDEX passage_frame ON passage (booth_id, picture_digest);

CREATE INDEX passage_moment ON passage (booth_id, captured_at_ms) WHERE plate IS NOT NULL;

CREATE INDEX passage_plate ON passage (booth_id, plate, captured_at_ms) WHERE plate IS NOT NULL;

CREATE INDEX passage_second ON passage (sequence, next_attempt_at_ms, waiting_since_ms)
    WHERE state = 'waiting' AND turn = 'second';

CREATE INDEX passage_state ON passage (state, sequence, next_attempt_at_ms, waiting_since_ms, turn);

CREATE INDEX passage_unbound ON passage (sequence) WHERE state = 'accepted' AND export_sequence IS NULL;

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
WHEN OLD.export_sequence IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'passage: bound to an export');
END;

CREATE TABLE picture_print (
    passage_sequence INTEGER PRIMARY KEY REFERENCES passage (sequence),
    booth_id         TEXT NOT NULL REFERENCES booth (id),
    -- What was read, with all characters that are commonly confused as one.
    text_key         TEXT NOT NULL,
    -- Mean brightness of each cell of a grid over the picture, a byte each.
    print            BLOB NOT NULL CHECK (length(print) BETWEEN 1 AND 1024)
) STRICT;

CREATE INDEX picture_print_text ON picture_print (booth_id, text_key, passage_sequence);

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
    reading          TEXT CHECK (reading IS NULL OR json_valid(reading)), asked TEXT NOT NULL DEFAULT 'in-process', plate TEXT,

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
    uploads  INTEGER NOT NULL CHECK (uploads >= 1),

    PRIMARY KEY (hour, booth_id, reason)
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
) STRICT;

CREATE INDEX session_opened ON session (opened_at_ms);

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

CREATE TABLE token (
    id            TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the whole text. A secret has 256 random bits: a slow password hash would only slow down requests.
    digest        BLOB NOT NULL CHECK (length(digest) = 32),
    role          TEXT NOT NULL CHECK (role IN ('camera', 'reviewer', 'supervisor', 'operator', 'billing')),
    booth_id      TEXT REFERENCES booth (id),
    name          TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    created_by    TEXT NOT NULL,
    revoked_at_ms INTEGER,

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
    remark           TEXT,

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

