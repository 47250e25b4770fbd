//! The request as a guest sees it: an absolute URI, and Spin's headers about the route.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::{
    HeaderMap, HeaderName, HeaderValue, Uri, Version, header,
    request::Parts,
    uri::{Authority, Scheme},
};

use super::Match;

/// The client address that a guest sees for a request by service chaining.
pub(crate) const CHAINED_CLIENT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Why a request cannot be passed to a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadRequest {
    /// Neither the URI nor the `Host` header names one authority, or there are two.
    Authority,
    /// A header value is not UTF-8.
    HeaderText,
    /// The body has a transfer coding other than chunked.
    TransferCoding,
}

/// Refuses what two readers could take differently (RFC 9112, sections 3.2 and 6.1).
pub(super) fn check(parts: &Parts) -> Result<(), BadRequest> {
    if parts.headers.get_all(header::HOST).iter().count() > 1 {
        return Err(BadRequest::Authority);
    }
    let codings: Vec<_> = parts.headers.get_all(header::TRANSFER_ENCODING).iter().collect();
    match codings.as_slice() {
        [] => Ok(()),
        [coding] if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(BadRequest::TransferCoding),
    }
}

/// What a request of HTTP/1.0 is for that does not say, as health checks of load balancers do not.
const NAMELESS: &str = "localhost";

/// Makes the URI absolute from the `Host` header, which HTTP/1.0 does not demand (RFC 9112, section 3.3).
pub(super) fn make_absolute(parts: &mut Parts) -> Result<(), BadRequest> {
    let named = match parts.headers.get(header::HOST) {
        None => None,
        Some(value) => {
            Some(value.to_str().ok().and_then(|text| text.parse::<Authority>().ok()).ok_or(BadRequest::Authority)?)
        }
    };
    let mut uri = std::mem::take(&mut parts.uri).into_parts();
    uri.authority = match (named, uri.authority) {
        (Some(named), Some(authority)) if named != authority => return Err(BadRequest::Authority),
        (None, None) if parts.version == Version::HTTP_10 => Some(Authority::from_static(NAMELESS)),
        (None, None) => return Err(BadRequest::Authority),
        (Some(authority), _) | (None, Some(authority)) => Some(authority),
    };
    uri.scheme = Some(uri.scheme.unwrap_or(Scheme::HTTP));
    parts.uri = Uri::from_parts(uri).map_err(|_| BadRequest::Authority)?;
    Ok(())
}

/// Adds what Spin tells guests about the request. Headers of these names that a client sent are replaced.
pub(super) fn describe(parts: &mut Parts, found: &Match, client: SocketAddr) -> Result<(), BadRequest> {
    if parts.headers.values().any(|value| std::str::from_utf8(value.as_bytes()).is_err()) {
        return Err(BadRequest::HeaderText);
    }
    // Transport information, meaningless to a guest.
    parts.headers.remove(header::CONNECTION);
    let host = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    let scheme = parts.uri.scheme_str().unwrap_or("http");
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = format!("{scheme}://{host}{path}");

    let headers = &mut parts.headers;
    set(headers, "spin-path-info", &found.path_info);
    set(headers, "spin-full-url", &url);
    set(headers, "spin-matched-route", &found.based_route);
    set(headers, "spin-base-path", "/");
    set(headers, "spin-raw-component-route", &found.raw_route);
    set(headers, "spin-component-route", found.component_route());
    set(headers, "spin-client-addr", &client.to_string());
    for (name, value) in &found.parameters {
        let name = format!("spin-path-match-{}", name.to_ascii_lowercase());
        set(headers, &name, value);
    }
    Ok(())
}

/// As under Spin, a value that no header can hold is left out.
fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn parts(uri: &str, host: Option<&str>) -> Parts {
        let mut request = http::Request::get(uri);
        if let Some(host) = host {
            request = request.header(header::HOST, host);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn guests_see_the_headers_of_spin() {
        let mut parts = parts("/v1/booths/b-1/x?y=1", Some("toll.example:3000"));
        parts.headers.insert("spin-client-addr", HeaderValue::from_static("forged"));
        make_absolute(&mut parts).unwrap();
        let found = Match {
            component: "intake".to_owned(),
            raw_route: "/v1/booths/:booth/...".to_owned(),
            based_route: "/v1/booths/:booth/...".to_owned(),
            path_info: "/x".to_owned(),
            parameters: BTreeMap::from([("booth".to_owned(), "b-1".to_owned())]),
        };
        describe(&mut parts, &found, "127.0.0.1:8777".parse().unwrap()).unwrap();
        assert_eq!(parts.uri, "http://toll.example:3000/v1/booths/b-1/x?y=1");
        for (name, value) in [
            ("spin-path-info", "/x"),
            ("spin-full-url", "http://toll.example:3000/v1/booths/b-1/x?y=1"),
            ("spin-matched-route", "/v1/booths/:booth/..."),
            ("spin-base-path", "/"),
            ("spin-raw-component-route", "/v1/booths/:booth/..."),
            ("spin-component-route", "/v1/booths/:booth"),
            ("spin-client-addr", "127.0.0.1:8777"),
            ("spin-path-match-booth", "b-1"),
        ] {
            assert_eq!(parts.headers.get(name).unwrap(), value, "{name}");
            assert_eq!(parts.headers.get_all(name).iter().count(), 1, "{name}");
        }
    }

    #[test]
    fn two_hosts_and_unknown_transfer_codings_are_refused() {
        let with = |name: HeaderName, values: &[&'static str]| {
            let mut parts = parts("/", Some("a"));
            for value in values {
                parts.headers.append(&name, HeaderValue::from_static(value));
            }
            check(&parts)
        };
        assert_eq!(with(header::HOST, &["a"]), Err(BadRequest::Authority));
        assert_eq!(with(header::TRANSFER_ENCODING, &["Chunked"]), Ok(()));
        for wrong in [["gzip, chunked", "chunked"].as_slice(), &["gzip, chunked"], &["chunked", "chunked"], &["gzip"]] {
            assert_eq!(with(header::TRANSFER_ENCODING, wrong), Err(BadRequest::TransferCoding), "{wrong:?}");
        }
    }

    #[test]
    fn a_request_without_one_authority_is_refused() {
        assert_eq!(make_absolute(&mut parts("/", None)), Err(BadRequest::Authority));
        let mut old = parts("/v1/health", None);
        old.version = Version::HTTP_10;
        make_absolute(&mut old).unwrap();
        assert_eq!(old.uri, "http://localhost/v1/health");
        assert_eq!(make_absolute(&mut parts("http://a/", Some("b"))), Err(BadRequest::Authority));
        assert_eq!(make_absolute(&mut parts("http://a/", Some("a"))), Ok(()));
    }
}
