//! What an event says, whatever it is written in; and JSON with pictures in it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use crate::picture::{Picture, is_photo};

/// What is taken from an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    /// In the camera's words.
    pub time: Option<String>,
    /// In the camera's words.
    pub lane: Option<String>,
    /// The same for all events of one vehicle.
    pub vehicle: Option<String>,
    /// Not an event of a vehicle.
    pub other_event: bool,
}

/// The first byte that is no white space and no byte order mark.
pub(crate) fn first_byte(body: &[u8]) -> Option<u8> {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start().first().copied()
}

/// Cameras write base64 with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Shortest text that is tried as a picture: no JPEG of a vehicle has fewer bytes.
const LEAST_PICTURE_CHARS: usize = 120;
/// Longest text that is taken as one of an event's fields, in bytes.
const MAX_FIELD_BYTES: usize = 200;
/// Most words beside a picture that are taken for its kind.
const MAX_KINDS: usize = 32;
/// Depth to which pictures are looked for; serde_json allows 128.
const MAX_DEPTH: usize = 16;

/// Most values of a document, and most pictures: cameras send up to ten of a vehicle and some hundred values beside them. Each
/// value costs tens of bytes in memory for two in the body.
const MAX_VALUES: usize = 10_000;
const MAX_PICTURES: usize = 64;

/// A JSON document that is none, or has more in it than any camera sends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("it has more than {MAX_VALUES} values")]
    TooManyValues,
}

/// A JSON document.
pub(crate) struct Json(Value);

impl Json {
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Unread> {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        // Every value but the first comes behind one of these; pictures in base64 have none of them.
        let values = memchr::memchr3_iter(b',', b'[', b'{', text).take(MAX_VALUES + 1).count();
        if values > MAX_VALUES {
            return Err(Unread::TooManyValues);
        }
        Ok(Self(serde_json::from_slice(text)?))
    }

    /// The value at a path of members.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&self.0, |value, name| value.get(name))
    }

    /// The text or number at a path, when there is any and it is short.
    pub(crate) fn text(&self, path: &[&str]) -> Option<String> {
        let text = match self.at(path)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        (!text.is_empty() && text.len() <= MAX_FIELD_BYTES).then_some(text)
    }

    /// The first of some paths that holds a text.
    pub(crate) fn first(&self, paths: &[&[&str]]) -> Option<String> {
        paths.iter().find_map(|path| self.text(path))
    }

    /// What most makers call the time of an event.
    pub(crate) fn fields(&self) -> Fields {
        let names: [&[&str]; 6] =
            [&["captured_at"], &["dateTime"], &["created_at"], &["timestamp"], &["datetime"], &["time"]];
        Fields { time: self.first(&names), ..Fields::default() }
    }

    /// Every text that is a picture in base64, with or without `data:image/jpeg;base64,` before it.
    pub(crate) fn pictures<'a>(&self) -> Vec<Picture<'a>> {
        let mut found = Vec::new();
        collect(&self.0, String::new(), 0, &mut found);
        found
    }
}

fn collect(value: &Value, name: String, depth: usize, found: &mut Vec<Picture<'_>>) {
    if depth > MAX_DEPTH || found.len() == MAX_PICTURES {
        return;
    }
    match value {
        Value::String(text) if text.len() >= LEAST_PICTURE_CHARS => {
            if let Some(bytes) = decoded(text) {
                found.push(Picture { name, bytes: Cow::Owned(bytes) });
            }
        }
        Value::Array(items) => {
            for item in items {
                collect(item, name.clone(), depth + 1, found);
            }
        }
        Value::Object(members) => {
            // What says which kind of picture stands beside it: `ImageType`, `PicName`.
            let kinds = members.iter().filter(|(name, _)| name.ends_with("Type") || name.ends_with("Name"));
            let kinds = kinds.filter_map(|(_, kind)| kind.as_str()).filter(|kind| kind.len() < 100);
            let kind: String = kinds.take(MAX_KINDS).collect();
            for (member, item) in members {
                let member = member.get(..MAX_FIELD_BYTES).unwrap_or(member);
                collect(item, format!("{name}/{kind}/{member}"), depth + 1, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let text = match text.get(..64).and_then(|start| start.find("base64,")) {
        Some(at) => text.get(at + 7..)?,
        None => text,
    };
    // Looked at before it is decoded whole: most long texts are no pictures.
    let start = BASE64.decode(text.get(..16)?).ok()?;
    if !is_photo(&start) {
        return None;
    }
    let bytes = if text.contains(['\r', '\n']) {
        BASE64.decode(text.replace(['\r', '\n'], "")).ok()?
    } else {
        BASE64.decode(text).ok()?
    };
    is_photo(&bytes).then_some(bytes)
}
