//! Route patterns, as Spin writes them.

/// Checks a route pattern.
///
/// # Errors
/// What is wrong with it, for people.
pub fn check_route(pattern: &str) -> Result<(), String> {
    Entry::parse(pattern, "").map(drop)
}

/// A route and who answers it.
pub(super) struct Entry {
    pub(super) component: String,
    /// The route as the manifest has it.
    pub(super) raw: String,
    /// The route with a leading and without a trailing slash.
    pub(super) based: String,
}

impl Entry {
    /// A pattern for the route finder, and what is found there.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub(super) fn parse(pattern: &str, component: &str) -> Result<(routefinder::RouteSpec, Self), String> {
        let absolute = if pattern.starts_with('/') { pattern.to_owned() } else { format!("/{pattern}") };
        let based = absolute.strip_suffix('/').unwrap_or(&absolute).to_owned();
        let spec = match based.strip_suffix("/...") {
            Some(prefix) => format!("{prefix}/*"),
            None => based.clone(),
        };
        let spec = spec.try_into().map_err(|error| format!("`{pattern}` is not a route: {error}"))?;
        let entry = Self { component: component.to_owned(), raw: pattern.to_owned(), based };
        Ok((spec, entry))
    }
}
