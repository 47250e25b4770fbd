//! The logout token (OpenID Connect Back-Channel Logout 1.0, section 2.4): who signed out at the provider, in its words, or why
//! that is not believed.
//!
//! The same token again does no harm: it ends only what was opened before it was made. So no list of tokens that were used is
//! kept.

use jsonwebtoken::decode_header;
use serde_json::Value;
use tollbooth_pipeline::Instant;

use crate::id_token::{MAX_SESSION_BYTES, MAX_SUBJECT_BYTES};
use crate::keys::Keys;
use crate::signed::{Refused, SKEW_SECONDS, Signer, invalid, seconds, signed, text};

/// The event that makes a token one of these.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// What its header may call it: the type of its own, or the one that says nothing, for not all providers use the first. What
/// is called otherwise, as access tokens are, is for something else.
const TYPES: [&str; 3] = ["logout+jwt", "application/logout+jwt", "jwt"];
/// How long after it was made a token is taken, in seconds: a provider that could not reach us tries again for a while.
const MAX_AGE_SECONDS: i64 = 600;

/// What the token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who must have made it.
    pub issuer: &'a str,
    /// For whom.
    pub client_id: &'a str,
    /// Our clock.
    pub now: Instant,
}

/// Who signed out there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOut {
    /// The person; none where only the session is named.
    pub subject: Option<String>,
    /// What the provider calls the session there; none means every one of the person's.
    pub session: Option<String>,
    /// When the provider said so: what was opened later stays.
    pub said_at: Instant,
}

/// Checks a token and answers what it says. At least one of subject and session is there.
///
/// # Errors
/// [`Refused`]
pub fn verify(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<SignedOut, Refused> {
    let signer = Signer { keys, issuer: expected.issuer, client_id: expected.client_id };
    let claims = signed(token, &signer, &["exp", "iss", "aud"])?;
    let kind = decode_header(token).ok().and_then(|header| header.typ);
    if kind.is_some_and(|kind| !TYPES.contains(&kind.to_ascii_lowercase().as_str())) {
        return Err(invalid("it is a token of another type (typ)"));
    }
    if !claims.get("events").and_then(|events| events.get(EVENT)).is_some_and(Value::is_object) {
        return Err(invalid("it is no logout token (events)"));
    }
    // An ID token has one, and must not be taken for this.
    if claims.get("nonce").is_some() {
        return Err(invalid("it has a nonce, as no logout token has"));
    }
    if text(&claims, "jti").is_none_or(str::is_empty) {
        return Err(invalid("it has no name of its own (jti)"));
    }
    let now = expected.now / 1000;
    let skew = i64::try_from(SKEW_SECONDS).unwrap_or(i64::MAX);
    let made = claims.get("iat").and_then(seconds).ok_or_else(|| invalid("it does not say when it was made"))?;
    if made > now.saturating_add(skew) || made < now.saturating_sub(MAX_AGE_SECONDS) {
        return Err(invalid("it was not made just now (iat)"));
    }
    let named = |claim: &str, most: usize| match claims.get(claim) {
        None => Ok(None),
        Some(Value::String(name)) if !name.is_empty() && name.len() <= most => Ok(Some(name.clone())),
        Some(_) => Err(invalid(format!("its `{claim}` is no name"))),
    };
    let (subject, session) = (named("sub", MAX_SUBJECT_BYTES)?, named("sid", MAX_SESSION_BYTES)?);
    if subject.is_none() && session.is_none() {
        return Err(invalid("it names neither a person nor a session"));
    }
    Ok(SignedOut { subject, session, said_at: made.saturating_mul(1000) })
}
