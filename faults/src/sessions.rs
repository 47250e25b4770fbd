//! People at the console: a link that signs somebody in, in place of who was there, and what must be true of sessions
//! whatever died meanwhile.

use rusqlite::Connection;
use serde_json::json;

use crate::actor::Actor;
use crate::before::need;
use crate::error::BenchError;
use crate::lab::OPERATOR_TOKEN;
use crate::stage::Stage;

/// Ann is signed in by a link, in a browser, and has another link.
pub fn signed_in(stage: &mut Stage) -> Result<(), BenchError> {
    need("a first link", link(&mut stage.actor, "first"))?;
    need("the first session", open(&mut stage.actor, "first"))?;
    need("a second link", link(&mut stage.actor, "second"))
}

/// Makes a link for Ann and notes its code.
fn link(actor: &mut Actor, name: &str) -> bool {
    let body = json!({ "token": actor.fact("ann-id") });
    let Some(answer) = actor.wire.post("/v1/sign-in-links", OPERATOR_TOKEN, &body) else { return false };
    actor.facts.insert(format!("link-{name}"), answer.text("code"));
    answer.status == 201
}

/// Ann opens her second link in the browser that her first session is in. Whoever gets no answer tries the link again: it
/// works, or it was spent, and then she asks for a new one.
pub fn sign_in_again(actor: &mut Actor) -> bool {
    open(actor, "second")
}

fn open(actor: &mut Actor, name: &str) -> bool {
    let (code, cookie) = (actor.fact(&format!("link-{name}")).to_owned(), actor.fact("cookie").to_owned());
    let answer = actor.wire.from_browser("POST", "/v1/sessions", &cookie, &json!({ "code": code }));
    let Some(answer) = answer else { return false };
    match answer.status {
        201 => {
            if let Some(cookie) = answer.cookie.filter(|_| !actor.facts.contains_key(&format!("opened-{name}"))) {
                let before = actor.facts.insert("cookie".to_owned(), cookie);
                actor.facts.insert("cookie-before".to_owned(), before.unwrap_or_default());
                actor.facts.insert(format!("opened-{name}"), "yes".to_owned());
            }
            true
        }
        // Spent by a request whose answer never came.
        410 => true,
        _ => {
            actor.witness.violations.push(format!("sessions: a link was answered with {}", answer.brief()));
            true
        }
    }
}

/// Ann signs out everywhere.
pub fn sign_out(actor: &mut Actor) -> bool {
    let path = format!("/v1/sessions?token={}", actor.fact("ann-id"));
    actor.wire.send("DELETE", &path, OPERATOR_TOKEN, "application/json", b"").is_some_and(|answer| {
        actor.facts.insert("signed-out".to_owned(), "yes".to_owned());
        answer.status == 200
    })
}

/// What must be true of sessions.
///
/// # Errors
/// [`BenchError`] when the bench cannot look.
pub fn check(stage: &Stage, ledger: &Connection, broken: &mut Vec<String>) -> Result<(), BenchError> {
    let count = |sql: &str| ledger.query_row(sql, [], |row| row.get::<_, i64>(0));
    let opened = count("SELECT count(*) FROM session")?;
    let promises = [
        (
            "a link is spent without a session, or opened two",
            count("SELECT count(*) FROM sign_in_link WHERE used_at_ms IS NOT NULL")?,
        ),
        (
            "a session was opened and the history does not say so",
            count("SELECT count(*) FROM event WHERE kind = 'signed-in'")?,
        ),
    ];
    for (what, found) in promises {
        if found != opened {
            broken.push(format!("sessions: {what}: {found}, and {opened} sessions"));
        }
    }
    let ended = count("SELECT count(*) FROM session WHERE ended_at_ms IS NOT NULL")?;
    let said = count("SELECT coalesce(sum(detail ->> 'sessions'), 0) FROM event WHERE kind = 'signed-out'")?;
    if ended != said {
        broken.push(format!("sessions: {ended} ended, the history says {said}"));
    }
    let actor = &stage.actor;
    let knows = |cookie: &str| {
        let answer = actor.wire.from_browser("GET", "/v1/me", cookie, &json!(null));
        answer.map(|answer| answer.status)
    };
    let (cookie, before) = (actor.fact("cookie"), actor.fact("cookie-before"));
    if actor.fact("opened-second") == "yes" && actor.fact("signed-out") != "yes" {
        if knows(cookie) != Some(200) {
            broken.push("sessions: a session that was opened is not known".to_owned());
        }
        // Both may be good only if the second was opened twice over, which the link forbids.
        if knows(before) != Some(401) {
            broken.push("sessions: the session before goes on".to_owned());
        }
    }
    if actor.fact("signed-out") == "yes" && !cookie.is_empty() && knows(cookie) != Some(401) {
        broken.push("sessions: one goes on that was ended".to_owned());
    }
    Ok(())
}
