//! The addresses of the console's views. All are one page, which the front end fills; an address that is none of them gets
//! the same page with the status 404, so that people see something and programs are not misled.

use tollbooth_web::{Answer, Problem, Request};

use crate::{files, headers};

/// The page for the path below `/console`.
pub fn page(path: &[&str], request: &Request) -> Answer {
    let Some(index) = files::find("index.html") else {
        return Err(Problem::internal("the console was built without index.html"));
    };
    Ok(headers::page(if is_view(path) { 200 } else { 404 }, index, request))
}

/// Where somebody finds the page who wrote a slash behind its address, as people do; none where there is no such slash.
pub fn without_slash(target: &str) -> Option<String> {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let plain = path.trim_end_matches('/');
    // Of this application alone: what begins with two slashes would be another host.
    (plain.starts_with("/console") && plain.len() < path.len())
        .then(|| query.map_or_else(|| plain.to_owned(), |query| format!("{plain}?{query}")))
}

fn is_view(path: &[&str]) -> bool {
    match path {
        [] | [""] => true,
        [
            "sign-in" | "review" | "queue" | "group" | "search" | "exports" | "live" | "alerts" | "quality" | "log"
            | "admin" | "me",
        ] => true,
        ["exports", sequence] => !sequence.is_empty() && sequence.bytes().all(|digit| digit.is_ascii_digit()),
        ["admin", "settings" | "booths" | "tokens"] => true,
        ["passages", id] => id.starts_with("psg_"),
        ["alerts", "history" | "rules"] | ["alerts", "rules", "new"] => true,
        ["alerts", id] => id.starts_with("alr_"),
        ["alerts", "rules", id] => id.starts_with("rul_"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_of_the_front_end_has_an_address() {
        let shown = include_str!("../app/src/main.tsx");
        let views: Vec<&str> = shown.split("case '").skip(1).filter_map(|rest| rest.split('\'').next()).collect();
        assert!(views.len() >= 6, "{views:?}");
        for view in views {
            assert!(is_view(&[view]), "/console/{view} is answered with 404 when it is opened or loaded again");
        }
    }

    #[test]
    fn a_slash_behind_an_address_leads_to_it() {
        assert_eq!(without_slash("/console/").as_deref(), Some("/console"));
        assert_eq!(without_slash("/console/search//?plate=A/").as_deref(), Some("/console/search?plate=A/"));
        for address in ["/", "/console", "/console/search?plate=A/", "//example.org/"] {
            assert_eq!(without_slash(address), None, "{address}");
        }
    }

    #[test]
    fn an_address_that_is_no_view_is_not_found() {
        assert!(is_view(&[]) && is_view(&["review"]) && is_view(&["passages", "psg_1"]));
        for alerts in [&["alerts"][..], &["alerts", "history"], &["alerts", "alr_1"], &["alerts", "rules"]] {
            assert!(is_view(alerts), "{alerts:?}");
        }
        assert!(is_view(&["alerts", "rules", "new"]) && is_view(&["alerts", "rules", "rul_1"]));
        assert!(
            !is_view(&["alerts", "x"]) && !is_view(&["alerts", "rules", "x"]) && !is_view(&["alerts", "alr_1", "x"])
        );
        assert!(!is_view(&["wp-admin"]) && !is_view(&["review", "x"]) && !is_view(&["passages", "x"]));
    }
}
