//! Reviews that are read without a suggestion: which are drawn, what was answered, and what everybody may see of them.
//!
//! A drawn passage is in review like any other: there is nothing beside it that could be told apart. What is kept back is
//! kept back here, by the ledger, so no route can forget it. An answer that others must confirm first is *held*: it moves
//! nothing, and its author sees it as the decision that it would have been, down to the version.
//!
//! Invariants: whoever has answered is not asked again; nothing that is open or disputed is billed; a reviewer never sees
//! that a review is a sample. The rules are in [`tollbooth_pipeline::blind`].

mod answers;
mod draw;
mod eyes;
mod find;
mod opinions;
mod passages;

use tollbooth_pipeline::blind::{Answer, Origin, Standing};

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;

pub use answers::Answered;
pub(crate) use draw::Machine;
pub(crate) use eyes::{Eyes, is_kept_back};
pub use find::Known;
pub(crate) use opinions::{Course, Opinion, answer_of};
pub(crate) use passages::{row_is_kept_back, told};

/// What reviewers are told instead of the reason.
pub(crate) const KEPT_BACK: &str =
    "Read it as if nobody had read it before: what others read, and why it waits, is kept back.";

/// A review that is, or was, read without a suggestion.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Blind {
    pub origin: Origin,
    pub standing: Standing,
    /// People whose answers must agree.
    pub people: usize,
    /// What the judge would have billed, of a sample.
    pub machine: Option<Answer>,
}

impl<D: Db> Ledger<D> {
    pub(crate) fn blind_of(&self, sequence: i64) -> Result<Option<Blind>, LedgerError> {
        let row = self.run_one(
            "SELECT b.origin, b.standing, b.people, b.plate, b.jurisdiction FROM blind_review b
             WHERE b.passage_sequence = +?1",
            params![sequence],
        )?;
        let Some(row) = row else { return Ok(None) };
        let mut columns = row.columns();
        Ok(Some(Blind {
            origin: columns.parsed()?,
            standing: columns.parsed()?,
            people: columns.number()?,
            machine: columns.opt_text()?.zip(columns.opt_text()?).map(|(plate, issuer)| Answer::Plate {
                plate,
                issuer,
                plate_type: None,
            }),
        }))
    }
}
