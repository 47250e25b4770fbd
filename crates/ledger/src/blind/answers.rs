//! What a supervisor sees who settles a dispute: every answer, without its author.

use tollbooth_pipeline::blind::Answer;
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::said::By;

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::Actor;

/// One of the answers that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Whose.
    pub by: By,
    /// Plate and issuer, where it is one.
    pub plate: Option<(String, String)>,
    /// What kind of plate it is, where a person said so.
    pub plate_type: Option<PlateType>,
    /// Otherwise why it cannot be billed.
    pub reject_code: Option<String>,
}

impl<D: Db> Ledger<D> {
    /// The answers to a passage that is disputed, in an order that says nothing; empty unless the viewer settles it.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn answers(&self, viewer: &Actor, passage: &str) -> Result<Vec<Answered>, LedgerError> {
        self.read(|| {
            let Some(row) = self.run_one("SELECT p.sequence FROM passage p WHERE p.id = +?1", params![passage])? else {
                return Ok(Vec::new());
            };
            let sequence = row.columns().integer()?;
            let eyes = self.eyes(sequence, viewer)?;
            if !eyes.may_settle() {
                return Ok(Vec::new());
            }
            let machine = eyes.blind.and_then(|blind| blind.machine).map(|machine| match machine {
                Answer::Plate { plate, issuer, plate_type } => {
                    Answered { by: By::Machine, plate: Some((plate, issuer)), plate_type, reject_code: None }
                }
                Answer::Reject => Answered { by: By::Machine, plate: None, plate_type: None, reject_code: None },
            });
            let people =
                self.opinions_of(sequence)?.into_iter().filter(|opinion| opinion.waiting).map(|opinion| Answered {
                    by: By::Person,
                    plate: opinion.plate.zip(opinion.jurisdiction),
                    plate_type: opinion.plate_type,
                    reject_code: opinion.reject_code,
                });
            let mut answers: Vec<Answered> = people.chain(machine).collect();
            answers.sort_by_key(|answer| {
                let said = (&answer.plate, answer.plate_type, &answer.reject_code);
                sha256_hex(format!("{passage} {said:?}").as_bytes())
            });
            Ok(answers)
        })
    }
}
