//! The keys that a provider signs with, and which of them a token may be checked by.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// The signatures that are believed: by key pairs of today's strength, and nothing by a shared secret.
pub const ALGORITHMS: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

/// Most keys that are looked at.
const MAX_KEYS: usize = 64;
/// Shortest modulus of an RSA key, in characters of base64url: 2048 bits.
const MIN_MODULUS_CHARS: usize = 341;

/// A provider's keys.
#[derive(Debug, Clone)]
pub struct Keys(Vec<Jwk>);

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

impl Keys {
    /// Reads a JWK set (RFC 7517). Keys of kinds that are not known here are left out: others may use them.
    ///
    /// # Errors
    /// What is wrong with it, for operators.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let set: Set = serde_json::from_slice(body).map_err(|e| format!("its keys are no JWK set: {e}"))?;
        if set.keys.len() > MAX_KEYS {
            return Err(format!("it has {} keys, more than {MAX_KEYS}", set.keys.len()));
        }
        Ok(Self(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect()))
    }

    /// The keys that may have made a signature: of the named one, or of all that fit when the token names none.
    #[must_use]
    pub fn for_signature(&self, algorithm: Algorithm, id: Option<&str>) -> Vec<DecodingKey> {
        let named = |key: &&Jwk| id.is_none_or(|id| key.common.key_id.as_deref() == Some(id));
        let fitting = self.0.iter().filter(named).filter(|key| fits(key, algorithm));
        fitting.filter_map(|key| DecodingKey::from_jwk(key).ok()).collect()
    }
}

/// Whether a key is one of this algorithm, meant for signatures, and strong enough.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let common = &key.common;
    let for_signatures = common.public_key_use.as_ref().is_none_or(|what| *what == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    let for_this = common.key_algorithm.is_none_or(|named| named == KeyAlgorithm::from(algorithm));
    let right_kind = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(rsa), Algorithm::RS256 | Algorithm::PS256) => rsa.n.len() >= MIN_MODULUS_CHARS,
        (AlgorithmParameters::EllipticCurve(curve), Algorithm::ES256) => curve.curve == EllipticCurve::P256,
        (AlgorithmParameters::OctetKeyPair(pair), Algorithm::EdDSA) => pair.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    for_signatures && for_this && right_kind
}
