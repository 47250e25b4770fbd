//! Outcomes that an attempt has without anybody's answer.

/// Outcome of an attempt whose lease ran out.
pub(super) const EXPIRED: &str = "expired";
/// Outcome of an attempt whose worker is known to have died.
pub(super) const DIED: &str = "worker-died";
/// Outcome of an attempt that was never made.
pub(super) const UNPAID: &str = "budget-spent";
