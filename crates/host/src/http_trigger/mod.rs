//! The HTTP trigger: from a connection to a guest and back, with the request headers and answers of Spin.

mod answers;
mod body;
mod chained;
mod connection;
mod crowd;
mod invoke;
mod listen;
mod paced;
mod pattern;
mod places;
mod request_headers;
mod respond;
mod router;
mod tally;

pub(crate) use connection::serve;
use invoke::{InvokeFailure, invoke};
pub use listen::listen;
pub use pattern::check_route;
pub(crate) use places::Places;
pub(crate) use respond::{Front, Tallies};
use router::Match;
pub(crate) use router::Router;
