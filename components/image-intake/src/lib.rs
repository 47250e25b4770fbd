//! Front door for cameras.
//!
//! `PUT /v1/booths/{booth}/passages/{key}?captured_at=…&lane=…&camera=…` with the photo as body. Answers 202 only after
//! photo and ledger entry are durable, in this order, so there is never a passage without its photo. Imports no
//! database and no exports: only the photos' port and three interfaces of the ledger.

mod passage;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_intake::{Afterwards, countable};
use tollbooth_pipeline::role::Action;
use tollbooth_web::{Identity, Kind, Method, Problem, Reply, Request, Response, authorize, serve};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    serve(request, out, route).await;
}

async fn route(request: Request) -> Reply<impl Future<Output = ()>> {
    let (booth, key) = match request.segments().as_slice() {
        ["v1", "booths", booth, "passages", key] => ((*booth).to_owned(), (*key).to_owned()),
        _ => {
            let refused = Problem::new(Kind::NotFound, "Send photos to /v1/booths/{booth}/passages/{key}.");
            return Reply { answer: Err(refused), afterwards: None };
        }
    };
    let sender = authorize(&request, Action::SendPhotos);
    if request.method != Method::Put {
        let refused = Response::method_not_allowed("PUT");
        let afterwards = counted(&refused, sender.ok().as_ref(), booth).map(Afterwards::run);
        return Reply { answer: Err(refused), afterwards };
    }
    let sender = match sender {
        Ok(sender) => sender,
        Err(refused) => {
            let afterwards = counted(&refused, None, booth).map(Afterwards::run);
            return Reply { answer: Err(refused), afterwards };
        }
    };
    match passage::receive(request, sender.clone(), &booth, &key).await {
        Ok(taken) => {
            Reply { answer: passage::answer(&taken), afterwards: taken.wake.map(Afterwards::Wake).map(Afterwards::run) }
        }
        Err(refused) => {
            let afterwards = counted(&refused, Some(&sender), booth).map(Afterwards::run);
            Reply { answer: Err(refused), afterwards }
        }
    }
}

/// What is counted of a refusal: of a camera under its own booth, of anybody else under the booth in the path. A camera whose
/// token is wrong or revoked, or that cannot be taught this request, may go on trying for a month.
fn counted(refused: &Problem, sender: Option<&Identity>, booth: String) -> Option<Afterwards> {
    match sender.and_then(|sender| sender.booth.clone()) {
        Some(booth) => Afterwards::of_refusal(refused, booth),
        // Somebody with another role is named in the log, by token.
        None if refused.kind() == Kind::Forbidden => None,
        None => countable(refused).map(|reason| Afterwards::CountStranger { booth, reason }),
    }
}
