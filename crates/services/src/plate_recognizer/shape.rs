//! The service's JSON, as far as it is used. Members that are not named here are ignored.
//!
//! In detection mode `vehicle`, which an account or a server of one's own may be set to, a result is about a vehicle:
//! its `plate` is an object with the text in its `props`, or null when the vehicle shows none.

use serde::Deserialize;
use serde_json::Value;

/// The form's field that holds the photo.
pub const UPLOAD: &str = "upload";

/// A reply: results or a complaint.
#[derive(Debug, Deserialize)]
pub struct Answer {
    pub processing_time: Option<f64>,
    pub camera_id: Option<String>,
    pub results: Option<Vec<Found>>,
    pub status_code: Option<u16>,
    #[serde(default)]
    detail: Value,
    #[serde(default)]
    error: Value,
    /// Complaint about the file, by the name of the form's field.
    #[serde(default)]
    upload: Value,
}

impl Answer {
    /// Whether a success is none.
    pub fn complains(&self) -> bool {
        let is_error = self.status_code.is_some_and(|status| status >= 400);
        is_error || ![&self.detail, &self.error, &self.upload].into_iter().all(Value::is_null)
    }

    /// The field of the form that is complained about, by its name or in words.
    pub fn field(&self) -> String {
        let is_about_the_photo = !self.upload.is_null() || self.complaint().to_ascii_lowercase().contains("image");
        if is_about_the_photo { UPLOAD.to_owned() } else { String::new() }
    }

    /// What the service says.
    pub fn complaint(&self) -> String {
        [&self.detail, &self.error, &self.upload].into_iter().map(text).collect::<Vec<_>>().join(" ").trim().to_owned()
    }
}

/// One result: a plate, or a vehicle with or without one.
#[derive(Debug, Deserialize)]
pub struct Found {
    pub plate: Option<Plate>,
    #[serde(rename = "box")]
    pub place: Option<Box>,
    pub region: Option<Region>,
    pub score: Option<f32>,
    pub dscore: Option<f32>,
    #[serde(default)]
    pub candidates: Vec<Candidate>,
}

/// The text itself, or in detection mode `vehicle` an object.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Plate {
    Text(String),
    Object(PlateObject),
}

/// A plate in detection mode `vehicle`.
#[derive(Debug, Deserialize)]
pub struct PlateObject {
    /// How sure the detection is.
    pub score: Option<f32>,
    #[serde(rename = "box")]
    pub place: Box,
    pub props: Props,
}

#[derive(Debug, Deserialize)]
pub struct Props {
    #[serde(default)]
    pub plate: Vec<Valued>,
    #[serde(default)]
    pub region: Vec<Valued>,
}

#[derive(Debug, Deserialize)]
pub struct Valued {
    pub value: String,
    pub score: f32,
}

/// Corners in pixels of the image as sent.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Box {
    pub xmin: f32,
    pub ymin: f32,
    pub xmax: f32,
    pub ymax: f32,
}

#[derive(Debug, Deserialize)]
pub struct Region {
    #[serde(default)]
    pub code: String,
    pub score: f32,
}

#[derive(Debug, Deserialize)]
pub struct Candidate {
    pub plate: String,
    pub score: f32,
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.chars().take(300).collect(),
        Value::Array(values) => values.iter().take(3).map(text).collect::<Vec<_>>().join(" "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
    }
}
