//! What a service complains about, as a class of the contract.
//!
//! Vendors disagree: 403 is a bad key here and a spent quota there, and errors come inside a 200. So the code and the
//! words decide before the status does.

use tollbooth_recognizer_contract::{Class, Failure};

use crate::Reply;
use crate::retry_after::wait_ms;

/// A reply that is no reading.
pub struct Complaint<'a> {
    /// The service, as operators know it.
    pub service: &'a str,
    /// The variables that an operator checks when access is refused.
    pub variables: &'a str,
    /// The status that counts: one stated in the body comes before the reply's own.
    pub status: u16,
    /// The error's code, with an inner one; may be empty.
    pub code: String,
    /// The error's text; may be empty.
    pub message: String,
    /// Codes, in lower case, that mean the photo.
    pub image_codes: &'a [&'a str],
    /// Words, in lower case, that mean that a quota or credit is spent.
    pub quota_words: &'a [&'a str],
}

impl Complaint<'_> {
    /// The failure that this is.
    pub fn failure(&self, reply: &Reply<'_>) -> Failure {
        let class = self.class();
        let wait = wait_ms(reply.retry_after, &self.message, reply.received_at_ms);
        let told = self.told();
        match class {
            Class::Throttled => Failure::throttled(wait, &told),
            Class::Unauthorized => Failure::new(class, &format!("{told}. Check {}", self.variables)),
            Class::QuotaExhausted => {
                Failure::new(class, &format!("{told}. Raise the plan or wait for the next period"))
            }
            // A service that names a wait gets it, whatever it calls its trouble.
            Class::Outage if reply.retry_after.is_some() && wait.is_some() => Failure::throttled(wait, &told),
            Class::BadImage | Class::Outage | Class::TimedOut | Class::InvalidAnswer => Failure::new(class, &told),
        }
    }

    fn class(&self) -> Class {
        let code = self.code.to_ascii_lowercase();
        let message = self.message.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| message.contains(word) || code.contains(word));
        let refused = matches!(self.status, 402 | 403 | 429) || (200..300).contains(&self.status);
        if self.status == 402 || (refused && says(self.quota_words)) {
            return Class::QuotaExhausted;
        }
        // Servers break down over images, too; only a refusal is about the image.
        let may_be_the_image = matches!(self.status, 200..300 | 400 | 413 | 415 | 422);
        if matches!(self.status, 413 | 415)
            || (may_be_the_image && self.image_codes.iter().any(|known| code.contains(known)))
        {
            return Class::BadImage;
        }
        match self.status {
            429 => Class::Throttled,
            401 | 403 => Class::Unauthorized,
            200..300 => by_words(&code, &message),
            _ => Class::Outage,
        }
    }

    /// The service, the status and what it said, for operators.
    fn told(&self) -> String {
        let redirect = if (300..400).contains(&self.status) { " (redirects are not followed)" } else { "" };
        let mut text = format!("{} answered with status {}{redirect}", self.service, self.status);
        for part in [&self.code, &self.message] {
            if !part.is_empty() {
                text.push_str(": ");
                text.push_str(part.trim_end_matches('.'));
            }
        }
        text
    }
}

/// An error inside a success that states no status of its own.
fn by_words(code: &str, message: &str) -> Class {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word) || code.contains(word));
    if says(&["throttl", "toomanyrequests", "too many requests", "rate limit", "429"]) {
        Class::Throttled
    } else if says(&["unauthorized", "invalid token", "authentication", "subscription key", "access denied", "401"]) {
        Class::Unauthorized
    } else {
        Class::Outage
    }
}
