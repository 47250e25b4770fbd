//! `application/problem+json` (RFC 9457) as the server sends it, made readable.

use std::fmt;

use serde::Deserialize;

/// Longest part of a body that is no problem document and is shown to a person, in characters.
const EXCERPT_CHARS: usize = 200;

/// A problem document; members the server left out are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// `urn:tollbooth:problem:key-reused`
    #[serde(rename = "type")]
    pub kind: String,
    /// Short summary, the same for every occurrence.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What was wrong this time.
    pub detail: String,
    /// The line in the server's log.
    pub request_id: String,
    /// Every violation, where there are several.
    pub violations: Vec<String>,
    /// What differs from the passage that has the key already (`key-reused`).
    pub differs: Vec<String>,
}

impl Problem {
    /// Reads a problem from an answer; a body that is none is quoted.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        match serde_json::from_slice::<Self>(body) {
            Ok(problem) if !problem.title.is_empty() || !problem.detail.is_empty() => Self { status, ..problem },
            _ => Self { status, detail: excerpt(body), ..Self::default() },
        }
    }

    /// The stable last part of the type, `key-reused`; empty when the answer was no problem document.
    #[must_use]
    pub fn slug(&self) -> &str {
        self.kind.rsplit([':', '/']).next().unwrap_or_default()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if !self.slug().is_empty() {
            write!(f, " {}", self.slug())?;
        }
        let text = if self.detail.is_empty() { &self.title } else { &self.detail };
        if !text.is_empty() {
            write!(f, ": {text}")?;
        }
        if !self.violations.is_empty() {
            write!(f, " ({})", self.violations.join("; "))?;
        }
        if !self.request_id.is_empty() {
            write!(f, " [{}]", self.request_id)?;
        }
        Ok(())
    }
}

fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(body)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(EXCERPT_CHARS)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_one_line_with_its_request_id() {
        let body = br#"{"type":"urn:tollbooth:problem:key-reused","title":"T","status":409,"detail":"Use a new key.","request_id":"req_1","passage":"psg_1"}"#;
        let problem = Problem::read(409, body);
        assert_eq!(problem.slug(), "key-reused");
        assert_eq!(problem.to_string(), "409 key-reused: Use a new key. [req_1]");
    }

    #[test]
    fn an_answer_of_a_proxy_is_quoted_without_control_characters() {
        let problem = Problem::read(502, b"<html>\r\nBad Gateway\x1b[0m</html>");
        assert_eq!(problem.to_string(), "502: <html>  Bad Gateway [0m</html>");
        assert_eq!(Problem::read(500, b"").to_string(), "500");
    }
}
