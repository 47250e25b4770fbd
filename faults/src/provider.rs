//! Signing in with a provider of identities: who comes, in which browser, and what the provider says of them later.
//!
//! The provider is that of the end-to-end tests: it checks client, code and verifier, and signs with real keys. It knows nothing of
//! the bench's clock, so the times of its tokens are among what it is told of a person.

use serde_json::{Value, json};
use tollbooth_tests::identities::{CLIENT, parameter};

use crate::actor::Actor;
use crate::before::need;
use crate::error::BenchError;
use crate::stage::Stage;
use crate::wire::Answer;
use crate::witness::Signed;

/// Who comes.
const CAY: &str = "cay";
/// The beginning of a session's cookie; that of an attempt begins otherwise.
const SESSION: &str = "__Host-tollbooth=";
/// Longer than a provider that was asked in vain is left alone, in milliseconds.
const LATER_MS: i64 = 6_000;

/// Cay is signed in as a reviewer, in two browsers.
pub fn arrived(stage: &mut Stage) -> Result<(), BenchError> {
    need("a first session", come(&mut stage.actor, "staff", "", &["staff"]))?;
    need("a second session", come(&mut stage.actor, "other", "", &["staff"]))
}

/// Cay has begun in one browser, and is about to be sent back.
pub fn begun(stage: &mut Stage) -> Result<(), BenchError> {
    let attempt = begin(&mut stage.actor, "");
    need("an attempt", attempt.is_some())?;
    let (cookie, address) = attempt.unwrap_or_default();
    stage.actor.facts.insert("attempt".to_owned(), cookie);
    stage.actor.facts.insert("address".to_owned(), address);
    Ok(())
}

/// Cay signs in in the browser that Ann's session is in.
pub fn comes_in(actor: &mut Actor) -> bool {
    let before = actor.fact("cookie-first").to_owned();
    come(actor, "first", &before, &["staff"])
}

/// Cay comes as a supervisor: what was opened for the reviewer ends.
pub fn comes_as_another(actor: &mut Actor) -> bool {
    let old = ["staff", "other"].map(|name| actor.fact(&format!("cookie-{name}")).to_owned());
    actor.witness.ending(|cookie, _| old.iter().any(|one| one == cookie));
    if !come(actor, "lead", "", &["lead"]) {
        return false;
    }
    actor.witness.ended(|cookie, _| old.iter().any(|one| one == cookie));
    true
}

/// The provider gives Cay no role any more: everything of theirs ends.
pub fn comes_without_a_role(actor: &mut Actor) -> bool {
    actor.witness.ending(|_, session| session.person == CAY);
    let Some((cookie, address)) = begin(actor, "") else { return later(actor) };
    let code = actor.identities.sign_in(&address, &cay(actor, &[]));
    let Some(answer) = come_back(actor, &cookie, &address, &code) else { return false };
    if session(&answer).is_some() {
        actor.witness.violations.push("somebody whom the provider gives no role was signed in".to_owned());
    }
    if !answer.location.ends_with("failed=no-role") {
        return later(actor);
    }
    actor.witness.ended(|_, session| session.person == CAY);
    true
}

/// The provider says that Cay has signed out there.
pub fn signs_out_there(actor: &mut Actor) -> bool {
    actor.witness.ending(|_, session| session.person == CAY);
    let now = actor.clock.now_ms() / 1000;
    let token = actor.identities.signed(&json!({
        "iss": actor.identities.issuer(), "aud": CLIENT.0, "sub": CAY, "iat": now, "exp": now + 120, "jti": "cay-left",
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    }));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("logout_token={token}");
    let Some(answer) = actor.wire.ask("POST", "/v1/sign-in/logout", &form, body.as_bytes()) else {
        return later(actor);
    };
    actor.expect("the provider's word of somebody who left", &answer, &[200]);
    actor.witness.ended(|_, session| session.person == CAY);
    true
}

/// The browser comes back with what it began, each time with another code of the provider's: one of them signs Cay in.
pub fn comes_back(actor: &mut Actor) -> bool {
    let (cookie, address) = (actor.fact("attempt").to_owned(), actor.fact("address").to_owned());
    let code = actor.identities.sign_in(&address, &cay(actor, &["staff"]));
    let Some(answer) = come_back(actor, &cookie, &address, &code) else { return false };
    opened(actor, "back", &answer) || answer.location.ends_with("failed=expired")
}

/// Cay signs in, in a browser with this session's cookie, which is over then. What was begun once is finished once, whatever
/// else the provider says.
fn come(actor: &mut Actor, name: &str, before: &str, roles: &[&str]) -> bool {
    let Some((cookie, address)) = begin(actor, before) else { return later(actor) };
    let code = actor.identities.sign_in(&address, &cay(actor, roles));
    actor.witness.ending(|other, _| other == before);
    let Some(answer) = come_back(actor, &cookie, &address, &code) else { return false };
    if !opened(actor, name, &answer) {
        return later(actor);
    }
    actor.witness.ended(|other, _| other == before);
    let another = actor.identities.sign_in(&address, &cay(actor, roles));
    let Some(answer) = come_back(actor, &cookie, &address, &another) else { return false };
    if session(&answer).is_some() {
        actor.witness.violations.push("one attempt at the provider opened two sessions".to_owned());
    }
    true
}

/// The cookie of an attempt, and the address at the provider. None: nobody was sent there.
fn begin(actor: &mut Actor, before: &str) -> Option<(String, String)> {
    let answer = actor.wire.from_browser("GET", "/v1/sign-in/start", before, &Value::Null)?;
    actor.expect("a sign-in that begins", &answer, &[303]);
    let is_there = answer.location.starts_with(&actor.identities.issuer());
    let cookie = answer.cookies.into_iter().next().filter(|_| is_there)?;
    Some((cookie, answer.location))
}

/// The provider sends the browser back with a code.
fn come_back(actor: &mut Actor, cookie: &str, address: &str, code: &str) -> Option<Answer> {
    let (state, issuer) = (parameter(address, "state"), actor.identities.issuer());
    let path = format!("/v1/sign-in/callback?code={code}&state={state}&iss={issuer}");
    let headers = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("cookie", cookie),
    ];
    let answer = actor.wire.ask("GET", &path, &headers, b"")?;
    actor.expect("somebody whom the provider sends back", &answer, &[303]);
    Some(answer)
}

/// What the provider says of Cay now.
fn cay(actor: &Actor, roles: &[&str]) -> Value {
    let now = actor.clock.now_ms() / 1000;
    json!({ "sub": CAY, "name": "Cay", "roles": roles, "iat": now, "exp": now + 300 })
}

/// Notes the session that an answer opens; false when it opens none.
fn opened(actor: &mut Actor, name: &str, answer: &Answer) -> bool {
    let Some(cookie) = session(answer) else { return false };
    let opened_ms = actor.clock.now_ms();
    let session = Signed { person: CAY.to_owned(), opened_ms, ending: false, ended: false };
    actor.witness.sessions.insert(cookie.clone(), session);
    actor.facts.insert(format!("cookie-{name}"), cookie);
    true
}

fn session(answer: &Answer) -> Option<String> {
    answer.cookies.iter().find(|cookie| cookie.starts_with(SESSION)).cloned()
}

/// Nobody was signed in because something failed: a while later it may work.
fn later(actor: &Actor) -> bool {
    actor.clock.jump(LATER_MS);
    false
}
