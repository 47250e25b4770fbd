//! What a tick of a reading stage did.

use std::collections::BTreeMap;

use serde::Serialize;

/// The answer to a tick that was waited for.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Attempts made.
    pub attempts: u32,
    /// What became of them: states, `lost-lease`, or `shadow`.
    pub outcomes: BTreeMap<String, u32>,
    /// Passages that this stage could still read now.
    pub backlog: u64,
}

impl Report {
    /// Counts one attempt.
    pub fn count(&mut self, outcome: &str) {
        self.attempts += 1;
        *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
    }
}
