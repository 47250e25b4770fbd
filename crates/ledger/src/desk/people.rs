//! Who reviews: whom a review can be given to.

use tollbooth_pipeline::role::Role;

use crate::Ledger;
use crate::booths::{is_within, stored};
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::Actor;

/// Most people that are listed.
const MOST: u32 = 500;

/// Somebody who reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    /// `tok_…`
    pub token: String,
    /// Of the token.
    pub name: String,
    /// Reviewer or supervisor.
    pub role: Role,
    /// Booths that the role is limited to; none: it is not.
    pub booths: Option<Vec<String>>,
}

const COLUMNS: &str = "SELECT t.id, t.name, t.role, t.booths FROM token t
    WHERE t.role IN ('reviewer', 'supervisor') AND t.revoked_at_ms IS NULL";

impl<D: Db> Ledger<D> {
    /// Everybody who reviews at a booth of the viewer, by name; at most 500.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn colleagues(&self, viewer: &Actor) -> Result<Vec<Colleague>, LedgerError> {
        let mine = self.booths_of(viewer)?;
        let rows = self.run(&format!("{COLUMNS} ORDER BY t.name, t.id LIMIT +?1"), params![MOST])?;
        let all = rows.into_iter().map(|row| colleague(row.columns())).collect::<Result<Vec<_>, _>>()?;
        let meets = |person: &Colleague| match (&mine, &person.booths) {
            (Some(mine), Some(theirs)) => theirs.iter().any(|booth| is_within(Some(mine), booth)),
            _ => true,
        };
        Ok(all.into_iter().filter(meets).collect())
    }

    /// Somebody who reviews; none for anybody else.
    pub(super) fn colleague(&self, token: &str) -> Result<Option<Colleague>, LedgerError> {
        let row = self.run_one(&format!("{COLUMNS} AND t.id = +?1"), params![token])?;
        row.map(|row| colleague(row.columns())).transpose()
    }
}

fn colleague(mut columns: Columns) -> Result<Colleague, LedgerError> {
    Ok(Colleague {
        token: columns.text()?,
        name: columns.text()?,
        role: columns.parsed()?,
        booths: stored(columns.opt_text()?)?,
    })
}
