//! Cameras that push of their own accord, in their makers' formats, and cannot be taught this API.
//!
//! `POST /v1/push` with HTTP Basic or Digest, or `POST /v1/push/{user}/{password}` where a camera can do neither; whatever
//! follows that in the path is the camera's own. A push is mapped to booth, lane, camera and zone by how an operator
//! set the camera up, to a key by camera, time and picture, and then takes the way of every other photo: answered only after
//! photo and ledger entry are durable. Opens no database; knows no maker.

mod answer;
mod key;
mod push;
mod sender;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_intake::Afterwards;
use tollbooth_web::{Method, Reply, Request, Response, serve};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    serve(request, out, route).await;
}

async fn route(request: Request) -> Reply<impl Future<Output = ()>> {
    if request.method != Method::Post {
        return reply(Err(Response::method_not_allowed("POST")), None);
    }
    let (camera, booth) = match sender::recognise(&request) {
        Ok(camera) => {
            let booth = camera.booth.clone();
            (camera, booth)
        }
        // A camera that shows a wrong password, or whose token is revoked, is somebody's; whose, its user name says.
        Err(refused) => {
            let reason = refused.problem.kind().slug();
            let refusal = refused.booth.map(|booth| Afterwards::CountStranger { booth: booth.into(), reason });
            return reply(Err(refused.problem), refusal);
        }
    };
    match push::receive(request, &camera).await {
        Ok(push::Outcome::Taken(taken)) => {
            let afterwards = taken.wake.map(Afterwards::Wake);
            reply(answer::taken(&taken), afterwards)
        }
        Ok(push::Outcome::Notice) => reply(answer::notice(), None),
        Err(refused) => {
            let afterwards = Afterwards::of_refusal(&refused, booth);
            reply(Err(refused), afterwards)
        }
    }
}

fn reply(answer: tollbooth_web::Answer, afterwards: Option<Afterwards>) -> Reply<impl Future<Output = ()>> {
    Reply { answer, afterwards: afterwards.map(Afterwards::run) }
}
