//! How somebody likes the console: one document for a person, replaced as a whole. What may be in it is decided by
//! `tollbooth_pipeline::preferences`; here it is text.

use tollbooth_pipeline::Instant;

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::scope::Scope;

impl<D: Db> Ledger<D> {
    /// What this person chose, JSON; none where they never did.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn preferences(&self, token: &str) -> Result<Option<String>, LedgerError> {
        let row = self.run_one("SELECT body FROM preference WHERE token_id = +?1", params![token])?;
        row.map(|row| row.columns().text()).transpose()
    }

    /// Keeps what this person chose, in place of what they chose before. Nothing for a token that is not known.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn put_preferences(&self, now: Instant, token: &str, body: &str) -> Result<(), LedgerError> {
        self.write(Scope::Rows, || {
            self.run(
                "INSERT INTO preference (token_id, body, changed_at_ms)
                 SELECT t.id, CAST(?2 AS TEXT), CAST(?3 AS BIGINT) FROM token t WHERE t.id = ?1
                 ON CONFLICT (token_id) DO UPDATE SET body = excluded.body, changed_at_ms = excluded.changed_at_ms",
                params![token, body, now],
            )
            .map(drop)
        })
    }
}
