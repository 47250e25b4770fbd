//! Settings from variables. What is missing or wrong is found at the first call and answered as such, not by a trap.

use spin_sdk::variables;
use tollbooth_services::{Origin, Secret};

fn text(name: &str) -> String {
    variables::get(name).unwrap_or_default()
}

/// A key or token; empty when the variable is.
#[must_use]
pub fn secret(name: &str) -> Secret {
    Secret::new(&text(name))
}

/// Where the service is.
///
/// # Errors
/// What is wrong with the variable's value.
pub fn origin(name: &str) -> Result<Origin, &'static str> {
    Origin::parse(&text(name))
}

/// A price in millionths of the accounting currency. A value that is no whole number counts as the largest price there
/// is: a budget that cannot be kept must not be spent.
#[must_use]
pub fn price(name: &str) -> u64 {
    let text = text(name);
    let parsed = text.trim().parse().ok().filter(|price| *price <= MOST);
    parsed.unwrap_or_else(|| {
        let cause = format!("variable {name} must be a whole number of millionths up to {MOST}");
        tollbooth_log::log!(Error, stage = "settings", cause = cause);
        MOST
    })
}

/// A thousand units of the currency for one photo: more is a typing error.
const MOST: u64 = 1_000_000_000;
