//! The balance: what came in equals what is somewhere, counted twice from different sources.

use serde::Serialize;

/// Passages by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Acknowledged as new.
    pub received: u64,
    /// Waiting to be read.
    pub waiting: u64,
    /// Being read.
    pub reading: u64,
    /// Waiting for a person.
    pub in_review: u64,
    /// Decided to be billed.
    pub accepted: u64,
    /// Decided not to be billed.
    pub rejected: u64,
    /// The same frame again.
    pub duplicate: u64,
    /// Accepted, and what billing has of it says the same.
    pub billed: u64,
    /// Accepted and not on a published bill line yet.
    pub awaiting_export: u64,
    /// Accepted, and billing has something else of it until its correction is published.
    pub awaiting_correction: u64,
    /// Rejected, and billing has a line of it until its withdrawal is published.
    pub awaiting_withdrawal: u64,
    /// Rejected, and billing was told to bill nothing.
    pub withdrawn: u64,
    /// Billed or withdrawn, opened again and not decided yet.
    pub in_question: u64,
    /// Ever on a published bill line.
    pub bill_lines: u64,
    /// Lines, corrections among them, of which billing answered that they are on a bill.
    pub acknowledged: u64,
    /// Lines of which billing answered that it knows nobody for the plate.
    pub owner_not_found: u64,
    /// Lines that billing refused.
    pub refused_by_billing: u64,
}

impl Counts {
    /// What is wrong with these counts by themselves; empty when they close.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        let mut found = Vec::new();
        let states = self.waiting + self.reading + self.in_review + self.accepted + self.rejected + self.duplicate;
        if states != self.received {
            found.push(format!("{} received, but {states} in a state", self.received));
        }
        if self.billed + self.awaiting_export + self.awaiting_correction != self.accepted {
            found.push(format!(
                "{} accepted, but {} billed, {} awaiting export and {} awaiting a correction",
                self.accepted, self.billed, self.awaiting_export, self.awaiting_correction
            ));
        }
        let standing =
            self.billed + self.withdrawn + self.awaiting_correction + self.awaiting_withdrawal + self.in_question;
        if standing != self.bill_lines {
            found.push(format!("{} were billed once, but {standing} stand somewhere", self.bill_lines));
        }
        found
    }

    /// Adds another row.
    pub fn add(&mut self, other: &Self) {
        self.received += other.received;
        self.waiting += other.waiting;
        self.reading += other.reading;
        self.in_review += other.in_review;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.duplicate += other.duplicate;
        self.billed += other.billed;
        self.awaiting_export += other.awaiting_export;
        self.awaiting_correction += other.awaiting_correction;
        self.awaiting_withdrawal += other.awaiting_withdrawal;
        self.withdrawn += other.withdrawn;
        self.in_question += other.in_question;
        self.bill_lines += other.bill_lines;
        self.acknowledged += other.acknowledged;
        self.owner_not_found += other.owner_not_found;
        self.refused_by_billing += other.refused_by_billing;
    }
}

/// Compares both sides of a row; empty when they agree and each closes.
#[must_use]
pub fn violations(from_events: &Counts, from_state: &Counts) -> Vec<String> {
    let mut found: Vec<String> = from_events.violations().into_iter().map(|v| format!("by events: {v}")).collect();
    found.extend(from_state.violations().into_iter().map(|v| format!("by state: {v}")));
    if from_events != from_state {
        found.push("events and present state disagree".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_passage_is_noticed() {
        let whole = Counts {
            received: 3,
            waiting: 1,
            accepted: 2,
            billed: 1,
            bill_lines: 1,
            awaiting_export: 1,
            ..Counts::default()
        };
        assert!(violations(&whole, &whole).is_empty());
        let lost = Counts { waiting: 0, ..whole };
        assert_eq!(violations(&whole, &lost).len(), 2);
        let unbilled = Counts { billed: 0, ..whole };
        assert!(!unbilled.violations().is_empty());
    }
}
