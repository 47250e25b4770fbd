//! The ID token (OpenID Connect Core 1.0, section 3.1.3.7): who signed in, in the provider's words, or why they are not
//! believed.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use tollbooth_pipeline::Instant;

use crate::keys::{ALGORITHMS, Keys};

/// How far the provider's clock may be from ours, in seconds.
pub const SKEW_SECONDS: u64 = 60;
/// Longest token, in bytes.
const MAX_BYTES: usize = 32_768;
/// Longest subject, in bytes (Core 1.0, section 2).
const MAX_SUBJECT_BYTES: usize = 255;

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

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Signed by a key that is not among those known: the provider may have changed its keys since.
    #[error("the key that signed the ID token is not among the provider's")]
    UnknownKey,
    /// Anything else; for operators.
    #[error("the ID token is refused: {0}")]
    Invalid(String),
}

fn invalid(why: impl Into<String>) -> Refused {
    Refused::Invalid(why.into())
}

/// The claims of a token that is believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Believed {
    /// Who, in the provider's words: never given to anybody else.
    pub subject: String,
    /// Everything that the token says.
    pub claims: Value,
}

/// Checks a token and answers what it says.
///
/// # Errors
/// [`Refused`]
pub fn verify(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Believed, Refused> {
    if token.len() > MAX_BYTES {
        return Err(invalid("it is too long"));
    }
    let header = decode_header(token).map_err(|e| invalid(format!("its header cannot be read: {e}")))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(invalid(format!("it is signed by {:?}", header.alg)));
    }
    let candidates = keys.for_signature(header.alg, header.kid.as_deref());
    if candidates.is_empty() {
        return Err(Refused::UnknownKey);
    }
    let claims = signed(token, &candidates, header.alg, expected)?;
    said(&claims, expected)?;
    let subject = text(&claims, "sub").filter(|sub| !sub.is_empty() && sub.len() <= MAX_SUBJECT_BYTES);
    let subject = subject.ok_or_else(|| invalid("it names no subject"))?.to_owned();
    Ok(Believed { subject, claims })
}

/// Signature, issuer, audience, expiry and not-before.
fn signed(
    token: &str,
    candidates: &[DecodingKey],
    algorithm: Algorithm,
    expected: &Expected<'_>,
) -> Result<Value, Refused> {
    let mut rules = Validation::new(algorithm);
    rules.leeway = SKEW_SECONDS;
    rules.validate_nbf = true;
    rules.set_issuer(&[expected.issuer]);
    rules.set_audience(&[expected.client_id]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let mut why = String::new();
    for key in candidates {
        match decode::<Value>(token, key, &rules) {
            Ok(decoded) => return Ok(decoded.claims),
            Err(error) => why = error.to_string(),
        }
    }
    Err(invalid(why))
}

/// What only this protocol knows: one issuer, one party, this attempt, and now.
fn said(claims: &Value, expected: &Expected<'_>) -> Result<(), Refused> {
    if text(claims, "iss") != Some(expected.issuer) {
        return Err(invalid("it names more than one issuer"));
    }
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

fn text<'a>(claims: &'a Value, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

#[expect(clippy::cast_possible_truncation, reason = "a cast from f64 saturates, and such a time is refused")]
fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
}
