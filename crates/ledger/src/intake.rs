//! The front door's part: what must be known before a photo is stored, and the entry itself.
//!
//! Invariants: recording is one statement (one call, on PostgreSQL), so it is atomic and short under any load; a booth and
//! key are recorded at most once; nothing is acknowledged that is not counted. A duplicate or repeated frame is decided
//! inside that statement, where no other writer can come in between.

use std::sync::OnceLock;

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::hour;
use tollbooth_pipeline::ident::{passage_id, photo_key, sha256_hex};
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::state::State;
use tollbooth_trace::Context;

use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::dialect::{self, Dialect};
use crate::error::{Failure, LedgerError};
use crate::setting::SettingText;

/// A passage as the ledger knows it, enough to compare a resend with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// `psg_…`
    pub passage: String,
    /// Where it is now.
    pub state: State,
    /// Review reason or reject code.
    pub reason: Option<String>,
    /// Lower-case hex.
    pub photo_sha256: String,
    /// As the camera wrote it.
    pub captured_at: String,
    /// Lane at the booth.
    pub lane: String,
    /// Name of the camera.
    pub camera: String,
}

/// What intake needs to know of a booth and key before it reads the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Whether an operator registered the booth.
    pub booth_known: bool,
    /// Registered lanes; empty means any.
    pub lanes: Vec<String>,
    /// The passage already recorded under this booth and key.
    pub existing: Option<Receipt>,
    /// Settings that differ from the defaults.
    pub settings: Vec<SettingText>,
}

/// A photo that is stored durably and now becomes a passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPassage {
    /// Must be [`passage_id`] of booth and key.
    pub passage: String,
    /// Booth id.
    pub booth: String,
    /// The camera's key.
    pub key: String,
    /// Must be [`photo_key`] of booth, key and digest.
    pub photo_key: String,
    /// Lower-case hex.
    pub photo_sha256: String,
    /// 32 digits of lower-case hex, the same for files that show the same picture whatever is written beside it; by
    /// [`NewPassage::digest_of_file`] where that cannot be told.
    pub picture_digest: String,
    /// Size in bytes.
    pub photo_bytes: u64,
    /// `jpeg`, `png` or `webp`, by content.
    pub photo_format: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// As the camera wrote it, RFC 3339.
    pub captured_at: String,
    /// The moment it names.
    pub captured_at_instant: Instant,
    /// Lane at the booth.
    pub lane: String,
    /// Name of the camera.
    pub camera: String,
    /// The file is incomplete or broken: it goes to a person.
    pub damaged: bool,
    /// Token that sent it.
    pub sent_by: String,
    /// The camera's `traceparent`, checked; none where it sent none.
    pub traceparent: Option<String>,
    /// How long the door had it, in milliseconds.
    pub intake_ms: u32,
}

impl NewPassage {
    /// What stands for the picture where only the file is known, as for all passages from before pictures were compared.
    #[must_use]
    pub fn digest_of_file(photo_sha256: &str) -> &str {
        photo_sha256.get(..PICTURE_DIGEST_DIGITS).unwrap_or(photo_sha256)
    }
}

/// Length of a picture's digest.
const PICTURE_DIGEST_DIGITS: usize = 32;

/// Formats a photo may have; the table has the same list.
const PHOTO_FORMATS: [&str; 3] = ["jpeg", "png", "webp"];

/// What recording did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// New and counted.
    New(Receipt),
    /// Recorded before with the same bytes and parameters: nothing changed.
    Same(Receipt),
    /// The key was used before with other bytes or parameters: nothing changed.
    Conflict(Receipt),
}

/// Why a passage was not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The booth was never registered.
    UnknownBooth,
    /// The token that sent the photo was revoked while the body came.
    Revoked,
}

/// The columns of a [`Receipt`], in its order.
macro_rules! receipt_columns {
    () => {
        "id, state, reason, photo_sha256, captured_at, lane, camera"
    };
}

/// Booth, passage and settings in one statement: each one is a call of the host, or a way to the database server, of every
/// photo. The first column says what a row is.
const ADMIT: &str = concat!(
    "SELECT 'booth' AS what, lanes, NULL AS state, NULL AS reason, NULL AS photo_sha256, NULL AS captured_at,
        NULL AS lane, NULL AS camera
    FROM booth WHERE id = ?1
UNION ALL SELECT 'passage', ",
    receipt_columns!(),
    " FROM passage WHERE booth_id = ?1 AND passage_key = ?2
UNION ALL SELECT 'setting', name, value, NULL, NULL, NULL, NULL, NULL FROM setting"
);

/// Records a passage. Sub-queries see what was there before this statement, and no other writer can be in between.
/// `WHERE` tells the parser that `ON` belongs to the conflict clause; it also refuses a booth that is not registered, and a
/// token that was revoked since it was recognised: in between lies a body, which takes as long as its sender likes.
/// `+?` keeps SQLite from planning for the parameter's value, see [`crate::db`]. Left to choose, it goes through all of the
/// booth's passages for each new one, because their index has the order that is asked for.
/// The digest of the picture and that of the file are looked for one after the other, each in the order of the index: a camera
/// that is stuck and sends one picture for weeks must not cost more with each photo. What was found is asked for several times,
/// and PostgreSQL would look for it as often, were it not told to keep it.
/// The conflict clause names no columns: the id, derived from booth and key, is taken in the same moment as they are.
const RECORD: &str = concat!(
    "WITH frame AS MATERIALIZED (
    SELECT
        (SELECT min(sequence) FROM (
            SELECT sequence FROM (
                SELECT sequence FROM passage INDEXED BY passage_frame
                WHERE booth_id = +?2 AND picture_digest = +?20 AND captured_at_ms = +?11 AND lane = +?12
                ORDER BY sequence LIMIT 1) AS of_picture
            UNION ALL SELECT sequence FROM (
                SELECT sequence FROM passage INDEXED BY passage_frame
                WHERE booth_id = +?2 AND picture_digest = +?21 AND captured_at_ms = +?11 AND lane = +?12
                ORDER BY sequence LIMIT 1) AS of_file
        ) AS same) AS original,
        coalesce(
            (SELECT id FROM passage INDEXED BY passage_frame WHERE booth_id = +?2 AND picture_digest = +?20
             ORDER BY captured_at_ms, lane, sequence LIMIT 1),
            (SELECT id FROM passage INDEXED BY passage_frame WHERE booth_id = +?2 AND picture_digest = +?21
             ORDER BY captured_at_ms, lane, sequence LIMIT 1)
        ) AS seen
), decided AS (
    SELECT original,
        CASE
            WHEN original IS NOT NULL THEN 'duplicate'
            WHEN seen IS NOT NULL OR CAST(?14 AS BIGINT) <> 0 THEN 'in-review'
            ELSE 'waiting'
        END AS state,
        CASE
            WHEN original IS NOT NULL THEN NULL
            WHEN seen IS NOT NULL THEN ?15
            WHEN CAST(?14 AS BIGINT) <> 0 THEN ?16
        END AS reason,
        CASE
            WHEN original IS NOT NULL THEN NULL
            WHEN seen IS NOT NULL
                THEN 'The same picture came from this booth with another capture time or lane, as ' || seen || '.'
            WHEN CAST(?14 AS BIGINT) <> 0 THEN 'The file is incomplete or damaged.'
        END AS detail
    FROM frame
)
INSERT INTO passage
    (id, version, booth_id, passage_key, photo_key, photo_sha256, photo_bytes, photo_format, width_pixels,
     height_pixels, captured_at, captured_at_ms, lane, camera, sent_by, received_at_ms, received_hour,
     state, reason, detail, waiting_since_ms, review_opened_at_ms, duplicate_of, picture_digest, traceparent, intake_ms)
SELECT ?1, 1, booth.id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?17, ?18, ?19,
       decided.state, decided.reason, decided.detail,
       CASE WHEN decided.state = 'waiting' THEN CAST(?18 AS BIGINT) END,
       CASE WHEN decided.state = 'in-review' THEN CAST(?18 AS BIGINT) END, decided.original, ?20, ?22, ?23
FROM booth, decided
WHERE booth.id = +?2 AND NOT EXISTS (SELECT 1 FROM token WHERE id = +?17 AND revoked_at_ms IS NOT NULL)
ON CONFLICT DO NOTHING
RETURNING ",
    receipt_columns!()
);

/// Types of the parameters of [`RECORD`], for PostgreSQL.
const RECORD_TYPES: &str = "text, text, text, text, text, bigint, text, bigint, bigint, text, bigint, text, text, \
    bigint, text, text, text, bigint, text, text, text, text, bigint";

/// [`RECORD`] as a function of PostgreSQL, which has no lock that comes with a statement: a lock per booth first, then
/// the statement, which then sees all that was committed before. One call of the host instead of four, and the lock is
/// held for as long as the statement takes.
///
/// Its name holds a part of its SHA-256, so that releases which record differently can run beside each other.
#[derive(Debug)]
pub(crate) struct RecordFunction {
    name: String,
    body: String,
}

impl RecordFunction {
    /// The one this program calls. A component asks for it with every connection and every photo, so it is put together once.
    pub fn present() -> &'static Self {
        static PRESENT: OnceLock<RecordFunction> = OnceLock::new();
        PRESENT.get_or_init(Self::made)
    }

    fn made() -> Self {
        let body = format!(
            "#variable_conflict use_column
BEGIN
    PERFORM pg_advisory_xact_lock({}, hashtext($2));
    RETURN QUERY {};
END;",
            crate::scope::BOOTH,
            dialect::postgres(RECORD).sql
        );
        let digest: String = sha256_hex(body.as_bytes()).chars().take(12).collect();
        Self { name: format!("record_passage_{digest}"), body }
    }

    /// Name and types of the parameters.
    pub fn signature(&self) -> String {
        format!("{}({RECORD_TYPES})", self.name)
    }

    /// The statement that makes it.
    pub fn create(&self) -> String {
        format!(
            "CREATE OR REPLACE FUNCTION {} RETURNS TABLE (o_id text, o_state text, o_reason text, o_sha256 text, \
             o_captured_at text, o_lane text, o_camera text) LANGUAGE plpgsql VOLATILE AS $function$\n{}\n$function$",
            self.signature(),
            self.body
        )
    }

    /// The statement that calls it.
    fn call(&self) -> String {
        let count = RECORD_TYPES.split(',').count();
        let parameters = (1..=count).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
        format!("SELECT * FROM {}({parameters})", self.name)
    }
}

impl<D: Db> Ledger<D> {
    /// Looks up booth, key and settings. Changes nothing.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn admit(&self, booth: &str, key: &str) -> Result<Admission, LedgerError> {
        let mut admission = Admission { booth_known: false, lanes: Vec::new(), existing: None, settings: Vec::new() };
        for row in self.run(ADMIT, params![booth, key])? {
            let mut columns = row.columns();
            match columns.text()?.as_str() {
                "booth" => {
                    admission.booth_known = true;
                    admission.lanes = lanes_from_json(&columns.text()?)?;
                }
                "passage" => admission.existing = Some(receipt(columns)?),
                _ => admission.settings.push((columns.text()?, columns.text()?)),
            }
        }
        admission.settings.sort_unstable();
        Ok(admission)
    }

    /// Counts a passage: one atomic statement, durable once this has returned. Idempotent by booth and key.
    ///
    /// # Errors
    /// [`Refusal`]; `Damaged` when id or photo key are not the ones derived from booth and key, or the
    /// photo cannot be one.
    pub fn record_passage(&self, now: Instant, passage: &NewPassage) -> Result<Recorded, Failure<Refusal>> {
        check(passage)?;
        let record = match self.db.dialect() {
            Dialect::Sqlite => RECORD.to_owned(),
            Dialect::Postgres => RecordFunction::present().call(),
        };
        let inserted = self.run_one(
            &record,
            params![
                passage.passage.as_str(),
                passage.booth.as_str(),
                passage.key.as_str(),
                passage.photo_key.as_str(),
                passage.photo_sha256.as_str(),
                passage.photo_bytes,
                passage.photo_format.as_str(),
                passage.width,
                passage.height,
                passage.captured_at.as_str(),
                passage.captured_at_instant,
                passage.lane.as_str(),
                passage.camera.as_str(),
                i64::from(passage.damaged),
                ReviewReason::RepeatedFrame.as_str(),
                ReviewReason::ImageDamaged.as_str(),
                passage.sent_by.as_str(),
                now,
                hour(now),
                passage.picture_digest.as_str(),
                NewPassage::digest_of_file(&passage.photo_sha256),
                passage.traceparent.as_deref(),
                passage.intake_ms,
            ],
        )?;
        if let Some(row) = inserted {
            return Ok(Recorded::New(receipt(row.columns())?));
        }
        // Nothing inserted: the token is revoked, the key is taken, or the booth is unknown. Passages are never deleted,
        // so a key that was taken a moment ago still is; and a token that is revoked stays it.
        let revoked = self.run_one(
            "SELECT 1 FROM token WHERE id = ?1 AND revoked_at_ms IS NOT NULL",
            params![passage.sent_by.as_str()],
        )?;
        if revoked.is_some() {
            return Err(Failure::Refused(Refusal::Revoked));
        }
        let Some(existing) = self.receipt(&passage.booth, &passage.key)? else {
            return Err(Failure::Refused(Refusal::UnknownBooth));
        };
        let same = existing.photo_sha256 == passage.photo_sha256
            && existing.captured_at == passage.captured_at
            && existing.lane == passage.lane
            && existing.camera == passage.camera;
        Ok(if same { Recorded::Same(existing) } else { Recorded::Conflict(existing) })
    }

    /// True when nobody has woken the reading stage within `quiet_ms`; the caller then does, and this has noted it.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn claim_wake_up(&self, now: Instant, quiet_ms: u32) -> Result<bool, LedgerError> {
        // Both ways, so that a clock that jumped back does not silence the wake-ups until it has caught up.
        // Asked without a write lock first: under load almost everybody hears no.
        let quiet = self.run_one("SELECT 1 FROM wake_up WHERE abs(?1 - woken_at_ms) < ?2", params![now, quiet_ms])?;
        if quiet.is_some() {
            return Ok(false);
        }
        let claimed = self.run_one(
            "INSERT INTO wake_up (id, woken_at_ms) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET woken_at_ms = excluded.woken_at_ms WHERE abs(?1 - wake_up.woken_at_ms) >= ?2
             RETURNING 1",
            params![now, quiet_ms],
        )?;
        Ok(claimed.is_some())
    }

    fn receipt(&self, booth: &str, key: &str) -> Result<Option<Receipt>, LedgerError> {
        self.run_one(
            concat!("SELECT ", receipt_columns!(), " FROM passage WHERE booth_id = ?1 AND passage_key = ?2"),
            params![booth, key],
        )?
        .map(|row| receipt(row.columns()))
        .transpose()
    }
}

fn receipt(mut columns: Columns) -> Result<Receipt, LedgerError> {
    Ok(Receipt {
        passage: columns.text()?,
        state: columns.parsed()?,
        reason: columns.opt_text()?,
        photo_sha256: columns.text()?,
        captured_at: columns.text()?,
        lane: columns.text()?,
        camera: columns.text()?,
    })
}

pub(crate) fn lanes_from_json(text: &str) -> Result<Vec<String>, LedgerError> {
    serde_json::from_str(text).map_err(|e| LedgerError::Damaged(format!("the lanes of a booth cannot be read: {e}")))
}

/// What the table would refuse as well, told apart from a database that does not answer: a retry does not help here.
///
/// An id that is not the derived one would let the same key be recorded twice, and a photo be unfindable.
fn check(passage: &NewPassage) -> Result<(), LedgerError> {
    if passage.passage != passage_id(&passage.booth, &passage.key) {
        return Err(LedgerError::Damaged(format!("{} is not the id derived from booth and key", passage.passage)));
    }
    if passage.photo_key != photo_key(&passage.booth, &passage.key, &passage.photo_sha256) {
        return Err(LedgerError::Damaged(format!("{}: the photo's key is not the derived one", passage.passage)));
    }
    if passage
        .traceparent
        .as_deref()
        .is_some_and(|text| Context::parse(text).map(|c| c.to_string()).as_deref() != Ok(text))
    {
        return Err(LedgerError::Damaged(format!("{}: its traceparent is none of version 00", passage.passage)));
    }
    let digest = passage.photo_sha256.len() == 64 && passage.picture_digest.len() == PICTURE_DIGEST_DIGITS;
    if !digest || passage.photo_bytes == 0 || !PHOTO_FORMATS.contains(&passage.photo_format.as_str()) {
        let text = format!(
            "{}: a photo without SHA-256 or picture digest, without bytes or of an unknown format",
            passage.passage
        );
        return Err(LedgerError::Damaged(text));
    }
    Ok(())
}
