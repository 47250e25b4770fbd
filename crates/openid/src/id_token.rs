//! The ID token (OpenID Connect Core 1.0, section 3.1.3.7): who signed in, in the provider's words, or why they are not
//! believed.

use serde_json::Value;
use tollbooth_pipeline::Instant;

use crate::keys::Keys;
pub use crate::signed::{Refused, SKEW_SECONDS};
use crate::signed::{Signer, invalid, seconds, signed, text};

/// Longest subject, in bytes (Core 1.0, section 2).
pub(crate) const MAX_SUBJECT_BYTES: usize = 255;
/// Longest name of a provider's session that is kept, in bytes.
pub(crate) const MAX_SESSION_BYTES: usize = 255;

/// What the token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who must have made it.
    pub issuer: &'a str,
    /// For whom.
    pub client_id: &'a str,
    /// In answer to which attempt.
    pub nonce: &'a str,
    /// When that attempt began: the token was made after it.
    pub began: Instant,
    /// Our clock.
    pub now: Instant,
}

/// The claims of a token that is believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Believed {
    /// Who, in the provider's words: never given to anybody else.
    pub subject: String,
    /// What the provider calls the session there (`sid`), where it says so.
    pub session: Option<String>,
    /// Everything that the token says.
    pub claims: Value,
}

/// Checks a token and answers what it says.
///
/// # Errors
/// [`Refused`]
pub fn verify(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Believed, Refused> {
    let signer = Signer { keys, issuer: expected.issuer, client_id: expected.client_id };
    let claims = signed(token, &signer, &["exp", "iss", "aud", "sub"])?;
    said(&claims, expected)?;
    let subject = text(&claims, "sub").filter(|sub| !sub.is_empty() && sub.len() <= MAX_SUBJECT_BYTES);
    let subject = subject.ok_or_else(|| invalid("it names no subject"))?.to_owned();
    let session = text(&claims, "sid").filter(|sid| !sid.is_empty() && sid.len() <= MAX_SESSION_BYTES);
    Ok(Believed { subject, session: session.map(ToOwned::to_owned), claims })
}

/// What only a sign-in knows: one party, this attempt, and now.
fn said(claims: &Value, expected: &Expected<'_>) -> Result<(), Refused> {
    let party = claims.get("azp");
    if party.is_some_and(|party| party.as_str() != Some(expected.client_id)) {
        return Err(invalid("it was made for another party (azp)"));
    }
    if party.is_none() && claims.get("aud").and_then(Value::as_array).is_some_and(|all| all.len() > 1) {
        return Err(invalid("it is for several audiences and names no party (azp)"));
    }
    if text(claims, "nonce") != Some(expected.nonce) {
        return Err(invalid("it answers another attempt (nonce)"));
    }
    let skew = i64::try_from(SKEW_SECONDS).unwrap_or(i64::MAX);
    let made = claims.get("iat").and_then(seconds).ok_or_else(|| invalid("it does not say when it was made"))?;
    if made > (expected.now / 1000).saturating_add(skew) || made < (expected.began / 1000).saturating_sub(skew) {
        return Err(invalid("it was not made during this attempt (iat)"));
    }
    Ok(())
}
