//! Requests: path segments, query and headers, decoded once and strictly.

use std::fmt::Display;
use std::str::FromStr;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use percent_encoding::percent_decode_str;
use spin_sdk::http::{IncomingRequest, Method as SdkMethod};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::instant;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_trace::Context;

use crate::body::{Rest, Unread};
use crate::credential::Credential;
use crate::{Body, Kind, Problem};

/// Longest path with query, in bytes. The longest valid ones have a few hundred.
const MAX_PATH_BYTES: usize = 4_096;
/// Most query parameters.
const MAX_PARAMETERS: usize = 32;
/// Entries on a page when the caller does not say.
const PAGE_DEFAULT: u64 = 50;
/// Most entries on a page.
const PAGE_MOST: u64 = 200;
/// Largest cursor: the ledger counts with signed numbers.
const CURSOR_MOST: u64 = i64::MAX as u64;

/// The methods this API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Acts.
    Post,
    /// Stores under a name the caller chose.
    Put,
    /// Changes some members.
    Patch,
    /// Removes.
    Delete,
    /// Anything else: answered with 405.
    Other,
}

/// A decoded request whose body was not read yet.
pub struct Request {
    /// The method; `HEAD` counts as `Get`.
    pub method: Method,
    /// Whether only the headers are asked for: the caller gets nothing of the body.
    pub is_head: bool,
    /// Path and query as they were sent.
    pub target: String,
    /// Percent-decoded segments of the path, without empty ones at the ends.
    pub path: Vec<String>,
    /// Query parameters.
    pub query: Query,
    /// Text after `Bearer `.
    pub(crate) bearer: Option<String>,
    /// Whether the caller's token was found good: only then what is left of its body is waited for.
    pub(crate) recognised: Rc<Cell<bool>>,
    /// By what the caller was recognised.
    pub(crate) credential: Rc<RefCell<Option<Credential>>>,
    /// Given by the caller or made here; repeated in problems and logs.
    pub id: String,
    /// Headers that are text; see [`Self::header`].
    headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// Decoded query parameters, each at most once.
#[derive(Debug, Clone, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// The parameter, if given.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The parameter, or a problem that names it.
    ///
    /// # Errors
    /// `invalid-request` when it is absent or empty.
    pub fn require(&self, name: &str) -> Result<&str, Problem> {
        self.get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Problem::new(Kind::InvalidRequest, format!("The query parameter `{name}` is missing.")))
    }

    /// A whole number in a range, or the default when absent.
    ///
    /// # Errors
    /// `invalid-request` when it is no number in the range.
    pub fn number(&self, name: &str, default: u64, low: u64, high: u64) -> Result<u64, Problem> {
        let Some(text) = self.get(name) else { return Ok(default) };
        text.parse().ok().filter(|n| (low..=high).contains(n)).ok_or_else(|| {
            Problem::new(
                Kind::InvalidRequest,
                format!("The query parameter `{name}` must be a whole number from {low} to {high}."),
            )
        })
    }

    /// The size of a page, `limit`: 1 to 200, 50 when absent.
    ///
    /// # Errors
    /// `invalid-request` when it is no number in the range.
    pub fn limit(&self) -> Result<u32, Problem> {
        self.number("limit", PAGE_DEFAULT, 1, PAGE_MOST).map(|n| u32::try_from(n).unwrap_or(u32::MAX))
    }

    /// Where a page starts: the number that the page before ended with.
    ///
    /// # Errors
    /// `invalid-request` when it is no number.
    pub fn cursor(&self, name: &str) -> Result<Option<u64>, Problem> {
        self.get(name).map(|_| self.number(name, 0, 0, CURSOR_MOST)).transpose()
    }

    /// A parameter that is `true` or `false`; absent counts as false.
    ///
    /// # Errors
    /// `invalid-request` when it is anything else.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => {
                Err(Problem::new(Kind::InvalidRequest, format!("The query parameter `{name}` must be true or false.")))
            }
        }
    }

    /// A parameter that is one of a list of codes.
    ///
    /// # Errors
    /// `invalid-request` with the reason the type gives.
    pub fn code<T>(&self, name: &str) -> Result<Option<T>, Problem>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.get(name)
            .map(str::parse)
            .transpose()
            .map_err(|e: T::Err| Problem::new(Kind::InvalidRequest, format!("The query parameter `{name}`: {e}.")))
    }

    /// From when and until when, `since` and `until`, each where it is given.
    ///
    /// # Errors
    /// `invalid-request` for what is no time with its offset, and for a period that ends before it begins.
    pub fn period(&self) -> Result<(Option<Instant>, Option<Instant>), Problem> {
        let (since, until) = (self.time("since")?, self.time("until")?);
        if since.zip(until).is_some_and(|(since, until)| since >= until) {
            return Err(Problem::new(Kind::InvalidRequest, "The query parameter `since` must be before `until`."));
        }
        Ok((since, until))
    }

    fn time(&self, name: &str) -> Result<Option<Instant>, Problem> {
        let bad = || {
            let what =
                format!("The query parameter `{name}` must be a time with its offset, like 2026-11-20T10:15:30Z.");
            Problem::new(Kind::InvalidRequest, what)
        };
        self.get(name).map(|text| instant(text).ok_or_else(bad)).transpose()
    }

    /// Refuses parameters that are not in the list: a misspelt filter must not silently select everything.
    ///
    /// # Errors
    /// `invalid-request` naming the unknown parameter.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => Err(Problem::new(
                Kind::InvalidRequest,
                match known {
                    [] => format!("The query parameter `{}` is not known here; there are none.", printable(name)),
                    _ => format!(
                        "The query parameter `{}` is not known here; known: {}.",
                        printable(name),
                        known.join(", ")
                    ),
                },
            )),
        }
    }
}

impl Request {
    /// Decodes what the host handed over. The request id and the body are returned even when decoding fails.
    pub(crate) fn decode(incoming: IncomingRequest) -> (String, Unread, Rc<Cell<bool>>, Result<Self, Problem>) {
        let headers: Vec<(String, String)> = incoming
            .headers()
            .entries()
            .into_iter()
            .filter_map(|(name, value)| Some((name, String::from_utf8(value).ok()?)))
            .collect();
        let header = |name: &str| find(&headers, name).map(ToOwned::to_owned);
        let id = header("x-request-id").filter(|id| is_request_id(id)).unwrap_or_else(new_request_id);
        let asked = incoming.method();
        let is_head = matches!(asked, SdkMethod::Head);
        let method = match asked {
            SdkMethod::Get | SdkMethod::Head => Method::Get,
            SdkMethod::Post => Method::Post,
            SdkMethod::Put => Method::Put,
            SdkMethod::Patch => Method::Patch,
            SdkMethod::Delete => Method::Delete,
            _ => Method::Other,
        };
        let target = incoming.path_with_query().unwrap_or_default();
        let credentials = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization")).count();
        let bearer = header("authorization").and_then(|value| bearer(&value));
        let recognised = Rc::new(Cell::new(false));
        // A transfer coding overrides a declared length (RFC 9112, section 6.3).
        let declared = header("content-length").filter(|_| header("transfer-encoding").is_none());
        let declared = declared.and_then(|text| text.parse().ok());
        let content_type = header("content-type");
        let unread: Unread = Rc::new(RefCell::new(Some(Rest::Whole(incoming))));
        let credential = Rc::default();
        let sender = Rc::clone(&credential);
        let body = Body { unread: Rc::clone(&unread), declared, content_type, sender, waits: Cell::default() };
        let decoded = if credentials > 1 { Err(two_credentials()) } else { split_target(&target) };
        let request = decoded.map(|(path, query)| Self {
            method,
            is_head,
            target,
            path,
            query,
            bearer,
            recognised: Rc::clone(&recognised),
            credential,
            id: id.clone(),
            headers,
            body,
        });
        (id, unread, recognised, request)
    }

    /// The body, to be read while the request is still of use. A second call finds an empty one.
    pub fn take_body(&mut self) -> Body {
        let sender = Rc::clone(&self.credential);
        let none = Body { unread: Rc::default(), declared: None, content_type: None, sender, waits: Cell::default() };
        std::mem::replace(&mut self.body, none)
    }

    /// What is called, once, when the body does not come at once: gives back what this instance holds and others need. Whoever is
    /// recognised by a token or a session has the connection to the database given back.
    pub fn while_waiting(&self, give_back: fn()) {
        self.body.waits.set(Some(give_back));
    }

    /// Whoever proved who they are by other means than a token is no stranger: what they send is waited for, also where it
    /// is refused.
    pub fn recognise(&self) {
        self.recognised.set(true);
    }

    /// A header by its name in any case, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The caller's trace (`traceparent`, W3C Trace Context). None where none was sent, or more than one, or one that is none:
    /// whoever gets nothing valid begins a trace of their own, and nobody is refused for it.
    #[must_use]
    pub fn trace(&self) -> Option<Context> {
        let mut sent = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("traceparent"));
        let (_, text) = sent.next().filter(|_| sent.next().is_none())?;
        Context::parse(text).ok()
    }

    /// A cookie by its exact name; none when it was sent twice, for then somebody else may have set one of them.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let headers = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case("cookie"));
        let pairs = headers.flat_map(|(_, value)| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter(|(n, _)| *n == name).map(|(_, value)| value);
        found.next().filter(|_| found.next().is_none())
    }

    /// The path as string slices, for matching.
    #[must_use]
    pub fn segments(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Path segments and query of a request's target, percent-decoded and checked.
///
/// # Errors
/// The problem that the caller is answered.
pub fn split_target(target: &str) -> Result<(Vec<String>, Query), Problem> {
    if target.len() > MAX_PATH_BYTES {
        return Err(Problem::new(Kind::PathTooLong, format!("Path and query may have {MAX_PATH_BYTES} bytes.")));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    // One spelling for each path: rules that somebody in front of this has for paths must hold for what happens here.
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.split('/').any(str::is_empty) && !path.is_empty() {
        return Err(Problem::new(Kind::NotFound, "The path has an empty segment, or a slash at its end."));
    }
    if encodes_what_needs_no_encoding(path) {
        return Err(Problem::new(
            Kind::InvalidRequest,
            "The path holds a percent-encoded letter, digit or other character that is written as it is.",
        ));
    }
    let segments = path.split('/').map(|segment| decode(segment, "The path")).collect::<Result<Vec<_>, _>>()?;
    Ok((segments, parse_query(query)?))
}

/// Whether an unreserved character (RFC 3986, section 2.3) is percent-encoded, which no client needs to do.
fn encodes_what_needs_no_encoding(path: &str) -> bool {
    path.split('%').skip(1).any(|rest| {
        let byte = rest.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    })
}

fn two_credentials() -> Problem {
    Problem::new(Kind::InvalidRequest, "There is more than one Authorization header; send one.")
}

fn parse_query(query: &str) -> Result<Query, Problem> {
    let mut parameters: Vec<(String, String)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name, "The query")?;
        let value = decode(&spaces_of_forms(value), "The query")?;
        if parameters.iter().any(|(n, _)| *n == name) {
            return Err(Problem::new(
                Kind::InvalidRequest,
                format!("The query parameter `{}` is given twice.", printable(&name)),
            ));
        }
        parameters.push((name, value));
        if parameters.len() > MAX_PARAMETERS {
            return Err(Problem::new(Kind::InvalidRequest, "There are too many query parameters."));
        }
    }
    Ok(Query(parameters))
}

/// A query value with the spaces that forms write as `+`, as most HTTP libraries do (`application/x-www-form-urlencoded`
/// in the URL standard). The plus sign of an offset stays one, for `captured_at=…T10:15:30+01:00` is what people write.
fn spaces_of_forms(value: &str) -> Cow<'_, str> {
    if !value.contains('+') {
        return Cow::Borrowed(value);
    }
    match value.rsplit_once('+') {
        Some((before, after)) if is_time(before) && is_offset(after) => {
            Cow::Owned(before.replace('+', " ") + "+" + after)
        }
        _ => Cow::Owned(value.replace('+', " ")),
    }
}

/// Whether an undecoded text begins as RFC 3339 times do and ends with a digit, which an offset may follow.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    (0..4).all(digit)
        && bytes.get(4) == Some(&b'-')
        && bytes.get(7) == Some(&b'-')
        && digit(bytes.len().wrapping_sub(1))
}

/// `01:00`, its colon encoded or not.
fn is_offset(text: &str) -> bool {
    let text = text.replace("%3A", ":").replace("%3a", ":");
    let bytes = text.as_bytes();
    bytes.len() == 5
        && bytes.iter().enumerate().all(|(at, byte)| if at == 2 { *byte == b':' } else { byte.is_ascii_digit() })
}

fn decode(text: &str, place: &str) -> Result<String, Problem> {
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| {
        Problem::new(Kind::InvalidRequest, format!("{place} holds percent-encoded bytes that are not UTF-8."))
    })?;
    if decoded.chars().any(char::is_control) {
        return Err(Problem::new(Kind::InvalidRequest, format!("{place} holds control characters.")));
    }
    Ok(decoded.into_owned())
}

fn bearer(value: &str) -> Option<String> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' ').to_owned())
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).take(40).collect()
}

fn is_request_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

fn new_request_id() -> String {
    use std::hash::{BuildHasher, Hasher};
    // RandomState is seeded by the host's random source; a request id needs to be unlikely to repeat, not secret.
    let number = std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!("req_{number:016x}")
}

/// A failure of the ledger during routing, as a problem.
impl From<&LedgerFailure> for Problem {
    fn from(failure: &LedgerFailure) -> Self {
        Self::from(failure.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(query: &str) -> String {
        let (_, query) = split_target(&format!("/v1?x={query}")).unwrap();
        query.get("x").unwrap().to_owned()
    }

    #[test]
    fn a_plus_sign_is_a_space_as_forms_write_it() {
        assert_eq!(value("Lane+2"), "Lane 2");
        assert_eq!(value("Lane%202"), "Lane 2");
        assert_eq!(value("Lane%2B2"), "Lane+2");
        assert_eq!(value("North+Gate+12:30"), "North Gate 12:30");
        assert_eq!(value("2026-11-20+10:15"), "2026-11-20+10:15", "ends as a time with offset does");
        assert_eq!(value("2026+11:20"), "2026 11:20");
    }

    #[test]
    fn the_plus_sign_of_an_offset_stays_one() {
        let time = "2026-11-20T10:15:30+01:00";
        assert_eq!(value(time), time);
        assert_eq!(value("2026-11-20T10%3A15%3A30%2B01%3A00"), time);
        assert_eq!(value("2026-11-20T10%3A15%3A30+01%3A00"), time);
        assert_eq!(value("2026-11-20T10:15:30.250%2B01:00"), "2026-11-20T10:15:30.250+01:00");
    }

    #[test]
    fn a_period_has_times_with_offsets_and_begins_before_it_ends() {
        let period = |text: &str| split_target(&format!("/v1/log?{text}")).unwrap().1.period();
        assert_eq!(period("").unwrap(), (None, None));
        assert_eq!(period("since=1970-01-01T01:00:01%2B01:00").unwrap(), (Some(1_000), None));
        let both = "since=1970-01-01T00:00:01Z&until=1970-01-01T00:00:02Z";
        assert_eq!(period(both).unwrap(), (Some(1_000), Some(2_000)));
        for bad in [
            "since=yesterday",
            "until=1970-01-01T00:00:01",
            "since=1970-01-01T00:00:02Z&until=1970-01-01T00:00:02Z",
            "since=1970-01-01T00:00:03Z&until=1970-01-01T00:00:02Z",
        ] {
            assert_eq!(period(bad).unwrap_err().kind(), Kind::InvalidRequest, "{bad}");
        }
    }

    #[test]
    fn percent_encoded_invalid_utf_8_is_refused() {
        assert_eq!(split_target("/v1/booths/%ff").unwrap_err().kind(), Kind::InvalidRequest);
        assert_eq!(split_target("/v1?x=%c3%28").unwrap_err().kind(), Kind::InvalidRequest);
    }

    #[test]
    fn an_encoded_slash_stays_inside_its_segment() {
        let (path, _) = split_target("/v1/booths/a%2f..%2fb").unwrap();
        assert_eq!(path, ["v1", "booths", "a/../b"]);
    }

    #[test]
    fn a_path_has_one_spelling() {
        for alias in ["//v1/tokens", "/v1//tokens", "/v1/tokens/", "/v1/health//"] {
            assert_eq!(split_target(alias).unwrap_err().kind(), Kind::NotFound, "{alias}");
        }
        for alias in ["/v1/tok%65ns", "/v1/booths/%6eorth", "/v1/%2e%2e/x", "/v1/a%2Db"] {
            assert_eq!(split_target(alias).unwrap_err().kind(), Kind::InvalidRequest, "{alias}");
        }
        assert_eq!(split_target("/v1/booths/a%3Ab%20c").unwrap().0, ["v1", "booths", "a:b c"]);
        assert_eq!(split_target("/").unwrap().0, [""]);
    }

    #[test]
    fn a_plus_sign_in_a_capture_time_survives() {
        let (_, query) = split_target("/x?captured_at=2026-01-01T00:00:00+01:00").unwrap();
        assert_eq!(query.get("captured_at"), Some("2026-01-01T00:00:00+01:00"));
    }

    #[test]
    fn a_repeated_or_unknown_parameter_is_refused() {
        assert!(split_target("/x?a=1&a=2").is_err());
        let (_, query) = split_target("/x?stat=open").unwrap();
        assert!(query.only(&["state"]).is_err());
    }

    #[test]
    fn a_path_of_ten_kilobytes_is_refused() {
        assert_eq!(split_target(&"x".repeat(10_240)).unwrap_err().kind(), Kind::PathTooLong);
    }

    #[test]
    fn pages_have_bounds_and_cursors_fit_the_ledger() {
        let query = |text: &str| split_target(text).unwrap().1;
        assert_eq!(query("/x").limit().unwrap(), 50);
        assert_eq!(query("/x?limit=200").limit().unwrap(), 200);
        for bad in ["0", "201", "", "-1", "ten"] {
            assert!(query(&format!("/x?limit={bad}")).limit().is_err(), "{bad}");
        }
        assert_eq!(query("/x").cursor("after").unwrap(), None);
        assert_eq!(query("/x?after=0").cursor("after").unwrap(), Some(0));
        assert!(query("/x?after=9223372036854775808").cursor("after").is_err());
    }

    #[test]
    fn a_flag_is_true_or_false_and_nothing_else() {
        let query = |text: &str| split_target(text).unwrap().1;
        assert!(!query("/x").flag("unclaimed").unwrap());
        assert!(query("/x?unclaimed=true").flag("unclaimed").unwrap());
        assert!(query("/x?unclaimed=").flag("unclaimed").is_err());
    }

    #[test]
    fn only_the_bearer_scheme_counts() {
        assert_eq!(bearer("Bearer abc"), Some("abc".to_owned()));
        assert_eq!(bearer("bearer  abc "), Some("abc".to_owned()));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("Bearer \u{a0}abc"), Some("\u{a0}abc".to_owned()), "only spaces are between the two");
    }
}
