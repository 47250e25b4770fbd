//! Photos and export files in object storage, written once and never changed.
//!
//! Two dialects, [`s3`] and [`azure`], say how a request is made and signed; [`answer`] says what a reply means, so that an
//! outage is never taken for an answer; [`store`] repeats what may be repeated. Nothing here sends: a component brings
//! the [`store::Transport`], a test a real socket.

pub mod address;
pub mod answer;
pub mod azure;
pub mod call;
pub mod s3;
pub mod store;

pub use address::{Address, AddressError, own_or_shared};
pub use call::{Call, Dialect, Listing, Reply};
pub use store::{Failure, Lost, Store, Transport};
