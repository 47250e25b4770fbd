//! Signatures of manifests, so that billing can tell our files from anybody else's.
//!
//! Ed25519 (RFC 8032) over a line that names what is signed and the manifest byte for byte; the chain of manifests carries
//! it to every file. Whoever rotates keys signs with two at once for a while: a reader that trusts either is served.
//!
//! Invariants: a key is 32 bytes in 64 hex digits and nothing else is one; no secret is ever printed; one key
//! signs other things only behind another first line.
//!
//! What it must not do: know where keys come from or where signatures are kept.

use std::fmt;

use ed25519_dalek::{Signature as Ed25519, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

/// What every signed text begins with.
pub const MANIFEST_CONTEXT: &[u8] = b"tollbooth-manifest-v1\n";

/// A text that is no key. The text itself is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be 64 hexadecimal digits: an Ed25519 {kind} of 32 bytes")]
pub struct KeyError {
    what: &'static str,
    kind: &'static str,
}

/// The keys of the house: the one in force first, and the one before it while both are accepted.
#[derive(Clone, Default)]
pub struct SigningKeys(Vec<SigningKey>);

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeys({} secret)", self.0.len())
    }
}

impl SigningKeys {
    /// Reads the variables `signing_key` and `signing_key_previous`; an empty one is no key.
    ///
    /// # Errors
    /// [`KeyError`] names the variable.
    pub fn parse(current: &str, previous: &str) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for (what, text) in [("signing_key", current), ("signing_key_previous", previous)] {
            if !text.is_empty() {
                keys.push(SigningKey::from_bytes(&bytes(text).ok_or(KeyError { what, kind: "secret key" })?));
            }
        }
        Ok(Self(keys))
    }

    /// Makes a key of 32 random bytes: the secret and the public one, as texts.
    #[must_use]
    pub fn generate(random: &[u8; 32]) -> (String, PublicKey) {
        let key = SigningKey::from_bytes(random);
        (hex::encode(key.to_bytes()), PublicKey(key.verifying_key()))
    }

    /// Whether nothing is signed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The public keys, the one in force first.
    #[must_use]
    pub fn public(&self) -> Vec<PublicKey> {
        self.0.iter().map(|key| PublicKey(key.verifying_key())).collect()
    }

    /// Signs a manifest with every key.
    #[must_use]
    pub fn sign(&self, manifest: &[u8]) -> Signatures {
        let text = signed_text(manifest);
        let one = |key: &SigningKey| Signature {
            key: hex::encode(key.verifying_key().to_bytes()),
            ed25519: hex::encode(key.sign(&text).to_bytes()),
        };
        Signatures { signatures: self.0.iter().map(one).collect() }
    }
}

/// A public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0.to_bytes()))
    }
}

impl std::str::FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = KeyError { what: "the key", kind: "public key" };
        VerifyingKey::from_bytes(&bytes(text.trim()).ok_or(refuse)?).map(Self).map_err(|_| refuse)
    }
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The public key it was made for, 64 hex digits.
    pub key: String,
    /// The signature, 128 hex digits.
    pub ed25519: String,
}

/// The signatures of one manifest, as they are published beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signatures {
    /// One for each key of the house.
    pub signatures: Vec<Signature>,
}

/// Why a manifest is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// None of the keys trusted has signed it.
    #[error("it is signed with none of the keys that are trusted")]
    OtherKey,
    /// A trusted key's signature is of another text.
    #[error("its signature is not of this manifest: it was changed after it was signed")]
    Changed,
}

impl Signatures {
    /// Whether a key that is trusted has signed this manifest.
    ///
    /// # Errors
    /// [`Untrusted`]
    pub fn verify(&self, manifest: &[u8], trusted: &[PublicKey]) -> Result<(), Untrusted> {
        let text = signed_text(manifest);
        let mut found = Untrusted::OtherKey;
        for signature in &self.signatures {
            let Some(key) = trusted.iter().find(|key| key.to_string() == signature.key) else { continue };
            let good = hex::decode(&signature.ed25519)
                .ok()
                .and_then(|bytes| Ed25519::from_slice(&bytes).ok())
                // Strict: a signature that some libraries take and others refuse is refused.
                .is_some_and(|signature| key.0.verify_strict(&text, &signature).is_ok());
            if good {
                return Ok(());
            }
            found = Untrusted::Changed;
        }
        Err(found)
    }
}

fn signed_text(manifest: &[u8]) -> Vec<u8> {
    [MANIFEST_CONTEXT, manifest].concat()
}

fn bytes(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    hex::decode_to_slice(text, &mut key).ok().map(|()| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const OTHER: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";

    #[test]
    fn the_public_key_is_the_one_of_the_standard() {
        // RFC 8032, 7.1, tests 1 and 2.
        let keys = SigningKeys::parse(SECRET, OTHER).unwrap();
        let public: Vec<_> = keys.public().iter().map(ToString::to_string).collect();
        assert_eq!(
            public,
            [
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
            ]
        );
    }

    #[test]
    fn a_manifest_is_believed_by_those_who_trust_either_key_and_by_nobody_else() {
        let manifest = b"{\"sequence\": 1}\n";
        let both = SigningKeys::parse(SECRET, OTHER).unwrap();
        let signed = both.sign(manifest);
        for key in both.public() {
            assert_eq!(signed.verify(manifest, &[key]), Ok(()));
            assert_eq!(signed.verify(b"{\"sequence\": 2}\n", &[key]), Err(Untrusted::Changed));
        }
        let (_, stranger) = SigningKeys::generate(&[7; 32]);
        assert_eq!(signed.verify(manifest, &[stranger]), Err(Untrusted::OtherKey));
        let text = serde_json::to_string(&signed).unwrap();
        assert_eq!(serde_json::from_str::<Signatures>(&text).unwrap(), signed);
    }

    #[test]
    fn a_signature_under_a_trusted_name_by_another_key_is_no_signature() {
        let manifest = b"{}\n";
        let mut forged = SigningKeys::parse(OTHER, "").unwrap().sign(manifest);
        let trusted = SigningKeys::parse(SECRET, "").unwrap().public();
        forged.signatures[0].key = trusted[0].to_string();
        assert_eq!(forged.verify(manifest, &trusted), Err(Untrusted::Changed));
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        for bad in ["abc", "zz", &SECRET[1..], &format!("{SECRET}00")] {
            let error = SigningKeys::parse(bad, "").unwrap_err().to_string();
            assert!(error.contains("signing_key") && !error.contains(bad), "{error}");
        }
        assert!(SigningKeys::parse("", "").unwrap().is_empty());
        assert_eq!(format!("{:?}", SigningKeys::parse(SECRET, "").unwrap()), "SigningKeys(1 secret)");
    }
}
