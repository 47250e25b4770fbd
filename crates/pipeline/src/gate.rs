//! Whether a recogniser may be called now, and how often: circuit, calls in flight, rate and budget in one place.
//!
//! Pure: the ledger brings the numbers, read in the transaction that hands out the leases, so no two workers can spend
//! the same money.

use crate::Instant;
use crate::circuit::{Circuit, Phase};
use crate::limits::{Limits, ServiceLimits};
use crate::reason::named;

const DAY_MS: i64 = 86_400_000;

/// How far a promised time may lie ahead, beyond one interval, before a clock was set back since.
const CLOCK_SLACK_MS: i64 = 10_000;

/// What is known of a recogniser at the moment of a lease.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Calls in flight, shadows included.
    pub in_flight: u32,
    /// Present for services.
    pub service: Option<ServiceStanding>,
}

/// What is known of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServiceStanding {
    /// Whether it works.
    pub circuit: Circuit,
    /// Price of one call; none until it was described.
    pub price_micros: Option<u64>,
    /// Before this time the rate allows no call.
    pub next_call_at: Instant,
    /// Calls reserved today (UTC).
    pub calls_today: u64,
    /// Money reserved today (UTC).
    pub money_today_micros: u64,
}

named! {
    /// Why a recogniser is not called now.
    WaitReason, "reason to wait" {
        /// Its circuit is open, or half-open and the one call is under way.
        CircuitOpen = "circuit-open",
        /// Today's calls or money are spent.
        BudgetSpent = "budget-spent",
        /// The rate allows the next call later.
        CallRate = "call-rate",
        /// As many calls are in flight as allowed.
        Busy = "busy",
        /// An operator paused it.
        Paused = "paused",
        /// Nobody knows its price yet.
        NotDescribed = "not-described",
        /// The attempt before failed; the next one has its time.
        Retry = "retry",
        /// It is next in line.
        Queued = "queued",
    }
}

/// A recogniser that is not called now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Why.
    pub reason: WaitReason,
    /// Until when, where that is known.
    pub until: Option<Instant>,
}

impl Wait {
    const fn new(reason: WaitReason, until: Option<Instant>) -> Self {
        Self { reason, until }
    }

    /// True when somebody else should be asked meanwhile, where the policy has somebody.
    #[must_use]
    pub const fn calls_for_fallback(self) -> bool {
        matches!(self.reason, WaitReason::CircuitOpen | WaitReason::BudgetSpent)
    }
}

/// The UTC day that budgets count by.
#[must_use]
pub const fn day(now: Instant) -> i64 {
    now.div_euclid(DAY_MS)
}

/// When the next UTC day starts.
#[must_use]
pub const fn tomorrow(now: Instant) -> Instant {
    (day(now) + 1).saturating_mul(DAY_MS)
}

/// How many calls may start now, at least one, or why none.
///
/// # Errors
/// [`Wait`]
pub fn room(limits: &Limits, standing: &Standing, now: Instant) -> Result<u32, Wait> {
    if limits.concurrency == 0 {
        return Err(Wait::new(WaitReason::Paused, None));
    }
    let free = limits.concurrency.saturating_sub(standing.in_flight);
    let allowed = match limits.service.zip(standing.service) {
        None => u32::MAX,
        Some((limits, service)) => service_room(&limits, &service, standing.in_flight, now)?,
    };
    match free.min(allowed) {
        0 => Err(Wait::new(WaitReason::Busy, None)),
        room => Ok(room),
    }
}

fn service_room(limits: &ServiceLimits, service: &ServiceStanding, in_flight: u32, now: Instant) -> Result<u32, Wait> {
    let retry_at = service.circuit.open.map(|open| open.retry_at);
    match service.circuit.phase(now) {
        Phase::Open => return Err(Wait::new(WaitReason::CircuitOpen, retry_at)),
        Phase::HalfOpen if in_flight > 0 => return Err(Wait::new(WaitReason::CircuitOpen, None)),
        Phase::HalfOpen | Phase::Closed => {}
    }
    let Some(price) = service.price_micros else { return Err(Wait::new(WaitReason::NotDescribed, None)) };
    let calls_left = limits.calls_per_day.saturating_sub(service.calls_today);
    let money_left = limits.money_per_day_micros.saturating_sub(service.money_today_micros);
    if calls_left == 0 || money_left < price {
        return Err(Wait::new(WaitReason::BudgetSpent, Some(tomorrow(now))));
    }
    let interval = interval_ms(limits);
    if service.next_call_at > now && service.next_call_at <= now.saturating_add(interval + CLOCK_SLACK_MS) {
        return Err(Wait::new(WaitReason::CallRate, Some(service.next_call_at)));
    }
    // One at a time: the rate spaces the calls evenly, so no second ever sees twice the calls it allows.
    Ok(1)
}

/// Time between two calls, in milliseconds, at least 1.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the smallest rate, one call in 100 s, is far below 2^53 ms")]
pub fn interval_ms(limits: &ServiceLimits) -> i64 {
    ((1000.0 / limits.calls_per_second).ceil() as i64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Sign;
    use crate::recognizer::Recognizer;
    use crate::settings::Settings;

    const NOW: Instant = 3 * DAY_MS + 5_000;

    fn limits() -> Limits {
        let service = ServiceLimits { calls_per_second: 2.0, calls_per_day: 10, money_per_day_micros: 100 };
        Limits { concurrency: 3, service: Some(service) }
    }

    fn service() -> ServiceStanding {
        ServiceStanding { price_micros: Some(15), ..ServiceStanding::default() }
    }

    fn ask(in_flight: u32, service: ServiceStanding) -> Result<u32, Wait> {
        room(&limits(), &Standing { in_flight, service: Some(service) }, NOW)
    }

    fn reason(answer: Result<u32, Wait>) -> WaitReason {
        answer.unwrap_err().reason
    }

    #[test]
    fn the_recogniser_in_process_is_limited_by_concurrency_alone() {
        let limits = Limits::of(Recognizer::InProcess, &Settings::default());
        let standing = |in_flight| Standing { in_flight, service: None };
        assert_eq!(room(&limits, &standing(0), NOW), Ok(2));
        assert_eq!(room(&limits, &standing(2), NOW).unwrap_err().reason, WaitReason::Busy);
    }

    #[test]
    fn money_is_not_spent_beyond_the_last_call_that_can_be_paid_whole() {
        assert_eq!(ask(0, ServiceStanding { money_today_micros: 85, ..service() }), Ok(1));
        let spent = ask(0, ServiceStanding { money_today_micros: 86, ..service() }).unwrap_err();
        assert_eq!(spent, Wait { reason: WaitReason::BudgetSpent, until: Some(4 * DAY_MS) });
        assert_eq!(reason(ask(0, ServiceStanding { calls_today: 10, ..service() })), WaitReason::BudgetSpent);
    }

    #[test]
    fn without_a_price_nothing_is_called() {
        assert_eq!(reason(ask(0, ServiceStanding::default())), WaitReason::NotDescribed);
    }

    #[test]
    fn calls_are_spaced_by_the_rate_and_a_clock_set_back_does_not_stop_them() {
        let service = |next_call_at| ServiceStanding { next_call_at, ..service() };
        assert_eq!(ask(0, service(NOW)), Ok(1));
        assert_eq!(ask(0, service(NOW + 400)).unwrap_err().until, Some(NOW + 400));
        assert_eq!(ask(0, service(NOW + DAY_MS)), Ok(1));
        assert_eq!(interval_ms(&limits().service.unwrap()), 500);
    }

    #[test]
    fn half_open_lets_exactly_one_call_through() {
        let circuit = Circuit::default().after(Sign::Throttled(Some(1)), 0, NOW - 2_000, &Settings::default());
        assert_eq!(circuit.phase(NOW), Phase::HalfOpen);
        assert_eq!(ask(0, ServiceStanding { circuit, ..service() }), Ok(1));
        let second = ask(1, ServiceStanding { circuit, ..service() }).unwrap_err();
        assert_eq!(second.reason, WaitReason::CircuitOpen);
        assert!(second.calls_for_fallback());
    }

    #[test]
    fn an_open_circuit_says_when_it_will_try() {
        let circuit = Circuit::default().after(Sign::Throttled(Some(7_000)), NOW, NOW, &Settings::default());
        let wait = ask(0, ServiceStanding { circuit, ..service() }).unwrap_err();
        assert_eq!(wait, Wait { reason: WaitReason::CircuitOpen, until: Some(NOW + 7_000) });
    }

    #[test]
    fn paused_and_busy_are_told_apart() {
        assert_eq!(reason(ask(3, service())), WaitReason::Busy);
        let paused = Limits { concurrency: 0, ..limits() };
        let standing = Standing { in_flight: 0, service: Some(service()) };
        assert_eq!(reason(room(&paused, &standing, NOW)), WaitReason::Paused);
    }
}
