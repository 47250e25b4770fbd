//! The order of receipt, in which what waits for readers and for people is found.
//!
//! By sequence alone PostgreSQL might look for the first through the primary key, past all that was read and decided before: it
//! knows how many wait, but not that those are the youngest. Only the indexes of what waits have this order.

/// Sorts passages, which are called so in the statement, by their receipt.
macro_rules! by_arrival {
    ($passage:literal) => {
        concat!(" ORDER BY ", $passage, ".received_at_ms, ", $passage, ".sequence")
    };
}
pub(crate) use by_arrival;

/// The condition for passages that came after the one whose sequence is this parameter: the next page, in that order. A sequence
/// that none has stands behind the last before it, and 0 before all.
pub(crate) fn behind(passage: &str, parameter: usize) -> String {
    format!(
        " AND ({passage}.received_at_ms, {passage}.sequence) > (coalesce((SELECT last.received_at_ms FROM passage last
             WHERE last.sequence <= ?{parameter} ORDER BY last.sequence DESC LIMIT 1), 0), ?{parameter})"
    )
}
