//! Which camera a push comes from.
//!
//! The password is proven before the ledger is asked for the camera. A wrong one costs a look at whose camera it claims to be,
//! so that somebody learns of a camera that was set up wrongly; that is counted, at most once a second, and so is a camera
//! whose token is revoked.

use std::borrow::Cow;

use tollbooth_camera_auth::{Asked, Claim, Key, NotProven, challenges, claim, prove};
use tollbooth_pipeline::token::ID_PREFIX;
use tollbooth_ports::ledger::pushing::{self, PushingCamera};
use tollbooth_web::{Kind, Problem, Request, now, verbatim_variable};

/// Longest user name that is looked up, in bytes.
const MAX_USER_BYTES: usize = 64;

/// Nobody was recognised.
pub struct Refused {
    pub problem: Problem,
    /// Of the camera that was claimed, where it is set up. Boxed, so that what is mostly an answer stays small.
    pub booth: Option<Box<str>>,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self { problem, booth: None }
    }
}

/// The camera that sends this, recognised by header or path.
pub fn recognise(request: &Request) -> Result<PushingCamera, Refused> {
    let key = key()?;
    let now = now();
    let Some(claim) = claimed(request) else { return Err(unauthorized(&key, now, false).into()) };
    let asked = Asked { method: "POST", target: &request.target };
    match prove(&key, &claim, asked, now) {
        Ok(()) => {}
        Err(NotProven::Stale) => return Err(unauthorized(&key, now, true).into()),
        Err(NotProven::Wrong) => {
            let booth = find(claim.user()).ok().flatten().map(|camera| camera.booth.into());
            return Err(Refused { problem: unauthorized(&key, now, false), booth });
        }
    }
    match find(claim.user())? {
        Some(camera) if !camera.revoked => {
            request.recognise();
            Ok(camera)
        }
        other => {
            Err(Refused { problem: unauthorized(&key, now, false), booth: other.map(|camera| camera.booth.into()) })
        }
    }
}

/// Whether the camera may still send: a body takes as long as its line is slow.
pub fn still_there(camera: &PushingCamera) -> Result<(), Problem> {
    match pushing::find(&camera.token)? {
        Some(camera) if !camera.revoked => Ok(()),
        _ => Err(Problem::new(Kind::Unauthorized, "The camera's token was revoked.")),
    }
}

fn claimed(request: &Request) -> Option<Claim<'_>> {
    if let Some(header) = request.header("authorization") {
        return claim(header);
    }
    match request.segments().as_slice() {
        ["v1", "push", _, _, ..] => {
            let part = |at: usize| request.path.get(at).map(|text| Cow::Borrowed(text.as_str()));
            Some(Claim::Password { user: part(2)?, password: part(3)? })
        }
        _ => None,
    }
}

fn find(user: &str) -> Result<Option<PushingCamera>, Problem> {
    if user.len() > MAX_USER_BYTES {
        return Ok(None);
    }
    Ok(pushing::find(&format!("{ID_PREFIX}{user}"))?)
}

fn key() -> Result<Key, Problem> {
    let text = verbatim_variable("camera_key").map_err(Problem::unavailable)?;
    Key::new(&text).map_err(|unfit| {
        // Not the camera's fault, and nothing that it should give up for.
        let what = if text.is_empty() { "is not set".to_owned() } else { unfit.to_string() };
        Problem::unavailable(format!("the variable camera_key {what}; no camera can push"))
    })
}

fn unauthorized(key: &Key, now: i64, stale: bool) -> Problem {
    let [digest, basic] = challenges(key, now, stale);
    Problem::new(
        Kind::Unauthorized,
        "Set the camera to Digest or Basic with the user name and password of PUT /v1/tokens/{token}/push.",
    )
    .with_header("www-authenticate", digest)
    .with_header("www-authenticate", basic)
}
