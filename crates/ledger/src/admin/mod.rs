//! Booths, tokens and settings.
//!
//! Invariants: every change that changes something is an event with its actor; the same change twice is one change
//! and one event; a digest or secret is in no event and no error.

mod booths;
mod changes;
mod pushes;
mod settings;
mod tokens;

pub use changes::{Change, Changed};
pub use settings::SettingChange;

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::role::Role;

/// Most lanes of a booth.
pub const MAX_LANES: usize = 100;

/// A place where vehicles are photographed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booth {
    /// `[a-z0-9][a-z0-9-]{0,62}`
    pub id: String,
    /// For people.
    pub name: String,
    /// Assumed for plates that name none.
    pub jurisdiction: String,
    /// Empty: any lane is accepted.
    pub lanes: Vec<String>,
    /// IANA name.
    pub time_zone: String,
    /// Set by the ledger.
    pub updated_at: Instant,
}

/// A bearer token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// `tok_…`
    pub id: String,
    /// What it may do.
    pub role: Role,
    /// Only for cameras: the one booth they may send for.
    pub booth: Option<String>,
    /// Of people who review: the booths that their role is limited to, 1 to 100 of them; none: it is not limited.
    pub booths: Option<Vec<String>>,
    /// For people.
    pub name: String,
    /// Set by the ledger.
    pub created_at: Instant,
    /// Set by the ledger: who created it.
    pub created_by: String,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
}

/// How the pushes of a camera become passages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// `tok_…`, a camera's.
    pub token: String,
    /// None: the camera's events name their lane.
    pub lane: Option<String>,
    /// Its name at the booth.
    pub camera: String,
    /// IANA name; none for the booth's.
    pub time_zone: Option<String>,
    /// Set by the ledger.
    pub updated_at: Instant,
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such thing.
    NotFound,
    /// Every violation, one sentence each.
    Invalid(Vec<String>),
    /// The id is taken by something else.
    Conflict,
}

/// What is wrong with a name that people read.
fn title_problem(what: &'static str, text: &str) -> Option<String> {
    match tollbooth_pipeline::text::title(what, text) {
        Ok(clean) if clean == text => None,
        Ok(_) => Some(format!("{what}: must have no spaces at its ends")),
        Err(problem) => Some(problem.to_string()),
    }
}
