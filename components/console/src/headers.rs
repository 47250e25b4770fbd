//! The headers of everything the console serves, in one place.

use tollbooth_web::{Request, Response};

use crate::encoding;
use crate::files::File;

/// Nothing inline, nothing from elsewhere, no page around ours, and no text that becomes markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
     connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// What the console never asks a browser for.
const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()";

const ALWAYS: &[(&str, &str)] = &[
    ("content-security-policy", POLICY),
    ("permissions-policy", PERMISSIONS),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("vary", "accept-encoding"),
];

/// A file whose name has its digest: never another content under this name.
pub fn immutable(file: &'static File, request: &Request) -> Response {
    answer(200, file, request, "public, max-age=31536000, immutable")
}

/// The page, to be asked for again each time: it names the files of this very build.
pub fn page(status: u16, file: &'static File, request: &Request) -> Response {
    answer(status, file, request, "no-cache")
}

fn answer(status: u16, file: &'static File, request: &Request, cache: &str) -> Response {
    let (body, coding) = encoding::choose(file, request.header("accept-encoding").unwrap_or_default());
    // Each coding is a representation of its own, so each has a strong tag of its own (RFC 9110, section 8.8.3.3).
    let etag =
        coding.map_or_else(|| file.etag.to_owned(), |coding| format!("{}-{coding}\"", file.etag.trim_end_matches('"')));
    let known = status == 200 && request.has(&etag);
    let mut response =
        Response::new(if known { 304 } else { status }).with_header("etag", etag).with_header("cache-control", cache);
    for (name, value) in ALWAYS {
        response = response.with_header(*name, *value);
    }
    if known {
        return response;
    }
    response = response.with_header("content-type", file.content_type());
    if let Some(coding) = coding {
        response = response.with_header("content-encoding", coding);
    }
    response.with_body(body.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_nothing_inline_and_nothing_from_elsewhere() {
        for never in ["unsafe", "http:", "https:", "data:", "*"] {
            assert!(!POLICY.contains(never), "{never}");
        }
    }
}
