//! What cameras push, and what they show to be recognised.

use tollbooth_camera_auth::{Asked, Key, claim, prove};
use tollbooth_camera_formats::{Message, read, read_time};
use tollbooth_pipeline::capture;

/// Never panics, whichever Content-Type is claimed; a photo that is taken begins as one and is no longer than what it came in.
pub fn push(data: &[u8]) {
    // The first line is the Content-Type.
    let split = data.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (kind, body) = data.split_at(split);
    let kind = std::str::from_utf8(kind).ok();
    for kind in [kind, None] {
        let Ok(Message::Passage(passage)) = read(kind, body) else { continue };
        assert!(passage.photo.len() <= body.len(), "a photo of more bytes than were sent");
        let starts: [&[u8]; 3] = [&[0xFF, 0xD8, 0xFF], b"\x89PNG", b"RIFF"];
        assert!(starts.iter().any(|start| passage.photo.starts_with(start)), "no photo");
        for text in [passage.lane, passage.vehicle].into_iter().flatten() {
            assert!(text.len() <= 500, "a field of {} bytes", text.len());
        }
    }
}

/// Never panics; a time that is read is a moment that the front door understands, wherever the clock stands.
pub fn push_time(data: &[u8]) {
    const NOW: i64 = 1_795_168_800_000; // 2026-11-20T10:00:00Z
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(taken) = read_time(text) else { return };
    let Ok(zone) = jiff::tz::TimeZone::posix("CST6CDT,M3.2.0,M11.1.0") else { return };
    let Some(written) = taken.in_zone(&zone, NOW) else { return };
    let _ = capture::check(&written, NOW, 720, 300);
}

/// Never panics, and proves nobody: the fuzzer does not know the key.
pub fn credentials(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(claim) = claim(text) else { return };
    assert!(claim.user().len() <= 4_096, "a user name without end");
    let Ok(key) = Key::new("the fuzzer does not know this key, nor guess it") else { return };
    let asked = Asked { method: "POST", target: "/v1/push" };
    assert!(prove(&key, &claim, asked, 1_795_168_800_000).is_err(), "somebody without the key was recognised");
}
