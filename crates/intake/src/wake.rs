//! Wakes the stage that reads after the camera has its answer. Best effort: a lost wake-up costs a wait for the next tick.

use spin_sdk::http::{Method, Request, Response, send};
use spin_sdk::variables;
use tollbooth_ports::ledger::{access, intake};
use tollbooth_web::now;

/// Path of the wake route on the private face of the reading stage; needs no token because nobody else reaches it.
const PRIVATE_PATH: &str = "/wake";

/// Whom to wake, and how often at most.
#[derive(Debug, Clone, Copy)]
pub struct Wake {
    /// A service is asked first: the stage that calls services, else the one with the recogniser in it.
    pub services: bool,
    /// Shortest time between two wake-ups, in milliseconds.
    pub quiet_ms: u32,
}

/// Wakes the stage unless somebody did within the quiet time.
pub async fn wake(Wake { services, quiet_ms }: Wake) {
    let (origin, path) =
        if services { ("service_wake_origin", "service_wake_path") } else { ("wake_origin", "wake_path") };
    let (Ok(origin), Ok(path), Ok(token)) =
        (variables::get(origin), variables::get(path), variables::get("wake_token"))
    else {
        return;
    };
    if token.is_empty() && path != PRIVATE_PATH {
        // Nobody listens for wake-ups in this installation: the cron trigger finds the work.
        return;
    }
    let claimed = intake::claim_wake_up(now(), quiet_ms);
    // The one that is woken needs a connection, too.
    access::release();
    match claimed {
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
