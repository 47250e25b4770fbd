//! What was seen while it went on: what was acknowledged, what was refused, and what may not be.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Most violations that are kept in words, and most of those that say the same of different photos; all are counted.
const MOST_IN_WORDS: usize = 50;
const MOST_ALIKE: usize = 5;
/// So much of the words says what kind it is.
const KIND: usize = 50;

/// Shared by everybody who takes part.
#[derive(Debug, Default)]
pub struct Record {
    /// Photos for which a camera got a 2xx.
    pub taken: AtomicU64,
    /// Answers that told a camera to come back.
    pub refused: AtomicU64,
    /// Requests of cameras that nobody answered.
    pub unanswered: AtomicU64,
    /// Photos that were sent again after they were acknowledged.
    pub resent: AtomicU64,
    /// Verdicts that were acknowledged.
    pub decided: AtomicU64,
    /// Those who still send photos.
    pub senders: AtomicU64,
    /// Everybody goes home.
    pub over: AtomicBool,
    violations: Mutex<Violations>,
    published: Mutex<BTreeMap<u64, String>>,
}

#[derive(Debug, Default)]
struct Violations {
    count: u64,
    words: Vec<String>,
    /// How many of each kind were told.
    told: BTreeMap<String, usize>,
}

impl Record {
    /// Something that may never happen.
    pub fn violation(&self, what: String) {
        let mut violations = self.violations.lock().unwrap_or_else(PoisonError::into_inner);
        violations.count += 1;
        // Of which photo, and at what time, is not what kind it is.
        let kind = what.chars().filter(|c| !c.is_ascii_digit()).take(KIND).collect();
        let told: &mut usize = violations.told.entry(kind).or_default();
        *told += 1;
        let times = *told;
        if times <= MOST_ALIKE && violations.words.len() < MOST_IN_WORDS {
            eprintln!("VIOLATION {what}");
            violations.words.push(what);
        }
    }

    /// How many there were, and the first of them in words.
    #[must_use]
    pub fn violations(&self) -> (u64, Vec<String>) {
        let violations = self.violations.lock().unwrap_or_else(PoisonError::into_inner);
        (violations.count, violations.words.clone())
    }

    /// An export was seen with this digest. What is published never changes.
    pub fn published(&self, sequence: u64, sha256: &str) {
        let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        let first = published.entry(sequence).or_insert_with(|| sha256.to_owned());
        if first != sha256 {
            let what = format!("export {sequence} was published as {first} and is {sha256} now");
            drop(published);
            self.violation(what);
        }
    }

    /// The last export that anybody saw.
    #[must_use]
    pub fn last_published(&self) -> u64 {
        let published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        published.keys().next_back().copied().unwrap_or_default()
    }

    /// Whether every photo was sent.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        self.senders.load(Ordering::Relaxed) == 0
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// Says that one sender less is there, and that it is over, also when whoever holds it panics: the others wait for that.
#[derive(Debug)]
pub enum Leaves<'a> {
    /// One that sends.
    Sender(&'a Record),
    /// The one that ends it.
    Last(&'a Record),
}

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        match self {
            Self::Sender(record) => {
                record.senders.fetch_sub(1, Ordering::Relaxed);
            }
            Self::Last(record) => record.over.store(true, Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_kind_of_violation_leaves_words_for_others() {
        let record = Record::default();
        (0..1_000).for_each(|number| record.violation(format!("photo {number} is gone")));
        record.violation("the balance does not close".to_owned());
        let (count, words) = record.violations();
        assert_eq!((count, words.len()), (1_001, MOST_ALIKE + 1));
        assert!(words.iter().any(|said| said.contains("balance")));
    }
}
