//! Variables of the application. The manifest gives each of them a default, so one that cannot be read means that its
//! provider is out of reach: that is an outage, and nothing goes out unsigned or with half an address because of it.

use spin_sdk::variables;

/// A variable's provider did not answer, or the manifest does not pass the variable on.
#[derive(Debug, thiserror::Error)]
#[error("the variable {name} cannot be read: {cause}")]
pub struct Unreadable {
    name: &'static str,
    cause: variables::Error,
}

/// The variable's text; empty where nothing was set.
///
/// # Errors
/// [`Unreadable`]
pub fn read(name: &'static str) -> Result<String, Unreadable> {
    variables::get(name).map_err(|cause| Unreadable { name, cause })
}
