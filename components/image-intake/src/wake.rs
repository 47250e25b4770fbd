//! Wakes the reading stage after the camera has its answer. Best effort: a lost wake-up costs a wait for the next tick.

use spin_sdk::http::{Method, Request, Response, send};
use spin_sdk::variables;
use tollbooth_ports::ledger::intake;
use tollbooth_web::now;

/// Path of the wake route on the private face of the reading stage; needs no token because nobody else reaches it.
const PRIVATE_PATH: &str = "/wake";

/// Wakes the reading stage unless somebody did within the last `quiet_ms` milliseconds.
pub async fn wake(quiet_ms: u32) {
    let (Ok(origin), Ok(path), Ok(token)) =
        (variables::get("wake_origin"), variables::get("wake_path"), variables::get("wake_token"))
    else {
        return;
    };
    if token.is_empty() && path != PRIVATE_PATH {
        // Nobody listens for wake-ups in this installation: the cron trigger finds the work.
        return;
    }
    match intake::claim_wake_up(now(), quiet_ms) {
        Ok(true) => {}
        Ok(false) => return,
        Err(failure) => {
            eprintln!("level=warn stage=wake cause=\"{failure:?}\"");
            return;
        }
    }
    let mut request = Request::builder();
    request.method(Method::Post).uri(format!("{origin}{path}"));
    if !token.is_empty() {
        request.header("authorization", format!("Bearer {token}"));
    }
    let answer: Result<Response, _> = send(request.build()).await;
    match answer {
        Ok(response) if *response.status() < 300 => {}
        Ok(response) => eprintln!("level=warn stage=wake cause=\"status {}\"", response.status()),
        Err(e) => eprintln!("level=warn stage=wake cause=\"{e}\""),
    }
}
