//! One thing that is wrong.

use crate::rule::{Rule, Severity};

/// Something that is wrong by a rule, built in or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it concerns: a booth, a recogniser, a channel; empty for the installation.
    pub subject: String,
    /// One sentence or two.
    pub text: String,
    /// How serious it is.
    pub severity: Severity,
}

impl Finding {
    pub(crate) fn new(rule: Rule, subject: &str, text: String) -> Self {
        Self { subject: subject.to_owned(), text, severity: rule.severity() }
    }
}
