//! When a failed reading is tried again, and when a person takes over.

use crate::Instant;
use crate::reason::ReviewReason;
use crate::settings::Settings;

/// Why an attempt brought no reading. None of these says anything about the plate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Too many calls; the service may have named a time to wait, in milliseconds.
    Throttled(Option<u32>),
    /// Quota or budget of the account is spent.
    QuotaExhausted,
    /// The recogniser cannot read this photo, whoever asks.
    BadImage(String),
    /// The photo shows nothing: black, or of one brightness all over.
    EmptyFrame(String),
    /// Our credentials are refused.
    Unauthorized,
    /// The recogniser is out of reach or broke down.
    Outage(String),
    /// No answer before the deadline.
    TimedOut,
    /// The answer makes no sense.
    InvalidAnswer(String),
    /// The store answered, but has no such photo.
    PhotoMissing,
    /// The store answered with other bytes than those that were acknowledged.
    PhotoChanged,
    /// The store did not answer.
    PhotoStoreUnavailable(String),
}

impl Failure {
    /// The class recorded with the attempt.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Throttled(_) => "throttled",
            Self::QuotaExhausted => "quota-exhausted",
            Self::BadImage(_) => "bad-image",
            Self::EmptyFrame(_) => "empty-frame",
            Self::Unauthorized => "unauthorized",
            Self::Outage(_) => "outage",
            Self::TimedOut => "timed-out",
            Self::InvalidAnswer(_) => "invalid-answer",
            Self::PhotoMissing => "photo-missing",
            Self::PhotoChanged => "photo-changed",
            Self::PhotoStoreUnavailable(_) => "photo-store-unavailable",
        }
    }

    /// What is known of the cause, for operators.
    #[must_use]
    pub fn detail(&self) -> String {
        let text = match self {
            Self::Throttled(Some(ms)) => format!("asked to wait {ms} ms"),
            Self::Throttled(None)
            | Self::QuotaExhausted
            | Self::Unauthorized
            | Self::TimedOut
            | Self::PhotoMissing
            | Self::PhotoChanged => String::new(),
            Self::BadImage(text)
            | Self::EmptyFrame(text)
            | Self::Outage(text)
            | Self::InvalidAnswer(text)
            | Self::PhotoStoreUnavailable(text) => text.clone(),
        };
        text.chars().take(500).collect()
    }
}

/// What follows a failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Wait, then try again.
    RetryAt(Instant),
    /// A person takes over.
    Review(ReviewReason),
}

/// Decides what follows attempt number `attempt` (from 1) that failed at `now`.
///
/// Back-off doubles from `reading.backoff_seconds` to `reading.backoff_max_seconds`, with a jitter of up to half,
/// taken from `seed` so that a herd of passages does not come back in step. A wait that a service asked for is kept.
#[must_use]
pub fn after_failure(failure: &Failure, attempt: u32, now: Instant, seed: u64, settings: &Settings) -> Next {
    match failure {
        Failure::BadImage(_) => return Next::Review(ReviewReason::ImageDamaged),
        Failure::EmptyFrame(_) => return Next::Review(ReviewReason::FrameEmpty),
        Failure::Unauthorized => return Next::Review(ReviewReason::RecognizerUnauthorized),
        Failure::QuotaExhausted => return Next::Review(ReviewReason::BudgetSpent),
        Failure::PhotoMissing => return Next::Review(ReviewReason::PhotoMissing),
        Failure::PhotoChanged => return Next::Review(ReviewReason::PhotoChanged),
        Failure::Throttled(_)
        | Failure::Outage(_)
        | Failure::TimedOut
        | Failure::InvalidAnswer(_)
        | Failure::PhotoStoreUnavailable(_) => {}
    }
    if attempt >= settings.reading_max_attempts {
        return Next::Review(ReviewReason::RecognizerExhausted);
    }
    let asked = match failure {
        Failure::Throttled(Some(ms)) => u64::from(*ms),
        _ => 0,
    };
    let wait = backoff_ms(attempt, seed, settings).max(asked);
    Next::RetryAt(now.saturating_add(i64::try_from(wait).unwrap_or(i64::MAX)))
}

fn backoff_ms(attempt: u32, seed: u64, settings: &Settings) -> u64 {
    let base = settings.reading_backoff_seconds.saturating_mul(1000);
    let full = base.saturating_mul(1_u64 << attempt.saturating_sub(1).min(20));
    let capped = full.min(settings.reading_backoff_max_seconds.saturating_mul(1000));
    capped.saturating_sub(capped / 2 * (seed % 1000) / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry_at(failure: &Failure, attempt: u32, seed: u64) -> Instant {
        match after_failure(failure, attempt, 0, seed, &Settings::default()) {
            Next::RetryAt(at) => at,
            Next::Review(reason) => panic!("went to review: {reason}"),
        }
    }

    #[test]
    fn waits_double_and_stay_below_the_limit() {
        let waits: Vec<_> = (1..5).map(|attempt| retry_at(&Failure::TimedOut, attempt, 0)).collect();
        assert!(waits.windows(2).all(|w| w[1] == 2 * w[0]), "{waits:?}");
        let settings = Settings { reading_max_attempts: 100, ..Settings::default() };
        let Next::RetryAt(late) = after_failure(&Failure::TimedOut, 60, 0, 0, &settings) else { panic!("review") };
        assert_eq!(late, i64::try_from(settings.reading_backoff_max_seconds * 1000).unwrap());
    }

    #[test]
    fn jitter_spreads_a_herd() {
        let waits: std::collections::BTreeSet<_> =
            (0..100).map(|seed| retry_at(&Failure::TimedOut, 3, seed * 7)).collect();
        assert!(waits.len() > 50, "{}", waits.len());
    }

    #[test]
    fn a_wait_that_the_service_asked_for_is_kept() {
        assert_eq!(retry_at(&Failure::Throttled(Some(3_600_000)), 1, 0), 3_600_000);
    }

    #[test]
    fn the_last_attempt_hands_over_to_a_person() {
        let settings = Settings::default();
        let next = after_failure(&Failure::Outage("down".into()), settings.reading_max_attempts, 0, 0, &settings);
        assert_eq!(next, Next::Review(ReviewReason::RecognizerExhausted));
    }

    #[test]
    fn permanent_failures_are_not_retried_and_keep_their_cause() {
        let settings = Settings::default();
        for (failure, reason) in [
            (Failure::BadImage("cut".into()), ReviewReason::ImageDamaged),
            (Failure::EmptyFrame("black".into()), ReviewReason::FrameEmpty),
            (Failure::Unauthorized, ReviewReason::RecognizerUnauthorized),
            (Failure::QuotaExhausted, ReviewReason::BudgetSpent),
            (Failure::PhotoMissing, ReviewReason::PhotoMissing),
            (Failure::PhotoChanged, ReviewReason::PhotoChanged),
        ] {
            assert_eq!(after_failure(&failure, 1, 0, 0, &settings), Next::Review(reason));
        }
    }
}
