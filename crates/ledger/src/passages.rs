//! What is known of a passage. Reads only.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::hour;
use tollbooth_pipeline::export::Question;
use tollbooth_pipeline::ident::photo_name;
use tollbooth_pipeline::judge::JUDGE;
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::state::State;

use crate::Ledger;
use crate::booths::condition;
use crate::db::{Db, Row, Value, params};
use crate::error::LedgerError;
use crate::plate_type::plate_type_of;

/// Most rows of one answer; larger limits are cut to this.
pub const MAX_PAGE: u32 = 1_000;

/// Looking for the first passage of a time begins this much earlier, and ends this much later: clocks of replicas differ.
const HOUR_MS: Instant = 3_600_000;

/// Which passages are wanted; absent fields do not filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sought<'a> {
    /// Of this booth.
    pub booth: Option<&'a str>,
    /// In this state.
    pub state: Option<State>,
    /// Received in this hour, `2026-11-20T10` (UTC): what a roll-up of that hour counted.
    pub received_hour: Option<&'a str>,
    /// Decided by this token, or by `judge`.
    pub decided_by: Option<&'a str>,
    /// Of this type, by what its decider recorded.
    pub plate_type: Option<PlateType>,
    /// Received not before this time.
    pub since: Option<Instant>,
    /// Received before this time.
    pub until: Option<Instant>,
}

impl Sought<'_> {
    /// Whether a passage was received in the time that is wanted.
    pub(crate) fn is_of_time(&self, passage: &Passage) -> bool {
        self.since.is_none_or(|since| passage.received_at >= since)
            && self.until.is_none_or(|until| passage.received_at < until)
            && self.received_hour.is_none_or(|wanted| hour(passage.received_at) == wanted)
    }
}

/// A passage in its present state.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Order of receipt; the cursor of [`Ledger::search`].
    pub sequence: i64,
    /// `psg_…`
    pub id: String,
    /// Grows by one with every move.
    pub version: u32,
    /// Booth id.
    pub booth: String,
    /// The camera's key.
    pub key: String,
    /// Lane at the booth.
    pub lane: String,
    /// Name of the camera.
    pub camera: String,
    /// As the camera wrote it.
    pub captured_at: String,
    /// When it was acknowledged.
    pub received_at: Instant,
    /// Where it is.
    pub state: State,
    /// Review reason while in review, reject code when rejected.
    pub reason: Option<String>,
    /// One sentence about the reason.
    pub detail: Option<String>,
    /// Decided plate, or the suggestion while in review.
    pub plate: Option<String>,
    /// `us-tx`
    pub jurisdiction: Option<String>,
    /// `read`, `assumed-from-booth` or `reviewer`
    pub jurisdiction_source: Option<String>,
    /// `judge`, or the reviewer's token.
    pub decided_by: Option<String>,
    /// When it was decided.
    pub decided_at: Option<Instant>,
    /// 0..1; none for a reviewer's verdict.
    pub confidence: Option<f32>,
    /// Attempts that count against the limit.
    pub attempts: u32,
    /// Id of the passage with the same frame.
    pub duplicate_of: Option<String>,
    /// Key in the photo store.
    pub photo_key: String,
    /// Lower-case hex.
    pub photo_sha256: String,
    /// Size in bytes.
    pub photo_bytes: u64,
    /// `jpeg`, `png` or `webp`
    pub photo_format: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Sequence of the export that holds it as it is decided: of its bill line, or of the last correction.
    pub export_sequence: Option<u64>,
    /// What was read of it, and why it waited, is kept back from whoever looks: see [`crate::blind`].
    pub kept_back: bool,
    /// How it stands to what billing has of it; none when that is the same, or nothing.
    pub correction: Option<Question>,
    /// What its decider recorded of the plate's type.
    pub plate_type: Option<PlateType>,
}

impl Passage {
    /// The name billing knows the photo by.
    #[must_use]
    pub fn photo_name(&self) -> String {
        photo_name(&self.id, &self.photo_format)
    }
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Cursor.
    pub sequence: u64,
    /// When.
    pub at: Instant,
    /// What, see [`crate::EventKind`].
    pub kind: String,
    /// By whom: role.
    pub actor_role: String,
    /// By whom: token or component.
    pub actor_id: String,
    /// State left.
    pub from_state: Option<String>,
    /// State entered.
    pub to_state: Option<String>,
    /// JSON object.
    pub detail: String,
}

/// One attempt to read the photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// From 1, never reset.
    pub attempt: u32,
    /// Component that read.
    pub recognizer: String,
    /// Model or API version.
    pub model: String,
    /// When the lease was handed out.
    pub started_at: Instant,
    /// When it was settled or taken back.
    pub finished_at: Option<Instant>,
    /// `running`, `read`, `expired`, `given-back` or a failure class.
    pub outcome: String,
    /// Processing time in milliseconds.
    pub duration_ms: u32,
    /// Price in millionths of the accounting currency.
    pub cost_micros: u64,
    /// The normalised reading, JSON.
    pub reading: Option<String>,
}

/// Sequences: from this one on, and before that one; none, without end.
type Bounds = (Option<u64>, Option<u64>);

const SELECT: &str = concat!(
    "SELECT p.sequence, p.id, p.version, p.booth_id, p.passage_key, p.lane, p.camera, p.captured_at,
    p.received_at_ms, p.state, p.reason, p.detail, p.plate, p.jurisdiction, p.jurisdiction_source, p.decided_by,
    p.decided_at_ms, p.confidence, p.counted_attempts,
    (SELECT o.id FROM passage o WHERE o.sequence = p.duplicate_of),
    p.photo_key, p.photo_sha256, p.photo_bytes, p.photo_format, p.width_pixels, p.height_pixels, p.export_sequence,
    p.correction, ",
    plate_type_of!("p"),
    "
    FROM passage p"
);

impl<D: Db> Ledger<D> {
    /// The passage, or none.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn passage(&self, id: &str) -> Result<Option<Passage>, LedgerError> {
        self.run_one(&format!("{SELECT} WHERE p.id = ?1"), params![id])?.map(passage).transpose()
    }

    /// The history of a passage, oldest first; `after` is the last sequence seen.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn history(&self, passage: &str, after: u64, limit: u32) -> Result<Vec<Event>, LedgerError> {
        let rows = self.run(
            "SELECT e.sequence, e.at_ms, e.kind, e.actor_role, e.actor_id, e.from_state, e.to_state, e.detail
             FROM passage p JOIN event e ON e.passage_sequence = p.sequence
             WHERE p.id = +?1 AND e.sequence > +?2 ORDER BY e.sequence LIMIT +?3",
            params![passage, after, limit.min(MAX_PAGE)],
        )?;
        rows.into_iter().map(event).collect()
    }

    /// All attempts to read a passage, oldest first.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn attempts_of(&self, passage: &str) -> Result<Vec<Attempt>, LedgerError> {
        let rows = self.run(
            "SELECT a.attempt, a.recognizer, a.model, a.started_at_ms, a.finished_at_ms, a.outcome, a.duration_ms,
                    a.cost_micros, a.reading
             FROM passage p JOIN reading_attempt a ON a.passage_sequence = p.sequence
             WHERE p.id = +?1 ORDER BY a.attempt",
            params![passage],
        )?;
        rows.into_iter().map(attempt).collect()
    }

    /// Passages, newest first, with the cursor of the next page.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn search(
        &self,
        booth: Option<&str>,
        state: Option<State>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<(Vec<Passage>, Option<u64>), LedgerError> {
        self.newest(&Sought { booth, state, ..Sought::default() }, None, before, limit)
    }

    /// The same of one hour of receipt, `2026-11-20T10`: what a roll-up of that hour counted.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn received_in(
        &self,
        hour: &str,
        booth: Option<&str>,
        state: Option<State>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<(Vec<Passage>, Option<u64>), LedgerError> {
        self.newest(&Sought { booth, state, received_hour: Some(hour), ..Sought::default() }, None, before, limit)
    }

    /// The newest that are wanted, at these booths; none: at all.
    pub(crate) fn newest(
        &self,
        sought: &Sought<'_>,
        booths: Option<&[String]>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<(Vec<Passage>, Option<u64>), LedgerError> {
        // Conditions are added rather than written as `?1 IS NULL OR …`, which no index can serve.
        let mut sql = format!("{SELECT} WHERE p.sequence < +?1");
        let limit = limit.clamp(1, MAX_PAGE);
        let Some((from, end)) = self.received_between(sought)? else { return Ok((Vec::new(), None)) };
        let before = before.unwrap_or(u64::MAX).min(end.unwrap_or(u64::MAX));
        let mut parameters: Vec<Value> = vec![before.into(), limit.into()];
        let by_person = sought.decided_by.is_some_and(|who| who != JUDGE);
        // What a person said leads to few; nearly everything is in the one state that may be wanted beside it.
        let state = if by_person || sought.plate_type.is_some() { "state || ''" } else { "state" };
        for (column, wanted) in [
            ("received_hour", sought.received_hour),
            ("booth_id", sought.booth),
            (state, sought.state.map(State::as_str)),
            ("decided_by", sought.decided_by),
        ] {
            if let Some(wanted) = wanted {
                parameters.push(wanted.into());
                sql.push_str(&format!(" AND p.{column} = +?{}", parameters.len()));
            }
        }
        if by_person {
            // As the index says it, which has what people decided and nothing else.
            sql.push_str(" AND p.decided_by IS NOT NULL AND p.decided_by <> 'judge'");
        }
        if let Some(plate_type) = sought.plate_type {
            // Few are recorded: they lead to their passages.
            parameters.push(plate_type.as_str().into());
            let named = parameters.len();
            sql.push_str(&format!(
                " AND p.sequence IN (SELECT y.passage_sequence FROM plate_type y WHERE y.plate_type = +?{named})"
            ));
            let of_decider = plate_type_of!("p");
            sql.push_str(&format!(" AND {of_decider} = +?{named}"));
        }
        if let (Some(since), Some(from)) = (sought.since, from) {
            parameters.push(from.into());
            sql.push_str(&format!(" AND p.sequence >= +?{}", parameters.len()));
            parameters.push(since.into());
            sql.push_str(&format!(" AND p.received_at_ms >= +?{}", parameters.len()));
        }
        if let Some(until) = sought.until {
            parameters.push(until.into());
            sql.push_str(&format!(" AND p.received_at_ms < +?{}", parameters.len()));
        }
        sql.push_str(&condition(booths, "p.booth_id", &mut parameters));
        sql.push_str(" ORDER BY p.sequence DESC LIMIT +?2");
        let found = self.run(&sql, &parameters)?.into_iter().map(passage).collect::<Result<Vec<_>, _>>()?;
        let full = found.len() == limit as usize;
        let next = found.last().filter(|_| full).and_then(|last| u64::try_from(last.sequence).ok());
        Ok((found, next))
    }

    /// From which sequence on, and before which one, everything lies that was received in the time that is wanted: nobody
    /// goes through all that came later, or earlier. None: nothing was.
    fn received_between(&self, sought: &Sought<'_>) -> Result<Option<Bounds>, LedgerError> {
        let from = match sought.since {
            None => None,
            Some(since) => match self.first_received(since.saturating_sub(HOUR_MS))? {
                None => return Ok(None),
                from => from,
            },
        };
        let end = match sought.until {
            None => None,
            Some(until) => self.first_received(until.saturating_add(2 * HOUR_MS))?,
        };
        Ok(Some((from, end)))
    }

    /// The lowest sequence of the first hour, from that of this time on, in which anything was received.
    fn first_received(&self, at: Instant) -> Result<Option<u64>, LedgerError> {
        let first = self.run_one(
            "SELECT p.received_hour FROM passage p WHERE p.received_hour >= +?1 ORDER BY p.received_hour LIMIT 1",
            params![hour(at)],
        )?;
        let Some(row) = first else { return Ok(None) };
        let first = row.columns().text()?;
        // `+ 0`: by the hour, and not by going through all sequences until one is of that hour.
        let row =
            self.run_one("SELECT min(p.sequence + 0) FROM passage p WHERE p.received_hour = +?1", params![first])?;
        row.map_or(Ok(None), |row| row.columns().opt_number())
    }
}

fn passage(row: Row) -> Result<Passage, LedgerError> {
    let mut columns = row.columns();
    Ok(Passage {
        sequence: columns.integer()?,
        id: columns.text()?,
        version: columns.number()?,
        booth: columns.text()?,
        key: columns.text()?,
        lane: columns.text()?,
        camera: columns.text()?,
        captured_at: columns.text()?,
        received_at: columns.integer()?,
        state: columns.parsed()?,
        reason: columns.opt_text()?,
        detail: columns.opt_text()?,
        plate: columns.opt_text()?,
        jurisdiction: columns.opt_text()?,
        jurisdiction_source: columns.opt_text()?,
        decided_by: columns.opt_text()?,
        decided_at: columns.opt_integer()?,
        confidence: columns.opt_real()?,
        attempts: columns.number()?,
        duplicate_of: columns.opt_text()?,
        photo_key: columns.text()?,
        photo_sha256: columns.text()?,
        photo_bytes: columns.number()?,
        photo_format: columns.text()?,
        width: columns.number()?,
        height: columns.number()?,
        export_sequence: columns.opt_number()?,
        kept_back: false,
        correction: columns.opt_parsed()?,
        plate_type: columns.opt_parsed()?,
    })
}

fn event(row: Row) -> Result<Event, LedgerError> {
    let mut columns = row.columns();
    Ok(Event {
        sequence: columns.number()?,
        at: columns.integer()?,
        kind: columns.text()?,
        actor_role: columns.text()?,
        actor_id: columns.text()?,
        from_state: columns.opt_text()?,
        to_state: columns.opt_text()?,
        detail: columns.text()?,
    })
}

fn attempt(row: Row) -> Result<Attempt, LedgerError> {
    let mut columns = row.columns();
    Ok(Attempt {
        attempt: columns.number()?,
        recognizer: columns.text()?,
        model: columns.text()?,
        started_at: columns.integer()?,
        finished_at: columns.opt_integer()?,
        outcome: columns.text()?,
        duration_ms: columns.number()?,
        cost_micros: columns.number()?,
        reading: columns.opt_text()?,
    })
}
