//! Shared Key, computed anew from the request as it arrived.
//!
//! By other code than that which signs: a mistake of it would not show.
//! <https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sha2::Sha256;

use super::words::{ACCOUNT, error};
use crate::failing::answer::{Answer, Asked};

/// How far a request's time may be from the service's.
const SLACK_SECONDS: i64 = 900;
/// From this version on an empty body has no length in what is signed. Nobody here speaks an older one.
const OLDEST: &str = "2015-02-21";

/// Headers that have a line of their own, in this order.
const LINES: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// Says whether a request is signed by the account, at `now` in seconds since 1970.
pub(super) fn verify(asked: &Asked, now: i64) -> Result<(), Answer> {
    let denied = || {
        let text = "Server failed to authenticate the request. Make sure the value of Authorization header is formed \
                    correctly including the signature.";
        error(403, "AuthenticationFailed", text)
    };
    let Some(given) = asked.header("authorization") else {
        let text = "Server failed to authenticate the request. Please refer to the information in the www-authenticate \
                    header.";
        return Err(error(401, "NoAuthenticationInformation", text));
    };
    let Some((account, signature)) = given.strip_prefix("SharedKey ").and_then(|given| given.split_once(':')) else {
        let text =
            "Authentication information is not given in the correct format. Check the value of Authorization header.";
        return Err(error(400, "InvalidAuthenticationInfo", text));
    };
    let version = asked.header("x-ms-version").unwrap_or_default();
    // Versions are dates.
    if version.len() != OLDEST.len() || version < OLDEST {
        let text = "The value for one of the HTTP headers is not in the correct format.";
        return Err(error(400, "InvalidHeaderValue", text));
    }
    let at = asked.header("x-ms-date").and_then(seconds).ok_or_else(denied)?;
    if account != ACCOUNT.0 || at.abs_diff(now) > SLACK_SECONDS.unsigned_abs() {
        return Err(denied());
    }
    let key = STANDARD.decode(ACCOUNT.1).map_err(|_| denied())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| denied())?;
    mac.update(to_sign(asked, ACCOUNT.0).as_bytes());
    if STANDARD.encode(mac.finalize().into_bytes()) == signature { Ok(()) } else { Err(denied()) }
}

/// What is signed: the method, the headers with a line of their own, those of the service, and what is asked for.
fn to_sign(asked: &Asked, account: &str) -> String {
    let mut text = format!("{}\n", asked.method);
    for name in LINES {
        let value = asked.header(name).unwrap_or_default();
        // The date is that of `x-ms-date` where there is one, and an empty body has no length.
        let left_out = name == "date" || (name == "content-length" && value == "0");
        text.push_str(if left_out { "" } else { value });
        text.push('\n');
    }
    let mut own: Vec<&(String, String)> = asked.headers.iter().filter(|(name, _)| name.starts_with("x-ms-")).collect();
    own.sort();
    for (name, value) in own {
        text.push_str(&format!("{name}:{}\n", value.trim()));
    }
    text.push_str(&format!("/{account}{}", asked.path));
    let mut query: Vec<(String, &str)> =
        asked.query.iter().map(|(name, value)| (name.to_lowercase(), value.as_str())).collect();
    query.sort();
    for (name, value) in query {
        text.push_str(&format!("\n{name}:{value}"));
    }
    text
}

/// A date of HTTP: `Fri, 26 Jun 2015 23:39:12 GMT`.
fn seconds(date: &str) -> Option<i64> {
    let at = DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", date).ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(at.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_what_the_services_page_has() {
        // Its example of a request for a container's metadata.
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let asked = Asked {
            method: "GET".to_owned(),
            path: "/mycontainer".to_owned(),
            query: vec![own("restype", "container"), own("comp", "metadata"), own("timeout", "20")],
            headers: vec![
                own("x-ms-version", "2015-02-21"),
                own("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"),
                own("content-length", "0"),
            ],
            body: Vec::new(),
        };
        assert_eq!(
            to_sign(&asked, "myaccount"),
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n\
             /myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
        );
    }

    #[test]
    fn a_date_is_read_as_it_is_written_in_requests() {
        assert_eq!(seconds("Fri, 26 Jun 2015 23:39:12 GMT"), Some(1_435_361_952));
        assert_eq!(seconds("2015-06-26"), None);
    }
}
