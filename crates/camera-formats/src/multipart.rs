//! Multipart forms (RFC 7578) as cameras write them, which is not always as the RFC does: without a last boundary, with
//! bare line feeds, with a declared length for each part, under a boundary that begins with hyphens of its own.
//!
//! Our own reader for that reason, and because the body is in memory already: the kept libraries stream, and refuse just
//! what cameras send.

use memchr::memmem;

/// Most parts of a form. Cameras send up to ten pictures of a vehicle.
const MAX_PARTS: usize = 64;
/// Longest head of a part, in bytes.
const MAX_HEAD_BYTES: usize = 8_192;
/// Longest boundary (RFC 2046, section 5.1.1).
const MAX_BOUNDARY_BYTES: usize = 70;

/// A form whose parts cannot be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedForm {
    /// The boundary of the Content-Type is nowhere in the body.
    #[error("the form's boundary is nowhere in the body")]
    NoBoundary,
    /// A part has no end of its headers.
    #[error("a part of the form has no end of its headers")]
    NoHead,
    /// More parts than any camera sends.
    #[error("the form has more than {MAX_PARTS} parts")]
    TooManyParts,
}

/// A part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// File name, else the field's name; empty without either.
    pub name: String,
    pub content: &'a [u8],
}

/// The boundary of a `multipart/…` Content-Type.
pub(crate) fn boundary(content_type: &str) -> Option<Vec<u8>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().get(..10)?.eq_ignore_ascii_case("multipart/") {
        return None;
    }
    let value = parameter(parameters, "boundary")?;
    (1..=MAX_BOUNDARY_BYTES).contains(&value.len()).then(|| value.into_bytes())
}

/// The boundary of a form whose Content-Type was forgotten: its first line, `--boundary`.
pub(crate) fn guessed_boundary(body: &[u8]) -> Option<Vec<u8>> {
    let start = body.trim_ascii_start().strip_prefix(b"--")?;
    let line = start.get(..memchr::memchr(b'\n', start)?)?.trim_ascii_end();
    ((1..=MAX_BOUNDARY_BYTES).contains(&line.len()) && line.is_ascii()).then(|| line.to_vec())
}

/// The parts of a form. A last part that its boundary does not end ends with the body: a photo that lost its tail is still
/// a photo, and its damage is measured where it is read.
pub(crate) fn parts<'a>(boundary: &[u8], body: &'a [u8]) -> Result<Vec<Part<'a>>, MalformedForm> {
    let delimiter = [b"--", boundary].concat();
    let finder = memmem::Finder::new(&delimiter);
    let mut at = finder.find(body).ok_or(MalformedForm::NoBoundary)? + delimiter.len();
    let mut found = Vec::new();
    loop {
        let rest = body.get(at..).unwrap_or_default();
        if rest.starts_with(b"--") || rest.trim_ascii().is_empty() {
            return Ok(found);
        }
        if found.len() == MAX_PARTS {
            return Err(MalformedForm::TooManyParts);
        }
        let rest = without_line_end(rest);
        let (head, content) = head_and_content(rest).ok_or(MalformedForm::NoHead)?;
        // A declared length is believed where a boundary follows it: pictures may hold the boundary's bytes.
        let declared = declared_length(head).filter(|length| {
            content.get(*length..).is_some_and(|after| without_line_end(after).starts_with(&delimiter))
        });
        let end = declared.or_else(|| finder.find(content));
        let whole = content.get(..end.unwrap_or(content.len())).unwrap_or(content);
        // The line end before a boundary belongs to the boundary, unless a length says where the content ends.
        let content_of_part = if declared.is_some() || end.is_none() { whole } else { without_last_line_end(whole) };
        found.push(Part { name: name(head), content: content_of_part });
        let Some(end) = end else { return Ok(found) };
        let passed = body.len() - content.len() + end;
        let next = body.get(passed..).and_then(|rest| finder.find(rest)).unwrap_or(0);
        at = passed + next + delimiter.len();
    }
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\r\n").or_else(|| bytes.strip_prefix(b"\n")).unwrap_or(bytes)
}

fn without_last_line_end(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\r\n").or_else(|| bytes.strip_suffix(b"\n")).unwrap_or(bytes)
}

/// A part's headers, and what follows their empty line.
fn head_and_content(part: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(content) = part.strip_prefix(b"\r\n").or_else(|| part.strip_prefix(b"\n")) {
        return Some((&[], content));
    }
    let window = part.get(..MAX_HEAD_BYTES.min(part.len())).unwrap_or(part);
    let crlf = memmem::find(window, b"\r\n\r\n").map(|at| (at, 4));
    let lf = memmem::find(window, b"\n\n").map(|at| (at, 2));
    let (at, length) = match (crlf, lf) {
        (Some(one), Some(other)) => one.min(other),
        (one, other) => one.or(other)?,
    };
    Some((part.get(..at)?, part.get(at + length..)?))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(n, _)| n.trim().eq_ignore_ascii_case(name))
        .map(|(_, v)| v)
}

fn declared_length(head: &[u8]) -> Option<usize> {
    header(&String::from_utf8_lossy(head), "content-length")?.trim().parse().ok()
}

fn name(head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head);
    let disposition = header(&head, "content-disposition").unwrap_or_default();
    parameter(disposition, "filename").or_else(|| parameter(disposition, "name")).unwrap_or_default()
}

/// A parameter of a header's value, quoted or not.
fn parameter(text: &str, name: &str) -> Option<String> {
    let values = text.split(';').filter_map(|pair| pair.split_once('='));
    let found = values.into_iter().find(|(n, _)| n.trim().eq_ignore_ascii_case(name))?.1.trim();
    let bare = found.strip_prefix('"').map_or(found, |quoted| quoted.split('"').next().unwrap_or_default());
    Some(bare.to_owned())
}
