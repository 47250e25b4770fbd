//! How a destination stands, for people, reports and metrics.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Where all of them are written, beside the progress of each.
pub const FILE: &str = "standing.json";

/// How one destination stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its name in the configuration.
    pub name: String,
    /// `folder`, `sftp`, `ftps`, `s3` or `azure-blob`
    pub kind: Cow<'static, str>,
    /// Whose files it gets: `billing`, or the name of a copy.
    #[serde(default = "billing")]
    pub profile: String,
    /// Where it is, without secrets.
    pub target: String,
    /// `up-to-date`, `delivering` with more to come, or what is wrong in one word: [`crate::Trouble::state`].
    pub state: Cow<'static, str>,
    /// What is wrong, in words.
    pub detail: Option<String>,
    /// The last export that was delivered; 0 for none.
    pub delivered_through: u64,
    /// Exports that are published and not delivered, as far as is known.
    pub pending: u64,
    /// Attempts in a row that failed.
    pub failures: u32,
    /// Seconds until it is tried or looked at again.
    pub next_attempt_seconds: u64,
}

/// What a standing was of that an older version wrote.
fn billing() -> String {
    tollbooth_pipeline::export::BILLING.to_owned()
}

impl Standing {
    /// Whether nothing is wrong: all that was published is delivered, or is being delivered.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.failures == 0
    }
}
