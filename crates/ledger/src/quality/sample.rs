//! The sample of a time.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::blind::{AnswerError, Standing};

use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;

/// What came of a passage of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The judge was right.
    Right,
    /// It was not.
    Wrong(AnswerError),
    /// Answers differ, or it was opened again, and nobody has decided.
    Disputed,
    /// Answers are missing.
    Unread,
}

/// A passage that the judge would have billed, and that people read independently.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// Booth id.
    pub booth: String,
    /// Who was asked, `in-process`, and the model that read.
    pub recognizer: String,
    /// Model or API version; none where that is not known.
    pub model: Option<String>,
    /// `us-tx`, by the judge.
    pub issuer: String,
    /// The judge's in the text, 0 to 1: what `judge.min_confidence` is held to.
    pub confidence: f64,
    /// How often the issuer of such a plate is wrong, by the judge's reckoning; none where that is not known.
    pub wrong_person_percent: Option<f64>,
    /// 0 to 1; drawn because it is below the share.
    pub lot: f64,
    /// The share in force, in percent.
    pub share_percent: f64,
    /// What came of it.
    pub outcome: Outcome,
}

/// The sample of a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Newest first.
    pub passages: Vec<Sampled>,
    /// There are older ones, which were left out.
    pub more: bool,
    /// Reviews of the same time that were shown without a suggestion and are no sample.
    pub others: u64,
}

impl<D: Db> Ledger<D> {
    /// What was drawn from `since` on and before `until`: the newest, up to a limit.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn quality_sample(&self, since: Instant, until: Instant, limit: u32) -> Result<Sample, LedgerError> {
        self.read(|| {
            let rows = self.run(
                "SELECT b.booth_id, b.recognizer, b.model, b.jurisdiction, b.confidence, b.wrong_person_percent, b.lot,
                     b.share_percent, b.standing, b.machine_error
                 FROM blind_review b WHERE b.origin = 'sample' AND b.drawn_at_ms >= +?1 AND b.drawn_at_ms < +?2
                     AND b.standing <> 'void' ORDER BY b.drawn_at_ms DESC LIMIT +?3",
                params![since, until, u64::from(limit) + 1],
            )?;
            let mut passages = rows.into_iter().map(sampled).collect::<Result<Vec<_>, _>>()?;
            let more = passages.len() > limit as usize;
            passages.truncate(limit as usize);
            let row = self.run_one(
                "SELECT count(*) FROM blind_review b WHERE b.origin <> 'sample' AND b.drawn_at_ms >= +?1
                     AND b.drawn_at_ms < +?2 AND b.standing <> 'void'",
                params![since, until],
            )?;
            let others = row.map_or(Ok(0), |row| row.columns().number())?;
            Ok(Sample { passages, more, others })
        })
    }
}

fn sampled(row: Row) -> Result<Sampled, LedgerError> {
    let mut columns = row.columns();
    Ok(Sampled {
        booth: columns.text()?,
        recognizer: columns.text()?,
        model: columns.opt_text()?,
        issuer: columns.text()?,
        confidence: columns.double()?,
        wrong_person_percent: columns.opt_double()?,
        lot: columns.double()?,
        share_percent: columns.double()?,
        outcome: match (columns.parsed()?, columns.opt_text()?) {
            (Standing::Settled, None) => Outcome::Right,
            (Standing::Settled, Some(error)) => Outcome::Wrong(
                error
                    .parse()
                    .map_err(|e: tollbooth_pipeline::reason::UnknownCode| LedgerError::Damaged(e.to_string()))?,
            ),
            (Standing::Disputed | Standing::Reopened, _) => Outcome::Disputed,
            (Standing::Open | Standing::Void, _) => Outcome::Unread,
        },
    })
}
