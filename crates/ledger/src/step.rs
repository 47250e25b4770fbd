//! One move of a passage: the row and its event, together or not at all.
//!
//! The only code that changes a passage's state. It takes a [`Move`], so a change that the domain does not know cannot
//! be written, and it sets every column that depends on the state, so nothing of the old state is left behind.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::Question;
use tollbooth_pipeline::policy::Turn;
use tollbooth_pipeline::reason::{RejectCode, ReviewReason};
use tollbooth_pipeline::state::{Move, State};

use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::{EventKind, NewEvent};

/// A passage as it was read inside the present transaction.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub sequence: i64,
    pub id: String,
    pub version: u32,
    pub state: State,
    pub last_attempt: u32,
    pub counted_attempts: u32,
    pub turn: Turn,
    /// How it stands to what billing has of it.
    pub question: Option<Question>,
    /// The export that it is bound to as it is.
    pub export: Option<u64>,
}

/// The columns of [`Held`], in its order, of a table named `p`.
macro_rules! held_columns {
    () => {
        "p.sequence, p.id, p.version, p.state, p.last_attempt, p.counted_attempts, p.turn,
         p.correction, p.export_sequence"
    };
}
pub(crate) use held_columns;

impl Held {
    pub fn read(columns: &mut Columns) -> Result<Self, LedgerError> {
        Ok(Self {
            sequence: columns.integer()?,
            id: columns.text()?,
            version: columns.number()?,
            state: columns.parsed()?,
            last_attempt: columns.number()?,
            counted_attempts: columns.number()?,
            turn: columns.parsed()?,
            question: columns.opt_parsed()?,
            export: columns.opt_number()?,
        })
    }
}

/// Where a move leads, with what the new state must know.
#[derive(Debug, Clone)]
pub(crate) enum Entering {
    Waiting {
        next_attempt_at: Instant,
        counted_attempts: u32,
        turn: Turn,
    },
    /// `counted_attempts` includes the one that begins.
    Reading {
        token: String,
        expires_at: Instant,
        counted_attempts: u32,
        turn: Turn,
    },
    Review {
        reason: ReviewReason,
        detail: String,
        plate: Option<String>,
        jurisdiction: Option<String>,
    },
    Accepted {
        plate: String,
        jurisdiction: String,
        source: &'static str,
        decided_by: String,
        confidence: Option<f32>,
    },
    Rejected {
        code: RejectCode,
        remark: Option<String>,
        decided_by: String,
    },
}

/// Values of the columns that depend on the state; absent ones become NULL.
#[derive(Default)]
struct Standing {
    reason: Option<&'static str>,
    detail: Option<String>,
    plate: Option<String>,
    jurisdiction: Option<String>,
    source: Option<&'static str>,
    decided_by: Option<String>,
    confidence: Option<f32>,
    last_attempt: u32,
    counted_attempts: u32,
    next_attempt_at: Instant,
    lease: Option<(String, Instant)>,
    /// A passage that nobody is to read starts again with the first, should it ever come back.
    turn: Option<Turn>,
}

impl Standing {
    fn of(held: &Held, entering: Entering) -> Self {
        let kept = Self { last_attempt: held.last_attempt, counted_attempts: held.counted_attempts, ..Self::default() };
        match entering {
            Entering::Waiting { next_attempt_at, counted_attempts, turn } => {
                Self { next_attempt_at, counted_attempts, turn: Some(turn), ..kept }
            }
            Entering::Reading { token, expires_at, counted_attempts, turn } => Self {
                last_attempt: held.last_attempt + 1,
                counted_attempts,
                lease: Some((token, expires_at)),
                turn: Some(turn),
                ..kept
            },
            Entering::Review { reason, detail, plate, jurisdiction } => {
                Self { reason: Some(reason.as_str()), detail: Some(detail), plate, jurisdiction, ..kept }
            }
            Entering::Accepted { plate, jurisdiction, source, decided_by, confidence } => Self {
                plate: Some(plate),
                jurisdiction: Some(jurisdiction),
                source: Some(source),
                decided_by: Some(decided_by),
                confidence,
                ..kept
            },
            Entering::Rejected { code, remark, decided_by } => {
                Self { reason: Some(code.as_str()), detail: remark, decided_by: Some(decided_by), ..kept }
            }
        }
    }
}

const ADVANCE: &str = "UPDATE passage SET
    state = ?3, version = version + 1, reason = ?4, detail = ?5, plate = ?6, jurisdiction = ?7,
    jurisdiction_source = ?8, decided_by = ?9, confidence = ?10, last_attempt = ?11, counted_attempts = ?12,
    next_attempt_at_ms = ?13, lease_token = ?14, lease_expires_at_ms = ?15, turn = ?17,
    waiting_since_ms = CASE WHEN ?3 = 'waiting' THEN CAST(?16 AS BIGINT) END,
    leased_at_ms = CASE WHEN ?3 = 'reading' THEN CAST(?16 AS BIGINT) END,
    review_opened_at_ms = CASE WHEN ?3 = 'in-review' THEN CAST(?16 AS BIGINT) END,
    decided_at_ms = CASE WHEN ?3 IN ('accepted', 'rejected') THEN CAST(?16 AS BIGINT) END,
    claimed_by = NULL, claimed_at_ms = NULL, claimed_until_ms = NULL, correction = ?18, export_sequence = ?19
WHERE sequence = ?1 AND version = ?2
RETURNING version";

impl<D: Db> Ledger<D> {
    /// Moves a passage and appends the event. Must run inside the transaction that read `held`.
    ///
    /// Returns the new version.
    pub(crate) fn advance(
        &self,
        held: &Held,
        step: Move,
        entering: Entering,
        event: &NewEvent<'_>,
    ) -> Result<u32, LedgerError> {
        let to = step.to();
        if !step.from().contains(&held.state) || to != entering.state() {
            return Err(LedgerError::Damaged(format!(
                "{}: {step:?} does not lead from {} to {}",
                held.id,
                held.state,
                entering.state()
            )));
        }
        let billing = self.towards_billing(held, step, &entering)?;
        if let Some(kind) = billing.before {
            self.append_beside(event, kind, held, held.state)?;
        }
        let new = Standing::of(held, entering);
        let (token, expires_at) = new.lease.map_or((None, None), |(token, at)| (Some(token), Some(at)));
        let row = self.run_one(
            ADVANCE,
            params![
                held.sequence,
                held.version,
                to.as_str(),
                new.reason,
                new.detail,
                new.plate,
                new.jurisdiction,
                new.source,
                new.decided_by,
                new.confidence.map(f64::from),
                new.last_attempt,
                new.counted_attempts,
                new.next_attempt_at,
                token,
                expires_at,
                event.at,
                new.turn.unwrap_or(Turn::First).as_str(),
                billing.question.map(Question::as_str),
                billing.export,
            ],
        )?;
        let version = row
            .ok_or_else(|| LedgerError::Damaged(format!("{}: changed inside a transaction that holds it", held.id)))?
            .columns()
            .number()?;
        let kind = billing.kind.unwrap_or(event.kind);
        let moved = NewEvent { at: event.at, kind, actor: event.actor, detail: event.detail.clone() };
        self.append(&moved, held.sequence, Some((held.state, to)))?;
        if let Some(kind) = billing.after {
            self.append_beside(event, kind, held, to)?;
        }
        Ok(version)
    }

    /// An event that moves nothing, beside one that does.
    fn append_beside(
        &self,
        event: &NewEvent<'_>,
        kind: EventKind,
        held: &Held,
        state: State,
    ) -> Result<(), LedgerError> {
        let beside = NewEvent { at: event.at, kind, actor: event.actor, detail: json!({}) };
        self.append(&beside, held.sequence, Some((state, state)))
    }
}

impl Entering {
    const fn state(&self) -> State {
        match self {
            Self::Waiting { .. } => State::Waiting,
            Self::Reading { .. } => State::Reading,
            Self::Review { .. } => State::InReview,
            Self::Accepted { .. } => State::Accepted,
            Self::Rejected { .. } => State::Rejected,
        }
    }
}
