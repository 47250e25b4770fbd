//! Alerts: what is wrong by the ledger's facts, when people are told, whom, and in which words.
//!
//! Pure functions over [`Facts`] and what was told before; no SQL, no clock, no delivery. Invariants: one alert a rule,
//! however many booths it concerns; one e-mail a look and address, however many alerts it tells of; people are told once,
//! reminded rarely, and always told of the end of what they were told of; nothing that nobody knows counts as well; no
//! plate is in any text.

mod acceptance;
mod conditions;
mod delivered;
mod export_gap;
mod facts;
mod finding;
mod quiet;
mod recipients;
mod rule;
pub mod staff;
mod step;
mod storage;
mod texts;
mod time;
mod words;

pub use acceptance::{acceptance, is_enough};
pub use conditions::conditions;
pub use export_gap::Why;
pub use facts::{
    AcceptanceFacts, BoothFacts, ChannelFacts, CopyFacts, DestinationFacts, ExportFacts, Facts, RecognizerFacts,
    USUAL_MOST, UnreadableRuleFacts,
};
pub use finding::Finding;
pub use quiet::is_quiet;
pub use recipients::{Recipient, recipients};
pub use rule::{Rule, RuleState, Severity};
pub use step::{Around, Decision, GROUP_INTERVAL_MS, GROUP_WAIT_MS, Open, Tell, decide, noted};
pub use texts::{Part, Text, Told, all_is_well, digest, summary, summary_of_many, telling, test};
pub use words::Words;
