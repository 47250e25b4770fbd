//! The circuit of a service: after it failed often enough, or said so, it is left alone for a while; then one call
//! tries, and what that call meets decides.
//!
//! A pure state; the ledger keeps it, so that all replicas see the same one. While it is open nothing is called and no
//! passage loses an attempt. It knows failure classes only, never photos or passages.

use crate::Instant;
use crate::reason::named;
use crate::settings::Settings;

/// Longest time a service may ask to be left alone: a day. A wait beyond is a mistake of somebody's clock.
const LONGEST_PAUSE_MS: i64 = 86_400_000;

/// How far a time may lie ahead before it was written by a clock that has been set back since.
const CLOCK_SLACK_MS: i64 = 10_000;

named! {
    /// Why a service is left alone.
    OpenReason, "reason of an open circuit" {
        /// Too many outages, time-outs or invalid answers in a row.
        Outage = "outage",
        /// It said that it is called too often.
        Throttled = "throttled",
        /// It said that the account's quota is spent.
        QuotaExhausted = "quota-exhausted",
        /// It refuses our credentials: an operator must act.
        Unauthorized = "unauthorized",
    }
}

named! {
    /// What the circuit allows.
    Phase, "phase of a circuit" {
        /// Calls go through.
        Closed = "closed",
        /// Nothing is called.
        Open = "open",
        /// One call may try.
        HalfOpen = "half-open",
    }
}

/// A service that is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// Why.
    pub reason: OpenReason,
    /// Since when.
    pub opened_at: Instant,
    /// When one call may try.
    pub retry_at: Instant,
}

/// The circuit of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Circuit {
    /// Failures in a row.
    pub failures: u32,
    /// Present while it is open or half-open.
    pub open: Option<Open>,
}

/// What a call says about the service as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It answers.
    Alive,
    /// It did not, or nonsense.
    Failing,
    /// It wants to be left alone, for this many milliseconds when it named a time.
    Throttled(Option<u32>),
    /// Nobody is served with this account.
    Refused(OpenReason),
}

impl Sign {
    /// What a failure of this class says, with the wait the service asked for; none when it says nothing: the service
    /// was not even called.
    #[must_use]
    pub fn of_failure(class: &str, retry_after_ms: Option<u32>) -> Option<Self> {
        match class {
            "outage" | "timed-out" | "invalid-answer" => Some(Self::Failing),
            "throttled" => Some(Self::Throttled(retry_after_ms)),
            "quota-exhausted" => Some(Self::Refused(OpenReason::QuotaExhausted)),
            "unauthorized" => Some(Self::Refused(OpenReason::Unauthorized)),
            // It looked at the photo: it works.
            "bad-image" | "empty-frame" => Some(Self::Alive),
            _ => None,
        }
    }
}

impl Circuit {
    /// What is allowed now.
    #[must_use]
    pub fn phase(&self, now: Instant) -> Phase {
        match self.open {
            None => Phase::Closed,
            Some(open) if open.retry_at <= now || open.opened_at > now.saturating_add(CLOCK_SLACK_MS) => {
                Phase::HalfOpen
            }
            Some(_) => Phase::Open,
        }
    }

    /// The circuit after a call that started at `started_at` and ended at `now`.
    #[must_use]
    pub fn after(self, sign: Sign, started_at: Instant, now: Instant, settings: &Settings) -> Self {
        if self.open.is_some_and(|open| started_at <= open.opened_at && self.phase(now) == Phase::Open) {
            // It was on its way when the circuit opened: an older answer than the one that opened it.
            return self;
        }
        if sign == Sign::Alive {
            return Self::default();
        }
        let failures = self.failures.saturating_add(1);
        let (reason, pause_ms) = match sign {
            Sign::Throttled(asked) => {
                (OpenReason::Throttled, asked.map_or_else(|| ms(settings.services_circuit_seconds), i64::from))
            }
            Sign::Refused(reason) => (reason, ms(settings.services_refused_seconds)),
            Sign::Alive | Sign::Failing => {
                if self.open.is_none() && failures < settings.services_circuit_failures {
                    return Self { failures, open: None };
                }
                (OpenReason::Outage, ms(settings.services_circuit_seconds))
            }
        };
        let retry_at = now.saturating_add(pause_ms.clamp(1, LONGEST_PAUSE_MS));
        Self { failures, open: Some(Open { reason, opened_at: now, retry_at }) }
    }
}

fn ms(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(circuit: Circuit, started_at: Instant, now: Instant) -> Circuit {
        circuit.after(Sign::Failing, started_at, now, &Settings::default())
    }

    fn opened() -> Circuit {
        (0..5).fold(Circuit::default(), |circuit, n| failing(circuit, n, n + 1))
    }

    #[test]
    fn it_opens_after_the_set_number_of_failures_in_a_row() {
        let almost = (0..4).fold(Circuit::default(), |circuit, n| failing(circuit, n, n + 1));
        assert_eq!(almost.phase(5), Phase::Closed);
        let open = failing(almost, 4, 5).open.unwrap();
        assert_eq!((open.reason, open.opened_at, open.retry_at), (OpenReason::Outage, 5, 30_005));
        let interrupted = almost.after(Sign::Alive, 4, 5, &Settings::default());
        assert_eq!(failing(interrupted, 5, 6).phase(6), Phase::Closed);
    }

    #[test]
    fn when_the_time_has_come_one_call_decides() {
        let circuit = opened();
        assert_eq!(circuit.phase(30_004), Phase::Open);
        assert_eq!(circuit.phase(30_005), Phase::HalfOpen);
        let again = failing(circuit, 30_005, 30_100);
        assert_eq!(again.phase(30_101), Phase::Open);
        assert_eq!(again.open.unwrap().retry_at, 60_100);
        assert_eq!(circuit.after(Sign::Alive, 30_005, 30_100, &Settings::default()), Circuit::default());
    }

    #[test]
    fn calls_that_were_on_their_way_neither_prolong_nor_close_it() {
        let circuit = opened();
        assert_eq!(failing(circuit, 2, 20_000), circuit);
        assert_eq!(circuit.after(Sign::Alive, 2, 20_000, &Settings::default()), circuit);
    }

    #[test]
    fn a_throttled_service_is_left_alone_as_long_as_it_asks_but_no_longer_than_a_day() {
        let settings = Settings::default();
        let retry_at = |asked| Circuit::default().after(Sign::Throttled(asked), 0, 0, &settings).open.unwrap().retry_at;
        assert_eq!(retry_at(Some(7_000)), 7_000);
        assert_eq!(retry_at(None), 30_000);
        assert_eq!(retry_at(Some(u32::MAX)), LONGEST_PAUSE_MS);
    }

    #[test]
    fn refused_credentials_and_a_spent_quota_have_reasons_of_their_own() {
        for (class, reason) in
            [("unauthorized", OpenReason::Unauthorized), ("quota-exhausted", OpenReason::QuotaExhausted)]
        {
            let sign = Sign::of_failure(class, None).unwrap();
            let open = Circuit::default().after(sign, 0, 0, &Settings::default()).open.unwrap();
            assert_eq!((open.reason, open.retry_at), (reason, 900_000));
        }
    }

    #[test]
    fn a_photo_that_cannot_be_read_shows_that_the_service_lives_and_a_missing_photo_shows_nothing() {
        assert_eq!(Sign::of_failure("bad-image", None), Some(Sign::Alive));
        assert_eq!(Sign::of_failure("photo-missing", None), None);
        assert_eq!(Sign::of_failure("photo-store-unavailable", None), None);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_it_open() {
        let circuit = Circuit::default().after(Sign::Throttled(None), 1_000_000, 1_000_000, &Settings::default());
        assert_eq!(circuit.phase(995_000), Phase::Open);
        assert_eq!(circuit.phase(10_000), Phase::HalfOpen);
    }
}
