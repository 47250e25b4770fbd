//! The RIFF structure of a WebP file (Google's WebP container specification).
//!
//! A file states sizes in several places: of the canvas, of a frame of an animation, and in each picture itself. A decoder takes
//! memory and time for the last one before it compares them, so they are compared here first, and it gets a copy that holds
//! the one picture that was looked at.

use crate::bytes::{advance, array, length, u16_le, u24_le, u32_le};
use crate::sink::Sink;
use crate::{Break, Damage};

const FIRST_CHUNK: usize = 12;
const CHUNK_HEADER: usize = 8;
/// Place and size of a frame of an animation, how long it is shown and how it is put on the canvas.
const FRAME_HEADER: usize = 16;

/// True for a RIFF file of type `WEBP`.
pub(crate) fn matches(data: &[u8]) -> bool {
    data.starts_with(b"RIFF") && data.get(8..12) == Some(b"WEBP")
}

/// Stored width and height: of the canvas for an extended file, else of the one image.
pub(crate) fn size(data: &[u8]) -> Result<(u32, u32), Break> {
    let kind: [u8; 4] = array(data, FIRST_CHUNK)?;
    let body = advance(FIRST_CHUNK, CHUNK_HEADER)?;
    match &kind {
        b"VP8X" => Ok((u24_le(data, advance(body, 4)?)? + 1, u24_le(data, advance(body, 7)?)? + 1)),
        b"VP8L" | b"VP8 " => picture_size(data, kind, body),
        _ => Err(Break::Malformed { offset: FIRST_CHUNK, reason: "the first chunk is no image" }),
    }
}

/// What a picture's own header states; `body` is where its chunk's content begins.
fn picture_size(data: &[u8], kind: [u8; 4], body: usize) -> Result<(u32, u32), Break> {
    if &kind == b"VP8L" {
        if array(data, body)? != [0x2F_u8] {
            return Err(Break::Malformed { offset: body, reason: "lossless image data has no signature" });
        }
        let packed = u32_le(data, advance(body, 1)?)?;
        return Ok(((packed & 0x3FFF) + 1, ((packed >> 14) & 0x3FFF) + 1));
    }
    if array(data, advance(body, 3)?)? != [0x9D_u8, 0x01, 0x2A] {
        return Err(Break::Malformed { offset: body, reason: "lossy image data has no key frame" });
    }
    // The two upper bits are a scaling hint, not size.
    let side = |offset| Ok(u32::from(u16_le(data, advance(body, offset)?)? & 0x3FFF));
    Ok((side(6)?, side(8)?))
}

/// Hands over what makes up the picture: the chunks with image data. EXIF, XMP and profiles stay out.
pub(crate) fn picture(data: &[u8], sink: &mut Sink) -> Result<(), Break> {
    let end = advance(length(u32_le(data, 4)?)?, CHUNK_HEADER)?;
    let mut at = FIRST_CHUNK;
    while at < end {
        let (found, next) = chunk(data, at, end)?;
        if matches!(&found.kind, b"VP8 " | b"VP8L" | b"ALPH" | b"ANMF") {
            sink.take(found.content);
        }
        at = next;
    }
    Ok(())
}

/// A chunk: its type, where its content begins, and that content.
#[derive(Clone, Copy)]
struct Chunk<'a> {
    kind: [u8; 4],
    body: usize,
    content: &'a [u8],
}

/// The chunk at `at` of those that end before `end`, and where the next one begins. Chunks are padded to an even length.
fn chunk(data: &[u8], at: usize, end: usize) -> Result<(Chunk<'_>, usize), Break> {
    let kind: [u8; 4] = array(data, at)?;
    let size = length(u32_le(data, advance(at, 4)?)?)?;
    let body = advance(at, CHUNK_HEADER)?;
    let next = advance(body, advance(size, size % 2)?)?;
    if next > end {
        return Err(Break::Malformed { offset: at, reason: "a chunk reaches beyond the stated end of the file" });
    }
    let content = data.get(body..advance(body, size)?).ok_or(Break::End)?;
    Ok((Chunk { kind, body, content }, next))
}

/// What a decoder needs of a file: its first chunk, and the first of each kind behind that.
#[derive(Default)]
struct Parts<'a> {
    extended: Option<&'a [u8]>,
    picture: Option<Chunk<'a>>,
    beside: Vec<Chunk<'a>>,
}

/// Looks for the picture: all bytes that the RIFF header states must be there, and the picture must be as large as is stated
/// of it. What follows it may be broken, for nothing of that is needed.
fn parts(data: &[u8]) -> Result<Parts<'_>, Break> {
    let end = advance(length(u32_le(data, 4)?)?, CHUNK_HEADER)?;
    if end > data.len() {
        return Err(Break::End);
    }
    let canvas = size(data)?;
    let mut parts = Parts::default();
    let mut animated = false;
    let mut at = FIRST_CHUNK;
    while at < end {
        let (found, next) = match chunk(data, at, end) {
            Ok(found) => found,
            Err(_) if parts.picture.is_some() => break,
            Err(broken) => return Err(broken),
        };
        match &found.kind {
            b"VP8X" if at == FIRST_CHUNK => {
                parts.extended = Some(found.content);
                animated = found.content.first().is_some_and(|flags| flags & ANIMATION != 0);
            }
            b"VP8 " | b"VP8L" if !animated && parts.picture.is_none() => {
                if picture_size(data, found.kind, found.body)? != canvas {
                    return Err(other_size(at));
                }
                parts.picture = Some(found);
            }
            b"ANMF" if animated && parts.picture.is_none() => {
                check_frame(data, &found, canvas)?;
                parts.picture = Some(found);
            }
            b"ALPH" | b"ANIM" | b"EXIF" if parts.beside.iter().all(|known| known.kind != found.kind) => {
                parts.beside.push(found);
            }
            _ => {}
        }
        at = next;
        // Nothing follows the one picture of a file that is not extended.
        if parts.extended.is_none() && parts.picture.is_some() {
            break;
        }
    }
    match parts.picture {
        Some(_) => Ok(parts),
        None => Err(Break::Malformed { offset: end, reason: "the image ends without any image data" }),
    }
}

fn other_size(offset: usize) -> Break {
    Break::Malformed { offset, reason: "a picture in the file states another size than the file" }
}

/// A frame lies within the canvas, and the picture in it is as large as the frame.
fn check_frame(data: &[u8], frame: &Chunk<'_>, (width, height): (u32, u32)) -> Result<(), Break> {
    let number = |offset| u24_le(frame.content, offset);
    let (left, top) = (number(0)?.saturating_mul(2), number(3)?.saturating_mul(2));
    let size = (number(6)? + 1, number(9)? + 1);
    if left.saturating_add(size.0) > width || top.saturating_add(size.1) > height {
        return Err(Break::Malformed { offset: frame.body, reason: "a frame reaches beyond the canvas" });
    }
    let end = advance(frame.body, frame.content.len())?;
    let (mut found, next) = chunk(data, advance(frame.body, FRAME_HEADER)?, end)?;
    if &found.kind == b"ALPH" {
        (found, _) = chunk(data, next, end)?;
    }
    if !matches!(&found.kind, b"VP8 " | b"VP8L") {
        return Err(Break::Malformed { offset: frame.body, reason: "a frame without image data" });
    }
    if picture_size(data, found.kind, found.body)? == size { Ok(()) } else { Err(other_size(found.body)) }
}

/// There must be a picture, whole and as large as is stated.
pub(crate) fn find_image_data(data: &[u8]) -> Result<(), Break> {
    parts(data).map(drop)
}

/// What the stated lengths tell: a decoder never fills in what is missing from a WebP, so there is nothing to measure.
pub(crate) fn damage(data: &[u8]) -> Option<Damage> {
    Damage::of_structure(data, find_image_data(data))
}

/// Flags of an extended file: what it has besides its picture.
const ANIMATION: u8 = 0x02;
#[cfg(feature = "pixels")]
const EXIF: u8 = 0x08;
#[cfg(feature = "pixels")]
const ALPHA: u8 = 0x10;

/// A copy for a decoder: the one picture that was looked at, its transparency and its orientation. Of an animation the first
/// frame; no profiles, no texts, and nothing behind the stated end.
#[cfg(feature = "pixels")]
pub(crate) fn rebuild(data: &[u8]) -> Result<Vec<u8>, Break> {
    let Parts { extended, picture, beside } = parts(data)?;
    let mut body = b"WEBP".to_vec();
    if let Some(extended) = extended {
        let flags = extended.first().copied().unwrap_or(0) & (ANIMATION | ALPHA);
        let has = |kind: &[u8; 4]| beside.iter().any(|part| &part.kind == kind);
        let exif = if has(b"EXIF") { EXIF } else { 0 };
        put(&mut body, *b"VP8X", &[&[flags | exif][..], extended.get(1..10).ok_or(Break::End)?].concat());
    }
    let wanted = |part: &&Chunk<'_>| extended.is_some() && &part.kind != b"EXIF";
    for part in beside.iter().filter(wanted) {
        put(&mut body, part.kind, part.content);
    }
    if let Some(picture) = picture {
        put(&mut body, picture.kind, picture.content);
    }
    for part in beside.iter().filter(|part| extended.is_some() && &part.kind == b"EXIF") {
        put(&mut body, part.kind, part.content);
    }
    let size = u32::try_from(body.len()).map_err(|_| Break::End)?;
    Ok([&b"RIFF"[..], &size.to_le_bytes(), body.as_slice()].concat())
}

#[cfg(feature = "pixels")]
fn put(file: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    file.extend(kind);
    // Content comes from a chunk whose length was read from 32 bits.
    file.extend(u32::try_from(content.len()).unwrap_or(u32::MAX).to_le_bytes());
    file.extend_from_slice(content);
    if content.len() % 2 == 1 {
        file.push(0);
    }
}
