//! What is told to the server of the places to which published files are delivered.

use serde::{Deserialize, Serialize};

use super::Api;
use super::exchange::{Call, to_json};
use crate::ClientError;

/// How a destination stands: a few words and numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DestinationReport {
    /// `folder`, `sftp`, …
    pub kind: String,
    /// Whose files it gets: `billing`, or the name of a copy.
    pub profile: String,
    /// What is wrong, in one word; none: all is well.
    pub trouble: Option<String>,
    /// How long it fails already.
    pub failing_seconds: u64,
    /// Attempts in a row that failed.
    pub failures: u32,
    /// The last export that was delivered; 0 for none.
    pub delivered_through: u64,
    /// Exports that are published and not delivered, as far as is known.
    pub pending: u64,
    /// When the next report comes at the latest.
    pub next_report_seconds: u64,
}

/// A destination as it was last reported.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReportedDestination {
    /// As it is configured.
    pub name: String,
    /// `well`, or what it is instead.
    pub state: String,
    /// What is wrong, in one word.
    pub trouble: Option<String>,
    /// Since when, RFC 3339.
    pub failing_since: Option<String>,
    /// Exports that are published and not delivered.
    pub pending: u64,
    /// When it was reported last, RFC 3339.
    pub reported_at: String,
}

#[derive(Deserialize)]
struct Destinations {
    items: Vec<ReportedDestination>,
}

impl Api {
    /// Every destination that was reported, by name.
    ///
    /// # Errors
    /// As every route.
    pub fn destinations(&self) -> Result<Vec<ReportedDestination>, ClientError> {
        let found: Destinations = self.exchange(&Call::new("GET", &["v1", "destinations"]))?.json()?;
        Ok(found.items)
    }

    /// Reports how a destination stands, in place of what was reported before.
    ///
    /// # Errors
    /// As every route.
    pub fn report_destination(&self, name: &str, report: &DestinationReport) -> Result<(), ClientError> {
        let body = to_json(report)?;
        self.exchange(&Call::new("PUT", &["v1", "destinations", name]).body("application/json", &body)).map(drop)
    }
}
