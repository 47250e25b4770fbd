//! Giving reviews to a person: offered to that person first, and kept from others until it is given back or runs out.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::desk::{MAX_ASSIGNED, hours_ms};
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;

use super::people::Colleague;
use super::{assignment_holds, flag_stands};
use crate::Ledger;
use crate::booths::is_within;
use crate::db::{Db, params};
use crate::error::Failure;
use crate::event::{Actor, EventKind, NewEvent};
use crate::review::{Filter, Item, Refusal};
use crate::scope::Scope;
use crate::setting::in_force;

/// What is given to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// These passages, all or none.
    These(Vec<String>),
    /// The oldest that match and that nobody else has, at most so many.
    Oldest(Filter, u32),
}

/// What was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The passages.
    pub passages: Vec<String>,
    /// Until when they are kept.
    pub until: Instant,
}

const HOLDER: &str = concat!(
    "SELECT a.id, a.assignee_id FROM passage JOIN assignment a ON ",
    assignment_holds!(),
    " WHERE passage.sequence = +?3"
);

const FLAGGED_BY: &str =
    concat!("SELECT f.actor_id FROM passage JOIN flag f ON ", flag_stands!(), " WHERE passage.sequence = +?1");

impl<D: Db> Ledger<D> {
    /// Gives open reviews to a person who reviews, for `review.assignment_hours`. Given to somebody else before, they are this
    /// person's now. Whoever works on one goes on.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for somebody who cannot decide them, and for none or too many; [`Refusal::NotFound`],
    /// [`Refusal::WrongState`] for a passage that is not open. Nothing is given then.
    pub fn assign(&self, now: Instant, actor: &Actor, to: &str, what: &What) -> Result<Assigned, Failure<Refusal>> {
        self.write(Scope::Rows, || {
            let person = self.colleague(to)?.ok_or_else(|| {
                invalid(
                    "to: must be the token of somebody who reviews, and not revoked; GET /v1/reviews/people lists them",
                )
            })?;
            let passages = match what {
                What::These(ids) => named(ids)?,
                What::Oldest(filter, count) => self.oldest_free(now, actor, &person, filter, *count)?,
            };
            let hours = in_force(&self.changed_settings()?)?.review_assignment_hours;
            let until = now.saturating_add(hours_ms(hours));
            for passage in &passages {
                self.give(now, actor, &person, passage, until)?;
            }
            Ok(Assigned { passages, until })
        })
    }

    /// Gives a review back that was given to the caller, or, as a supervisor, to anybody.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::WrongState`], [`Refusal::NotAssigned`], [`Refusal::AssignedToOther`].
    pub fn unassign(&self, now: Instant, actor: &Actor, passage: &str) -> Result<Item, Failure<Refusal>> {
        self.write(Scope::Rows, || {
            let found = self.find(now, actor, passage)?;
            let state = found.eyes.state(found.held.state);
            if state != State::InReview {
                return Err(Failure::Refused(Refusal::WrongState(state)));
            }
            let sequence = found.held.sequence;
            let slack = crate::clock::CLOCK_SLACK_MS;
            let held = self.run_one(HOLDER, params![now, slack, sequence])?;
            let Some(row) = held else { return Err(Failure::Refused(Refusal::NotAssigned)) };
            let mut columns = row.columns();
            let (id, holder) = (columns.integer()?, columns.text()?);
            if holder != actor.id && actor.role != Role::Supervisor.as_str() {
                // To others it is not there.
                return Err(Failure::Refused(Refusal::NotAssigned));
            }
            self.run("UPDATE assignment SET ended_at_ms = ?2 WHERE id = ?1", params![id, now])?;
            let event = NewEvent { at: now, kind: EventKind::Unassigned, actor, detail: json!({ "from": holder }) };
            self.append(&event, sequence, None)?;
            self.item(now, actor, passage)
        })
    }

    /// The oldest that match, that this person may decide, and that nobody holds or was given.
    fn oldest_free(
        &self,
        now: Instant,
        actor: &Actor,
        person: &Colleague,
        filter: &Filter,
        count: u32,
    ) -> Result<Vec<String>, Failure<Refusal>> {
        if !(1..=MAX_ASSIGNED).contains(&count) {
            return Err(invalid(&format!("count: must be from 1 to {MAX_ASSIGNED}")));
        }
        let filter = Filter { unclaimed: true, ..filter.clone() };
        Ok(self.to_give(now, actor, person, &filter, count)?)
    }

    fn give(
        &self,
        now: Instant,
        actor: &Actor,
        person: &Colleague,
        passage: &str,
        until: Instant,
    ) -> Result<(), Failure<Refusal>> {
        let found = self.find(now, actor, passage)?;
        let state = found.eyes.state(found.held.state);
        if state != State::InReview {
            return Err(Failure::Refused(Refusal::WrongState(state)));
        }
        let sequence = found.held.sequence;
        if !is_within(person.booths.as_deref(), &found.booth) {
            return Err(invalid(&format!("to: this person's role is limited to other booths than that of {passage}")));
        }
        if found.desk.matter.is_some() && person.role != Role::Supervisor {
            return Err(invalid(&format!("to: only a supervisor decides {passage}")));
        }
        let flagged = self.run_one(FLAGGED_BY, params![sequence])?;
        let by = flagged.map(|row| row.columns().text()).transpose()?;
        if by.is_some_and(|by| by == person.token) {
            return Err(invalid(&format!("to: this person flagged {passage}, so somebody else decides it")));
        }
        self.end_assignment(now, sequence)?;
        self.run(
            "INSERT INTO assignment (passage_sequence, version, assignee_id, assigned_by, assigned_at_ms, until_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![sequence, found.held.version, person.token.as_str(), actor.id.as_str(), now, until],
        )?;
        let detail = json!({ "to": person.token, "until_ms": until });
        Ok(self.append(&NewEvent { at: now, kind: EventKind::Assigned, actor, detail }, sequence, None)?)
    }
}

/// The ids, each once, in an order that two who give at once share.
fn named(ids: &[String]) -> Result<Vec<String>, Failure<Refusal>> {
    let most = usize::try_from(MAX_ASSIGNED).unwrap_or(usize::MAX);
    if ids.is_empty() || ids.len() > most {
        return Err(invalid(&format!("passages: must be 1 to {MAX_ASSIGNED} ids")));
    }
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

fn invalid(problem: &str) -> Failure<Refusal> {
    Failure::Refused(Refusal::Invalid(problem.to_owned()))
}
