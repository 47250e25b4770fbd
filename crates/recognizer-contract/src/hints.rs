//! What the caller knows beforehand, as headers of `POST /read`.

use tollbooth_pipeline::ident::check_jurisdiction;
use tollbooth_trace::{Context, TraceId};

use crate::ContractError;
use crate::check::MAX_NAME_BYTES;

const JURISDICTION: &str = "tollbooth-jurisdiction";
const DEADLINE: &str = "tollbooth-deadline-ms";
const PASSAGE: &str = "tollbooth-passage";
const ATTEMPT: &str = "tollbooth-attempt";
/// The standard's own name, so that a service with tracing of its own joins the trace without knowing us.
const TRACE: &str = "traceparent";

/// Every header of a hint. The jurisdiction's and the trace's are optional, the others are not.
pub const HEADERS: [&str; 5] = [JURISDICTION, DEADLINE, PASSAGE, ATTEMPT, TRACE];

/// What the caller knows. Hints never force an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hints {
    /// Jurisdiction of the booth, `us-tx`; services use it to order regions.
    pub jurisdiction: Option<String>,
    /// Longest the call may take, in milliseconds, at least 1. The recogniser answers `timed-out` before it is over.
    pub deadline_ms: u32,
    /// Passage id, for correlation in logs.
    pub passage: String,
    /// Number of this attempt, from 1.
    pub attempt: u32,
    /// The passage's trace, and in it this attempt's span (`traceparent`, W3C Trace Context); none where the caller keeps none.
    pub traceparent: Option<String>,
}

impl Hints {
    /// As headers of a request.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            (DEADLINE, self.deadline_ms.to_string()),
            (PASSAGE, self.passage.clone()),
            (ATTEMPT, self.attempt.to_string()),
        ];
        if let Some(jurisdiction) = &self.jurisdiction {
            headers.push((JURISDICTION, jurisdiction.clone()));
        }
        if let Some(traceparent) = &self.traceparent {
            headers.push((TRACE, traceparent.clone()));
        }
        headers
    }

    /// The trace as a service outside may be told of it: the one that the camera began, or one that nothing can be made of. A
    /// passage's own trace is its id in another alphabet, and that is nobody's business out there.
    #[must_use]
    pub fn traceparent_outside(&self) -> Option<String> {
        let context = Context::parse(self.traceparent.as_deref()?).ok()?;
        if context.trace == TraceId::of_passage(&self.passage) {
            return Some(Context::sampled(context.trace.outside(), context.parent).to_string());
        }
        Some(context.to_string())
    }

    /// From a request's headers; `header` finds one by its lower-case name.
    ///
    /// # Errors
    /// [`ContractError::Header`] names the header that is missing or malformed.
    pub fn from_headers<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Result<Self, ContractError> {
        let jurisdiction = header(JURISDICTION).map(ToOwned::to_owned);
        if jurisdiction.as_ref().is_some_and(|code| check_jurisdiction(code).is_err()) {
            return Err(ContractError::Header { header: JURISDICTION, rule: "must be a code like us-tx" });
        }
        let passage = header(PASSAGE).unwrap_or_default();
        let printable = |b: u8| b.is_ascii_graphic();
        if !(1..=MAX_NAME_BYTES).contains(&passage.len()) || !passage.bytes().all(printable) {
            return Err(ContractError::Header { header: PASSAGE, rule: "must be the passage's id" });
        }
        Ok(Self {
            jurisdiction,
            deadline_ms: number(DEADLINE, header(DEADLINE))?,
            passage: passage.to_owned(),
            attempt: number(ATTEMPT, header(ATTEMPT))?,
            // Whatever is no trace is left out, and refuses nobody: a proxy, or the host, may have written it.
            traceparent: header(TRACE).and_then(|text| Context::parse(text).ok()).map(|trace| trace.to_string()),
        })
    }
}

fn number(name: &'static str, text: Option<&str>) -> Result<u32, ContractError> {
    text.filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .filter(|number| *number > 0)
        .ok_or(ContractError::Header { header: name, rule: "must be a whole number from 1 to 4294967295" })
}
