//! Billing's routes: what was published, byte for byte.

use serde::Deserialize;
use serde_json::Value;

use super::Api;
use super::exchange::{Call, to_json};
use crate::ClientError;
use crate::acknowledging::{Acknowledged, Disposition};

/// Exports asked for at a time.
const PAGE: &str = "100";

/// A published export, as listed. What it holds is in its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Export {
    /// 1, 2, 3 … without gaps.
    pub sequence: u64,
    /// `2020-06-05T07:07:15.csv`
    pub file_name: String,
    /// SHA-256 of the manifest, lower-case hex.
    pub manifest_sha256: String,
}

#[derive(Deserialize)]
struct SigningKeys {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Export>,
    next: Option<u64>,
}

impl Api {
    /// Has whatever is accepted published now, whether or not the interval is over. Safe to repeat. What it did comes
    /// back as JSON.
    ///
    /// # Errors
    /// As every route.
    pub fn request_export(&self) -> Result<Value, ClientError> {
        self.exchange(&Call::new("POST", &["v1", "exports"]))?.json()
    }

    /// Every published export after a sequence (0 for all), in sequence.
    ///
    /// # Errors
    /// As every route.
    pub fn exports_after(&self, after: u64) -> Result<Vec<Export>, ClientError> {
        let mut found = Vec::new();
        let mut after = after;
        loop {
            let call = Call::new("GET", &["v1", "exports"]).query("after", &after.to_string()).query("limit", PAGE);
            let page: Page = self.exchange(&call)?.json()?;
            found.extend(page.items);
            match page.next {
                // A cursor that does not move would go on for ever.
                Some(next) if next > after => after = next,
                Some(_) | None => return Ok(found),
            }
        }
    }

    /// The CSV file of an export.
    ///
    /// # Errors
    /// As every route.
    pub fn export_file(&self, sequence: u64) -> Result<Vec<u8>, ClientError> {
        let sequence = sequence.to_string();
        Ok(self.exchange(&Call::new("GET", &["v1", "exports", &sequence, "file"]))?.body)
    }

    /// Sends what billing did with lines of an export. Safe to repeat.
    ///
    /// # Errors
    /// As every route.
    pub fn acknowledge(&self, sequence: u64, rows: &[Disposition]) -> Result<Acknowledged, ClientError> {
        let sequence = sequence.to_string();
        let body = to_json(&serde_json::json!({ "dispositions": rows }))?;
        let call = Call::new("POST", &["v1", "exports", &sequence, "dispositions"]).body("application/json", &body);
        self.exchange(&call)?.json()
    }

    /// Whether the server has a key that signs exports.
    ///
    /// # Errors
    /// As every route.
    pub fn signs_exports(&self) -> Result<bool, ClientError> {
        let answer: SigningKeys = self.exchange(&Call::new("GET", &["v1", "signing-keys"]))?.json()?;
        Ok(!answer.keys.is_empty())
    }

    /// The signatures of an export's manifest.
    ///
    /// # Errors
    /// As every route.
    pub fn export_signature(&self, sequence: u64) -> Result<Vec<u8>, ClientError> {
        let sequence = sequence.to_string();
        Ok(self.exchange(&Call::new("GET", &["v1", "exports", &sequence, "signature"]))?.body)
    }

    /// The manifest of an export: the bytes that are hashed into the next one.
    ///
    /// # Errors
    /// As every route.
    pub fn export_manifest(&self, sequence: u64) -> Result<Vec<u8>, ClientError> {
        let sequence = sequence.to_string();
        Ok(self.exchange(&Call::new("GET", &["v1", "exports", &sequence, "manifest"]))?.body)
    }
}
