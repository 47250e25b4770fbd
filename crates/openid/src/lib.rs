//! Signing in with OpenID Connect (Core 1.0, authorisation code with PKCE), and out again (RP-Initiated Logout 1.0, Back-Channel
//! Logout 1.0): what the provider is asked, and which of its answers are believed.
//!
//! In here: the configuration and what is wrong with it, the secrets of one attempt to sign in, the provider's documents,
//! its tokens, and who a person is by its claims. Not in here: HTTP, the ledger, randomness, and the clock but for the one that
//! `jsonwebtoken` checks a token's expiry with. Nothing here stores or logs a secret.

pub mod attempt;
pub mod claims;
pub mod code;
pub mod configuration;
pub mod freshness;
pub mod id_token;
pub mod keys;
pub mod logout_token;
pub mod provider;
pub mod roles;
mod signed;

/// Longest provider's document that is read, in bytes: the keys of large providers have 20,000.
pub const MAX_DOCUMENT_BYTES: usize = 131_072;

/// Longest answer of the token endpoint that is read, in bytes: an ID token with many groups has some thousands.
pub const MAX_TOKEN_ANSWER_BYTES: usize = 65_536;
