//! How many messages a minute the relay takes, whoever sends them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The time in which messages are counted.
const WINDOW: Duration = Duration::from_secs(60);

/// A sliding window.
#[derive(Debug)]
pub(crate) struct Rate {
    most: usize,
    taken: VecDeque<Instant>,
}

impl Rate {
    pub(crate) const fn new(most: usize) -> Self {
        Self { most, taken: VecDeque::new() }
    }

    /// Counts one more; or the time after which there is room again.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        while self.taken.front().is_some_and(|at| now.duration_since(*at) >= WINDOW) {
            self.taken.pop_front();
        }
        match self.taken.front() {
            Some(first) if self.taken.len() >= self.most => Err(WINDOW.saturating_sub(now.duration_since(*first))),
            _ => {
                self.taken.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_of_a_minute_has_more() {
        let (mut rate, start) = (Rate::new(2), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!((rate.take(at(0)), rate.take(at(30))), (Ok(()), Ok(())));
        assert_eq!(rate.take(at(45)), Err(Duration::from_secs(15)));
        assert_eq!((rate.take(at(60)), rate.take(at(61))), (Ok(()), Err(Duration::from_secs(29))));
    }
}
