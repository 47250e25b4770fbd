//! Asking a supervisor to decide, and taking that back.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;
use tollbooth_pipeline::text::remark;

use super::flag_stands;
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::review::{Item, Refusal};
use crate::scope::Scope;

const STANDING: &str = concat!(
    "SELECT f.id, f.actor_id, f.note FROM passage JOIN flag f ON ",
    flag_stands!(),
    " WHERE passage.sequence = +?1"
);

/// A flag that stands.
struct Flag {
    id: i64,
    by: String,
    note: String,
}

impl<D: Db> Ledger<D> {
    /// Asks a supervisor to decide a review that the caller has claimed, with a note for them. The claim ends, and nobody but
    /// supervisors is offered the review. The same again changes nothing.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for a note that is none; those of [`Ledger::release`]; [`Refusal::ForSupervisor`] where it is theirs already.
    pub fn flag(
        &self,
        now: Instant,
        actor: &Actor,
        passage: &str,
        version: u32,
        note: &str,
    ) -> Result<Item, Failure<Refusal>> {
        let note = remark("note", note).map_err(|problem| Failure::Refused(Refusal::Invalid(problem.to_string())))?;
        self.write(Scope::Rows, || {
            let found = self.find(now, actor, passage)?;
            let sequence = found.held.sequence;
            let standing = self.standing_flag(sequence)?;
            if standing.as_ref().is_some_and(|flag| flag.by == actor.id && flag.note == note) {
                // An answer that was lost: it is done.
                found.check_version(Some(version))?;
                return self.item(now, actor, passage);
            }
            found.check_open(Some(version))?;
            found.check_claim(&actor.id)?;
            if standing.is_some() {
                // A supervisor who was asked decides, or leaves it to another one: one flag stands at a time.
                return Err(Failure::Refused(Refusal::ForSupervisor));
            }
            self.run(
                "INSERT INTO flag (passage_sequence, version, at_ms, actor_role, actor_id, note)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![sequence, found.held.version, now, actor.role.as_str(), actor.id.as_str(), note.as_str()],
            )?;
            self.end_claim(sequence)?;
            self.end_assignment(now, sequence)?;
            let event = NewEvent { at: now, kind: EventKind::Flagged, actor, detail: json!({ "remark": note }) };
            self.append(&event, sequence, None)?;
            self.item(now, actor, passage)
        })
    }

    /// Takes a flag back, one's own or, as a supervisor, anybody's: the review is in the ordinary queue again.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::WrongState`], [`Refusal::VersionConflict`], [`Refusal::NotFlagged`],
    /// [`Refusal::ForSupervisor`] for somebody else's, [`Refusal::ClaimedByOther`] while a supervisor looks at it.
    pub fn unflag(&self, now: Instant, actor: &Actor, passage: &str, version: u32) -> Result<Item, Failure<Refusal>> {
        self.write(Scope::Rows, || {
            let found = self.find(now, actor, passage)?;
            let state = found.eyes.state(found.held.state);
            if state != State::InReview {
                return Err(Failure::Refused(Refusal::WrongState(state)));
            }
            found.check_version(Some(version))?;
            let sequence = found.held.sequence;
            let flag = self.standing_flag(sequence)?.ok_or(Failure::Refused(Refusal::NotFlagged))?;
            if flag.by != actor.id && actor.role != Role::Supervisor.as_str() {
                return Err(Failure::Refused(Refusal::ForSupervisor));
            }
            found.check_not_held_by_other(&actor.id)?;
            self.end_flag(now, actor, sequence, flag.id)?;
            self.end_claim(sequence)?;
            self.item(now, actor, passage)
        })
    }

    /// Takes every flag of a passage back because an answer that was flagged beside is taken back: its author reads it anew.
    pub(crate) fn end_flags(&self, now: Instant, actor: &Actor, sequence: i64) -> Result<(), LedgerError> {
        match self.standing_flag(sequence)? {
            Some(flag) => self.end_flag(now, actor, sequence, flag.id),
            None => Ok(()),
        }
    }

    fn end_flag(&self, now: Instant, actor: &Actor, sequence: i64, id: i64) -> Result<(), LedgerError> {
        self.run("UPDATE flag SET ended_at_ms = ?2 WHERE id = ?1", params![id, now])?;
        self.append(&NewEvent { at: now, kind: EventKind::Unflagged, actor, detail: json!({}) }, sequence, None)
    }

    fn standing_flag(&self, sequence: i64) -> Result<Option<Flag>, LedgerError> {
        let Some(row) = self.run_one(STANDING, params![sequence])? else { return Ok(None) };
        let mut columns = row.columns();
        Ok(Some(Flag { id: columns.integer()?, by: columns.text()?, note: columns.text()? }))
    }
}
