//! Limits on memory: one for each instance, one for all of them together, and one for what clients' large requests may
//! take of it.
//!
//! A composition has several linear memories; the limit of an instance counts them all. Growth beyond a limit is
//! refused, which a guest sees as a failed allocation: that guest ends, the host does not, and the client is told to come
//! back ([`MemoryShare::was_refused`]).
//!
//! What an instance takes beyond [`SMALL`] for a client counts as *large*: a photo of some megabytes on its way in or out.
//! Large memory has a limit of its own, and each caller a share of it, so that neither many large photos nor one caller
//! can keep small requests from running. Copies the host makes of such photos count too.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;
use wasmtime::ResourceLimiter;

use super::Caller;
use crate::observe::Usage;

/// Memory of an instance that serves a request with a small photo, in bytes, with room to spare.
pub(crate) const SMALL: usize = 8 << 20;
/// One caller's part of the large memory.
const CALLERS_PART: usize = 2;

/// Memory that all guests may use together.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    limit: usize,
    large_limit: usize,
    taken: Mutex<Taken>,
    /// Told whenever large memory came back.
    returned: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    large: usize,
    by_caller: HashMap<Caller, usize>,
}

impl MemoryBudget {
    /// A budget of `limit` bytes, of which clients' large requests may take `large_limit`.
    pub(crate) fn new(limit: usize, large_limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, large_limit: large_limit.min(limit), taken: Mutex::default(), returned: Notify::new() })
    }

    /// What all guests have now, and may have, in bytes.
    pub(crate) fn taken(&self) -> (usize, usize) {
        (self.lock().all, self.limit)
    }

    /// The most large memory that one caller may hold, in bytes.
    fn callers_share(&self) -> usize {
        self.large_limit / CALLERS_PART
    }

    fn take(&self, bytes: usize) -> bool {
        let mut taken = self.lock();
        let fits = taken.all.checked_add(bytes).is_some_and(|sum| sum <= self.limit);
        if fits {
            taken.all += bytes;
        }
        fits
    }

    fn give_back(&self, bytes: usize) {
        self.lock().all -= bytes;
    }

    /// Large memory for an instance of a caller that holds `own` of it already, or none when there is not enough now.
    /// Whoever is alone may have more than its share: what fits nowhere else must still get through.
    fn take_large(self: &Arc<Self>, caller: Caller, own: usize, bytes: usize) -> Option<Large> {
        let mut taken = self.lock();
        let held = taken.by_caller.get(&caller).copied().unwrap_or(0);
        let of_caller = held == own || held.saturating_add(bytes) <= self.callers_share();
        let of_all = taken.large == own || taken.large.saturating_add(bytes) <= self.large_limit;
        if !(of_caller && of_all) {
            return None;
        }
        taken.large += bytes;
        *taken.by_caller.entry(caller).or_default() += bytes;
        Some(Large { budget: Arc::clone(self), caller, bytes })
    }

    /// Waits for large memory; what is more than a caller's share counts as the whole of it. None when there was not
    /// enough in time.
    pub(crate) async fn wait_for_large(
        self: &Arc<Self>,
        caller: Caller,
        bytes: usize,
        patience: Duration,
    ) -> Option<Large> {
        let bytes = bytes.min(self.callers_share());
        let wait = async {
            loop {
                let returned = self.returned.notified();
                tokio::pin!(returned);
                // Before looking: what comes back between the look and the wait is not missed.
                returned.as_mut().enable();
                if let Some(large) = self.take_large(caller, 0, bytes) {
                    return large;
                }
                returned.await;
            }
        };
        tokio::time::timeout(patience, wait).await.ok()
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Sums are whole after any panic.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Large memory that a caller holds; returned when dropped.
#[derive(Debug)]
pub(crate) struct Large {
    budget: Arc<MemoryBudget>,
    caller: Caller,
    bytes: usize,
}

impl Large {
    fn join(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut taken = self.budget.lock();
        taken.large -= self.bytes;
        if let Some(held) = taken.by_caller.get_mut(&self.caller) {
            *held -= self.bytes;
            if *held == 0 {
                taken.by_caller.remove(&self.caller);
            }
        }
        drop(taken);
        self.budget.returned.notify_waiters();
    }
}

/// For whom a guest runs, and what was set aside for it.
#[derive(Debug, Default)]
pub(crate) struct MemoryClaim {
    /// The client; none for what the host starts by itself, whose memory is bound by the common limit only.
    pub(crate) caller: Option<Caller>,
    /// Set aside before the guest started.
    pub(crate) reserved: Option<Large>,
}

/// The share of one instance; returned when dropped.
pub(super) struct MemoryShare {
    budget: Arc<MemoryBudget>,
    taken: usize,
    limit: usize,
    caller: Option<Caller>,
    large: Option<Large>,
    /// What the host holds for the instance, in bytes.
    copies: usize,
    refused: Arc<AtomicBool>,
    /// Told at the end what it was.
    usage: Arc<Usage>,
}

impl MemoryShare {
    pub(super) fn new(
        budget: Arc<MemoryBudget>,
        limit: usize,
        claim: MemoryClaim,
        refused: Arc<AtomicBool>,
        usage: Arc<Usage>,
    ) -> Self {
        Self { budget, taken: 0, limit, caller: claim.caller, large: claim.reserved, copies: 0, refused, usage }
    }

    pub(super) fn begin_copy(&mut self, bytes: usize) -> bool {
        let fits = self.cover(self.taken + self.copies + bytes);
        if fits {
            self.copies += bytes;
        }
        fits
    }

    pub(super) fn end_copy(&mut self, bytes: usize) {
        self.copies -= bytes;
    }

    /// Sees to it that the large memory held covers a size of the instance and its copies.
    fn cover(&mut self, size: usize) -> bool {
        let Some(caller) = self.caller else { return true };
        let held = self.large.as_ref().map_or(0, |large| large.bytes);
        let missing = size.saturating_sub(SMALL).saturating_sub(held);
        if missing == 0 {
            return true;
        }
        match (self.budget.take_large(caller, held, missing), &mut self.large) {
            (None, _) => return false,
            (Some(more), Some(large)) => large.join(more),
            (Some(more), none) => *none = Some(more),
        }
        true
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.budget.give_back(self.taken);
        // Linear memory never shrinks: this is the most it had.
        if self.taken > 0 {
            self.usage.used_memory(self.taken);
        }
    }
}

impl ResourceLimiter for MemoryShare {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        if self.taken + more > self.limit {
            tracing::warn!(
                instance_bytes = self.taken,
                more_bytes = more,
                "a guest asked for more memory than one may have"
            );
            return Ok(false);
        }
        if !self.cover(self.taken + self.copies + more) || !self.budget.take(more) {
            tracing::debug!(instance_bytes = self.taken, more_bytes = more, "there is no memory for a guest now");
            self.refused.store(true, Ordering::Relaxed);
            return Ok(false);
        }
        self.taken += more;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Caller = Caller::Token(1);
    const OTHER: Caller = Caller::Token(2);

    fn share(budget: &Arc<MemoryBudget>, limit: usize, claim: MemoryClaim) -> (MemoryShare, Arc<AtomicBool>) {
        let refused = Arc::new(AtomicBool::new(false));
        (MemoryShare::new(Arc::clone(budget), limit, claim, Arc::clone(&refused), Arc::default()), refused)
    }

    fn client(caller: Caller) -> MemoryClaim {
        MemoryClaim { caller: Some(caller), reserved: None }
    }

    #[test]
    fn an_instance_may_not_grow_beyond_its_own_limit_or_the_common_one() {
        let budget = MemoryBudget::new(100, 100);
        let (mut first, first_refused) = share(&budget, 70, MemoryClaim::default());
        let (mut second, second_refused) = share(&budget, 70, MemoryClaim::default());
        assert!(first.memory_growing(0, 60, None).unwrap());
        assert!(!first.memory_growing(60, 80, None).unwrap(), "own limit");
        assert!(!first_refused.load(Ordering::Relaxed), "its own limit is nothing that passes");
        assert!(!second.memory_growing(0, 50, None).unwrap(), "common limit");
        assert!(second_refused.load(Ordering::Relaxed));
        drop(first);
        assert!(second.memory_growing(0, 50, None).unwrap(), "returned");
    }

    #[test]
    fn many_large_requests_leave_room_for_every_small_one() {
        let budget = MemoryBudget::new(1 << 30, 64 << 20);
        let mut large = Vec::new();
        for number in 0..100 {
            let (mut guest, _) = share(&budget, 1 << 30, client(Caller::Token(number)));
            assert!(guest.memory_growing(0, SMALL, None).unwrap(), "a small request always fits");
            let grew = guest.memory_growing(SMALL, SMALL + (16 << 20), None).unwrap();
            assert_eq!(grew, number < 4, "{number}");
            large.push(guest);
        }
    }

    #[test]
    fn one_caller_leaves_large_memory_for_others() {
        let budget = MemoryBudget::new(1 << 30, 64 << 20);
        let held: Vec<_> = std::iter::from_fn(|| budget.take_large(ONE, 0, 8 << 20)).collect();
        assert_eq!(held.len(), 4);
        assert!(budget.take_large(OTHER, 0, 32 << 20).is_some());
        drop(held);
        assert!(budget.take_large(ONE, 0, 32 << 20).is_some(), "returned");
        assert!(budget.lock().by_caller.is_empty());
    }

    #[tokio::test]
    async fn what_was_set_aside_is_used_before_more_is_taken() {
        let budget = MemoryBudget::new(1 << 30, 64 << 20);
        let reserved = budget.wait_for_large(ONE, 30 << 20, Duration::ZERO).await;
        let (mut guest, refused) = share(&budget, 1 << 30, MemoryClaim { caller: Some(ONE), reserved });
        assert!(guest.memory_growing(0, SMALL + (30 << 20), None).unwrap());
        let other = budget.take_large(ONE, 0, 1 << 20);
        assert!(other.is_some());
        assert!(guest.memory_growing(SMALL + (30 << 20), SMALL + (31 << 20), None).unwrap());
        assert!(!guest.memory_growing(SMALL + (31 << 20), SMALL + (32 << 20), None).unwrap());
        assert!(refused.load(Ordering::Relaxed));
    }

    #[test]
    fn whoever_is_alone_gets_more_than_its_share_until_somebody_comes() {
        let budget = MemoryBudget::new(1 << 30, 64 << 20);
        let (mut alone, _) = share(&budget, 1 << 30, client(ONE));
        assert!(alone.memory_growing(0, 100 << 20, None).unwrap());
        assert!(budget.take_large(OTHER, 0, 1 << 20).is_none(), "all of it is taken");
        drop(alone);
        let _other = budget.take_large(OTHER, 0, 40 << 20).unwrap();
        let (mut second, _) = share(&budget, 1 << 30, client(ONE));
        assert!(!second.memory_growing(0, 100 << 20, None).unwrap());
    }

    #[tokio::test]
    async fn whoever_waits_gets_what_comes_back_and_a_claim_beyond_all_is_the_whole_share() {
        let budget = MemoryBudget::new(1 << 30, 64 << 20);
        let held = budget.take_large(ONE, 0, 32 << 20).unwrap();
        assert!(budget.wait_for_large(ONE, 1, Duration::ZERO).await.is_none(), "nothing is left for this one");
        let waiting = tokio::spawn({
            let budget = Arc::clone(&budget);
            async move { budget.wait_for_large(ONE, usize::MAX, Duration::from_secs(60)).await }
        });
        tokio::task::yield_now().await;
        drop(held);
        assert_eq!(waiting.await.unwrap().unwrap().bytes, 32 << 20);
    }
}
