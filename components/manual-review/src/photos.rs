//! Photos, byte for byte as the camera sent them: for the person who decides and for the bill that names them.

use tollbooth_looking as looking;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::passages::Passage;
use tollbooth_web::{Answer, Disposition, Identity, Kind, Problem, Request, Response, authorize};

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
    looking::may_see(caller, passage)?;
    let photo = looking::stored(passage)?;
    let content_type = content_type(passage)?;
    looking::note(caller, passage)?;
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
