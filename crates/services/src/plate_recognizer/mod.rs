//! Plate Recognizer Snapshot, in the cloud or self-hosted (the same API): reads plates, not just text.
//!
//! Wire format and limits: the vendor's Snapshot API reference. The cloud takes files of up to 3 MB, one call per second
//! on the free plan and eight on paid ones.

mod form;
mod plates;
mod shape;

use tollbooth_photo::PhotoFormat;
use tollbooth_pipeline::reading::Reading;
use tollbooth_recognizer_contract::{Class, Description, Failure, Hints};

use crate::complaint::Complaint;
use crate::{Call, Fitted, Origin, PhotoLimits, Reply, Secret, Service, raw};
use shape::Answer;

/// The component's id.
pub const NAME: &str = "recognizer-plate-recognizer";
/// The variable that holds the address; the cloud's by default.
pub const URL_VARIABLE: &str = "plate_recognizer_url";
/// The variable that holds the token.
pub const TOKEN_VARIABLE: &str = "plate_recognizer_token";

/// Address of the cloud; there a token is needed. A server of one's own has it in its container.
const CLOUD_HOST: &str = "platerecognizer.com";

const MODEL: &str = "snapshot-v1";

/// The cloud refuses files above 3 MB. WebP is not among the formats that the vendor names.
const LIMITS: PhotoLimits = PhotoLimits {
    max_bytes: 3_000_000,
    min_side: 1,
    max_side: 16_000,
    formats: &[PhotoFormat::Jpeg, PhotoFormat::Png],
};

/// What the service says when lookups are used up; 403 means that as well as a bad token.
const QUOTA_WORDS: &[&str] = &["credit", "quota", "lookup", "upgrade your", "subscription"];
/// The service names errors by text only; [`Answer::field`] tells those that are about the photo.
const IMAGE_CODES: &[&str] = &[shape::UPLOAD];

/// The service with its settings.
#[derive(Debug, Clone)]
pub struct PlateRecognizer {
    /// The cloud's address or that of a server of one's own, or what is wrong with the variable.
    pub url: Result<Origin, &'static str>,
    /// Token of the account; a server of one's own needs none.
    pub token: Secret,
    /// Price per call in millionths of the accounting currency.
    pub price_micros: u64,
}

impl Service for PlateRecognizer {
    fn description(&self) -> Description {
        Description { name: NAME.to_owned(), model: MODEL.to_owned(), price_micros: self.price_micros }
    }

    fn photo_limits(&self) -> PhotoLimits {
        LIMITS
    }

    fn secret(&self) -> &Secret {
        &self.token
    }

    fn call(&self, photo: &Fitted<'_>, hints: &Hints) -> Result<Call, Failure> {
        let url = self.url.as_ref().map_err(|problem| unset(&format!("variable {URL_VARIABLE} {problem}")))?;
        let is_cloud = url.as_str().to_ascii_lowercase().contains(CLOUD_HOST);
        if (is_cloud && self.token.is_empty()) || !self.token.fits_a_header() {
            return Err(unset(&format!("variable {TOKEN_VARIABLE} holds no API token of the account")));
        }
        let form = form::of(photo, hints);
        let mut headers = vec![("content-type", form.content_type), ("accept", "application/json".to_owned())];
        if !self.token.is_empty() {
            headers.push(("authorization", format!("Token {}", self.token.expose())));
        }
        Ok(Call { url: format!("{}/v1/plate-reader/", url.as_str()), headers, body: form.body })
    }

    fn understand(&self, reply: &Reply<'_>, photo: &Fitted<'_>, hints: &Hints) -> Result<Reading, Failure> {
        let parsed: Result<Answer, _> = serde_json::from_slice(reply.body);
        if !matches!(reply.status, 200 | 201) {
            let answer = parsed.ok();
            return Err(complaint(reply, answer.as_ref()).failure(reply));
        }
        let answer = parsed.map_err(|e| malformed(&e))?;
        if answer.complains() {
            return Err(complaint(reply, Some(&answer)).failure(reply));
        }
        let results = answer.results.as_ref().ok_or_else(|| invalid("it holds neither results nor an error"))?;
        if answer.camera_id.as_ref().is_some_and(|id| *id != hints.passage) {
            return Err(invalid("it is about another photo than was sent"));
        }
        let sightings = plates::of(results, photo)?;
        // In `detection_mode: vehicle`, a result without a plate is a vehicle. No result at all says nothing of vehicles in
        // the other mode, and the answer does not name its mode.
        let vehicle = (sightings.is_empty() && results.iter().any(|found| found.plate.is_none())).then_some(true);
        Ok(Reading {
            recognizer: NAME.to_owned(),
            model: MODEL.to_owned(),
            sightings,
            vehicle,
            duration_ms: duration(answer.processing_time, reply.waited_ms),
            cost_micros: self.price_micros,
            raw: raw::keep(reply.body),
        })
    }
}

/// The service's own time where it states one that can be true.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
fn duration(stated_ms: Option<f64>, waited_ms: u32) -> u32 {
    stated_ms.filter(|ms| (0.0..=3_600_000.0).contains(ms)).map_or(waited_ms, |ms| ms.round() as u32)
}

fn complaint<'a>(reply: &Reply<'_>, answer: Option<&Answer>) -> Complaint<'a> {
    let stated = answer.and_then(|answer| answer.status_code).filter(|status| (400..600).contains(status));
    Complaint {
        service: "Plate Recognizer",
        variables: "the variables plate_recognizer_token and plate_recognizer_url",
        status: stated.unwrap_or(reply.status),
        code: answer.map(Answer::field).unwrap_or_default(),
        message: answer.map(Answer::complaint).unwrap_or_default(),
        image_codes: IMAGE_CODES,
        quota_words: QUOTA_WORDS,
    }
}

fn unset(text: &str) -> Failure {
    Failure::new(Class::Unauthorized, &format!("Plate Recognizer is not set up: {text}"))
}

fn invalid(text: &str) -> Failure {
    Failure::new(Class::InvalidAnswer, &format!("the answer of Plate Recognizer cannot be used: {text}"))
}

fn malformed(error: &serde_json::Error) -> Failure {
    invalid(&format!("not the expected JSON (line {}, column {})", error.line(), error.column()))
}
