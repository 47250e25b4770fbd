//! The HTTP trigger: from a connection to a guest and back, with the request headers and answers of Spin.

mod body;
mod connection;
mod invoke;
mod request_headers;
mod respond;
mod router;

pub(crate) use connection::serve;
use invoke::{InvokeFailure, invoke};
pub(crate) use respond::{Front, respond_chained};
use router::Match;
pub(crate) use router::Router;
pub use router::check_route;
