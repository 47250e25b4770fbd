//! Photos, byte for byte as the camera sent them: for the person who decides and for the bill that names them.

use tollbooth_pipeline::ident;
use tollbooth_pipeline::role::{Action, Role};
use tollbooth_pipeline::state::State;
use tollbooth_ports::ledger::looking;
use tollbooth_ports::ledger::passages::Passage;
use tollbooth_ports::photos;
use tollbooth_web::{Answer, Disposition, Identity, Kind, Problem, Request, Response, authorize, now};

use crate::passages::find;

/// `GET /v1/passages/{passage}/photo`
pub fn of_passage(request: &Request, id: &str) -> Answer {
    let caller = authorize(request, Action::ReadPhotos)?;
    request.query.only(&[])?;
    serve(&caller, &find(&caller.actor(), id)?)
}

/// `GET /v1/photos/{name}`, the name being the CSV's `FileName`.
pub fn by_name(request: &Request, name: &str) -> Answer {
    let caller = authorize(request, Action::ReadPhotos)?;
    request.query.only(&[])?;
    let unknown = || Problem::new(Kind::NotFound, "There is no photo of this name.");
    let (id, _) = name.split_once('.').ok_or_else(unknown)?;
    let passage = find(&caller.actor(), id)
        .map_err(|problem| if problem.kind() == Kind::NotFound { unknown() } else { problem })?;
    if passage.photo_name != name {
        return Err(unknown());
    }
    serve(&caller, &passage)
}

fn serve(caller: &Identity, passage: &Passage) -> Answer {
    if caller.role == Role::Billing && passage.state != State::Accepted.as_str() {
        return Err(Problem::new(Kind::Forbidden, "Billing may see the photos of accepted passages only."));
    }
    // An acknowledged passage always has its photo: its absence is our loss, never the caller's mistake.
    let photo = photos::get(&passage.photo_key)?
        .ok_or_else(|| Problem::internal(format!("the photo of {} is recorded but not stored", passage.passage)))?;
    if ident::sha256_hex(&photo) != passage.photo_sha256 {
        return Err(Problem::internal(format!("the stored photo of {} is not the one recorded", passage.passage)));
    }
    let content_type = content_type(passage)?;
    // Nobody sees a photo without its being on record who did.
    looking::note(now(), &caller.token, &passage.passage)?;
    Ok(Response::file(Disposition::Inline, &passage.photo_name, content_type, &passage.photo_sha256, photo))
}

fn content_type(passage: &Passage) -> Result<&'static str, Problem> {
    match passage.photo_format.as_str() {
        "jpeg" => Ok("image/jpeg"),
        "png" => Ok("image/png"),
        "webp" => Ok("image/webp"),
        other => Err(Problem::internal(format!("passage {} has the unknown format {other}", passage.passage))),
    }
}
