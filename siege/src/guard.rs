//! Whoever takes part may die: an answer that the API's document does not describe, or a server that does not start again, ends
//! the thread that met it. That is one violation in words, and no end of a run of an hour that others could finish.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::record::Record;

/// How often somebody who died goes on: whoever always dies shows nothing new.
const LIVES: usize = 20;

/// Does this. When it dies of it, that is a violation, and none is returned.
pub fn guarded<T>(record: &Record, who: &str, work: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => Some(done),
        Err(death) => {
            let text = death.downcast_ref::<&str>().copied();
            let words = text.or_else(|| death.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word");
            record.violation(format!("{who} ended before its time: {words}"));
            None
        }
    }
}

/// Does this until it is done, again when it dies of it.
pub fn again_and_again(record: &Record, who: &str, work: impl Fn()) {
    for _ in 0..LIVES {
        if guarded(record, who, &work).is_some() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_death_is_a_violation_and_what_comes_after_is_done() {
        let (record, calls) = (Record::default(), Cell::new(0));
        again_and_again(&record, "a camera", || {
            calls.set(calls.get() + 1);
            assert!(calls.get() > 2, "an answer that nobody described");
        });
        let (count, words) = record.violations();
        assert_eq!((calls.get(), count), (3, 2));
        assert!(words.iter().all(|said| said.contains("a camera") && said.contains("nobody described")), "{words:?}");
    }

    #[test]
    fn whoever_always_dies_is_given_up() {
        let record = Record::default();
        again_and_again(&record, "a camera", || panic!("always"));
        assert_eq!(record.violations().0, u64::try_from(LIVES).unwrap());
    }
}
