//! Hooks around every capability call, for fault benches.
//!
//! A bench may fail, delay or kill a guest at any call it makes on the host, and may own the clock and the
//! randomness. Without hooks the cost is one check for `None` per call. Product code must not use them.

use std::{sync::Arc, time::Duration};

/// Which capability a guest is using.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// `fermyon:spin/key-value`.
    KeyValue,
    /// `spin:sqlite/sqlite`.
    Sqlite,
    /// `spin:postgres/postgres`.
    Postgres,
    /// `fermyon:spin/variables`.
    Variables,
    /// A request to the network or to another component.
    OutboundHttp,
    /// The guest hands over its response head.
    Response,
    /// A clock is read.
    Clock,
    /// Random bytes are drawn.
    Random,
}

/// One call of a guest on the host.
#[derive(Debug, Clone, Copy)]
pub struct HostCall<'a> {
    /// Id of the component.
    pub component: &'a str,
    /// The capability.
    pub kind: CallKind,
    /// The operation, for example `set` or the SQL text's first word.
    pub operation: &'a str,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Verdict {
    /// Nothing special.
    #[default]
    Proceed,
    /// Wait, then go on. Has no effect on the kinds `Response`, `Clock` and `Random`, which cannot wait.
    Delay(Duration),
    /// The call fails with this reason, in the error of its interface. Before a call: it is not made. After a
    /// call it means the same as `Proceed`, because its effect exists. The kinds `Clock` and `Random` cannot fail.
    Fail(String),
    /// The guest ends here, as by a crash of the host: nothing it would do next happens.
    Kill,
}

/// Decides about calls. All methods default to doing nothing.
pub trait HostCalls: Send + Sync {
    /// Consulted before a call is made.
    fn before(&self, call: HostCall<'_>) -> Verdict {
        let _ = call;
        Verdict::Proceed
    }

    /// Consulted after a call has taken effect, before the guest sees the answer.
    fn after(&self, call: HostCall<'_>) -> Verdict {
        let _ = call;
        Verdict::Proceed
    }
}

/// The time guests see.
pub trait Clock: Send + Sync {
    /// Time since 1970-01-01T00:00:00Z.
    fn wall(&self) -> Duration;
    /// Nanoseconds since an arbitrary start; never goes back.
    fn monotonic_ns(&self) -> u64;
}

/// The randomness guests see.
pub trait RandomSource: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// What a bench replaces. Empty in production.
#[derive(Clone, Default)]
pub struct Bench {
    /// Hooks around capability calls.
    pub calls: Option<Arc<dyn HostCalls>>,
    /// Replaces the system's clocks.
    pub clock: Option<Arc<dyn Clock>>,
    /// Replaces the system's randomness.
    pub random: Option<Arc<dyn RandomSource>>,
}
