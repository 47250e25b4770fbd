//! Azure AI Vision, Image Analysis 4.0, feature Read: generic text recognition.
//!
//! It returns every line of text in the photo and knows nothing of plates, so the plate is picked by the same rules as
//! in process. Wire format and limits: Microsoft's reference for `imageanalysis:analyze`, API version 2024-02-01. The
//! service retires on 2028-09-25.

mod lines;
mod shape;

use tollbooth_photo::PhotoFormat;
use tollbooth_pipeline::reading::{Bounds, Candidate, IssuerRead, JurisdictionRead, Reading, Sighting};
use tollbooth_pipeline::text::shown;
use tollbooth_plate::pair::Place;
use tollbooth_plate::{PlateSighting, pick};
use tollbooth_recognizer_contract::{Class, Description, Failure, Hints, MAX_ISSUERS};

use crate::complaint::Complaint;
use crate::{Call, Fitted, Origin, PhotoLimits, Reply, Secret, Service, raw};
use shape::Analysis;

/// The component's id.
pub const NAME: &str = "recognizer-azure-vision";
/// The variable that holds the resource's address.
pub const ENDPOINT_VARIABLE: &str = "azure_vision_endpoint";
/// The variable that holds the key.
pub const KEY_VARIABLE: &str = "azure_vision_key";

const API_VERSION: &str = "2024-02-01";

/// The service takes images below 20 MB, above 50 and below 16,000 pixels a side.
const LIMITS: PhotoLimits = PhotoLimits {
    max_bytes: 19_999_999,
    min_side: 51,
    max_side: 15_999,
    formats: &[PhotoFormat::Jpeg, PhotoFormat::Png, PhotoFormat::WebP],
};

/// Codes of errors that are about the image, in lower case.
const IMAGE_CODES: &[&str] = &["invalidimage", "notsupportedimage", "unsupportedmediatype", "imagetoolarge"];
/// What the service says when a month's free calls are used up.
const QUOTA_WORDS: &[&str] = &["quota"];

/// The service with its settings.
#[derive(Debug, Clone)]
pub struct AzureVision {
    /// Address of the resource, `https://NAME.cognitiveservices.azure.com`, or what is wrong with the variable.
    pub endpoint: Result<Origin, &'static str>,
    /// Key of the resource.
    pub key: Secret,
    /// Price per call in millionths of the accounting currency.
    pub price_micros: u64,
}

impl Service for AzureVision {
    fn description(&self) -> Description {
        Description {
            name: NAME.to_owned(),
            model: format!("image-analysis-{API_VERSION}"),
            price_micros: self.price_micros,
        }
    }

    fn photo_limits(&self) -> PhotoLimits {
        LIMITS
    }

    fn secret(&self) -> &Secret {
        &self.key
    }

    fn call(&self, photo: &Fitted<'_>, _hints: &Hints) -> Result<Call, Failure> {
        let endpoint = self.endpoint.as_ref().map_err(|problem| {
            unset(&format!("variable {ENDPOINT_VARIABLE} {problem}: the resource's address, https://NAME.cognitiveservices.azure.com"))
        })?;
        if self.key.is_empty() || !self.key.fits_a_header() {
            return Err(unset(&format!("variable {KEY_VARIABLE} holds no key of the Azure resource")));
        }
        Ok(Call {
            url: format!(
                "{}/computervision/imageanalysis:analyze?api-version={API_VERSION}&features=read",
                endpoint.as_str()
            ),
            headers: vec![
                ("content-type", "application/octet-stream".to_owned()),
                ("accept", "application/json".to_owned()),
                ("ocp-apim-subscription-key", self.key.expose().to_owned()),
            ],
            body: photo.bytes.to_vec(),
        })
    }

    fn understand(&self, reply: &Reply<'_>, photo: &Fitted<'_>, _hints: &Hints) -> Result<Reading, Failure> {
        let parsed: Result<Analysis, _> = serde_json::from_slice(reply.body);
        if reply.status != 200 {
            let error = parsed.ok().and_then(|analysis| analysis.error);
            return Err(complaint(reply, error.as_ref()).failure(reply));
        }
        let analysis = parsed.map_err(|e| malformed(&e))?;
        if let Some(error) = &analysis.error {
            return Err(complaint(reply, Some(error)).failure(reply));
        }
        let read = analysis.read_result.as_ref().ok_or_else(|| invalid("it holds neither readResult nor error"))?;
        if let Some(metadata) = &analysis.metadata
            && (metadata.width, metadata.height) != (photo.width, photo.height)
        {
            return Err(invalid("it is about an image of another size than was sent"));
        }
        let lines = lines::of(read, photo)?;
        let plates = pick(&lines, photo.original_width, photo.original_height);
        Ok(Reading {
            recognizer: NAME.to_owned(),
            model: model(analysis.model_version.as_deref()),
            sightings: plates.iter().map(sighting).collect(),
            vehicle: None,
            duration_ms: reply.waited_ms,
            cost_micros: self.price_micros,
            raw: raw::keep(reply.body),
        })
    }
}

fn model(version: Option<&str>) -> String {
    let version: String = version
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
        .take(40)
        .collect();
    if version.is_empty() {
        format!("image-analysis-{API_VERSION}")
    } else {
        format!("image-analysis-{API_VERSION}/{version}")
    }
}

#[expect(clippy::cast_precision_loss, reason = "pixels of a photo are far below 2^24")]
fn sighting(plate: &PlateSighting) -> Sighting {
    let bounds = plate.bounds;
    Sighting {
        bounds: Bounds {
            x: bounds.x as f32,
            y: bounds.y as f32,
            width: bounds.width as f32,
            height: bounds.height as f32,
        },
        // The service states a confidence per word, so there is none per character to hand on.
        candidates: plate
            .candidates
            .iter()
            .map(|read| Candidate { text: read.text.clone(), confidence: read.confidence, characters: vec![] })
            .collect(),
        jurisdiction: plate.jurisdiction.as_ref().map(|read| JurisdictionRead {
            code: read.code.clone(),
            confidence: read.confidence,
            evidence: shown(&read.text, 50),
        }),
        // The weightiest come first.
        issuers: plate
            .issuers
            .iter()
            .take(MAX_ISSUERS)
            .map(|read| IssuerRead {
                code: read.code.clone(),
                weight: read.weight,
                on_plate: read.place == Place::Plate,
                evidence: shown(&read.text, 50),
            })
            .collect(),
        touches_border: plate.touches_border,
        plausibility: plate.plausibility,
        doubts: plate.doubts.iter().filter_map(doubt).collect(),
    }
}

/// A doubt's name as it is serialised.
fn doubt(doubt: &tollbooth_plate::Doubt) -> Option<String> {
    serde_json::to_value(doubt).ok()?.as_str().map(ToOwned::to_owned)
}

fn complaint<'a>(reply: &Reply<'_>, error: Option<&shape::Error>) -> Complaint<'a> {
    Complaint {
        service: "Azure AI Vision",
        variables: "the variables azure_vision_key and azure_vision_endpoint",
        status: reply.status,
        code: error.map(shape::Error::codes).unwrap_or_default(),
        message: error.map(shape::Error::text).unwrap_or_default(),
        image_codes: IMAGE_CODES,
        quota_words: QUOTA_WORDS,
    }
}

fn unset(text: &str) -> Failure {
    Failure::new(Class::Unauthorized, &format!("Azure AI Vision is not set up: {text}"))
}

fn invalid(text: &str) -> Failure {
    Failure::new(Class::InvalidAnswer, &format!("the answer of Azure AI Vision cannot be used: {text}"))
}

fn malformed(error: &serde_json::Error) -> Failure {
    invalid(&format!("not the expected JSON (line {}, column {})", error.line(), error.column()))
}
