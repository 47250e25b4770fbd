//! Billing's routes: what was published, byte for byte.

use std::io::Write;

use serde::Deserialize;
use serde_json::Value;
use tollbooth_pipeline::export::Manifest;

use super::Api;
use super::exchange::{Call, to_json};
use crate::ClientError;
use crate::acknowledging::{Acknowledged, Disposition};
use crate::delivery::chain::{ChainError, Digesting};

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

/// Bytes of a file asked for at a time.
const RANGE_BYTES: u64 = 4 << 20;

/// Size of the whole, by a `Content-Range` that must begin where it was asked to and be as long as what came.
fn total(range: Option<&str>, first: u64, bytes: usize) -> Option<u64> {
    let (part, whole) = range?.strip_prefix("bytes ")?.split_once('/')?;
    let (from, to) = part.split_once('-')?;
    let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
    let as_asked = from == first && bytes > 0 && to.checked_sub(from)? + 1 == bytes as u64;
    whole.parse().ok().filter(|whole| as_asked && to < *whole)
}

#[derive(Deserialize)]
struct SigningKeys {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Released {
    corrections: u64,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Export>,
    next: Option<u64>,
}

/// A profile of exports.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ExportProfile {
    /// `billing`, or the name of a copy.
    pub name: String,
    /// Its last export; 0 for none.
    pub published_through: u64,
    /// Published exports that are not copied; 0 for billing.
    #[serde(default)]
    pub waiting: u64,
    /// When its next is due, RFC 3339.
    #[serde(default)]
    pub due_at: Option<String>,
    /// Why its next cannot be made yet.
    #[serde(default)]
    pub waits_for: Option<String>,
}

#[derive(Deserialize)]
struct Profiles {
    items: Vec<ExportProfile>,
}

impl Api {
    fn in_profile<'a>(&self, call: Call<'a>) -> Call<'a> {
        match &self.profile {
            Some(profile) => call.query("profile", profile),
            None => call,
        }
    }

    /// Every profile: the one that is billed from, and the copies.
    ///
    /// # Errors
    /// As every route.
    pub fn export_profiles(&self) -> Result<Vec<ExportProfile>, ClientError> {
        let found: Profiles = self.exchange(&Call::new("GET", &["v1", "export-profiles"]))?.json()?;
        Ok(found.items)
    }

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
            let page: Page = self.exchange(&self.in_profile(call))?.json()?;
            found.extend(page.items);
            match page.next {
                // A cursor that does not move would go on for ever.
                Some(next) if next > after => after = next,
                Some(_) | None => return Ok(found),
            }
        }
    }

    /// Writes the CSV file of an export and says whether it is the one that its manifest describes. It is fetched range by
    /// range, each of them again where it broke off, so that neither size nor a bad line matters.
    ///
    /// # Errors
    /// As every route, and what writing says.
    pub fn export_file_to(
        &self,
        sequence: u64,
        manifest: &Manifest,
        to: impl Write,
    ) -> Result<Result<(), ChainError>, ClientError> {
        let mut file = Digesting::new(to);
        self.export_ranges(sequence, &mut file)?;
        file.flush().map_err(ClientError::file("write", "a copy"))?;
        Ok(file.check(manifest))
    }

    /// Writes the CSV file of an export as the server has it, range by range.
    ///
    /// # Errors
    /// As every route, and what writing says.
    pub fn export_ranges(&self, sequence: u64, to: &mut dyn Write) -> Result<(), ClientError> {
        let name = sequence.to_string();
        let (mut first, mut tag) = (0, None::<String>);
        loop {
            let mut call = self
                .in_profile(Call::new("GET", &["v1", "exports", &name, "file"]))
                .header("range", format!("bytes={first}-{}", first + RANGE_BYTES - 1));
            if let Some(tag) = &tag {
                call = call.header("if-range", tag.clone());
            }
            let part = self.exchange(&call)?;
            let odd = |problem: &str| part.unexpected(problem);
            let whole = match (part.status, first) {
                (206, _) => total(part.content_range.as_deref(), first, part.body.len())
                    .ok_or_else(|| odd("the part is another than was asked for"))?,
                // One that serves no ranges.
                (200, 0) => part.body.len() as u64,
                _ => return Err(odd("the file changed while it was fetched")),
            };
            to.write_all(&part.body).map_err(ClientError::file("write", "a copy"))?;
            first += part.body.len() as u64;
            if first >= whole {
                return Ok(());
            }
            tag.clone_from(&part.etag);
        }
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

    /// Gives the lost file of an export up, with the reason why nobody can put it back; how many corrections of its lines are
    /// due. Safe to repeat.
    ///
    /// # Errors
    /// As every route.
    pub fn release_export_file(&self, sequence: u64, reason: &str) -> Result<u64, ClientError> {
        let sequence = sequence.to_string();
        let body = to_json(&serde_json::json!({ "reason": reason }))?;
        let call = Call::new("POST", &["v1", "exports", &sequence, "release"]).body("application/json", &body);
        let released: Released = self.exchange(&call)?.json()?;
        Ok(released.corrections)
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
        let call = Call::new("GET", &["v1", "exports", &sequence, "signature"]);
        Ok(self.exchange(&self.in_profile(call))?.body)
    }

    /// The manifest of an export: the bytes that are hashed into the next one.
    ///
    /// # Errors
    /// As every route.
    pub fn export_manifest(&self, sequence: u64) -> Result<Vec<u8>, ClientError> {
        let sequence = sequence.to_string();
        let call = Call::new("GET", &["v1", "exports", &sequence, "manifest"]);
        Ok(self.exchange(&self.in_profile(call))?.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_must_be_the_one_that_was_asked_for() {
        assert_eq!(total(Some("bytes 0-3/10"), 0, 4), Some(10));
        for (range, first, bytes) in [
            (Some("bytes 1-4/10"), 0, 4),
            (Some("bytes 0-3/10"), 0, 3),
            (Some("bytes 0-3/3"), 0, 4),
            (Some("bytes */10"), 0, 0),
            (Some("bytes 4-3/10"), 4, 0),
            (None, 0, 4),
        ] {
            assert_eq!(total(range, first, bytes), None, "{range:?}");
        }
    }
}
