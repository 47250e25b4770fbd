//! Routes that compare what is stored with what is written down, and those for failed readings.

use serde::{Deserialize, Serialize};

use super::Api;
use super::exchange::{Call, to_json};
use crate::ClientError;

/// Passages looked at by one request: each costs a read of its photo.
const PASSAGES: &str = "100";
/// Stored photos, or export files, looked at by one request.
const PHOTOS: &str = "5000";

/// What is wrong with a passage's records or photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `psg_…`
    pub passage: String,
    /// `photo-missing`, `photo-changed` or `contradiction`
    pub finding: String,
    /// One sentence without a plate.
    pub detail: String,
}

/// Passages that were looked at.
#[derive(Debug, Clone, Deserialize)]
pub struct InspectedPassages {
    /// How many.
    pub checked: u64,
    /// What is wrong with them.
    pub findings: Vec<Finding>,
    /// Where the next page starts.
    pub next: Option<u64>,
}

/// Stored photos that were looked at.
#[derive(Debug, Clone, Deserialize)]
pub struct InspectedPhotos {
    /// How many were looked at.
    pub checked: u64,
    /// Keys of those that no passage names.
    pub unreferenced: Vec<String>,
    /// Keys of those whose passage has another photo.
    pub outdone: Vec<String>,
    /// Where the next page starts.
    pub next: Option<String>,
}

/// Stored export files and manifests that were looked at.
#[derive(Debug, Clone, Deserialize)]
pub struct InspectedExports {
    /// How many were looked at.
    pub checked: u64,
    /// Keys of those that no export of the ledger accounts for.
    pub unknown: Vec<String>,
    /// Where the next page starts.
    pub next: Option<String>,
}

/// Which failed readings; absent fields do not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FailedReadings {
    /// Review reason, `recognizer-exhausted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How the last attempt ended, `outage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Booth id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booth: Option<String>,
    /// `psg_…`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passage: Option<String>,
}

/// How many failed for one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureCause {
    /// Review reason.
    pub reason: String,
    /// How the last attempt ended.
    pub class: String,
    /// Passages.
    pub passages: u64,
}

/// What one request sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Reprocessed {
    /// Sent to the recogniser again.
    pub passages: u64,
    /// Match as well and are left for the next request.
    pub left: u64,
    /// Match and are being looked at by a reviewer.
    pub claimed: u64,
    /// For the next request, so that all of them are one action on record.
    #[serde(default)]
    pub action: Option<u64>,
}

/// One request of an action.
#[derive(Serialize)]
struct Sending<'a> {
    #[serde(flatten)]
    wanted: &'a FailedReadings,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<u64>,
}

#[derive(Deserialize)]
struct FailedPage {
    causes: Vec<FailureCause>,
}

impl Api {
    /// Looks at a page of passages after a cursor, 0 for the first.
    ///
    /// # Errors
    /// As every route.
    pub fn inspect_passages(&self, after: u64) -> Result<InspectedPassages, ClientError> {
        let after = after.to_string();
        let call = Call::new("GET", &["v1", "audit", "passages"]).query("after", &after).query("limit", PASSAGES);
        self.exchange(&call)?.json()
    }

    /// Looks at a page of stored photos after a key.
    ///
    /// # Errors
    /// As every route.
    pub fn inspect_photos(&self, after: Option<&str>) -> Result<InspectedPhotos, ClientError> {
        let mut call = Call::new("GET", &["v1", "audit", "photos"]).query("limit", PHOTOS);
        if let Some(after) = after {
            call = call.query("after", after);
        }
        self.exchange(&call)?.json()
    }

    /// Looks at a page of stored export files and manifests after a key.
    ///
    /// # Errors
    /// As every route.
    pub fn inspect_exports(&self, after: Option<&str>) -> Result<InspectedExports, ClientError> {
        let mut call = Call::new("GET", &["v1", "audit", "exports"]).query("limit", PHOTOS);
        if let Some(after) = after {
            call = call.query("after", after);
        }
        self.exchange(&call)?.json()
    }

    /// How many readings finally failed for which cause.
    ///
    /// # Errors
    /// As every route.
    pub fn failure_causes(&self, wanted: &FailedReadings) -> Result<Vec<FailureCause>, ClientError> {
        let mut call = Call::new("GET", &["v1", "failed-readings"]).query("limit", "1");
        for (name, value) in [("reason", &wanted.reason), ("class", &wanted.class), ("booth", &wanted.booth)] {
            if let Some(value) = value {
                call = call.query(name, value);
            }
        }
        Ok(self.exchange(&call)?.json::<FailedPage>()?.causes)
    }

    /// Sends the oldest of them to the recogniser again, as a part of the action that the request before answered. Safe to
    /// repeat: what was sent back matches no more.
    ///
    /// # Errors
    /// As every route.
    pub fn reprocess_failed(&self, wanted: &FailedReadings, action: Option<u64>) -> Result<Reprocessed, ClientError> {
        let body = to_json(&Sending { wanted, action })?;
        let call = Call::new("POST", &["v1", "failed-readings", "reprocess"]).body("application/json", &body);
        self.exchange(&call)?.json()
    }
}
