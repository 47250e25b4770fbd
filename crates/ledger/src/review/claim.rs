//! Looking at open reviews and reserving one.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::blind::Standing;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Role;

use super::{Filter, Found, Item, Page, Refusal, live};
use crate::Ledger;
use crate::blind::{KEPT_BACK, row_is_kept_back};
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, Row, Value, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::passages::MAX_PAGE;
use crate::scope::Scope;
use crate::setting::{in_force, seconds_ms};

/// The columns of an [`Item`], in its order, for the caller `?3`. A claim that ran out is not shown.
const COLUMNS: &str = concat!(
    "sequence, id, version, booth_id, lane, captured_at, received_at_ms, review_opened_at_ms, reason,
     coalesce(detail, ''), plate, CASE WHEN ",
    live!(),
    " THEN claimed_by END, CASE WHEN ",
    live!(),
    " THEN claimed_until_ms END, camera, jurisdiction,
     (SELECT name FROM booth WHERE id = booth_id), (SELECT jurisdiction FROM booth WHERE id = booth_id),
     (SELECT time_zone FROM booth WHERE id = booth_id),
     (SELECT b.standing FROM blind_review b WHERE b.passage_sequence = sequence),
     (SELECT CAST(coalesce(sum(CASE WHEN o.withdrawn_at_ms IS NULL THEN 1 ELSE 2 END), 0) AS BIGINT) FROM opinion o
      WHERE o.passage_sequence = sequence AND o.actor_id = +?3 AND o.held = 1),
     (SELECT o.plate FROM opinion o WHERE o.passage_sequence = sequence AND o.actor_id = +?3
          AND o.withdrawn_at_ms IS NOT NULL ORDER BY o.id DESC LIMIT 1),
     (SELECT o.jurisdiction FROM opinion o WHERE o.passage_sequence = sequence AND o.actor_id = +?3
          AND o.withdrawn_at_ms IS NOT NULL ORDER BY o.id DESC LIMIT 1)"
);

/// Whoever has answered is not asked again.
const NOT_ANSWERED: &str = "NOT EXISTS (SELECT 1 FROM opinion o WHERE o.actor_id = +?3 AND o.waiting = 1
    AND o.passage_sequence = sequence)";

/// Independent answers differ, and a supervisor decides.
const DISPUTED: &str = "EXISTS (SELECT 1 FROM blind_review b WHERE b.passage_sequence = sequence
    AND b.standing = 'disputed')";

/// The reason as reviewers are told it.
const TOLD_REASON: &str =
    "coalesce((SELECT CASE b.standing WHEN 'open' THEN 'unprompted' WHEN 'disputed' THEN 'disputed' END
    FROM blind_review b WHERE b.passage_sequence = sequence), reason)";

/// Open reviews are few, whatever their booth. The index must be named: given a booth, SQLite would go through all
/// passages that booth ever had.
const OPEN: &str = "FROM passage INDEXED BY passage_state WHERE state = 'in-review'";

/// Holds the review found, and passes by those that somebody else is about to take: a reviewer who asks for any must
/// get another one, not a refusal.
const HOLD: &str = "/*pg FOR NO KEY UPDATE SKIP LOCKED */";

impl<D: Db> Ledger<D> {
    /// Lists the open reviews that the caller may decide, in the order of receipt; `after` is the cursor of the page before.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn list_open(
        &self,
        now: Instant,
        actor: &Actor,
        filter: &Filter,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Page, LedgerError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let mut parameters = vec![now.into(), CLOCK_SLACK_MS.into(), actor.id.as_str().into()];
        let conditions = conditions(actor, filter, &mut parameters);
        self.read(|| {
            let counted = self.run_one(&format!("SELECT count(*) {OPEN} {conditions}"), &parameters)?;
            let total = counted.map_or(Ok(0), |row| row.columns().number())?;
            parameters.push(after.unwrap_or(0).into());
            let at = parameters.len();
            let sql =
                format!("SELECT {COLUMNS} {OPEN} {conditions} AND sequence > ?{at} ORDER BY sequence LIMIT {limit}");
            let items =
                self.run(&sql, &parameters)?.into_iter().map(|row| item(actor, row)).collect::<Result<Vec<_>, _>>()?;
            let full = items.len() == limit as usize;
            let next = items.last().filter(|_| full).and_then(|last| u64::try_from(last.sequence).ok());
            Ok(Page { items, next, total })
        })
    }

    /// Takes the oldest unclaimed review that matches, or the named passage, for `review.claim_seconds`.
    ///
    /// The filter does not apply to a named passage. Claiming again what one holds renews the claim.
    ///
    /// # Errors
    /// For a named passage only: [`Refusal::NotFound`], [`Refusal::WrongState`], [`Refusal::ClaimedByOther`].
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
        if passage.is_none() && self.oldest(now, actor, &filter, "")?.is_none() {
            return Ok(None);
        }
        self.write(Scope::Rows, || {
            let wanted = match passage {
                Some(id) => Some(id.to_owned()),
                None => self.oldest(now, actor, &filter, HOLD)?,
            };
            let Some(id) = wanted else { return Ok(None) };
            let found = self.find_open(now, actor, &id, None)?;
            let renewal = match &found.claim {
                Some((holder, until)) if *holder != actor.id => {
                    return Err(Failure::Refused(Refusal::ClaimedByOther(*until)));
                }
                Some(_) => true,
                None => false,
            };
            self.set_claim(now, actor, &found, renewal, seconds)?;
            self.item(now, actor, &id).map(Some)
        })
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
            self.run(
                "UPDATE passage SET claimed_by = NULL, claimed_at_ms = NULL, claimed_until_ms = NULL WHERE sequence = ?1",
                params![found.held.sequence],
            )?;
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

    fn oldest(&self, now: Instant, actor: &Actor, filter: &Filter, hold: &str) -> Result<Option<String>, LedgerError> {
        let mut parameters = vec![now.into(), CLOCK_SLACK_MS.into(), actor.id.as_str().into()];
        let conditions = conditions(actor, filter, &mut parameters);
        let sql = format!("SELECT id {OPEN} {conditions} ORDER BY sequence LIMIT 1 {hold}");
        self.run_one(&sql, &parameters)?.map(|row| row.columns().text()).transpose()
    }

    pub(super) fn item(&self, now: Instant, actor: &Actor, passage: &str) -> Result<Item, Failure<Refusal>> {
        let sql = format!("SELECT {COLUMNS} FROM passage WHERE id = +?4 AND state = 'in-review'");
        let row = self
            .run_one(&sql, params![now, CLOCK_SLACK_MS, actor.id.as_str(), passage])?
            .ok_or(Failure::Refused(Refusal::NotFound))?;
        Ok(item(actor, row)?)
    }
}

/// The filter and what the caller may decide as SQL, behind the parameters for now, slack and caller.
fn conditions(actor: &Actor, filter: &Filter, parameters: &mut Vec<Value>) -> String {
    // Names both parameters in every form: SQLite refuses values for parameters that a statement does not have.
    let mut sql = if filter.unclaimed {
        concat!("AND ", live!(), " IS NOT TRUE").to_owned()
    } else {
        "AND CAST(?1 AS BIGINT) + CAST(?2 AS BIGINT) IS NOT NULL".to_owned()
    };
    if actor.role == Role::Supervisor.as_str() {
        sql.push_str(&format!(" AND ({NOT_ANSWERED} OR {DISPUTED})"));
    } else {
        sql.push_str(&format!(" AND {NOT_ANSWERED} AND NOT {DISPUTED}"));
    }
    for (column, wanted) in [("booth_id", &filter.booth), (TOLD_REASON, &filter.reason)] {
        if let Some(wanted) = wanted {
            parameters.push(wanted.as_str().into());
            sql.push_str(&format!(" AND {column} = ?{}", parameters.len()));
        }
    }
    sql
}

/// An open review as the caller may see it.
fn item(actor: &Actor, row: Row) -> Result<Item, LedgerError> {
    let mut columns = row.columns();
    let mut item = Item {
        sequence: columns.integer()?,
        passage: columns.text()?,
        version: columns.number()?,
        booth: columns.text()?,
        lane: columns.text()?,
        captured_at: columns.text()?,
        received_at: columns.integer()?,
        opened_at: columns.integer()?,
        reason: columns.text()?,
        detail: columns.text()?,
        suggestion: columns.opt_text()?,
        claimed_by: columns.opt_text()?,
        claimed_until: columns.opt_integer()?,
        camera: columns.text()?,
        jurisdiction: columns.opt_text()?,
        booth_name: columns.text()?,
        booth_jurisdiction: columns.text()?,
        time_zone: columns.text()?,
        kept_back: false,
    };
    let standing = columns.opt_text()?.map(|text| text.parse::<Standing>()).transpose();
    let standing = standing.map_err(|e| LedgerError::Damaged(e.to_string()))?;
    item.version += columns.number::<u32>()?;
    if row_is_kept_back(actor, standing) {
        item.kept_back = true;
        ReviewReason::Unprompted.as_str().clone_into(&mut item.reason);
        KEPT_BACK.clone_into(&mut item.detail);
        (item.suggestion, item.jurisdiction) = (columns.opt_text()?, columns.opt_text()?);
    } else if standing == Some(Standing::Disputed) {
        ReviewReason::Disputed.as_str().clone_into(&mut item.reason);
    }
    Ok(item)
}
