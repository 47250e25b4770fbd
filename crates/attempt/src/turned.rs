//! The photo as a recogniser gets it: of a camera that somebody found mirrored or upside down, turned back. What was read is put
//! back to where it stands in the photo that is kept, so that people and cameras' own texts find it there.
//!
//! Turned here, for every recogniser alike, so that none has to know; which decision the photo was read by is the ledger's.

use tollbooth_photo::turned::{By, TurnedPhoto, turned};
use tollbooth_pipeline::reading as rules;
use tollbooth_pipeline::retry::Failure;
use tollbooth_pipeline::turned::Turned;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::reading::Lease;
use tollbooth_ports::types::{Bounds, Reading};

use crate::lease::learned;

/// Most pixels of a photo: what intake takes at most, under any setting.
const MAX_PIXELS: u64 = 40_000_000;

/// How the camera of a leased passage is turned; none where it hangs right.
///
/// # Errors
/// `Damaged` when the ledger sent something else.
pub fn turn_of(lease: &Lease) -> Result<Option<Turned>, LedgerFailure> {
    Ok(learned(lease)?.and_then(|learned| learned.turned).map(|turn| turn.turned))
}

/// How what is read of a photo is put back to where it stands in the one that was sent.
#[derive(Debug, Clone, Copy)]
pub struct Placing(Option<(Turned, (f32, f32))>);

/// A photo as it is to be read, and how what is read of it is put back.
///
/// # Errors
/// [`Failure::BadImage`] for one that cannot be turned: it is never read as it came.
pub fn upright(photo: Vec<u8>, how: Option<Turned>) -> Result<(Vec<u8>, Placing), Failure> {
    let Some(how) = how else { return Ok((photo, Placing(None))) };
    let by = match how {
        Turned::Mirrored => By::Mirror,
        Turned::UpsideDown => By::HalfTurn,
    };
    let TurnedPhoto { bytes, width, height } =
        turned(&photo, by, MAX_PIXELS).map_err(|e| Failure::BadImage(e.to_string()))?;
    // Sides of a photo are far below what such a number says exactly.
    let size = (width as f32, height as f32);
    Ok((bytes, Placing(Some((how, size)))))
}

impl Placing {
    /// What was read, in pixels of the photo that was sent.
    #[must_use]
    pub fn place(self, mut reading: Reading) -> Reading {
        let Some((how, size)) = self.0 else { return reading };
        for sighting in &mut reading.sightings {
            let Bounds { x, y, width, height } = sighting.bounds;
            let back = how.back(rules::Bounds { x, y, width, height }, size);
            sighting.bounds = Bounds { x: back.x, y: back.y, width: back.width, height: back.height };
        }
        reading
    }
}
