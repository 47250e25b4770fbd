//! The form that has a photo read: `multipart/form-data` (RFC 7578).

use tollbooth_photo::PhotoFormat;
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_recognizer_contract::Hints;

use crate::Fitted;

/// A form with its boundary.
pub struct Form {
    pub content_type: String,
    pub body: Vec<u8>,
}

/// The form. The boundary is a digest of the photo, which the photo cannot contain.
///
/// The passage goes along as camera id, because the service hands that back: a reply about another photo is noticed.
/// No make, model or colour is asked for: it costs extra and nobody uses it.
pub fn of(photo: &Fitted<'_>, hints: &Hints) -> Form {
    let digest = sha256_hex(&photo.bytes);
    let boundary = format!("tollbooth-{}", digest.get(..40).unwrap_or(&digest));
    let mut body = Vec::with_capacity(photo.bytes.len() + 1_024);
    if let Some(jurisdiction) = &hints.jurisdiction {
        text_field(&mut body, &boundary, "regions", jurisdiction);
    }
    text_field(&mut body, &boundary, "camera_id", &hints.passage);
    let name = match photo.format {
        PhotoFormat::Jpeg => "photo.jpg",
        PhotoFormat::Png => "photo.png",
        PhotoFormat::WebP => "photo.webp",
    };
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"upload\"; filename=\"{name}\"\r\ncontent-type: {}\r\n\r\n",
        photo.format.media_type()
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&photo.bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    Form { content_type: format!("multipart/form-data; boundary={boundary}"), body }
}

/// Values are codes and ids of printable ASCII, so nothing has to be escaped.
fn text_field(body: &mut Vec<u8>, boundary: &str, name: &str, value: &str) {
    let part = format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    body.extend_from_slice(part.as_bytes());
}
