//! One upload: caller, parameters, body, and what the camera is told.

use tollbooth_intake::{Door, Receipt, Refused, Sent, Taken, differences, photo_sha256, receipt_members};
use tollbooth_pipeline::capture;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::role::Action;
use tollbooth_web::{Answer, Identity, Kind, Problem, Request, Response, authorize, now};

/// A body that took this long, in milliseconds, has its sender's token looked at again.
const LONG_BODY_MS: u64 = 1_000;

/// 202 for a new passage, 200 for a resend, the same body for both.
pub fn answer(taken: &Taken) -> Answer {
    let status = if taken.new { 202 } else { 200 };
    let location = format!("/v1/passages/{}", taken.receipt.passage);
    Ok(Response::json(status, &receipt_members(&taken.receipt))?.with_header("location", location))
}

/// Receives one photo from a camera.
pub async fn receive(mut request: Request, sender: Identity, booth: &str, key: &str) -> Result<Taken, Problem> {
    ident::check_booth(booth).and_then(|()| ident::check_key(key))?;
    check_booth(&sender, booth)?;
    let sent = sent(&request, sender)?;
    let door = Door::open(booth, key)?;
    let began = now();
    let bytes = request.take_body().read(door.settings().intake_max_photo_bytes).await?;
    if now().abs_diff(began) >= LONG_BODY_MS {
        // The ledger looks at the token once more when it records; here, so that nothing is stored in vain.
        authorize(&request, Action::SendPhotos)?;
    }
    door.take(&bytes, sent.clone()).map_err(|refused| match refused {
        Refused::Problem(problem) => problem,
        Refused::KeyReused(existing) => {
            let differs = differences(&existing, &photo_sha256(&bytes), &sent);
            key_reused(&existing, &differs)
        }
    })
}

fn key_reused(existing: &Receipt, differs: &[&str]) -> Problem {
    let what = differs.join(", ");
    Problem::new(
        Kind::KeyReused,
        format!("A passage with this key has another {what}. Use a new key for a new passage."),
    )
    .with("passage", existing.passage.as_str())
    .with("differs", differs)
}

fn check_booth(sender: &Identity, booth: &str) -> Result<(), Problem> {
    if sender.booth.as_deref() == Some(booth) {
        return Ok(());
    }
    Err(Problem::new(Kind::Forbidden, "This camera's token belongs to another booth."))
}

fn sent(request: &Request, sender: Identity) -> Result<Sent, Problem> {
    let query = &request.query;
    query.only(&["captured_at", "lane", "camera"])?;
    let sent = Sent {
        // As it is kept: a resend is compared with that.
        captured_at: capture::readable(query.require("captured_at")?),
        lane: query.require("lane")?.to_owned(),
        camera: query.require("camera")?.to_owned(),
        sent_by: sender.token,
        traceparent: request.trace().map(|trace| trace.to_string()),
        begun_at: now(),
    };
    ident::check_name("lane", &sent.lane).and_then(|()| ident::check_name("camera", &sent.camera))?;
    Ok(sent)
}
