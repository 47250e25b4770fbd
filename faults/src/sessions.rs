//! People at the console: how they come in, what they choose and how they leave, and what must be true of sessions whatever
//! died meanwhile.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::actor::Actor;
use crate::before::need;
use crate::error::BenchError;
use crate::lab::OPERATOR_TOKEN;
use crate::stage::Stage;
use crate::witness::Signed;

/// Ann is signed in by a link, in a browser, and has another link.
pub fn signed_in(stage: &mut Stage) -> Result<(), BenchError> {
    need("a first link", link(&mut stage.actor, "ann", "first"))?;
    need("the first session", open(&mut stage.actor, "ann", "first", ""))?;
    need("a second link", link(&mut stage.actor, "ann", "second"))
}

/// Ann is signed in with two browsers, and Bob with one.
pub fn signed_in_twice(stage: &mut Stage) -> Result<(), BenchError> {
    for (person, name) in [("ann", "first"), ("ann", "second"), ("bob", "third")] {
        need("a link", link(&mut stage.actor, person, name))?;
        need("a session", open(&mut stage.actor, person, name, ""))?;
    }
    Ok(())
}

/// Makes a link for a person and notes its code.
pub fn link(actor: &mut Actor, person: &str, name: &str) -> bool {
    let body = json!({ "token": actor.fact(&format!("{person}-id")) });
    let Some(answer) = actor.wire.post("/v1/sign-in-links", OPERATOR_TOKEN, &body) else { return false };
    // 429: twenty wait already.
    actor.expect("a link", &answer, &[201, 429]);
    actor.facts.insert(format!("link-{name}"), answer.text("code"));
    true
}

/// Ann opens her second link in the browser that her first session is in. Whoever gets no answer tries the link again: it
/// works, or it was spent, and then she asks for a new one.
pub fn sign_in_again(actor: &mut Actor) -> bool {
    let before = actor.fact("cookie-first").to_owned();
    open(actor, "ann", "second", &before)
}

/// Opens a link in a browser that has this cookie.
pub fn open(actor: &mut Actor, person: &str, name: &str, before: &str) -> bool {
    let code = actor.fact(&format!("link-{name}")).to_owned();
    actor.witness.ending(|cookie, _| cookie == before);
    let answer = actor.wire.from_browser("POST", "/v1/sessions", before, &json!({ "code": code }));
    let Some(answer) = answer else { return false };
    // 410: spent by a request whose answer never came, or by somebody else.
    actor.expect("a link that is opened", &answer, &[201, 410]);
    let Some(cookie) = answer.cookies.into_iter().next().filter(|_| answer.status == 201) else { return true };
    actor.witness.ended(|other, _| other == before);
    let opened_ms = actor.clock.now_ms();
    let session = Signed { person: person.to_owned(), opened_ms, ending: false, ended: false };
    actor.witness.sessions.insert(cookie.clone(), session);
    actor.facts.insert(format!("cookie-{name}"), cookie);
    true
}

/// The operator ends every session of Ann's.
pub fn sign_out(actor: &mut Actor) -> bool {
    let path = format!("/v1/sessions?token={}", actor.fact("ann-id"));
    actor.witness.ending(|_, session| session.person == "ann");
    let Some(answer) = actor.wire.send("DELETE", &path, OPERATOR_TOKEN, "application/json", b"") else { return false };
    actor.expect("sessions that an operator ends", &answer, &[200]);
    actor.witness.ended(|_, session| session.person == "ann");
    true
}

/// Ann signs out in her first browser.
pub fn sign_out_here(actor: &mut Actor) -> bool {
    let mine = actor.fact("cookie-first").to_owned();
    leave(actor, "/v1/sessions/current", &mine, |cookie, _| cookie == mine)
}

/// Ann signs out everywhere, in her first browser.
pub fn sign_out_everywhere(actor: &mut Actor) -> bool {
    let mine = actor.fact("cookie-first").to_owned();
    leave(actor, "/v1/sessions", &mine, |_, session| session.person == "ann")
}

/// Signs out with a session's cookie.
pub fn leave(actor: &mut Actor, path: &str, cookie: &str, which: impl Fn(&str, &Signed) -> bool) -> bool {
    actor.witness.ending(&which);
    let Some(answer) = actor.wire.from_browser("DELETE", path, cookie, &Value::Null) else { return false };
    actor.expect("signing out", &answer, &[200, 401]);
    if answer.status == 200 {
        actor.witness.ended(&which);
    } else {
        // It is over before its time: somebody ended it, perhaps by a request whose answer never came.
        let now = actor.clock.now_ms();
        actor.witness.ended(|other, session| other == cookie && session.is_fresh(now));
    }
    true
}

/// Ann looks at the page with both of her sessions, after a while in which she did not.
pub fn look_in(actor: &mut Actor) -> bool {
    actor.clock.jump(2 * 60_000);
    ["cookie-first", "cookie-second"].iter().all(|name| {
        let cookie = actor.fact(name).to_owned();
        let Some(answer) = actor.wire.from_browser("GET", "/v1/me", &cookie, &Value::Null) else { return false };
        // 401: somebody may end it at this moment.
        actor.expect("somebody who is signed in", &answer, &[200, 401]);
        true
    })
}

/// The token that Ann's sessions were opened with is revoked.
pub fn leaves_the_house(actor: &mut Actor) -> bool {
    actor.witness.ending(|_, session| session.person == "ann");
    if actor.revoke("ann").is_none() {
        return false;
    }
    actor.witness.ended(|_, session| session.person == "ann");
    true
}

/// Ann chooses, and chooses otherwise.
pub fn choose(actor: &mut Actor) -> bool {
    prefer(actor, &json!({ "theme": "dark" })) && prefer(actor, &json!({ "theme": "light", "keys": { "skip": "F4" } }))
}

/// Ann has her preferences kept.
pub fn prefer(actor: &mut Actor, wanted: &Value) -> bool {
    if actor.witness.preferences.is_empty() {
        // As long as no answer came, there may still be none.
        actor.witness.preferences.insert(kept(&Value::Null));
    }
    actor.witness.preferences.insert(kept(wanted));
    let body = wanted.to_string();
    let token = actor.fact("ann").to_owned();
    let answer = actor.wire.send("PUT", "/v1/me/preferences", &token, "application/json", body.as_bytes());
    let Some(answer) = answer else { return false };
    actor.expect("preferences", &answer, &[200]);
    actor.witness.preferences = [kept(wanted)].into();
    true
}

/// What tells two preferences apart.
fn kept(preferences: &Value) -> String {
    format!("{} {}", preferences["theme"], preferences["keys"]["skip"])
}

/// What must be true of sessions and preferences.
///
/// # Errors
/// [`BenchError`] when the bench cannot look.
pub fn check(stage: &Stage, ledger: &Connection, broken: &mut Vec<String>) -> Result<(), BenchError> {
    let count = |sql: &str| ledger.query_row(sql, [], |row| row.get::<_, i64>(0));
    let by_link = count("SELECT count(*) FROM session WHERE opened_by = 'link'")?;
    let by_provider = count("SELECT count(*) FROM session WHERE opened_by = 'provider'")?;
    let promises = [
        (
            "a link is spent without a session, or opened two",
            count("SELECT count(*) FROM sign_in_link WHERE used_at_ms IS NOT NULL")?,
            by_link,
        ),
        (
            // They are forgotten after an hour, in which nobody signs in with a provider here.
            "an attempt at the provider is finished without a session, or opened two",
            count("SELECT count(*) FROM finished_sign_in")?,
            by_provider,
        ),
        (
            "a session was opened and the history does not say so",
            count("SELECT count(*) FROM event WHERE kind = 'signed-in'")?,
            by_link + by_provider,
        ),
        (
            "somebody who came from the provider is here twice, or is nobody",
            count("SELECT count(*) FROM token WHERE created_by = 'sign-in'")?,
            count("SELECT count(*) FROM person")?,
        ),
    ];
    for (what, found, expected) in promises {
        if found != expected {
            broken.push(format!("sessions: {what}: {found} instead of {expected}"));
        }
    }
    let ended = count("SELECT count(*) FROM session WHERE ended_at_ms IS NOT NULL")?;
    let said = count("SELECT coalesce(sum(detail ->> 'sessions'), 0) FROM event WHERE kind = 'signed-out'")?;
    if ended != said {
        broken.push(format!("sessions: {ended} ended, the history says {said}"));
    }
    known(stage, broken);
    chosen(stage, broken);
    Ok(())
}

/// One that was ended never comes back, and one that nobody ended is good.
fn known(stage: &Stage, broken: &mut Vec<String>) {
    let actor = &stage.actor;
    for (cookie, session) in &actor.witness.sessions {
        let answer = actor.wire.from_browser("GET", "/v1/me", cookie, &Value::Null).map(|answer| answer.status);
        let person = &session.person;
        if session.ended && answer != Some(401) {
            broken.push(format!("sessions: one of {person}'s was ended and goes on: {answer:?}"));
        }
        if !session.ending && session.is_fresh(actor.clock.now_ms()) && answer != Some(200) {
            broken.push(format!("sessions: one of {person}'s was opened and is not known: {answer:?}"));
        }
    }
}

/// What was acknowledged last is what is kept.
fn chosen(stage: &Stage, broken: &mut Vec<String>) {
    let allowed = &stage.actor.witness.preferences;
    if allowed.is_empty() {
        return;
    }
    let answer = stage.actor.wire.get("/v1/me", stage.actor.fact("ann"));
    let found = answer.map(|answer| kept(&answer.json()["preferences"])).unwrap_or_default();
    if !allowed.contains(&found) {
        broken.push(format!("preferences: {found} is kept, and {allowed:?} was acknowledged"));
    }
}
