//! Photos from cameras: headers, and decoding as the recogniser does it.

use tollbooth_photo::pixels::{decode, inspect};
use tollbooth_photo::{PhotoFormat, damage, image_data, image_header};

/// Most pixels decoded here. The code is the same for more; an input would only take longer.
const MAX_PIXELS: u64 = 1_000_000;

/// Never panics; sizes are positive; what is whole stays whole when bytes follow; what is not whole says how much is there.
pub fn header(data: &[u8]) {
    if let Ok(header) = image_header(data) {
        assert!(header.width > 0 && header.height > 0, "a photo without pixels");
    }
    if !image_header(data).is_ok_and(|header| header.pixels() <= MAX_PIXELS) {
        return;
    }
    match damage(data) {
        None => {
            assert_eq!(image_data(data), Ok(()), "whole without image data");
            let longer = [data, b"tail"].concat();
            assert!(is_webp(data) || damage(&longer).is_none(), "bytes behind the end matter");
        }
        Some(found) => assert!((0.0..1.0).contains(&found.decoded), "{found}"),
    }
}

/// A WebP states its length, so bytes behind it are a matter of taste.
fn is_webp(data: &[u8]) -> bool {
    data.starts_with(b"RIFF")
}

pub fn jpeg(data: &[u8]) {
    decoded(data, PhotoFormat::Jpeg);
}

pub fn png(data: &[u8]) {
    decoded(data, PhotoFormat::Png);
}

pub fn webp(data: &[u8]) {
    decoded(data, PhotoFormat::WebP);
}

/// Never panics; what is decoded has the size that was announced, within the limit.
fn decoded(data: &[u8], format: PhotoFormat) {
    if !image_header(data).is_ok_and(|header| header.format == format) {
        return;
    }
    let announced = inspect(data, MAX_PIXELS);
    let Ok(image) = decode(data, MAX_PIXELS) else { return };
    let pixels = u64::from(image.width()) * u64::from(image.height());
    assert!(pixels <= MAX_PIXELS, "{pixels} pixels are above the limit");
    assert!(
        announced.is_ok_and(|sound| (sound.width, sound.height) == (image.width(), image.height())),
        "decoded to another size than announced"
    );
}
