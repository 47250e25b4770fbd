//! Recognition services over HTTP: what they are sent and what their replies mean, as pure functions.
//!
//! One module per service, each implementing [`Service`]; what they share is here once: making a photo fit a service's
//! limits, `Retry-After`, the classes of errors, the raw reply that is kept. Whatever a service does, the outcome is a
//! reading that keeps the contract or a failure of the right class: an outage, a throttle, a spent quota, a refused key
//! and a damaged photo are never an empty road.
//!
//! No HTTP client, no WASI and no clock: components send what is built here and hand back what came.

pub mod azure_vision;
mod complaint;
mod exchange;
mod fitting;
mod origin;
pub mod plate_recognizer;
mod raw;
mod retry_after;
mod secret;
mod service;
mod share;

pub use exchange::{Call, Reply};
pub use fitting::{Fitted, MAX_PIXELS, PhotoLimits, fit};
pub use origin::Origin;
pub use secret::Secret;
pub use service::Service;
