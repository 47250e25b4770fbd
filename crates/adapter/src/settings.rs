//! Settings from variables. What is missing or wrong is found at the first call and answered as such, not by a trap. A variable
//! that cannot be read now is an outage, and says nothing of what it holds.

use tollbooth_services::{Origin, Secret};
use tollbooth_web::variable;

/// A key or token; empty when the variable is.
///
/// # Errors
/// The variable cannot be read now.
pub fn secret(name: &str) -> Result<Secret, String> {
    Ok(Secret::new(&variable(name)?))
}

/// Where the service is, or what is wrong with the variable's value.
///
/// # Errors
/// The variable cannot be read now.
pub fn origin(name: &str) -> Result<Result<Origin, &'static str>, String> {
    Ok(Origin::parse(&variable(name)?))
}

/// A price in millionths of the accounting currency. A value that is no whole number counts as the largest price there
/// is: a budget that cannot be kept must not be spent.
///
/// # Errors
/// The variable cannot be read now.
pub fn price(name: &str) -> Result<u64, String> {
    let parsed = variable(name)?.parse().ok().filter(|price| *price <= MOST);
    Ok(parsed.unwrap_or_else(|| {
        let cause = format!("variable {name} must be a whole number of millionths up to {MOST}");
        tollbooth_log::log!(Error, stage = "settings", cause = cause);
        MOST
    }))
}

/// A thousand units of the currency for one photo: more is a typing error.
const MOST: u64 = 1_000_000_000;
