//! Reserving a review, and giving it back.

use serde_json::json;
use tollbooth_pipeline::Instant;

use super::open::HOLD;
use super::{Filter, Found, Item, Refusal, live};
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;
use crate::setting::{in_force, seconds_ms};

/// Most reviews that one person holds at a time: one is looked at and one waits behind it, and whoever takes the whole queue
/// keeps everybody else from it. Counted without holding what is counted: on PostgreSQL, where writers meet, somebody who claims
/// from several browsers at the same instant may get as many more as they have requests under way. It is a measure against
/// whoever takes everything, and a few more take nothing from anybody.
const MOST_CLAIMS: u32 = 100;

const HELD: &str =
    concat!("SELECT count(*) FROM passage INDEXED BY passage_claimed WHERE claimed_by = +?3 AND ", live!());

impl<D: Db> Ledger<D> {
    /// Takes the oldest unclaimed review that matches, or the named passage, for `review.claim_seconds`. What was given to the
    /// caller comes first; what is kept for somebody else does not come.
    ///
    /// The filter does not apply to a named passage. Claiming again what one holds renews the claim.
    ///
    /// # Errors
    /// [`Refusal::TooManyClaims`]; for a named passage only: [`Refusal::NotFound`], [`Refusal::WrongState`], [`Refusal::ClaimedByOther`],
    /// [`Refusal::ForSupervisor`], [`Refusal::OwnMatter`], [`Refusal::AssignedToOther`].
    pub fn claim_next(
        &self,
        now: Instant,
        actor: &Actor,
        passage: Option<&str>,
        filter: &Filter,
    ) -> Result<Option<Item>, Failure<Refusal>> {
        self.claim_for(now, actor, passage, filter, None)
    }

    /// The same for fewer seconds than `review.claim_seconds`: for a review that is only looked at after another.
    ///
    /// # Errors
    /// Those of [`Self::claim_next`].
    pub fn claim_for(
        &self,
        now: Instant,
        actor: &Actor,
        passage: Option<&str>,
        filter: &Filter,
        seconds: Option<u32>,
    ) -> Result<Option<Item>, Failure<Refusal>> {
        let filter = Filter { unclaimed: true, ..filter.clone() };
        let selection = self.selection(now, actor, &filter)?;
        if passage.is_none() && self.oldest(&selection, "")?.is_none() {
            return Ok(None);
        }
        self.write(Scope::Rows, || {
            let wanted = match passage {
                Some(id) => Some(id.to_owned()),
                None => self.oldest(&selection, HOLD)?,
            };
            let Some(id) = wanted else { return Ok(None) };
            let found = self.find_open(now, actor, &id, None)?;
            if let (Some(until), false) = (found.desk.kept_until, found.is_holder) {
                return Err(Failure::Refused(Refusal::AssignedToOther(until)));
            }
            let renewal = match &found.claim {
                Some((holder, until)) if *holder != actor.id => {
                    return Err(Failure::Refused(Refusal::ClaimedByOther(*until)));
                }
                Some(_) => true,
                None => false,
            };
            if !renewal {
                self.check_claims(now, actor)?;
            }
            self.set_claim(now, actor, &found, renewal, seconds)?;
            self.item(now, actor, &id).map(Some)
        })
    }

    fn check_claims(&self, now: Instant, actor: &Actor) -> Result<(), Failure<Refusal>> {
        let held = self.run_one(HELD, params![now, CLOCK_SLACK_MS, actor.id.as_str()])?;
        let held: u32 = held.map_or(Ok(0), |row| row.columns().number())?;
        if held < MOST_CLAIMS { Ok(()) } else { Err(Failure::Refused(Refusal::TooManyClaims(held))) }
    }

    /// Gives a claim back without a decision; a supervisor may give back that of somebody else.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::WrongState`], [`Refusal::VersionConflict`], [`Refusal::ClaimedByOther`],
    /// [`Refusal::NotClaimed`].
    pub fn release(&self, now: Instant, actor: &Actor, passage: &str, version: u32) -> Result<Item, Failure<Refusal>> {
        self.write(Scope::Rows, || {
            let found = self.find_open(now, actor, passage, Some(version))?;
            found.check_may_end_claim(actor)?;
            self.end_claim(found.held.sequence)?;
            let event = NewEvent { at: now, kind: EventKind::Released, actor, detail: json!({}) };
            self.append(&event, found.held.sequence, None)?;
            self.item(now, actor, passage)
        })
    }

    pub(super) fn set_claim(
        &self,
        now: Instant,
        actor: &Actor,
        found: &Found,
        renewal: bool,
        seconds: Option<u32>,
    ) -> Result<(), LedgerError> {
        let most = in_force(&self.changed_settings()?)?.review_claim_seconds;
        let claim_ms = seconds_ms(seconds.map_or(most, |wanted| most.min(wanted.into())));
        self.run(
            "UPDATE passage SET claimed_by = ?2, claimed_at_ms = ?3, claimed_until_ms = ?4 WHERE sequence = ?1",
            params![found.held.sequence, actor.id.as_str(), now, now.saturating_add(claim_ms)],
        )?;
        // A console renews every few minutes; that somebody goes on looking is no news.
        if renewal {
            return Ok(());
        }
        let event = NewEvent { at: now, kind: EventKind::Claimed, actor, detail: json!({}) };
        self.append(&event, found.held.sequence, None)
    }
}
