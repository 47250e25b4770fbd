//! When to try again: doubling waits with jitter, unless the server says how long.

use std::time::{Duration, SystemTime};

/// How long a request is repeated before it is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// Wait after the first attempt; doubles with each.
    pub first_wait: Duration,
    /// Longest wait chosen here.
    pub longest_wait: Duration,
    /// Longest wait a server may ask for; beyond it this one counts.
    pub longest_retry_after: Duration,
}

impl Default for RetryPolicy {
    /// Eight attempts over about half a minute.
    fn default() -> Self {
        Self {
            attempts: 8,
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(20),
            longest_retry_after: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// A single attempt.
    #[must_use]
    pub fn once() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// The wait after attempt number `attempt` (from 1). `asked` is what `Retry-After` said, `jitter` lies in 0..1.
    ///
    /// Without `asked` the wait lies between half and all of the doubled one. With it, up to a tenth is added:
    /// never earlier than asked, and not every client at the same instant.
    #[must_use]
    pub fn wait(&self, attempt: u32, asked: Option<Duration>, jitter: f64) -> Duration {
        let jitter = jitter.clamp(0.0, 1.0);
        if let Some(asked) = asked {
            return asked.min(self.longest_retry_after).mul_f64(1.0 + jitter * 0.1);
        }
        let doublings = attempt.saturating_sub(1).min(20);
        let full = self.first_wait.saturating_mul(1 << doublings).min(self.longest_wait);
        full.mul_f64(0.5 + jitter * 0.5)
    }
}

/// What a `Retry-After` header asks for: seconds or a date (RFC 9110, 10.2.3). Nonsense asks for nothing.
#[must_use]
pub(crate) fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(header).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_jitter_takes_at_most_half() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.wait(1, None, 1.0), Duration::from_millis(250));
        assert_eq!(policy.wait(1, None, 0.0), Duration::from_millis(125));
        assert_eq!(policy.wait(3, None, 1.0), Duration::from_secs(1));
        assert_eq!(policy.wait(500, None, 1.0), Duration::from_secs(20));
    }

    #[test]
    fn a_server_is_never_asked_again_earlier_than_it_said_unless_it_asks_for_ages() {
        let policy = RetryPolicy::default();
        let asked = Duration::from_secs(7);
        assert_eq!(policy.wait(1, Some(asked), 0.0), asked);
        assert!(policy.wait(1, Some(asked), 1.0) <= asked.mul_f64(1.11));
        assert_eq!(policy.wait(1, Some(Duration::from_secs(86_400)), 0.0), policy.longest_retry_after);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(retry_after(" 3 ", now), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:47 GMT", now), Some(Duration::from_secs(10)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:27 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }
}
