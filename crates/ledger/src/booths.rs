//! Roles that are limited to booths: what happens elsewhere is not there for them.
//!
//! Asked of the ledger itself, in the calls by which components read and decide passages, so no route can forget it.

use tollbooth_pipeline::role::Role;

use crate::Ledger;
use crate::db::{Db, Value, params};
use crate::error::LedgerError;
use crate::event::Actor;

impl<D: Db> Ledger<D> {
    /// The booths that somebody's role is limited to; none: it is not limited.
    pub(crate) fn booths_of(&self, who: &Actor) -> Result<Option<Vec<String>>, LedgerError> {
        let can_be = Role::ALL.iter().any(|role| role.can_be_limited() && role.as_str() == who.role);
        if !can_be {
            return Ok(None);
        }
        let row = self.run_one("SELECT t.booths FROM token t WHERE t.id = +?1", params![who.id.as_str()])?;
        match row {
            Some(row) => stored(row.columns().opt_text()?),
            None => Ok(None),
        }
    }
}

/// Whether a booth is among those; everything is within no limit.
pub(crate) fn is_within(booths: Option<&[String]>, booth: &str) -> bool {
    booths.is_none_or(|booths| booths.iter().any(|own| own == booth))
}

/// The limit as a condition on a column, behind the parameters that are there; empty without a limit.
pub(crate) fn condition(booths: Option<&[String]>, column: &str, parameters: &mut Vec<Value>) -> String {
    let Some(booths) = booths else { return String::new() };
    let mut places = Vec::new();
    for booth in booths {
        parameters.push(booth.as_str().into());
        places.push(format!("+?{}", parameters.len()));
    }
    // Nobody is limited to no booth; were somebody, nothing would be theirs.
    if places.is_empty() { " AND 1 = 0".to_owned() } else { format!(" AND {column} IN ({})", places.join(", ")) }
}

/// As it is stored: a JSON array, or nothing.
pub(crate) fn text_of(booths: Option<&[String]>) -> Result<Option<String>, LedgerError> {
    booths
        .map(serde_json::to_string)
        .transpose()
        .map_err(|e| LedgerError::Damaged(format!("booths cannot be written as JSON: {e}")))
}

/// As it was stored.
pub(crate) fn stored(text: Option<String>) -> Result<Option<Vec<String>>, LedgerError> {
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|e| LedgerError::Damaged(format!("the booths of a role cannot be read: {e}")))
}
