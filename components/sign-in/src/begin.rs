//! Before somebody signs in with a provider: whether one can, and off to it.

use serde::Serialize;
use tollbooth_openid::attempt::{Attempt, Before};
use tollbooth_web::{Answer, Problem, Request, Response, check_origin, now};

use crate::callback::failed;
use crate::log::log;
use crate::setting::{self, Unfit};
use crate::{cookie, provider, random};

/// How one can sign in.
#[derive(Serialize)]
struct WaysView {
    /// None: by links only.
    provider: Option<ProviderView>,
}

#[derive(Serialize)]
struct ProviderView {
    /// What people call it.
    name: String,
    /// Path on this host to open in the browser.
    start: &'static str,
}

const START: &str = "/v1/sign-in/start";

/// `GET /v1/sign-in`: for everybody, before they are anybody.
pub fn ways(request: &Request) -> Answer {
    request.query.only(&[])?;
    let configured = match setting::configuration() {
        Ok(configured) => configured,
        // To say that there is no provider would be wrong: in a moment there may be one again.
        Err(unfit @ Unfit::Unreadable(_)) => return Err(unfit.into()),
        Err(unfit) => {
            log(request, unfit.code(), &unfit.cause());
            None
        }
    };
    let provider = configured.map(|configured| ProviderView { name: configured.name, start: START });
    Response::json(200, &WaysView { provider })
}

/// `GET /v1/sign-in/start`: 303 to the provider, with the cookie by which this browser finishes what it begins.
pub async fn start(request: &Request) -> Answer {
    // Otherwise another site could send people through a sign-in that they did not ask for.
    check_origin(request)?;
    request.query.only(&["return"])?;
    let configuration = match setting::configuration() {
        Ok(Some(configuration)) => configuration,
        Ok(None) => return failed(request, "not-configured", "openid_issuer is empty"),
        Err(unfit) => return failed(request, unfit.code(), &unfit.cause()),
    };
    let described = match provider::described(&configuration).await {
        Ok(described) => described,
        Err(trouble) => return crate::callback::troubled(request, trouble),
    };
    let before = cookie::session(request).and_then(|secret| {
        let digest = secret.digest.try_into().ok()?;
        Some(Before { id: secret.id, digest })
    });
    let attempt = Attempt::begin(secret()?, now(), request.query.get("return").unwrap_or_default(), before);
    Ok(Response::new(303)
        .with_header("location", described.authorization(&configuration, &attempt))
        .with_header("set-cookie", cookie::set_attempt(&attempt.cookie()))
        .with_header("referrer-policy", "no-referrer"))
}

fn secret() -> Result<[u8; 32], Problem> {
    random()
}
