//! The HTTP face that every stage shares, so that a bad request, a missing token or a ledger that is out of reach
//! is answered alike everywhere.
//!
//! Guest side only; rules live in `tollbooth-pipeline`. Nothing here logs a body, a plate or a token.

mod access;
mod body;
mod client;
mod clock;
mod conditional;
mod credential;
mod deadline;
mod pace;
mod problem;
mod request;
mod response;
mod serve;
pub mod tick;
mod unique_members;
mod variable;
mod wake;

pub use access::{CONSOLE_HEADER, Identity, SESSION_COOKIE, authorize, check_origin, identify};
pub use body::Body;
pub use client::{FetchFailure, Incoming, Outgoing, exchange, fetch};
pub use clock::now;
pub use credential::unauthorized;
pub use deadline::{elapsed, sleep, within};
pub use problem::{Kind, Problem};
pub use request::{Method, Query, Request, split_target};
pub use response::{Disposition, Response};
pub use serve::{Nothing, Reply, redirect, serve};
pub use variable::{required_variable, variable, verbatim_variable};
pub use wake::WakeRoute;

/// What a route answers.
pub type Answer = Result<Response, Problem>;
