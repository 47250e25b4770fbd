//! The service's JSON, as far as it is used. Members that are not named here are ignored.

use serde::Deserialize;
use serde_json::Value;

/// A reply: a result or an error.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    pub model_version: Option<String>,
    pub metadata: Option<Metadata>,
    pub read_result: Option<ReadResult>,
    pub error: Option<Error>,
}

/// Size of the image that was analysed, in pixels.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    pub width: u32,
    pub height: u32,
}

#[derive(Debug, Deserialize)]
pub struct ReadResult {
    pub blocks: Vec<Block>,
}

#[derive(Debug, Deserialize)]
pub struct Block {
    pub lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub text: String,
    pub bounding_polygon: Vec<Point>,
    #[serde(default)]
    pub words: Vec<Word>,
}

#[derive(Debug, Deserialize)]
pub struct Word {
    pub text: String,
    pub confidence: f32,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

/// An error. The gateway in front of the service states codes as texts and as numbers.
#[derive(Debug, Deserialize)]
pub struct Error {
    #[serde(default)]
    code: Value,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    innererror: Value,
}

impl Error {
    /// The code and the inner one.
    pub fn codes(&self) -> String {
        let inner = self.innererror.get("code").map(text).unwrap_or_default();
        [text(&self.code), inner].join(" ").trim().to_owned()
    }

    /// The message and the inner one.
    pub fn text(&self) -> String {
        let inner = self.innererror.get("message").map(text).unwrap_or_default();
        [text(&self.message), inner].join(" ").trim().to_owned()
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.chars().take(300).collect(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}
