//! Signature Version 4 in query parameters, computed anew from the request as it arrived.
//!
//! Not with the crate that signs: a mistake of it would not show.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::words::{ACCOUNT, REGION, error};
use crate::failing::answer::{Answer, Asked};

/// Everything but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same for a path.
pub(super) const ENCODED_PATH: &AsciiSet = &ENCODED.remove(b'/');
/// Longest that a signed address is good for: seven days.
const LONGEST_SECONDS: i64 = 604_800;
/// How far ahead a clock may be.
const SLACK_SECONDS: i64 = 900;

/// Says whether a request is signed by the account, at `now` in seconds since 1970.
pub(super) fn verify(asked: &Asked, now: i64) -> Result<(), Answer> {
    let malformed = |what: &str| error(400, "AuthorizationQueryParametersError", what);
    let denied = |what: &str| error(403, "AccessDenied", what);
    let given = |name: &str| asked.parameter(name).filter(|value| !value.is_empty());
    let (Some(algorithm), Some(credential), Some(date), Some(expires), Some(signed), Some(signature)) = (
        given("X-Amz-Algorithm"),
        given("X-Amz-Credential"),
        given("X-Amz-Date"),
        given("X-Amz-Expires"),
        given("X-Amz-SignedHeaders"),
        given("X-Amz-Signature"),
    ) else {
        return Err(denied("Access Denied"));
    };
    if algorithm != "AWS4-HMAC-SHA256" {
        return Err(malformed("X-Amz-Algorithm only supports AWS4-HMAC-SHA256"));
    }
    let (account, secret) = ACCOUNT;
    let Some((key, scope)) = credential.split_once('/') else {
        return Err(malformed("Error parsing the X-Amz-Credential parameter"));
    };
    if key != account {
        let text = "The AWS Access Key Id you provided does not exist in our records.";
        return Err(error(403, "InvalidAccessKeyId", text));
    }
    let began = seconds(date).ok_or_else(|| malformed("X-Amz-Date must be in the ISO8601 Long Format"))?;
    let day = date.get(..8).unwrap_or_default();
    if scope != format!("{day}/{REGION}/s3/aws4_request") {
        return Err(malformed("Error parsing the X-Amz-Credential parameter; its scope is wrong"));
    }
    let expires = expires.parse::<i64>().ok().filter(|seconds| (1..=LONGEST_SECONDS).contains(seconds));
    let Some(expires) = expires else {
        return Err(malformed("X-Amz-Expires must be between 1 and 604800"));
    };
    if began > now + SLACK_SECONDS {
        return Err(denied("Request is not yet valid"));
    }
    if began + expires < now {
        return Err(denied("Request has expired"));
    }
    let names: Vec<&str> = signed.split(';').collect();
    let unsigned = |(name, _): &(String, String)| name.starts_with("x-amz-") && !names.contains(&name.as_str());
    if !names.contains(&"host") || asked.headers.iter().any(unsigned) {
        return Err(denied("There were headers present in the request which were not signed"));
    }
    let canonical = canonical(asked, &names, signed);
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex::encode(Sha256::digest(canonical.as_bytes())));
    let signing_key = [day, REGION, "s3", "aws4_request"]
        .into_iter()
        .try_fold(format!("AWS4{secret}").into_bytes(), |key, part| mac(&key, part))
        .and_then(|key| mac(&key, &to_sign));
    if signing_key.is_some_and(|own| hex::encode(own) == signature) {
        return Ok(());
    }
    let text = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
    Err(error(403, "SignatureDoesNotMatch", text))
}

/// What is signed: method, path, parameters, headers, and that the body is not.
fn canonical(asked: &Asked, names: &[&str], signed: &str) -> String {
    let path = percent_decode_str(&asked.path).collect::<Vec<u8>>();
    let path = percent_encoding::percent_encode(&path, ENCODED_PATH).to_string();
    let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    let mut query: Vec<(String, String)> = asked
        .query
        .iter()
        .filter(|(name, _)| name != "X-Amz-Signature")
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    query.sort();
    let query: Vec<String> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let headers: String = names
        .iter()
        .map(|name| {
            let value = asked.header(name).unwrap_or_default();
            format!("{name}:{}\n", value.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect();
    format!("{}\n{path}\n{}\n{headers}\n{signed}\nUNSIGNED-PAYLOAD", asked.method, query.join("&"))
}

fn mac(key: &[u8], text: &str) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

fn seconds(date: &str) -> Option<i64> {
    let at = DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(at.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_it_is_written_in_signatures() {
        assert_eq!(seconds("20130524T000000Z"), Some(1_369_353_600));
        assert_eq!(seconds("2013-05-24"), None);
    }
}
