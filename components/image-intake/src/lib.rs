//! Front door for cameras.
//!
//! `PUT /v1/booths/{booth}/passages/{key}?captured_at=…&lane=…&camera=…` with the photo as body. Answers 202 only after
//! photo and ledger entry are durable, in this order, so there is never a passage without its photo. Imports no
//! database and no exports: only the photos' port and three interfaces of the ledger.

mod passage;
mod photo;
mod wake;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_web::{Kind, Method, Problem, Reply, Request, Response, serve};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    serve(request, out, route).await;
}

async fn route(request: Request) -> Reply<impl Future<Output = ()>> {
    let (booth, key) = match request.segments().as_slice() {
        ["v1", "booths", booth, "passages", key] => ((*booth).to_owned(), (*key).to_owned()),
        _ => return problem(Problem::new(Kind::NotFound, "Send photos to /v1/booths/{booth}/passages/{key}.")),
    };
    if request.method != Method::Put {
        return problem(Response::method_not_allowed("PUT"));
    }
    match passage::receive(request, &booth, &key).await {
        Ok(received) => {
            let afterwards = received.wake.map(wake::wake);
            Reply { answer: received.answer(), afterwards }
        }
        Err(refused) => problem(refused),
    }
}

fn problem<F>(problem: Problem) -> Reply<F> {
    Reply { answer: Err(problem), afterwards: None }
}
