//! The relay beside: takes messages over HTTP with a token, and hands each to a mail server by SMTP.
//!
//! Components speak HTTP and nothing else; names, TLS and SMTP are here (ADR 0021). The relay keeps nothing on disk: the
//! outbox is in the ledger, and what the relay cannot hand over it says at once. It remembers what it handed over lately,
//! so that a delivery whose answer was lost is not made twice. Speaks the contract of `tollbooth-messages`.

mod compose;
mod door;
mod handed_over;
mod limits;
mod smtp;

pub use door::{Relay, RelayError, Token};
pub use smtp::{Security, Smtp, SmtpError};
