//! From a request to a counted passage, in the order that loses nothing: caller, parameters, body, photo, ledger.

use serde_json::{Map, json};
use tollbooth_pipeline::capture;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::ledger::intake::{self, Admission, IntakeFailure, NewPassage, Receipt, Recorded};
use tollbooth_ports::photos;
use tollbooth_web::{Answer, Identity, Kind, Problem, Request, Response, authorize, now, unauthorized};

use crate::photo::{self, Inspected};
use crate::wake::Wake;

/// A body that took this long, in milliseconds, has its sender's token looked at again.
const LONG_BODY_MS: u64 = 1_000;

/// A passage that is in the ledger, new or not.
pub struct Received {
    receipt: Receipt,
    new: bool,
    /// Present when a reading stage should be woken.
    pub wake: Option<Wake>,
}

impl Received {
    /// 202 for a new passage, 200 for a resend, the same body for both.
    pub fn answer(&self) -> Answer {
        let mut body = Map::new();
        body.insert("passage".into(), json!(self.receipt.passage));
        body.insert("state".into(), json!(self.receipt.state));
        if let Some(reason) = &self.receipt.reason {
            body.insert("reason".into(), json!(reason));
        }
        body.insert("photo_sha256".into(), json!(self.receipt.photo_sha256));
        let status = if self.new { 202 } else { 200 };
        Ok(Response::json(status, &body)?.with_header("location", format!("/v1/passages/{}", self.receipt.passage)))
    }
}

/// What the camera says about the photo.
struct Parameters {
    captured_at: String,
    lane: String,
    camera: String,
}

/// Receives one photo from a camera.
pub async fn receive(mut request: Request, sender: Identity, booth: &str, key: &str) -> Result<Received, Problem> {
    check_names(booth, key)?;
    check_booth(&sender, booth)?;
    let parameters = parameters(&request)?;
    let admission = intake::admit(booth, key)?;
    let settings = settings(&admission)?;
    if !admission.booth_known {
        return Err(unknown_booth(booth));
    }
    let began = now();
    let bytes = request.take_body().read(settings.intake_max_photo_bytes).await?;
    if now().abs_diff(began) >= LONG_BODY_MS {
        // The ledger looks at the token once more when it records; here, so that nothing is stored in vain.
        authorize(&request, Action::SendPhotos)?;
    }
    if let Some(existing) = admission.existing {
        return resend(existing, &bytes, &parameters);
    }
    check_lane(&admission.lanes, &parameters.lane)?;
    let received_at = now();
    let captured_at = capture::check(
        &parameters.captured_at,
        received_at,
        settings.intake_captured_at_max_age_hours,
        settings.intake_captured_at_max_ahead_seconds,
    )
    .map_err(|e| Problem::new(Kind::CaptureTime, format!("{e}.")))?;
    let inspected = photo::inspect(&bytes, &settings)?;
    let passage = new_passage(booth, key, &bytes, &inspected, captured_at, parameters, sender);
    photos::put(&passage.photo_key, &bytes)?;
    record(&passage, received_at, &settings)
}

fn record(passage: &NewPassage, received_at: i64, settings: &Settings) -> Result<Received, Problem> {
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
            Ok(Received { receipt, new: true, wake })
        }
        Recorded::Same(receipt) => Ok(Received { receipt, new: false, wake: None }),
        Recorded::Conflict(receipt) => {
            // Two requests for one key met; this one came second.
            let sent = Parameters {
                captured_at: passage.captured_at.clone(),
                lane: passage.lane.clone(),
                camera: passage.camera.clone(),
            };
            Err(key_reused(&receipt, &differences(&receipt, &passage.photo_sha256, &sent)))
        }
    }
}

/// A key that is known: the same photo with the same parameters is a resend, anything else a conflict.
fn resend(existing: Receipt, bytes: &[u8], parameters: &Parameters) -> Result<Received, Problem> {
    let differs = differences(&existing, &ident::sha256_hex(bytes), parameters);
    if differs.is_empty() {
        Ok(Received { receipt: existing, new: false, wake: None })
    } else {
        Err(key_reused(&existing, &differs))
    }
}

/// What is not as it was first sent: a copied folder has other times, another vehicle has another photo.
fn differences(existing: &Receipt, photo_sha256: &str, sent: &Parameters) -> Vec<&'static str> {
    [
        ("photo", existing.photo_sha256 == photo_sha256),
        ("captured_at", existing.captured_at == sent.captured_at),
        ("lane", existing.lane == sent.lane),
        ("camera", existing.camera == sent.camera),
    ]
    .into_iter()
    .filter_map(|(what, same)| (!same).then_some(what))
    .collect()
}

fn key_reused(existing: &Receipt, differs: &[&str]) -> Problem {
    let what = differs.join(", ");
    Problem::new(
        Kind::KeyReused,
        format!("A passage with this key has another {what}. Use a new key for a new passage."),
    )
    .with("passage", existing.passage.as_str())
    .with("differs", differs)
}

fn check_names(booth: &str, key: &str) -> Result<(), Problem> {
    ident::check_booth(booth)
        .and_then(|()| ident::check_key(key))
        .map_err(|e| Problem::new(Kind::InvalidRequest, format!("{e}.")))
}

fn check_booth(sender: &Identity, booth: &str) -> Result<(), Problem> {
    if sender.booth.as_deref() == Some(booth) {
        return Ok(());
    }
    Err(Problem::new(Kind::Forbidden, "This camera's token belongs to another booth."))
}

fn check_lane(lanes: &[String], lane: &str) -> Result<(), Problem> {
    if lanes.is_empty() || lanes.iter().any(|known| known == lane) {
        return Ok(());
    }
    Err(Problem::new(Kind::Invalid, format!("The booth has no lane `{lane}`; it has {}.", lanes.join(", "))))
}

fn parameters(request: &Request) -> Result<Parameters, Problem> {
    let query = &request.query;
    query.only(&["captured_at", "lane", "camera"])?;
    let parameters = Parameters {
        // As it is kept: a resend is compared with that.
        captured_at: capture::readable(query.require("captured_at")?),
        lane: query.require("lane")?.to_owned(),
        camera: query.require("camera")?.to_owned(),
    };
    ident::check_name("lane", &parameters.lane)
        .and_then(|()| ident::check_name("camera", &parameters.camera))
        .map_err(|e| Problem::new(Kind::InvalidRequest, format!("{e}.")))?;
    Ok(parameters)
}

fn settings(admission: &Admission) -> Result<Settings, Problem> {
    Settings::from_changes(admission.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .map_err(|e| Problem::internal(format!("the stored settings are invalid: {e}")))
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
    parameters: Parameters,
    sender: Identity,
) -> NewPassage {
    let photo_sha256 = ident::sha256_hex(bytes);
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
        lane: parameters.lane,
        camera: parameters.camera,
        damaged: inspected.damaged,
        sent_by: sender.token,
    }
}
