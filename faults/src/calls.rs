//! Watches the calls of guests on their host, and strikes at one of them.
//!
//! Every call is two moments, one right before it takes effect and one right after, before the guest hears of it. The
//! moments of a step are numbered in their order; a plan names the number at which something happens. When the process
//! dies, what its files hold at that very moment is copied, and no guest gets any further.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tollbooth_host::{CallKind, HostCall, HostCalls, Verdict};

/// What dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Only the call: it is not made, and the guest is told that it failed.
    Call,
    /// The guest that makes the call; the host lives on.
    Instance,
    /// The process: everything written to files stays, nothing else does.
    Process,
    /// The machine loses power: only what was synced stays.
    Power,
}

impl Death {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Call, Self::Instance, Self::Process, Self::Power];

    /// Whether it can strike at this moment: a call can fail only before it is made, and not every kind can fail.
    #[must_use]
    pub fn can_strike(self, moment: &str) -> bool {
        self != Self::Call
            || (moment.starts_with("before") && !moment.contains(" Clock:") && !moment.contains(" Random:"))
    }

    /// The name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Instance => "instance",
            Self::Process => "process",
            Self::Power => "power",
        }
    }
}

/// Runs while a guest is held at a moment; told whether that guest has a write transaction open.
pub type Meanwhile = Box<dyn FnOnce(bool) + Send>;

/// Copies the files of the state directory as they would be found after this death, and says where.
pub type Snapshot = Arc<dyn Fn(Death) -> Result<PathBuf, String> + Send + Sync>;

enum Plan {
    Watch,
    Die(usize, Death),
    DieWhere(fn(&str) -> bool),
    Hold(usize, Option<Meanwhile>),
}

struct Inner {
    plan: Plan,
    moments: Vec<String>,
    transaction: bool,
    fired: bool,
    aftermath: Option<Result<PathBuf, String>>,
}

/// The hooks of one application.
pub struct Calls {
    snapshot: Snapshot,
    inner: Mutex<Inner>,
}

impl Calls {
    /// Hooks that only watch.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        let inner = Inner { plan: Plan::Watch, moments: Vec::new(), transaction: false, fired: false, aftermath: None };
        Self { snapshot, inner: Mutex::new(inner) }
    }

    /// Forgets what was seen, and kills at this moment from now on.
    pub fn die_at(&self, moment: usize, death: Death) {
        self.arm(Plan::Die(moment, death));
    }

    /// Forgets what was seen, and kills the guest at the first moment that matches.
    pub fn die_where(&self, matches: fn(&str) -> bool) {
        self.arm(Plan::DieWhere(matches));
    }

    /// Forgets what was seen, and runs `meanwhile` at this moment.
    pub fn hold_at(&self, moment: usize, meanwhile: Meanwhile) {
        self.arm(Plan::Hold(moment, Some(meanwhile)));
    }

    /// Forgets what was seen, and only watches. A process that is dead stays dead.
    pub fn watch(&self) {
        self.arm(Plan::Watch);
    }

    fn arm(&self, plan: Plan) {
        let mut inner = self.lock();
        inner.plan = plan;
        inner.moments.clear();
        inner.transaction = false;
        inner.fired = false;
    }

    /// The moments since the plan was made.
    #[must_use]
    pub fn moments(&self) -> Vec<String> {
        self.lock().moments.clone()
    }

    /// Whether the plan's moment came.
    #[must_use]
    pub fn fired(&self) -> bool {
        self.lock().fired
    }

    /// Whether the process is dead.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.lock().aftermath.is_some()
    }

    /// After a death of the process: where the files lie that it left behind.
    #[must_use]
    pub fn aftermath(&self) -> Option<Result<PathBuf, String>> {
        self.lock().aftermath.clone()
    }

    fn moment(&self, side: &str, call: HostCall<'_>) -> Verdict {
        let mut inner = self.lock();
        if inner.aftermath.is_some() {
            return Verdict::Kill;
        }
        if side == "after" && matches!(call.kind, CallKind::Sqlite | CallKind::Postgres) {
            match call.operation.split_whitespace().next() {
                Some("BEGIN") => inner.transaction = true,
                Some("COMMIT" | "ROLLBACK") => inner.transaction = false,
                _ => {}
            }
        }
        let number = inner.moments.len();
        let label = label(side, call);
        if let Plan::DieWhere(matches) = &inner.plan
            && matches(&label)
        {
            inner.plan = Plan::Die(number, Death::Instance);
        }
        inner.moments.push(label);
        match &mut inner.plan {
            Plan::Die(at, death) if *at == number => {
                let death = *death;
                inner.fired = true;
                inner.plan = Plan::Watch;
                match death {
                    Death::Call if side == "before" => return Verdict::Fail("the bench let this call fail".to_owned()),
                    Death::Call => return Verdict::Proceed,
                    Death::Instance => {}
                    // Under the lock: no other guest gets past its next call while the files are copied.
                    Death::Process | Death::Power => inner.aftermath = Some((self.snapshot)(death)),
                }
                Verdict::Kill
            }
            Plan::Hold(at, meanwhile) if *at == number => {
                let meanwhile = meanwhile.take();
                inner.fired = true;
                inner.plan = Plan::Watch;
                let transaction = inner.transaction;
                drop(inner);
                if let Some(meanwhile) = meanwhile {
                    tokio::task::block_in_place(|| meanwhile(transaction));
                }
                Verdict::Proceed
            }
            Plan::Watch | Plan::Die(..) | Plan::DieWhere(_) | Plan::Hold(..) => Verdict::Proceed,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Whole after any panic: each change is one assignment.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn label(side: &str, call: HostCall<'_>) -> String {
    let mut words = String::new();
    for word in call.operation.split_whitespace().take(8) {
        words.push(' ');
        words.push_str(word);
    }
    words.truncate(words.char_indices().nth(70).map_or(words.len(), |(at, _)| at));
    format!("{side} {} {:?}:{words}", call.component, call.kind)
}

impl HostCalls for Calls {
    fn before(&self, call: HostCall<'_>) -> Verdict {
        self.moment("before", call)
    }

    fn after(&self, call: HostCall<'_>) -> Verdict {
        self.moment("after", call)
    }
}
