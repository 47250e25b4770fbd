//! `GET /v1/crops/{passage}`: one plate of one reading, as a JPEG.

use tollbooth_looking as looking;
use tollbooth_photo::crop::{self, Area, CropError};
use tollbooth_pipeline::ident;
use tollbooth_pipeline::reading::{Bounds, Reading};
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::sighted::{self, Asked};
use tollbooth_ports::ledger::passages::{self, Attempt, Passage};
use tollbooth_web::{Answer, Disposition, Kind, Problem, Query, Request, Response, authorize};

/// Most pixels of a photo that is decoded: as many as intake takes at most.
const MAX_PIXELS: u64 = 40_000_000;
/// Changes when crops of the same place come to look otherwise, so that nobody keeps an old one.
const LOOK: u32 = 1;

/// The crop, or that the caller has it already.
pub fn show(request: &Request, id: &str) -> Answer {
    let caller = authorize(request, Action::ReadPhotos)?;
    request.query.only(&["attempt", "sighting"])?;
    let asked =
        Asked { attempt: number(&request.query, "attempt", 1)?, sighting: number(&request.query, "sighting", 0)? };
    let viewer = caller.actor();
    let passage =
        passages::get(&viewer, id)?.ok_or_else(|| Problem::new(Kind::NotFound, "There is no such passage."))?;
    looking::may_see(&caller, &passage)?;
    // Of what is read blind the caller has no readings: where the plate is would say what was read.
    let readings = readings(&passage, passages::attempts_of(&viewer, id)?)?;
    let bounds = sighted::bounds(&readings, asked, passage.plate.as_deref())
        .ok_or_else(|| Problem::new(Kind::NotFound, "No plate was read there; look at the whole photo."))?;
    let digest = digest(&passage, bounds);
    let etag = format!("\"{digest}\"");
    if request.has(&etag) {
        looking::note(&caller, &passage)?;
        return Ok(Response::new(304).with_header("etag", etag));
    }
    let area = Area { x: bounds.x, y: bounds.y, width: bounds.width, height: bounds.height };
    let cut = crop::crop(&looking::stored(&passage)?, area, MAX_PIXELS).map_err(|error| refused(&passage, &error))?;
    looking::note(&caller, &passage)?;
    let name = format!("{}-plate.jpg", passage.passage);
    Ok(Response::file(Disposition::Inline, &name, "image/jpeg", &digest, cut))
}

/// A whole number from `least` on, none when it is not given.
fn number(query: &Query, name: &str, least: u64) -> Result<Option<u32>, Problem> {
    let found = query.get(name).map(|_| query.number(name, least, least, u64::from(u32::MAX))).transpose()?;
    Ok(found.and_then(|number| u32::try_from(number).ok()))
}

/// The readings, oldest first, each with the number of its attempt.
fn readings(passage: &Passage, attempts: Vec<Attempt>) -> Result<Vec<(u32, Reading)>, Problem> {
    let read = attempts.into_iter().filter_map(|attempt| Some((attempt.attempt, attempt.reading?)));
    read.map(|(attempt, stored)| match serde_json::from_str(&stored) {
        Ok(reading) => Ok((attempt, reading)),
        Err(e) => Err(Problem::internal(format!("the stored reading of {} is none: {e}", passage.passage))),
    })
    .collect()
}

/// The same for the same place of the same photo, and for nothing else: known before a pixel is decoded.
fn digest(passage: &Passage, bounds: Bounds) -> String {
    let Bounds { x, y, width, height } = bounds;
    ident::sha256_hex(format!("{} {x} {y} {width} {height} {LOOK}", passage.photo_sha256).as_bytes())
}

fn refused(passage: &Passage, error: &CropError) -> Problem {
    match error {
        CropError::Decode(_) | CropError::Outside { .. } => {
            Problem::new(Kind::NoCrop, format!("{error}. Look at the whole photo."))
        }
        CropError::Encode { .. } => Problem::internal(format!("the crop of {}: {error}", passage.passage)),
    }
}
