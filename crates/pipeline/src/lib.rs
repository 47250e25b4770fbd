//! The rules by which a photo becomes a bill line, free of any host.
//!
//! Invariants: no clock (every `now` is a parameter), no randomness (jitter is derived from a seed the caller
//! gives), no I/O. What is stored, sent or served is decided here and done elsewhere: SQL in `tollbooth-ledger`,
//! HTTP and WASI in the components.

pub mod balance;
pub mod blind;
pub mod camera_clock;
pub mod capture;
mod choice;
pub mod circuit;
pub mod corroborated;
pub mod crossing;
pub mod damage;
pub mod desk;
pub mod destination;
mod doubts;
pub mod export;
pub mod gate;
pub mod ident;
pub mod identity;
pub mod judge;
pub mod learned;
pub mod limits;
pub mod lookalike;
pub mod mail_address;
pub mod opinions;
pub mod placeholder;
pub mod plate_type;
pub mod policy;
pub mod preferences;
pub mod preview;
pub mod print;
pub mod reading;
pub mod reason;
pub mod recognizer;
pub mod retry;
pub mod role;
pub mod said;
pub mod session;
pub mod settings;
pub mod sighted;
pub mod state;
pub mod text;
pub mod token;
pub mod turned;

/// How issuers key their plates, for those who compare texts: rules of `tollbooth-plate`.
pub use tollbooth_plate::keying;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Instant = i64;
