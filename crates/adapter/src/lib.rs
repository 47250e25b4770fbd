//! The front door of a recogniser behind HTTP, and its one call of the service.
//!
//! A component of this kind is its settings and one line more. Guest side only; what a service is sent and what its
//! reply means are in `tollbooth-services`. Nothing here logs a photo, a plate or a key, and nothing a service says
//! leaves the component with the key in it.

mod read;
mod settings;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use tollbooth_recognizer_contract::{DESCRIBE_PATH, READ_PATH, render_description};
use tollbooth_services::Service;
use tollbooth_web::{Answer, Kind, Method, Nothing, Problem, Reply, Request, Response, serve};

pub use settings::{origin, price, secret};

/// Answers one request of the contract by a service, or by why its settings cannot be read now.
pub async fn answer<S: Service>(service: Result<S, String>, request: IncomingRequest, out: ResponseOutparam) {
    serve(request, out, |request| async move {
        Reply::<Nothing>::from(match service {
            Ok(service) => route(&service, request).await,
            Err(cause) => Err(Problem::unavailable(cause)),
        })
    })
    .await;
}

async fn route(service: &impl Service, request: Request) -> Answer {
    let path = format!("/{}", request.path.join("/"));
    match (path.as_str(), request.method) {
        (READ_PATH, Method::Post) => read::read(service, request).await,
        (READ_PATH, _) => Err(Response::method_not_allowed("POST")),
        (DESCRIBE_PATH, Method::Get) => Ok(json(render_description(&service.description()))),
        (DESCRIBE_PATH, _) => Err(Response::method_not_allowed("GET")),
        _ => Err(Problem::new(Kind::NotFound, "Send photos to /read; ask /describe who would read them.")),
    }
}

fn json(body: Vec<u8>) -> Response {
    Response::new(200).with_header("content-type", "application/json").with_body(body)
}
