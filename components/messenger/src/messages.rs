//! What operators see of messages and do about them.

use serde::Deserialize;
use tollbooth_messages::Channel;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::messages::{self as ledger, Message, MessageFailure};
use tollbooth_ports::types::Actor;
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

use crate::views::{ChannelView, List, MessageView, Page, WholeMessage};

/// States of a message, as the ledger names them.
const STATES: [&str; 5] = ["due", "leased", "handed-over", "dead", "withdrawn"];

/// The body of routes that take none: absent, or `{}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoParameters {}

/// `GET /v1/messages`
pub fn list(request: &Request) -> Answer {
    authorize(request, Action::Administer)?;
    let query = &request.query;
    query.only(&["state", "channel", "before", "limit"])?;
    let state = query.get("state");
    if state.is_some_and(|state| !STATES.contains(&state)) {
        let text = format!("The query parameter `state` must be one of {}.", STATES.join(", "));
        return Err(Problem::new(Kind::InvalidRequest, text));
    }
    let channel: Option<Channel> = query.code("channel")?;
    let limit = query.limit()?;
    let found = ledger::list_messages(state, channel.map(Channel::as_str), query.cursor("before")?, limit)?;
    let full = u32::try_from(found.len()).is_ok_and(|count| count >= limit);
    let next = found.last().map(|message| message.sequence).filter(|_| full);
    Response::json(200, &Page { items: found.into_iter().map(MessageView::from).collect(), next })
}

/// `GET /v1/messages/{id}`
pub fn show(request: &Request, id: &str) -> Answer {
    authorize(request, Action::Administer)?;
    request.query.only(&[])?;
    let found = ledger::get(id)?.ok_or_else(unknown)?;
    Response::json(200, &WholeMessage::from(found))
}

/// `POST /v1/messages/{id}/retry`
pub async fn retry(request: Request, id: &str) -> Answer {
    handle(request, id, ledger::retry).await
}

/// `POST /v1/messages/{id}/withdraw`
pub async fn withdraw(request: Request, id: &str) -> Answer {
    handle(request, id, ledger::withdraw).await
}

async fn handle(request: Request, id: &str, deed: fn(i64, &Actor, &str) -> Result<Message, MessageFailure>) -> Answer {
    let caller = authorize(&request, Action::Administer)?;
    request.query.only(&[])?;
    let NoParameters {} = request.body.json().await?;
    let message = deed(now(), &caller.actor(), id).map_err(refused)?;
    Response::json(200, &MessageView::from(message))
}

/// `GET /v1/message-channels`
pub fn channels(request: &Request) -> Answer {
    authorize(request, Action::Administer)?;
    request.query.only(&[])?;
    let found = ledger::channels(now())?;
    Response::json(200, &List { items: found.into_iter().map(ChannelView::from).collect() })
}

fn refused(failure: MessageFailure) -> Problem {
    match failure {
        MessageFailure::NotFound => unknown(),
        MessageFailure::WrongState(state) => Problem::new(
            Kind::Conflict,
            format!("The message is `{state}`: only one that is due or dead can be handled."),
        ),
        MessageFailure::Ledger(failure) => failure.into(),
    }
}

fn unknown() -> Problem {
    Problem::new(Kind::NotFound, "There is no such message; GET /v1/messages lists them.")
}
