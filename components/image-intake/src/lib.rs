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
use tollbooth_pipeline::ident;
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
        let refused = Response::method_not_allowed("PUT");
        return Reply { afterwards: stranger(&refused, &booth).map(run), answer: Err(refused) };
    }
    let sender = match authorize(&request, Action::SendPhotos) {
        Ok(sender) => sender,
        Err(refused) => return Reply { afterwards: stranger(&refused, &booth).map(run), answer: Err(refused) },
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
    /// Wake the stage that reads unless somebody did lately.
    Wake(wake::Wake),
    /// A camera that may send for this booth was refused.
    CountRefusal { booth: String, reason: &'static str },
    /// Somebody who was not recognised tried to send for this booth.
    CountStranger { booth: String, reason: &'static str },
}

async fn run(afterwards: Afterwards) {
    match afterwards {
        Afterwards::Wake(whom) => wake::wake(whom).await,
        Afterwards::CountRefusal { booth, reason } => refusal::count(&booth, reason),
        Afterwards::CountStranger { booth, reason } => refusal::count_stranger(&booth, reason),
    }
}

/// What is counted of a refusal before a camera was recognised: a lane with a wrong token, or a camera that can only POST,
/// must be seen by somebody.
fn stranger(refused: &Problem, booth: &str) -> Option<Afterwards> {
    let reason = refusal::countable(refused).filter(|_| ident::check_booth(booth).is_ok())?;
    Some(Afterwards::CountStranger { booth: booth.to_owned(), reason })
}

fn problem<F>(problem: Problem) -> Reply<F> {
    Reply { answer: Err(problem), afterwards: None }
}
