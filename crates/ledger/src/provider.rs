//! What a provider of identities says of itself, and its keys, as they were read last: components live for one request, so
//! what they keep is kept here. Nothing in it is secret.

use tollbooth_pipeline::Instant;

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::scope::Scope;

/// A document as it was read last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its text and when it was read; none when it never was.
    pub read: Option<(String, Instant)>,
    /// The last try, successful or not.
    pub tried_at: Instant,
}

impl<D: Db> Ledger<D> {
    /// The document of this address.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn provider_document(&self, address: &str) -> Result<Option<Kept>, LedgerError> {
        self.run_one(
            "SELECT body, read_at_ms, tried_at_ms FROM provider_document WHERE address = ?1",
            params![address],
        )?
        .map(|row| {
            let mut columns = row.columns();
            let (body, read_at) = (columns.opt_text()?, columns.opt_integer()?);
            Ok(Kept { read: body.zip(read_at), tried_at: columns.integer()? })
        })
        .transpose()
    }

    /// Keeps a document that was read, or, without one, that it was tried in vain: what was read before stays then.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn keep_provider_document(&self, now: Instant, address: &str, body: Option<&str>) -> Result<(), LedgerError> {
        self.write(Scope::Rows, || {
            self.run(
                "INSERT INTO provider_document (address, body, read_at_ms, tried_at_ms)
                 VALUES (?1, CAST(?2 AS TEXT), CASE WHEN CAST(?2 AS TEXT) IS NULL THEN NULL ELSE CAST(?3 AS BIGINT) END,
                     CAST(?3 AS BIGINT))
                 ON CONFLICT (address) DO UPDATE SET
                     body = coalesce(excluded.body, provider_document.body),
                     read_at_ms = coalesce(excluded.read_at_ms, provider_document.read_at_ms),
                     tried_at_ms = excluded.tried_at_ms",
                params![address, body, now],
            )
            .map(drop)
        })
    }
}
