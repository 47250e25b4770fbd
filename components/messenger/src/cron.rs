//! The cron trigger's face: wakes the HTTP face. It delivers nothing itself, because a component under the cron trigger has
//! no service chaining.

use spin_sdk::http::{Method, Request, Response, run, send};
use spin_sdk::variables;

wit_bindgen::generate!({
    path: "../../wit/spin-cron",
    world: "spin-cron",
});

/// Path of the wake route that needs no token because nobody else reaches it.
const PRIVATE_PATH: &str = "/wake";

struct Cron;

impl Guest for Cron {
    fn handle_cron_event(metadata: Metadata) -> Result<(), Error> {
        let (Ok(origin), Ok(path), Ok(token)) = (
            variables::get("messenger_wake_origin"),
            variables::get("messenger_wake_path"),
            variables::get("wake_token"),
        ) else {
            return Err(Error::Other("the manifest gives this component no wake variables".to_owned()));
        };
        if token.is_empty() && path != PRIVATE_PATH {
            // Nobody listens for wake-ups in this installation: `tollbooth tick` does it.
            return Ok(());
        }
        // Once a minute the rules are looked at; in between, only what is due is a reason to wake anybody.
        let minute = metadata.timestamp % 60 < PERIOD_SECONDS;
        match crate::tick::has_work() {
            Ok(false) if !minute => Ok(()),
            Ok(_) => run(wake(&origin, &path, &token)),
            Err(failure) => {
                eprintln!("level=error stage=messages cause=\"{failure:?}\"");
                Err(Error::Other("the ledger did not answer; the next firing tries again".to_owned()))
            }
        }
    }
}

/// How often the manifest has this component fire.
const PERIOD_SECONDS: u64 = 10;

async fn wake(origin: &str, path: &str, token: &str) -> Result<(), Error> {
    let mut request = Request::builder();
    request.method(Method::Post).uri(format!("{origin}{path}"));
    if !token.is_empty() {
        request.header("authorization", format!("Bearer {token}"));
    }
    let answer: Result<Response, _> = send(request.build()).await;
    match answer {
        Ok(response) if *response.status() < 300 => Ok(()),
        Ok(response) => Err(Error::Other(format!("the wake route answered status {}", response.status()))),
        Err(e) => Err(Error::Other(format!("the wake route is out of reach: {e}"))),
    }
}

export!(Cron);
