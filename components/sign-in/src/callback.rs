//! Back from the provider: what it says is checked, and a session is opened or nothing at all.
//!
//! The person sees a page of the console in any case, which says by a code what came of it; why exactly is in the log.

use tollbooth_openid::attempt::Attempt;
use tollbooth_openid::claims;
use tollbooth_openid::code::NoCode;
use tollbooth_openid::configuration::Configuration;
use tollbooth_openid::id_token::{Believed, Expected, verify};
use tollbooth_openid::provider::Provider;
use tollbooth_pipeline::session::Purpose;
use tollbooth_ports::ledger::sessions::{self, Arrival, Secret, SessionFailure};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, now};

use crate::log::log;
use crate::provider::{self, Trouble};
use crate::{cookie, random, random_secret, setting, stored, token_of_nobody};

/// Longest code that is passed on, in bytes.
const MAX_CODE_BYTES: usize = 3_000;

/// Why nobody was signed in: a code that the console has words for, and the cause, for operators.
struct Stop(&'static str, String);

impl Stop {
    fn new(code: &'static str, cause: impl Into<String>) -> Self {
        Self(code, cause.into())
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        let code = match trouble {
            Trouble::Outage(_) => "provider-unreachable",
            Trouble::Misconfigured(_) => "misconfigured",
            Trouble::CodeSpent => "expired",
            Trouble::Ledger(_) => "unavailable",
        };
        Self(code, trouble.cause())
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self("unavailable", format!("{problem:?}"))
    }
}

/// `GET /v1/sign-in/callback`: 303 to the console, signed in or not.
pub async fn finish(request: &Request) -> Answer {
    // A person is taken here by the provider; whatever else asks (a frame, a picture, a script) is somebody else's doing.
    let asked_by_a_page = request.header("sec-fetch-mode").is_some_and(|mode| mode != "navigate")
        || request.header("sec-fetch-dest").is_some_and(|dest| dest != "document");
    if asked_by_a_page {
        return Err(Problem::new(Kind::CrossSite, "The provider sends people here; nothing else may ask."));
    }
    match signed_in(request).await {
        Ok((secret, return_to)) => {
            let done = form_urlencoded::byte_serialize(return_to.as_bytes()).collect::<String>();
            Ok(leave(&format!("/console/sign-in?signed-in=1&to={done}"))
                .with_header("set-cookie", cookie::set(&secret)))
        }
        Err(Stop(code, cause)) => failed(request, code, &cause),
    }
}

/// 303 to the page that says what went wrong.
pub fn failed(request: &Request, code: &'static str, cause: &str) -> Answer {
    log(request, code, cause);
    Ok(leave(&format!("/console/sign-in?failed={code}")))
}

/// The same for trouble with the provider.
pub fn troubled(request: &Request, trouble: Trouble) -> Answer {
    let Stop(code, cause) = trouble.into();
    failed(request, code, &cause)
}

/// Each attempt is over when it came back, whatever came of it.
fn leave(location: &str) -> Response {
    Response::new(303)
        .with_header("location", location)
        .with_header("set-cookie", cookie::clear_attempt())
        .with_header("referrer-policy", "no-referrer")
}

/// The session's secret, and where to go.
async fn signed_in(request: &Request) -> Result<(String, String), Stop> {
    let configuration = match setting::configuration() {
        Ok(Some(configuration)) => configuration,
        Ok(None) => return Err(Stop::new("not-configured", "openid_issuer is empty")),
        Err(unfit) => return Err(Stop::new(unfit.code(), unfit.cause())),
    };
    let cookie = request.cookie(cookie::ATTEMPT_COOKIE).and_then(|text| Attempt::from_cookie(text, now()));
    let attempt = cookie.ok_or_else(|| Stop::new("expired", "this browser began nothing, or too long ago"))?;
    // Before anything is asked or believed: is this the answer to what this browser began?
    if !request.query.get("state").is_some_and(|state| attempt.is_state(state)) {
        return Err(Stop::new("expired", "the state is not that of this browser's attempt"));
    }
    let described = provider::described(&configuration).await?;
    if !described.answered(request.query.get("iss")) {
        return Err(Stop::new("refused", "the answer names another issuer, or none"));
    }
    if let Some(error) = request.query.get("error") {
        return Err(match NoCode::of(error) {
            NoCode::Denied => Stop::new("denied", error),
            NoCode::Outage => Stop::new("provider-unreachable", error),
            NoCode::Misconfigured => Stop::new("misconfigured", format!("the provider answers `{error}`")),
        });
    }
    let code = request.query.get("code").filter(|code| (1..=MAX_CODE_BYTES).contains(&code.len()));
    let code = code.ok_or_else(|| Stop::new("refused", "there is no code"))?;
    let given = provider::exchanged(&described, &configuration, &attempt, code).await?;
    let believed = believed(&given.id_token, &described, &configuration, &attempt).await?;
    let mut said = believed.claims;
    if let (false, Some(url), false) =
        (claims::has_roles(&said, &configuration), &described.userinfo_endpoint, given.access_token.is_empty())
    {
        let more = provider::more_claims(url, &given.access_token, &believed.subject).await?;
        // What is signed counts before what is not.
        if let (Some(said), Some(more)) = (said.as_object_mut(), more.as_object()) {
            for (name, value) in more {
                said.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    let Some(grant) = claims::grant(&said, &configuration) else {
        let ended = sessions::turn_away(now(), &configuration.issuer, &believed.subject, &random::<32>()?)
            .map_err(Trouble::from)?;
        return Err(Stop::new("no-role", format!("the claim names no role of ours; {ended} sessions ended")));
    };
    let arrival = Arrival {
        provider_session: believed.session,
        issuer: configuration.issuer.clone(),
        subject: believed.subject,
        name: claims::name(&said),
        role: grant.role.as_str().to_owned(),
        booths: grant.booths,
        attempt: attempt.digest().to_vec(),
        token: token_of_nobody()?,
    };
    let secret = random_secret(Purpose::Session)?;
    let before = attempt.before.as_ref().map(|b| Secret { id: b.id.clone(), digest: b.digest.to_vec() });
    sessions::arrive(now(), &arrival, &stored(&secret), before.as_ref()).map_err(|failure| match failure {
        SessionFailure::Unknown => Stop::new("expired", "this attempt was finished before"),
        SessionFailure::Revoked => Stop::new("revoked", "an operator has revoked this person's token"),
        SessionFailure::NotForPeople | SessionFailure::TooManyLinks => Stop::new("unavailable", "no such token"),
        SessionFailure::Ledger(failure) => Trouble::from(failure).into(),
    })?;
    Ok((secret.text, attempt.return_to))
}

/// Who signed in.
async fn believed(
    token: &str,
    described: &Provider,
    configuration: &Configuration,
    attempt: &Attempt,
) -> Result<Believed, Stop> {
    let nonce = attempt.nonce();
    let checked = provider::checked(described, |keys| {
        let expected = Expected {
            issuer: &configuration.issuer,
            client_id: &configuration.client_id,
            nonce: &nonce,
            began: attempt.began,
            now: now(),
        };
        verify(token, keys, &expected)
    });
    checked.await?.map_err(|refused| Stop::new("refused", format!("of the ID token: {refused}")))
}
