//! Tells people: looks at the rules of alerts once a minute, delivers what is in the outbox through notifiers, shows both to
//! staff, and takes the rules that they define.
//!
//! Faces: `/v1/alerts`, `/v1/messages` and `/v1/message-channels`; `POST /v1/ticks/messages` (token) and `POST /wake` (only
//! reachable by service chaining); and a cron trigger that does nothing but wake the others, because cron has no service
//! chaining. Notifiers behind HTTP are private routes, each with its one host and its own secret; the one that writes to
//! the log is composed. It reaches no photo and no other host.

mod alerts;
mod cron;
mod deliver;
mod messages;
mod notifiers;
mod rules;
mod tick;
mod views;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_pipeline::role::Action;
use tollbooth_web::tick::{accepted, waits};
use tollbooth_web::{Answer, Kind, Method, Problem, Reply, Request, Response, authorize, serve};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    serve(request, out, route).await;
}

async fn route(request: Request) -> Reply<impl Future<Output = ()>> {
    let path = request.path.clone();
    let segments: Vec<&str> = path.iter().map(String::as_str).collect();
    let answer = match segments.as_slice() {
        ["v1", "ticks", "messages"] | ["wake"] => match requested(&request) {
            Err(problem) => Err(problem),
            Ok(true) => tick_now().await,
            Ok(false) => return Reply { answer: accepted(), afterwards: Some(tick_later()) },
        },
        _ => shown(request, &segments).await,
    };
    Reply { answer, afterwards: None }
}

async fn shown(request: Request, segments: &[&str]) -> Answer {
    match (segments, request.method) {
        (["v1", "alerts"], Method::Get) => alerts::rules(&request),
        (["v1", "alerts", "history"], Method::Get) => alerts::history(&request),
        (["v1", "alerts", "rules"], Method::Get) => rules::list(&request),
        (["v1", "alerts", "rules"], Method::Post) => rules::define(request).await,
        (["v1", "alerts", "rules", "preview"], Method::Post) => rules::preview(request).await,
        (["v1", "alerts", "rules", "preview"], _) => Err(Response::method_not_allowed("POST")),
        (["v1", "alerts", "rules", rule], Method::Get) => rules::show(&request, rule),
        (["v1", "alerts", "rules", rule], Method::Put) => rules::change(request, rule).await,
        (["v1", "alerts", "rules", rule], Method::Delete) => rules::delete(&request, rule),
        (["v1", "alerts", "rules", rule, "undo"], Method::Post) => rules::undo(request, rule).await,
        (["v1", "alerts", "rules", rule, "snooze"], Method::Put) => alerts::snooze(request, rule).await,
        (["v1", "alerts", "rules", rule, "snooze"], Method::Delete) => alerts::wake_up(&request, rule),
        (["v1", "alerts", "rules", rule, "test"], Method::Post) => alerts::test(request, rule).await,
        (["v1", "alerts", id], Method::Get) => alerts::show(&request, id),
        (["v1", "alerts", id, "acknowledge"], Method::Post) => alerts::acknowledge(request, id).await,
        (["v1", "messages"], Method::Get) => messages::list(&request),
        (["v1", "messages", id], Method::Get) => messages::show(&request, id),
        (["v1", "messages", id, "retry"], Method::Post) => messages::retry(request, id).await,
        (["v1", "messages", id, "withdraw"], Method::Post) => messages::withdraw(request, id).await,
        (["v1", "message-channels"], Method::Get) => messages::channels(&request),

        (["v1", "alerts", "rules"], _) => Err(Response::method_not_allowed("GET, POST")),
        (["v1", "alerts", "rules", _], _) => Err(Response::method_not_allowed("GET, PUT, DELETE")),
        (["v1", "alerts" | "messages" | "message-channels"] | ["v1", "alerts" | "messages", _], _) => {
            Err(Response::method_not_allowed("GET"))
        }
        (["v1", "alerts", "rules", _, "snooze"], _) => Err(Response::method_not_allowed("PUT, DELETE")),
        (
            ["v1", "alerts", "rules", _, "test" | "undo"]
            | ["v1", "alerts", _, "acknowledge"]
            | ["v1", "messages", _, "retry" | "withdraw"],
            _,
        ) => Err(Response::method_not_allowed("POST")),
        _ => Err(Problem::new(Kind::NotFound, "No such route; GET /v1/openapi.json lists them.")),
    }
}

/// Who ticks, and whether they wait for the report.
fn requested(request: &Request) -> Result<bool, Problem> {
    // The manifest gives /wake no public route: whoever gets there was let in by service chaining.
    if request.path.first().is_some_and(|first| first == "v1") {
        authorize(request, Action::Tick).map(drop)?;
    }
    waits(request)
}

async fn tick_now() -> Answer {
    Response::json(200, &tick::run().await?)
}

async fn tick_later() {
    if let Err(failure) = tick::run().await {
        tollbooth_log::log!(Error, stage = "messages", cause = format_args!("{failure:?}"));
    }
}
