//! Who is known to it, and the words in which S3 refuses.

use crate::failing::answer::Answer;

/// The only account, and the only region.
pub(in crate::failing) const ACCOUNT: (&str, &str) = ("tollbooth", "secret-of-the-tests");
pub(in crate::failing) const REGION: &str = "us-east-1";

/// An error as <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html> has it.
pub(super) fn error(status: u16, code: &str, message: &str) -> Answer {
    let request = "4442587FB7D0A2F9";
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>{request}</RequestId></Error>"
    );
    Answer::xml(status, text).with("x-amz-request-id", request)
}

/// Something that this server does not do, said in the store's words.
pub(super) fn not_implemented(what: &str) -> Answer {
    error(501, "NotImplemented", &format!("{what} implies functionality that is not implemented"))
}
