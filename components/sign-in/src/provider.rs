//! Asking the provider: bounded in time and size, its documents kept in the ledger. An outage is an outage, never a refusal.

use std::time::Duration;

use serde_json::Value;
use tollbooth_openid::attempt::Attempt;
use tollbooth_openid::code::{self, Given, NotGiven};
use tollbooth_openid::configuration::Configuration;
use tollbooth_openid::freshness::{Plan, Seen, plan, usable};
use tollbooth_openid::id_token::Refused;
use tollbooth_openid::keys::Keys;
use tollbooth_openid::provider::{Provider, address};
use tollbooth_openid::{MAX_DOCUMENT_BYTES, MAX_TOKEN_ANSWER_BYTES};
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::{access, providers};
use tollbooth_web::{FetchFailure, Incoming, Outgoing, fetch, now};

/// Longest that one answer of the provider is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why nobody can sign in now. The texts are for operators.
pub enum Trouble {
    /// The provider cannot be reached, or answers what no provider does.
    Outage(String),
    /// What the variables say does not fit the provider.
    Misconfigured(String),
    /// The provider does not take this code.
    CodeSpent,
    /// The ledger.
    Ledger(LedgerFailure),
}

impl Trouble {
    /// For operators.
    pub fn cause(&self) -> String {
        match self {
            Self::Outage(cause) | Self::Misconfigured(cause) => cause.clone(),
            Self::CodeSpent => "the provider does not take the code".to_owned(),
            Self::Ledger(failure) => format!("{failure:?}"),
        }
    }
}

impl From<LedgerFailure> for Trouble {
    fn from(failure: LedgerFailure) -> Self {
        Self::Ledger(failure)
    }
}

/// The provider, as it describes itself.
pub async fn described(configuration: &Configuration) -> Result<Provider, Trouble> {
    let read = |body: &[u8]| Provider::read(body, configuration).map_err(|problem| problem.to_string());
    document(&address(&configuration.issuer), false, read).await
}

/// A token of the provider's, checked by its keys. They are read again, once, for one that none of those known has signed.
pub async fn checked<T>(
    provider: &Provider,
    check: impl Fn(&Keys) -> Result<T, Refused>,
) -> Result<Result<T, Refused>, Trouble> {
    match check(&keys(provider, false).await?) {
        Err(Refused::UnknownKey) => Ok(check(&keys(provider, true).await?)),
        known => Ok(known),
    }
}

/// The provider's keys; `newer` when those that are kept do not suffice.
async fn keys(provider: &Provider, newer: bool) -> Result<Keys, Trouble> {
    document(&provider.jwks_uri, newer, Keys::read).await
}

/// What the provider gives for a code.
pub async fn exchanged(
    provider: &Provider,
    configuration: &Configuration,
    attempt: &Attempt,
    code: &str,
) -> Result<Given, Trouble> {
    let asked = code::exchange(provider, configuration, attempt, code);
    let mut headers = vec![
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ("accept", "application/json".to_owned()),
    ];
    headers.extend(asked.authorization.map(|value| ("authorization", value)));
    let answer = ask(Outgoing {
        body: Some(asked.body.into_bytes()),
        url: &provider.token_endpoint,
        headers: &headers,
        limit: PATIENCE,
        max_answer: MAX_TOKEN_ANSWER_BYTES,
    })
    .await?;
    code::answer(answer.status, &answer.body).map_err(|problem| match problem {
        NotGiven::CodeSpent => Trouble::CodeSpent,
        NotGiven::Misconfigured(_) => Trouble::Misconfigured(problem.to_string()),
        NotGiven::Outage(_) => Trouble::Outage(problem.to_string()),
    })
}

/// More claims of the same person; none where the operator does not let this component reach what would give them.
pub async fn more_claims(url: &str, access_token: &str, subject: &str) -> Result<Value, Trouble> {
    let headers = [("accept", "application/json".to_owned()), ("authorization", format!("Bearer {access_token}"))];
    access::release();
    let asked = fetch(Outgoing { body: None, url, headers: &headers, limit: PATIENCE, max_answer: MAX_DOCUMENT_BYTES });
    let answer = match asked.await {
        Err(FetchFailure::NotAllowed(why)) => {
            // A person whose roles are there only is told that they have none.
            let cause = format!("the roles may be at {url}: {why}");
            tollbooth_log::log!(Warn, stage = "sign-in", cause = cause);
            return Ok(Value::Null);
        }
        answer => answer.map_err(|failure| trouble(url, failure))?,
    };
    let claims = Some(answer.body).filter(|_| answer.status == 200);
    claims
        .and_then(|body| code::more_claims(&body, subject))
        .ok_or_else(|| Trouble::Outage(format!("its userinfo answers {} and no claims of this person", answer.status)))
}

async fn document<T>(address: &str, newer: bool, read: impl Fn(&[u8]) -> Result<T, String>) -> Result<T, Trouble> {
    let kept = providers::find(address)?;
    let seen =
        kept.as_ref().map(|kept| Seen { read_at: kept.read.as_ref().map(|(_, at)| *at), tried_at: kept.tried_at });
    // What was kept for another issuer, or by another version, counts as nothing.
    let old = kept.and_then(|kept| kept.read).and_then(|(text, at)| Some((read(text.as_bytes()).ok()?, at)));
    let seen = seen.map(|seen| Seen { read_at: seen.read_at.filter(|_| old.is_some()), ..seen });
    let problem = match plan(seen, now(), newer) {
        Plan::Use => None,
        Plan::Wait => Some(Trouble::Outage(format!("{address} was tried in vain a moment ago"))),
        Plan::Read => match asked(address, &read).await {
            Ok((value, text)) => {
                providers::keep(now(), address, Some(&text))?;
                return Ok(value);
            }
            Err(problem) => {
                providers::keep(now(), address, None)?;
                if old.is_some() {
                    // People may still sign in by what was read before; whoever looks after this has a day to learn why.
                    let cause = problem.cause();
                    tollbooth_log::log!(Warn, stage = "sign-in", cause = cause);
                }
                Some(problem)
            }
        },
    };
    match (old, problem) {
        (Some((value, _)), None) => Ok(value),
        (Some((value, at)), Some(_)) if usable(at, now()) => Ok(value),
        (_, Some(problem)) => Err(problem),
        (None, None) => Err(Trouble::Outage(format!("{address} was never read"))),
    }
}

async fn asked<T>(address: &str, read: impl Fn(&[u8]) -> Result<T, String>) -> Result<(T, String), Trouble> {
    let headers = [("accept", "application/json".to_owned())];
    let request =
        Outgoing { body: None, url: address, headers: &headers, limit: PATIENCE, max_answer: MAX_DOCUMENT_BYTES };
    let answer = ask(request).await?;
    match answer.status {
        200 => {}
        429 | 500..=599 => return Err(Trouble::Outage(format!("{address} answers with status {}", answer.status))),
        status => return Err(Trouble::Misconfigured(format!("{address} answers with status {status}"))),
    }
    let value = read(&answer.body).map_err(|problem| Trouble::Misconfigured(format!("{address}: {problem}")))?;
    let text = String::from_utf8(answer.body).map_err(|_| Trouble::Misconfigured(format!("{address}: no UTF-8")))?;
    Ok((value, text))
}

async fn ask(request: Outgoing<'_>) -> Result<Incoming, Trouble> {
    // A place in the database must not be held while somebody else is waited for.
    access::release();
    let url = request.url.to_owned();
    fetch(request).await.map_err(|failure| trouble(&url, failure))
}

fn trouble(url: &str, failure: FetchFailure) -> Trouble {
    let url = url.split('?').next().unwrap_or_default();
    match failure {
        FetchFailure::NotAllowed(why) => {
            Trouble::Misconfigured(format!("{url}: {why}; set openid_host, openid_token_host and openid_keys_host"))
        }
        FetchFailure::TimedOut => Trouble::Outage(format!("{url} does not answer in time")),
        FetchFailure::TooLong { status } => Trouble::Outage(format!("{url} answers {status} and more than is read")),
        FetchFailure::BrokenOff { status } => Trouble::Outage(format!("{url} breaks off an answer with {status}")),
        FetchFailure::Unreachable(why) => Trouble::Outage(format!("{url} cannot be reached: {why}")),
    }
}
