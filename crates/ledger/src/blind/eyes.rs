//! What somebody may see of a blind review.

use tollbooth_pipeline::blind::{Origin, Standing};
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;

use super::{Blind, Opinion};
use crate::Ledger;
use crate::db::Db;
use crate::error::LedgerError;
use crate::event::Actor;

/// A passage through the eyes of somebody.
#[derive(Debug, Clone)]
pub(crate) struct Eyes {
    pub blind: Option<Blind>,
    role: String,
    /// Of this person, in order.
    own: Vec<Opinion>,
    /// The first answer to the passage was theirs.
    is_first: bool,
}

impl<D: Db> Ledger<D> {
    pub(crate) fn eyes(&self, sequence: i64, viewer: &Actor) -> Result<Eyes, LedgerError> {
        let blind = self.blind_of(sequence)?;
        let all = if blind.is_some() { self.opinions_of(sequence)? } else { Vec::new() };
        let is_first = all.first().is_some_and(|opinion| opinion.actor == viewer.id);
        let own = all.into_iter().filter(|opinion| opinion.actor == viewer.id).collect();
        Ok(Eyes { blind, role: viewer.role.clone(), own, is_first })
    }
}

impl Eyes {
    /// How far the version that this person knows is ahead of the passage's: each answer that is held was a decision to
    /// them, and one taken back was two moves.
    pub(crate) fn offset(&self) -> u32 {
        self.own.iter().filter(|opinion| opinion.held).map(|opinion| if opinion.withdrawn { 2 } else { 1 }).sum()
    }

    /// Their answer that is held, which they see as a decision. A supervisor who is to settle a dispute sees the dispute.
    pub(crate) fn decision(&self) -> Option<&Opinion> {
        self.own.iter().find(|opinion| opinion.waiting && !self.may_settle())
    }

    /// The state as they see it, where the passage is in review.
    pub(crate) fn state(&self, state: State) -> State {
        match self.decision() {
            Some(opinion) if state == State::InReview && opinion.plate.is_some() => State::Accepted,
            Some(_) if state == State::InReview => State::Rejected,
            _ => state,
        }
    }

    /// Their last answer that they took back.
    pub(crate) fn taken_back(&self) -> Option<&Opinion> {
        self.own.iter().rev().find(|opinion| opinion.withdrawn)
    }

    pub(crate) fn is_disputed(&self) -> bool {
        self.standing() == Some(Standing::Disputed)
    }

    /// Whether they settle the dispute: a supervisor, and none of the answers is theirs.
    pub(crate) fn may_settle(&self) -> bool {
        self.is_disputed() && self.role == Role::Supervisor.as_str() && !self.waits()
    }

    /// An answer of theirs waits for others.
    fn waits(&self) -> bool {
        self.own.iter().any(|opinion| opinion.waiting)
    }

    /// Whether what was read, and why it waits, is kept back. `is_bound`: on its way to billing, so that no answer can be
    /// changed any more by whoever learns what others answered.
    pub(crate) fn is_kept_back(&self, is_bound: bool) -> bool {
        let Some(blind) = &self.blind else { return false };
        // Whoever answered first, not knowing that another would be asked, saw everything.
        let saw_all = self.is_first && matches!(blind.origin, Origin::Second | Origin::Seeded);
        // A supervisor who gave one of the answers that differ may take it back, and is told no more than anybody who may.
        let answered = self.is_disputed() && self.waits();
        !saw_all && (answered || is_kept_back(&self.role, blind.standing, is_bound))
    }

    fn standing(&self) -> Option<Standing> {
        self.blind.as_ref().map(|blind| blind.standing)
    }
}

/// Whether what was read is kept back from this role.
pub(crate) fn is_kept_back(role: &str, standing: Standing, is_bound: bool) -> bool {
    let (reviewer, supervisor) = (role == Role::Reviewer.as_str(), role == Role::Supervisor.as_str());
    match standing {
        Standing::Open => reviewer || supervisor,
        Standing::Disputed => reviewer,
        Standing::Settled => reviewer && !is_bound,
        Standing::Reopened | Standing::Void => false,
    }
}
