//! Nonces without memory: a time, and a seal over it.
//!
//! Within its time a nonce may be used again, for cameras do, some without counting. What is repeated with it is the same
//! request, and a repeated push is the same passage; whoever can listen could put another body under a request that he heard,
//! which Digest without TLS does not prevent.

use crate::key::Key;
use crate::{Instant, same};

/// How long a nonce is good, in milliseconds.
const LIFETIME_MS: i64 = 300_000;
/// How far it may lie ahead: replicas' clocks differ.
const AHEAD_MS: i64 = 30_000;
/// Hexadecimal digits of the seal: 128 bits.
const SEAL_DIGITS: usize = 32;

impl Key {
    /// A nonce of this moment: 12 hexadecimal digits of milliseconds, and a seal.
    pub(crate) fn nonce(&self, now: Instant) -> String {
        let time = format!("{now:012x}");
        let seal = self.nonce_seal(&time);
        time + &seal
    }

    /// Whether a nonce is one of ours and not too old.
    pub(crate) fn is_fresh(&self, nonce: &str, now: Instant) -> bool {
        let Some((time, seal)) = nonce.split_at_checked(12) else { return false };
        if !same(self.nonce_seal(time).as_bytes(), seal.as_bytes()) {
            return false;
        }
        let given = i64::from_str_radix(time, 16).unwrap_or(i64::MIN);
        (-AHEAD_MS..=LIFETIME_MS).contains(&now.saturating_sub(given))
    }

    fn nonce_seal(&self, time: &str) -> String {
        tollbooth_pipeline::ident::hex(&self.seal("nonce", time)).chars().take(SEAL_DIGITS).collect()
    }
}
