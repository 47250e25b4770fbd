//! What every token of a provider must be, whatever it says: signed by one of its keys with an algorithm of ours, made by it,
//! for us, and not over.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use crate::keys::{ALGORITHMS, Keys};

/// How far the provider's clock may be from ours, in seconds.
pub const SKEW_SECONDS: u64 = 60;
/// Longest token, in bytes.
const MAX_BYTES: usize = 32_768;

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Signed by a key that is not among those known: the provider may have changed its keys since.
    #[error("the key that signed the token is not among the provider's")]
    UnknownKey,
    /// Anything else; for operators.
    #[error("the token is refused: {0}")]
    Invalid(String),
}

pub(crate) fn invalid(why: impl Into<String>) -> Refused {
    Refused::Invalid(why.into())
}

/// By whom, and for whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signer<'a> {
    pub keys: &'a Keys,
    pub issuer: &'a str,
    pub client_id: &'a str,
}

/// The claims of a token: signature, issuer, audience, expiry and not-before are good, and none of the `required` claims is
/// missing.
pub(crate) fn signed(token: &str, signer: &Signer<'_>, required: &[&str]) -> Result<Value, Refused> {
    if token.len() > MAX_BYTES {
        return Err(invalid("it is too long"));
    }
    let header = decode_header(token).map_err(|e| invalid(format!("its header cannot be read: {e}")))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(invalid(format!("it is signed by {:?}", header.alg)));
    }
    let candidates = signer.keys.for_signature(header.alg, header.kid.as_deref());
    if candidates.is_empty() {
        return Err(Refused::UnknownKey);
    }
    let claims = checked(token, &candidates, header.alg, signer, required)?;
    // The library takes a list of issuers as well.
    if text(&claims, "iss") != Some(signer.issuer) {
        return Err(invalid("it names more than one issuer"));
    }
    Ok(claims)
}

fn checked(
    token: &str,
    candidates: &[DecodingKey],
    algorithm: Algorithm,
    signer: &Signer<'_>,
    required: &[&str],
) -> Result<Value, Refused> {
    let mut rules = Validation::new(algorithm);
    rules.leeway = SKEW_SECONDS;
    rules.validate_nbf = true;
    rules.set_issuer(&[signer.issuer]);
    rules.set_audience(&[signer.client_id]);
    rules.set_required_spec_claims(required);
    let mut why = String::new();
    for key in candidates {
        match decode::<Value>(token, key, &rules) {
            Ok(decoded) => return Ok(decoded.claims),
            Err(error) => why = error.to_string(),
        }
    }
    Err(invalid(why))
}

pub(crate) fn text<'a>(claims: &'a Value, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

#[expect(clippy::cast_possible_truncation, reason = "a cast from f64 saturates, and such a time is refused")]
pub(crate) fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
}
