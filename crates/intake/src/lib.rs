//! From a photo that was sent to a counted passage, in the order that loses nothing: what the ledger knows, the photo, the
//! ledger's entry. Whichever door it came through.
//!
//! A door authenticates, reads its own kind of request and answers in its own way; nothing of that is here. Guest side.

mod afterwards;
mod photo;
mod refusal;
mod wake;

use serde_json::{Map, Value, json};
use tollbooth_pipeline::capture;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::said::Difference;
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::ledger::access;
use tollbooth_ports::ledger::intake::{self, Admission, IntakeFailure, NewPassage, Recorded};
use tollbooth_ports::photos;
use tollbooth_web::{Kind, Problem, now, unauthorized};

pub use afterwards::Afterwards;
pub use photo::{photo_sha256, picture_digest};
pub use refusal::countable;
pub use tollbooth_ports::ledger::intake::Receipt;
pub use wake::Wake;

use photo::Inspected;

/// What is said of a photo by whoever sends it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// RFC 3339 with offset, as [`capture::readable`] writes it.
    pub captured_at: String,
    /// Lane at the booth.
    pub lane: String,
    /// Name of the camera.
    pub camera: String,
    /// Id of the token that sends it.
    pub sent_by: String,
    /// The sender's trace, as version 00 of `traceparent`; none where it sent none.
    pub traceparent: Option<String>,
    /// When its request was taken up: milliseconds since 1970.
    pub begun_at: i64,
}

/// What became of a photo that is in the ledger.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The passage.
    pub receipt: Receipt,
    /// False for one that was recorded before.
    pub new: bool,
    /// Present when a reading stage should be woken.
    pub wake: Option<Wake>,
}

/// Why a photo was not taken.
#[derive(Debug)]
pub enum Refused {
    /// The key names a passage with another photo or other parameters.
    KeyReused(Box<Receipt>),
    /// Anything else.
    Problem(Problem),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// A booth and key before the photo is looked at.
#[derive(Debug)]
pub struct Door {
    booth: String,
    key: String,
    admission: Admission,
    settings: Settings,
}

impl Door {
    /// Looks up booth, key and settings. Changes nothing.
    ///
    /// # Errors
    /// `invalid-request` for names that are none, `unknown-booth`, or the ledger's failure.
    pub fn open(booth: &str, key: &str) -> Result<Self, Problem> {
        ident::check_booth(booth)
            .and_then(|()| ident::check_key(key))
            .map_err(|e| Problem::new(Kind::InvalidRequest, format!("{e}.")))?;
        let admission = intake::admit(booth, key)?;
        let changes = admission.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let settings = Settings::from_changes(changes)
            .map_err(|e| Problem::internal(format!("the stored settings are invalid: {e}")))?;
        if !admission.booth_known {
            return Err(unknown_booth(booth));
        }
        Ok(Self { booth: booth.to_owned(), key: key.to_owned(), admission, settings })
    }

    /// Settings in force.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The passage that is recorded under this key.
    #[must_use]
    pub const fn existing(&self) -> Option<&Receipt> {
        self.admission.existing.as_ref()
    }

    /// Stores and records the photo; a key that is known is compared instead.
    ///
    /// # Errors
    /// [`Refused`]; nothing is recorded then.
    pub fn take(self, bytes: &[u8], sent: Sent) -> Result<Taken, Refused> {
        if let Some(existing) = self.admission.existing {
            let same = differences(&existing, &photo_sha256(bytes), &sent).is_empty();
            return if same {
                Ok(Taken { receipt: existing, new: false, wake: None })
            } else {
                Err(Refused::KeyReused(Box::new(existing)))
            };
        }
        check_lane(&self.admission.lanes, &sent.lane)?;
        let received_at = now();
        let captured_at = capture::check(
            &sent.captured_at,
            received_at,
            self.settings.intake_captured_at_max_age_hours,
            self.settings.intake_captured_at_max_ahead_seconds,
        )
        .map_err(|e| Problem::new(Kind::CaptureTime, format!("{e}.")))?;
        let inspected = photo::inspect(bytes, &self.settings)?;
        let begun_at = sent.begun_at;
        let passage = new_passage(&self.booth, &self.key, bytes, &inspected, captured_at, sent);
        // As long as the store likes: an outage of it must not become one of the ledger.
        access::release();
        photos::put(&passage.photo_key, bytes).map_err(Problem::from)?;
        // Received is what is recorded: from here on it waits.
        let recorded_at = now();
        let intake_ms = u32::try_from(recorded_at.saturating_sub(begun_at)).unwrap_or_default();
        record(&NewPassage { intake_ms, ..passage }, recorded_at, &self.settings)
    }
}

fn record(passage: &NewPassage, received_at: i64, settings: &Settings) -> Result<Taken, Refused> {
    let recorded = intake::record_passage(received_at, passage).map_err(|failure| match failure {
        IntakeFailure::UnknownBooth => unknown_booth(&passage.booth),
        IntakeFailure::Revoked => unauthorized(),
        IntakeFailure::Ledger(failure) => failure.into(),
    })?;
    match recorded {
        Recorded::New(receipt) => {
            let wake = (receipt.state == "waiting").then_some(Wake {
                services: settings.reading_recognizer.is_service(),
                quiet_ms: settings.intake_wake_quiet_ms,
            });
            Ok(Taken { receipt, new: true, wake })
        }
        Recorded::Same(receipt) => Ok(Taken { receipt, new: false, wake: None }),
        // Two requests for one key met; this one came second.
        Recorded::Conflict(receipt) => Err(Refused::KeyReused(Box::new(receipt))),
    }
}

/// The members of a receipt that every door's answer has.
#[must_use]
pub fn receipt_members(receipt: &Receipt) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("passage".into(), json!(receipt.passage));
    body.insert("state".into(), json!(receipt.state));
    if let Some(reason) = &receipt.reason {
        body.insert("reason".into(), json!(reason));
    }
    body.insert("photo_sha256".into(), json!(receipt.photo_sha256));
    body
}

/// What is not as it was first sent: a copied folder has other times, another vehicle has another photo.
#[must_use]
pub fn differences(existing: &Receipt, photo_sha256: &str, sent: &Sent) -> Vec<&'static str> {
    [
        (Difference::Photo, existing.photo_sha256 == photo_sha256),
        (Difference::CapturedAt, existing.captured_at == sent.captured_at),
        (Difference::Lane, existing.lane == sent.lane),
        (Difference::Camera, existing.camera == sent.camera),
    ]
    .into_iter()
    .filter_map(|(what, same)| (!same).then_some(what.as_str()))
    .collect()
}

fn check_lane(lanes: &[String], lane: &str) -> Result<(), Problem> {
    if lanes.is_empty() || lanes.iter().any(|known| known == lane) {
        return Ok(());
    }
    Err(Problem::new(Kind::Invalid, format!("The booth has no lane `{lane}`; it has {}.", lanes.join(", "))))
}

fn unknown_booth(booth: &str) -> Problem {
    Problem::new(Kind::UnknownBooth, format!("Register it first with PUT /v1/booths/{booth}."))
}

fn new_passage(
    booth: &str,
    key: &str,
    bytes: &[u8],
    inspected: &Inspected,
    captured_at: capture::CapturedAt,
    sent: Sent,
) -> NewPassage {
    let photo_sha256 = photo_sha256(bytes);
    NewPassage {
        passage: ident::passage_id(booth, key),
        booth: booth.to_owned(),
        key: key.to_owned(),
        photo_key: ident::photo_key(booth, key, &photo_sha256),
        picture_digest: photo::picture_digest(bytes, &photo_sha256),
        photo_sha256,
        photo_bytes: bytes.len() as u64,
        photo_format: inspected.format.to_owned(),
        width: inspected.width,
        height: inspected.height,
        captured_at: captured_at.text,
        captured_at_instant: captured_at.instant,
        lane: sent.lane,
        camera: sent.camera,
        damaged: inspected.damaged,
        sent_by: sent.sent_by,
        traceparent: sent.traceparent,
        intake_ms: 0,
    }
}
