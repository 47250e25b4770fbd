//! What a rule says of itself in messages, whether it is built in or defined by staff.

/// What a rule, built in or not, says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words<'a> {
    /// Its name or id.
    pub rule: &'a str,
    /// For people; the subject of messages.
    pub title: &'a str,
    /// What to do first.
    pub advice: &'a str,
    /// What the end of an alert means.
    pub over: &'a str,
}
