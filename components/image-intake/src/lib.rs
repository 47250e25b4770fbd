//! Front door for cameras.
//!
//! `PUT /v1/booths/{booth}/passages/{key}?captured_at=…&lane=…&camera=…` with the photo as body. Answers 202 only after
//! photo and ledger entry are durable, in this order, so there is never a passage without its photo. Imports no
//! database and no exports: only the photos' port and three interfaces of the ledger.

mod passage;
mod photo;
mod refusal;
mod wake;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_pipeline::role::Action;
use tollbooth_web::{Kind, Method, Problem, Reply, Request, Response, authorize, serve};

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
    let sender = match authorize(&request, Action::SendPhotos) {
        Ok(sender) => sender,
        Err(refused) => return problem(refused),
    };
    let sent_for = sender.booth.clone();
    match passage::receive(request, sender, &booth, &key).await {
        Ok(received) => Reply { afterwards: received.wake.map(Afterwards::Wake).map(run), answer: received.answer() },
        Err(refused) => {
            let afterwards = refusal::countable(&refused)
                .zip(sent_for)
                .map(|(reason, booth)| run(Afterwards::CountRefusal { booth, reason }));
            Reply { answer: Err(refused), afterwards }
        }
    }
}

/// What is done after the camera has its answer.
enum Afterwards {
    /// Wake the reading stage unless somebody did within so many milliseconds.
    Wake(u32),
    /// A camera that may send for this booth was refused.
    CountRefusal { booth: String, reason: &'static str },
}

async fn run(afterwards: Afterwards) {
    match afterwards {
        Afterwards::Wake(quiet_ms) => wake::wake(quiet_ms).await,
        Afterwards::CountRefusal { booth, reason } => refusal::count(&booth, reason),
    }
}

fn problem<F>(problem: Problem) -> Reply<F> {
    Reply { answer: Err(problem), afterwards: None }
}
