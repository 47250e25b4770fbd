//! Which component answers a path, by Spin's rules: exact routes before wildcards, longer ones first.

use std::collections::BTreeMap;

use super::pattern::Entry;
use crate::manifest::{HttpTrigger, Route};

/// Finds components by path.
pub(crate) struct Router {
    routes: routefinder::Router<Entry>,
}

/// What a guest is told about the route that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) component: String,
    pub(crate) raw_route: String,
    pub(crate) based_route: String,
    /// The part of the path behind a trailing wildcard, starting with a slash.
    pub(crate) path_info: String,
    pub(crate) parameters: BTreeMap<String, String>,
}

impl Match {
    /// The match of a request by service chaining, as if the component had the route `/...`.
    pub(crate) fn chained(component: &str, path: &str) -> Self {
        Self {
            component: component.to_owned(),
            raw_route: "/...".to_owned(),
            based_route: "/...".to_owned(),
            path_info: path.to_owned(),
            parameters: BTreeMap::new(),
        }
    }

    /// The route without its trailing wildcard.
    pub(crate) fn component_route(&self) -> &str {
        self.raw_route.strip_suffix("/...").unwrap_or(&self.raw_route)
    }
}

impl Router {
    /// A router over the public routes.
    ///
    /// # Errors
    /// The first route that is wrong.
    pub(crate) fn new<'a>(triggers: impl IntoIterator<Item = &'a HttpTrigger>) -> Result<Self, String> {
        let mut routes = routefinder::Router::new();
        for trigger in triggers {
            if let Route::Pattern(pattern) = &trigger.route {
                let (spec, entry) = Entry::parse(pattern, &trigger.component)?;
                routes.add(spec, entry).map_err(|error| format!("`{pattern}` is not a route: {error}"))?;
            }
        }
        Ok(Self { routes })
    }

    /// Finds the component for a path.
    pub(crate) fn find(&self, path: &str) -> Option<Match> {
        let found = self.routes.best_match(path)?;
        let captures = found.captures();
        let entry = found.handler();
        let path_info = captures.wildcard().map_or_else(String::new, |rest| {
            // The route finder drops a trailing slash, guests of Spin see it.
            match (rest.is_empty(), path.ends_with('/')) {
                (true, false) => String::new(),
                (true, true) => "/".to_owned(),
                (false, false) => format!("/{rest}"),
                (false, true) => format!("/{rest}/"),
            }
        });
        Some(Match {
            component: entry.component.clone(),
            raw_route: entry.raw.clone(),
            based_route: entry.based.clone(),
            path_info,
            parameters: captures.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(routes: &[(&str, &str)]) -> Router {
        let triggers: Vec<HttpTrigger> = routes
            .iter()
            .map(|(component, route)| HttpTrigger {
                component: (*component).to_owned(),
                route: Route::Pattern((*route).to_owned()),
            })
            .collect();
        Router::new(&triggers).unwrap()
    }

    fn component(router: &Router, path: &str) -> Option<String> {
        router.find(path).map(|found| found.component)
    }

    #[test]
    fn exact_routes_win_over_wildcards_and_longer_wildcards_over_shorter() {
        let router =
            router(&[("all", "/..."), ("api", "/v1/..."), ("one", "/v1/passages/:id"), ("health", "/v1/health")]);
        for (path, expected) in [
            ("/", "all"),
            ("/x/y", "all"),
            ("/v1", "api"),
            ("/v1/other/deep", "api"),
            ("/v1/passages/7", "one"),
            ("/v1/health", "health"),
        ] {
            assert_eq!(component(&router, path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn an_unknown_path_has_no_component() {
        let router = router(&[("x", "/v1/x")]);
        for path in ["/", "/v1", "/v1/x/y", "/V1/x"] {
            assert_eq!(component(&router, path), None, "{path}");
        }
    }

    #[test]
    fn guests_learn_route_parameters_and_the_rest_of_the_path() {
        let router = router(&[("x", "/v1/booths/:booth/passages/...")]);
        let found = router.find("/v1/booths/b-1/passages/k/photo").unwrap();
        assert_eq!(found.path_info, "/k/photo");
        assert_eq!(found.raw_route, "/v1/booths/:booth/passages/...");
        assert_eq!(found.component_route(), "/v1/booths/:booth/passages");
        assert_eq!(found.parameters, BTreeMap::from([("booth".to_owned(), "b-1".to_owned())]));
        let slash = router.find("/v1/booths/b-1/passages/k/").unwrap();
        assert_eq!(slash.path_info, "/k/");
    }
}
