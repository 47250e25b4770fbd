//! Cameras that push: which lane, camera and zone their requests are of, and what to type into the camera.
//!
//! The password is derived from the secret variable `camera_key`, so it can be shown again, to whoever may make tokens, and is
//! stored nowhere.

use serde::{Deserialize, Serialize};
use tollbooth_camera_auth::Key;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::token::ID_PREFIX;
use tollbooth_ports::ledger::admin::{self, AdminFailure, Push};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now, verbatim_variable};

use crate::time_zone;
use crate::views;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PushBody {
    lane: Option<String>,
    camera: String,
    time_zone: Option<String>,
}

/// How a camera is set up.
#[derive(Serialize)]
struct PushView {
    token: String,
    lane: Option<String>,
    camera: String,
    time_zone: Option<String>,
    updated_at: String,
}

/// The same with what the camera needs.
#[derive(Serialize)]
struct PushSecretView {
    #[serde(flatten)]
    push: PushView,
    user: String,
    password: String,
    path: &'static str,
    path_with_password: String,
}

/// `PUT /v1/tokens/{token}/push`: 201 when it is new, 200 when it was set up before. Answers user name and password.
pub async fn put(request: Request, token: &str) -> Answer {
    let operator = authorize(&request, Action::Administer)?;
    request.query.only(&[])?;
    let body: PushBody = request.body.json().await?;
    check(&body).map_err(Problem::invalid)?;
    let key = key()?;
    let push = Push {
        token: token.to_owned(),
        lane: body.lane,
        camera: body.camera,
        time_zone: body.time_zone,
        updated_at: now(),
    };
    let new = admin::put_push(push.updated_at, &operator.actor(), &push).map_err(|failure| match failure {
        AdminFailure::NotFound => Problem::new(Kind::NotFound, "There is no such token, or it is revoked."),
        other => views::refused(other),
    })?;
    let push = find(token)?;
    let user = token.strip_prefix(ID_PREFIX).unwrap_or(token).to_owned();
    let password = key.password(&user);
    let path_with_password = format!("/v1/push/{user}/{password}");
    let view = PushSecretView { push: push.into(), user, password, path: "/v1/push", path_with_password };
    Response::json(if new { 201 } else { 200 }, &view)
}

/// `GET /v1/tokens/{token}/push`: without the password.
pub fn show(request: &Request, token: &str) -> Answer {
    authorize(request, Action::Administer)?;
    request.query.only(&[])?;
    Response::json(200, &PushView::from(find(token)?))
}

fn find(token: &str) -> Result<Push, Problem> {
    admin::get_push(token)?
        .ok_or_else(|| Problem::new(Kind::NotFound, "This token is not set up for pushes; PUT on this path does that."))
}

/// The gateway's key. Without it nobody may be told that a camera is set up: its pushes would all be refused.
fn key() -> Result<Key, Problem> {
    key_of(verbatim_variable("camera_key"))
}

fn key_of(read: Result<String, String>) -> Result<Key, Problem> {
    let text = read.map_err(Problem::unavailable)?;
    Key::new(&text).map_err(|unfit| {
        let what = if text.is_empty() { "is not set".to_owned() } else { unfit.to_string() };
        Problem::new(Kind::Conflict, format!("The variable camera_key {what}, so no camera can push here."))
    })
}

fn check(body: &PushBody) -> Result<(), Vec<String>> {
    let names = [
        body.lane.as_deref().map(|lane| ident::check_name("lane", lane)),
        Some(ident::check_name("camera", &body.camera)),
    ];
    let mut violations: Vec<String> =
        names.into_iter().flatten().filter_map(Result::err).map(|e| e.to_string()).collect();
    violations.extend(body.time_zone.as_deref().and_then(|zone| time_zone::check(zone).err()));
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}

impl From<Push> for PushView {
    fn from(push: Push) -> Self {
        Self {
            token: push.token,
            lane: push.lane,
            camera: push.camera,
            time_zone: push.time_zone,
            updated_at: rfc3339(push.updated_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_cannot_be_read_now_is_an_outage_and_one_that_is_not_set_is_no_key() {
        assert!(key_of(Ok("k".repeat(32))).is_ok());
        for unfit in ["", "short"] {
            assert_eq!(key_of(Ok(unfit.to_owned())).unwrap_err().kind(), Kind::Conflict, "{unfit}");
        }
        assert_eq!(key_of(Err("the vault is sealed".to_owned())).unwrap_err().kind(), Kind::Unavailable);
    }
}
