//! Limits on guest memory: one for each instance, one for all of them together.
//!
//! A composition has several linear memories; the limit of an instance counts them all. Growth beyond a limit is
//! refused, which a guest sees as a failed allocation: that guest ends, the host does not.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use wasmtime::ResourceLimiter;

/// Memory that all guests may use together.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    used: AtomicUsize,
    limit: usize,
}

impl MemoryBudget {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), limit })
    }

    fn take(&self, bytes: usize) -> bool {
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|sum| *sum <= self.limit)
            })
            .is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The share of one instance; returned when dropped.
pub(super) struct MemoryShare {
    budget: Arc<MemoryBudget>,
    taken: usize,
    limit: usize,
}

impl MemoryShare {
    pub(super) fn new(budget: Arc<MemoryBudget>, limit: usize) -> Self {
        Self { budget, taken: 0, limit }
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.budget.give_back(self.taken);
    }
}

impl ResourceLimiter for MemoryShare {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let fits = self.taken + more <= self.limit && self.budget.take(more);
        if fits {
            self.taken += more;
        } else {
            tracing::warn!(
                instance_bytes = self.taken,
                more_bytes = more,
                "a guest asked for more memory than it may have"
            );
        }
        Ok(fits)
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_may_not_grow_beyond_its_own_limit_or_the_common_one() {
        let budget = MemoryBudget::new(100);
        let mut first = MemoryShare::new(Arc::clone(&budget), 70);
        let mut second = MemoryShare::new(Arc::clone(&budget), 70);
        assert!(first.memory_growing(0, 60, None).unwrap());
        assert!(!first.memory_growing(60, 80, None).unwrap(), "own limit");
        assert!(!second.memory_growing(0, 50, None).unwrap(), "common limit");
        drop(first);
        assert!(second.memory_growing(0, 50, None).unwrap(), "returned");
    }
}
