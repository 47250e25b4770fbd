//! What was seen while it went on: what was acknowledged, what was refused, and what may not be.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Most violations that are kept in words; all are counted.
const MOST_IN_WORDS: usize = 50;

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
    violations: Mutex<(u64, Vec<String>)>,
    published: Mutex<BTreeMap<u64, String>>,
}

impl Record {
    /// Something that may never happen.
    pub fn violation(&self, what: String) {
        let mut violations = self.violations.lock().unwrap_or_else(PoisonError::into_inner);
        violations.0 += 1;
        if violations.1.len() < MOST_IN_WORDS {
            eprintln!("VIOLATION {what}");
            violations.1.push(what);
        }
    }

    /// How many there were, and the first of them in words.
    #[must_use]
    pub fn violations(&self) -> (u64, Vec<String>) {
        self.violations.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
