//! Who is calling: bearer tokens, recognised by the digest of their text.
//!
//! Must not tell apart unknown, malformed and revoked, neither in its answer nor in its time.

use subtle::{Choice, ConstantTimeEq};
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::token::{MAX_BYTES, claimed_id, digest};

use crate::Ledger;
use crate::booths;
use crate::db::{Db, params};
use crate::error::{Failure, LedgerError};

/// A token that was recognised and is not revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `tok_…`
    pub token: String,
    /// What it may do.
    pub role: Role,
    /// The one booth a camera may send for.
    pub booth: Option<String>,
    /// Booths that a person's role is limited to; none: it is not.
    pub booths: Option<Vec<String>>,
    /// Of the token, for people.
    pub name: String,
}

/// Why nobody was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Unknown, malformed or revoked: deliberately one answer.
    Unknown,
}

impl<D: Db> Ledger<D> {
    /// Recognises a bearer token.
    ///
    /// # Errors
    /// [`Refusal::Unknown`]
    pub fn authorize(&self, bearer: &str) -> Result<Identity, Failure<Refusal>> {
        if bearer.len() > MAX_BYTES {
            return Err(Failure::Refused(Refusal::Unknown));
        }
        let given = digest(bearer);
        let row = self.run_one(
            "SELECT id, digest, role, booth_id, name, booths, revoked_at_ms IS NOT NULL FROM token WHERE id = ?1",
            params![claimed_id(bearer)],
        )?;
        let known = row.map(|row| stored(row.columns())).transpose()?;
        // Compared with something even when there is no such token, so that the time tells nothing.
        let nobody = ([0; 32].to_vec(), true);
        let (expected, revoked) = known.as_ref().map_or(&nobody, |(_, proof)| proof);
        let proven = expected.ct_eq(given.as_slice()) & !Choice::from(u8::from(*revoked));
        match known {
            Some((identity, _)) if bool::from(proven) => Ok(identity),
            Some(_) | None => Err(Failure::Refused(Refusal::Unknown)),
        }
    }
}

type Proof = (Vec<u8>, bool);

fn stored(mut columns: crate::columns::Columns) -> Result<(Identity, Proof), LedgerError> {
    let token = columns.text()?;
    let digest = columns.blob()?;
    let identity = Identity {
        token,
        role: columns.parsed()?,
        booth: columns.opt_text()?,
        name: columns.text()?,
        booths: booths::stored(columns.opt_text()?)?,
    };
    Ok((identity, (digest, columns.flag()?)))
}
