//! What was found out about cameras by their photos: texts that one shows again and again, and one that hangs the wrong way
//! round. Each is one thing for somebody to look at, however many photos it is about.

use serde::Serialize;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::learning::{self, CameraText, ForgetFailure, TurnedCamera};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

use crate::camera_turns::TurnView;

#[derive(Serialize)]
struct Findings {
    texts: Vec<TextView>,
    next: Option<u64>,
    turned: Vec<TurnedView>,
    turns: Vec<TurnView>,
}

#[derive(Serialize)]
struct TextView {
    id: u64,
    booth: String,
    lane: String,
    camera: String,
    text: String,
    bounds: Bounds,
    learned_at: String,
    passage: Option<String>,
    forgotten_at: Option<String>,
}

#[derive(Serialize)]
struct Bounds {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

#[derive(Serialize)]
struct TurnedView {
    booth: String,
    lane: String,
    camera: String,
    turned: u64,
    waiting: u64,
    since: String,
    passage: String,
}

/// `GET /v1/camera-findings`
pub fn list(request: &Request) -> Answer {
    let viewer = authorize(request, Action::ReadBalance)?;
    let query = &request.query;
    query.only(&["booth", "after", "limit"])?;
    let booth = query.get("booth");
    booth.map(ident::check_booth).transpose()?;
    let limit = query.limit()?;
    let texts = learning::camera_texts(&viewer.actor(), booth, query.cursor("after")?, limit)?;
    let full = u32::try_from(texts.len()).is_ok_and(|count| count >= limit);
    let turned = learning::turned_cameras()?;
    let turns = learning::camera_turns()?;
    Response::json(
        200,
        &Findings {
            next: texts.last().map(|last| last.id).filter(|_| full),
            texts: texts.into_iter().map(TextView::from).collect(),
            turned: turned
                .into_iter()
                .filter(|camera| booth.is_none_or(|booth| booth == camera.booth))
                .map(TurnedView::from)
                .collect(),
            turns: turns
                .into_iter()
                .filter(|turn| booth.is_none_or(|booth| booth == turn.booth))
                .map(TurnView::from)
                .collect(),
        },
    )
}

/// `DELETE /v1/camera-findings/texts/{text}`: it is a plate after all.
pub fn forget(request: &Request, id: &str) -> Answer {
    let operator = authorize(request, Action::Administer)?;
    request.query.only(&[])?;
    let unknown = || Problem::new(Kind::NotFound, "No such text; GET /v1/camera-findings lists them.");
    let id: u64 = id.parse().map_err(|_| unknown())?;
    learning::forget_camera_text(now(), &operator.actor(), id).map_err(|failure| match failure {
        ForgetFailure::NotFound => unknown(),
        ForgetFailure::Ledger(failure) => failure.into(),
    })?;
    let found = learning::camera_texts(&operator.actor(), None, Some(id.saturating_sub(1)), 1)?;
    let text = found.into_iter().find(|text| text.id == id).ok_or_else(unknown)?;
    Response::json(200, &TextView::from(text))
}

impl From<CameraText> for TextView {
    fn from(found: CameraText) -> Self {
        Self {
            id: found.id,
            booth: found.booth,
            lane: found.lane,
            camera: found.camera,
            text: found.text,
            bounds: Bounds { x: found.x, y: found.y, width: found.width, height: found.height },
            learned_at: rfc3339(found.learned_at),
            passage: found.passage,
            forgotten_at: found.forgotten_at.map(rfc3339),
        }
    }
}

impl From<TurnedCamera> for TurnedView {
    fn from(found: TurnedCamera) -> Self {
        Self {
            booth: found.booth,
            lane: found.lane,
            camera: found.camera,
            turned: found.turned,
            waiting: found.waiting,
            since: rfc3339(found.since),
            passage: found.passage,
        }
    }
}
