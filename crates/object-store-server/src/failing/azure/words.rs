//! Who is known to it, and the words in which Azure Blob Storage refuses.

use crate::failing::answer::Answer;

/// The only account, and its key.
pub(in crate::failing) const ACCOUNT: (&str, &str) = ("tollbooth", "c2VjcmV0LW9mLXRoZS10ZXN0cw==");

/// What identifies a request in the service's log.
const REQUEST: &str = "a29f6f48-001e-0004-1a2b-3c4d5e000000";

/// Every answer names the request, and repeats the version it was understood in.
pub(super) fn said(answer: Answer, version: Option<&str>) -> Answer {
    let answer = answer.with("x-ms-request-id", REQUEST);
    match version {
        Some(version) => answer.with("x-ms-version", version),
        None => answer,
    }
}

/// An error as <https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2> has it: the code in a header,
/// which an answer without a body has as well, and a document that begins with a byte order mark.
pub(super) fn error(status: u16, code: &str, message: &str) -> Answer {
    let text = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}\n\
         RequestId:{REQUEST}</Message></Error>"
    );
    said(Answer::xml(status, text), None).with("x-ms-error-code", code)
}

/// Something that this server does not do, said in the store's words.
pub(super) fn not_implemented(what: &str) -> Answer {
    let text = format!("The requested operation is not implemented on the specified resource: {what}");
    error(501, "NotImplemented", &text)
}
