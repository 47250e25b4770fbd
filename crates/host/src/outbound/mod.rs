//! What leaves a component over HTTP: the grants, service chaining, and the sender.
//!
//! A request goes out only if the component's `allowed_outbound_hosts` allow it. `http://<id>.spin.internal`
//! never touches the network: it runs the named component in this process. There are no raw sockets.

mod allowed_hosts;
mod hooks;

pub use allowed_hosts::{AllowedHost, AllowedHosts};
pub(crate) use hooks::OutboundHooks;

/// The domain whose names are components of the application.
const CHAINING_SUFFIX: &str = ".spin.internal";

/// The component a URI addresses by service chaining.
pub(crate) fn chained_component(uri: &http::Uri) -> Option<&str> {
    let id = uri.host()?.strip_suffix(CHAINING_SUFFIX)?;
    (!id.contains('.')).then_some(id)
}
