//! What cameras push of their own accord, and how to find the one photo, its time and its lane in it.
//!
//! Cameras post multipart forms with XML or JSON and some pictures, JSON with pictures in base64, or a photo alone. What a
//! maker's documents show is recognised by its content; names, content types and paths differ between firmwares and
//! decide nothing. What the camera *read* is not looked at, except to know one vehicle's events as one: TollBooth reads by itself.
//! Must not know HTTP, the ledger or which camera it is.

mod axis;
mod dahua;
mod document;
mod hikvision;
mod milesight;
mod multipart;
mod picture;
mod time;

use std::borrow::Cow;

pub use multipart::MalformedForm;
pub use time::{TIME_EXAMPLE, Taken, read_time};

use document::{Fields, Json};
use picture::Picture;

/// What a camera sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'a> {
    /// A vehicle with its photo.
    Passage(Passage<'a>),
    /// A sign of life, a test of the connection or another event than that of a vehicle: nothing to store.
    Notice,
}

/// A vehicle as its camera tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage<'a> {
    /// The picture to read: JPEG, PNG or WebP by its first bytes.
    pub photo: Cow<'a, [u8]>,
    /// When it was taken; none when the camera does not say.
    pub taken: Option<Taken>,
    /// The camera's own number or name of the lane.
    pub lane: Option<String>,
    /// The same for all events of one vehicle, where the camera sends several.
    pub vehicle: Option<String>,
}

/// Why nothing could be made of a push. The texts are for the person who sets the camera up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// An event of a vehicle without any picture.
    #[error("the event came without a picture; switch on the upload of pictures with events in the camera")]
    NoPicture,
    /// None of the known forms.
    #[error("the body is neither a photo, a multipart form, nor XML or JSON")]
    Unknown,
    /// A form whose parts cannot be told apart.
    #[error(transparent)]
    Form(#[from] MalformedForm),
    /// XML that is none.
    #[error("the XML cannot be read: {0}")]
    Xml(String),
    /// JSON that is none.
    #[error("the JSON cannot be read: {0}")]
    Json(String),
    /// A time of another form than any known.
    #[error("the event's time is none that is known here; expected one like {TIME_EXAMPLE}")]
    Time,
}

/// Reads what a camera sent. `content_type` is looked at for the boundary of a form only.
///
/// # Errors
/// [`Unreadable`]
pub fn read<'a>(content_type: Option<&str>, body: &'a [u8]) -> Result<Message<'a>, Unreadable> {
    if let Some(boundary) = content_type.and_then(multipart::boundary) {
        return of_parts(multipart::parts(&boundary, body)?);
    }
    if picture::is_photo(body) {
        return Ok(Message::Passage(Passage { photo: Cow::Borrowed(body), taken: None, lane: None, vehicle: None }));
    }
    match document::first_byte(body) {
        None => Ok(Message::Notice),
        Some(b'<') => of_event(hikvision::read(body)?, Vec::new()),
        Some(b'{' | b'[') => of_json(body, Vec::new()),
        Some(_) => match multipart::guessed_boundary(body) {
            Some(boundary) => of_parts(multipart::parts(&boundary, body)?),
            None => Err(Unreadable::Unknown),
        },
    }
}

/// A form: its pictures, and the one part that says what they are of.
fn of_parts(parts: Vec<multipart::Part<'_>>) -> Result<Message<'_>, Unreadable> {
    let mut pictures = Vec::new();
    let mut text: Option<&[u8]> = None;
    for part in parts {
        if picture::is_photo(part.content) {
            pictures.push(Picture { name: part.name, bytes: Cow::Borrowed(part.content) });
        } else if text.is_none() && matches!(document::first_byte(part.content), Some(b'<' | b'{' | b'[')) {
            text = Some(part.content);
        }
    }
    match text {
        Some(xml) if document::first_byte(xml) == Some(b'<') => of_event(hikvision::read(xml)?, pictures),
        Some(json) => of_json(json, pictures),
        None => of_event(Fields::default(), pictures),
    }
}

fn of_json<'a>(text: &[u8], mut pictures: Vec<Picture<'a>>) -> Result<Message<'a>, Unreadable> {
    let json = Json::parse(text).map_err(|e| Unreadable::Json(e.to_string()))?;
    pictures.extend(json.pictures());
    let fields = [dahua::fields, axis::fields, milesight::fields].iter().find_map(|read| read(&json));
    of_event(fields.unwrap_or_else(|| json.fields()), pictures)
}

fn of_event(fields: Fields, pictures: Vec<Picture<'_>>) -> Result<Message<'_>, Unreadable> {
    if fields.other_event {
        return Ok(Message::Notice);
    }
    let Some(photo) = picture::to_read(pictures) else { return Err(Unreadable::NoPicture) };
    let taken = match fields.time.as_deref() {
        None => None,
        Some(text) => Some(read_time(text).ok_or(Unreadable::Time)?),
    };
    Ok(Message::Passage(Passage { photo: photo.bytes, taken, lane: fields.lane, vehicle: fields.vehicle }))
}

#[cfg(test)]
mod tests;
