//! Signing out at the provider: taking a person there who signed out here, and hearing from it of who signed out there.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use tollbooth_openid::logout_token::{Expected, SignedOut, verify};
use tollbooth_pipeline::session::OpenedBy;
use tollbooth_ports::ledger::access::Session;
use tollbooth_ports::ledger::sessions;
use tollbooth_web::{Answer, Kind, Problem, Request, Response, now, within};

use crate::log::log;
use crate::{provider, setting};

/// How long the provider's message is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest message: a token and its name.
const MAX_BYTES: u64 = 40_960;
/// The one parameter (Back-Channel Logout 1.0, section 2.5).
const PARAMETER: &str = "logout_token";
const FORM: &str = "application/x-www-form-urlencoded";

/// Where somebody signs out who has signed out here.
#[derive(Serialize)]
pub struct ElsewhereView {
    /// What people call the provider.
    name: String,
    /// Address to open in the browser.
    url: String,
}

/// Where the person of this session signs out as well; none where they did not come from the provider, and none while it
/// cannot be known: who wants to leave is not kept.
pub async fn elsewhere(request: &Request, session: Option<&Session>) -> Option<ElsewhereView> {
    session.filter(|session| session.opened_by == OpenedBy::Provider.as_str())?;
    let configuration = match setting::configuration() {
        Ok(configuration) => configuration?,
        Err(unfit) => {
            log(request, unfit.code(), &unfit.cause());
            return None;
        }
    };
    match provider::described(&configuration).await {
        Ok(described) => {
            let url = described.signing_out(&configuration)?;
            Some(ElsewhereView { name: configuration.name, url })
        }
        Err(trouble) => {
            log(request, "signed-out-here-only", &trouble.cause());
            None
        }
    }
}

/// `POST /v1/sign-in/logout`: the provider says that somebody signed out there. Nobody is asked who they are: the token proves
/// it.
pub async fn heard(mut request: Request) -> Answer {
    request.query.only(&[])?;
    let configuration = match setting::configuration() {
        Ok(Some(configuration)) => configuration,
        Ok(None) => return Err(Problem::new(Kind::NotFound, "No provider of identities is connected.")),
        Err(unfit) => {
            log(&request, unfit.code(), &unfit.cause());
            return Err(unfit.into());
        }
    };
    let kind = request.header("content-type").and_then(|text| text.split(';').next()).unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case(FORM) {
        return Err(Problem::new(Kind::UnsupportedMediaType, format!("Send {FORM}.")));
    }
    // A stranger's body, until its signature is checked.
    let body = within(PATIENCE, request.take_body().read(MAX_BYTES)).await;
    let body = body.ok_or_else(|| Problem::new(Kind::TooSlow, "The token did not come in time. Send it again."))??;
    let mut given = form_urlencoded::parse(&body).filter(|(name, _)| name == PARAMETER).map(|(_, value)| value);
    let (Some(token), None) = (given.next(), given.next()) else {
        return Err(Problem::new(Kind::InvalidRequest, format!("Send `{PARAMETER}`, once.")));
    };
    let unknown = |cause: String| {
        log(&request, "logout-unavailable", &cause);
        Problem::unavailable("the provider's keys are not known now")
    };
    let described = provider::described(&configuration).await.map_err(|trouble| unknown(trouble.cause()))?;
    let checked = provider::checked(&described, |keys| {
        let expected = Expected { issuer: &configuration.issuer, client_id: &configuration.client_id, now: now() };
        verify(&token, keys, &expected)
    });
    let SignedOut { subject, session, said_at } =
        checked.await.map_err(|trouble| unknown(trouble.cause()))?.map_err(|refused| {
            log(&request, "logout-refused", &refused.to_string());
            Problem::new(Kind::InvalidRequest, "This is no logout token that can be believed; the log says why.")
        })?;
    let ended =
        sessions::end_by_provider(now(), &configuration.issuer, subject.as_deref(), session.as_deref(), said_at)?;
    Response::json(200, &json!({ "ended": ended }))
}
