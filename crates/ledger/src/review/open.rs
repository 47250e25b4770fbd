//! Open reviews as somebody may see them: which there are, which is next, and what is told of one.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::blind::Standing;
use tollbooth_pipeline::desk::Queue;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Role;

use super::{Filter, Flagged, Item, Page, Refusal, live};
use crate::Ledger;
use crate::arrival::{behind, by_arrival};
use crate::blind::{KEPT_BACK, row_is_kept_back};
use crate::booths::condition;
use crate::columns::Columns;
use crate::db::{Db, Row, Value};
use crate::desk::{Colleague, assignment_holds, assignment_keeps, flag_stands, matter};
use crate::error::{Failure, LedgerError};
use crate::event::Actor;
use crate::keying::keyed;
use crate::passages::MAX_PAGE;
use crate::plate_type::type_recorded;

/// The columns of an [`Item`], in its order, for the parameters of [`Ledger::desk_parameters`]. A claim that ran out is not
/// shown.
const COLUMNS: &str = concat!(
    "sequence, id, version, booth_id, lane, captured_at, received_at_ms, review_opened_at_ms, reason,
     coalesce(detail, ''), plate, CASE WHEN ",
    live!(),
    " THEN claimed_by END, CASE WHEN ",
    live!(),
    " THEN claimed_until_ms END, camera, jurisdiction, ",
    type_recorded!("passage.sequence", "passage.plate", "passage.jurisdiction"),
    ", (SELECT name FROM booth WHERE id = booth_id), (SELECT jurisdiction FROM booth WHERE id = booth_id),
     (SELECT time_zone FROM booth WHERE id = booth_id), ",
    matter!(),
    ", (SELECT f.note FROM flag f WHERE ",
    flag_stands!(),
    "), (SELECT f.actor_id FROM flag f WHERE ",
    flag_stands!(),
    "), (SELECT f.at_ms FROM flag f WHERE ",
    flag_stands!(),
    "), (SELECT a.assignee_id FROM assignment a WHERE ",
    assignment_holds!(),
    "), (SELECT a.until_ms FROM assignment a WHERE ",
    assignment_holds!(),
    "),
     (SELECT b.standing FROM blind_review b WHERE b.passage_sequence = sequence),
     (SELECT CAST(coalesce(sum(CASE WHEN o.withdrawn_at_ms IS NULL THEN 1 ELSE 2 END), 0) AS BIGINT) FROM opinion o
      WHERE o.passage_sequence = sequence AND o.actor_id = +?3 AND o.held = 1),
     (SELECT o.plate FROM opinion o WHERE o.passage_sequence = sequence AND o.actor_id = +?3
          AND o.withdrawn_at_ms IS NOT NULL ORDER BY o.id DESC LIMIT 1),
     (SELECT o.jurisdiction FROM opinion o WHERE o.passage_sequence = sequence AND o.actor_id = +?3
          AND o.withdrawn_at_ms IS NOT NULL ORDER BY o.id DESC LIMIT 1)"
);

/// Whoever has answered is not asked again, and whoever flagged it does not decide it.
const NOT_THEIRS: &str = concat!(
    "NOT EXISTS (SELECT 1 FROM opinion o WHERE o.actor_id = +?3 AND o.waiting = 1 AND o.passage_sequence = sequence)
     AND NOT EXISTS (SELECT 1 FROM flag f WHERE ",
    flag_stands!(),
    " AND f.actor_id = +?3)"
);

/// Not kept for somebody else.
const NOT_KEPT_FOR_ANOTHER: &str =
    concat!(" AND NOT EXISTS (SELECT 1 FROM assignment a WHERE ", assignment_keeps!(), " AND a.assignee_id <> +?3)");

/// Given to the caller, found by what was given to them.
const GIVEN: &str = concat!(
    " AND sequence IN (SELECT a.passage_sequence FROM assignment a WHERE a.assignee_id = +?3 AND a.ended_at_ms IS NULL)
      AND EXISTS (SELECT 1 FROM assignment a WHERE ",
    assignment_holds!(),
    " AND a.assignee_id = +?3)"
);

/// Given to anybody.
const GIVEN_TO_SOMEBODY: &str = concat!("EXISTS (SELECT 1 FROM assignment a WHERE ", assignment_holds!(), ")");

/// The reason as reviewers are told it.
const TOLD_REASON: &str =
    "coalesce((SELECT CASE b.standing WHEN 'open' THEN 'unprompted' WHEN 'disputed' THEN 'disputed' END
    FROM blind_review b WHERE b.passage_sequence = sequence), reason)";

/// What is read as if nobody had read it shows no text, so it is in no group of a text.
const SHOWS_ITS_TEXT: &str = "NOT EXISTS (SELECT 1 FROM blind_review b WHERE b.passage_sequence = sequence
    AND b.standing = 'open')";

/// The issuer whose register a suggestion is looked up in, as far as it is known.
const ISSUER: &str =
    "coalesce(passage.jurisdiction, (SELECT k.jurisdiction FROM booth k WHERE k.id = passage.booth_id))";

/// Open reviews are few, whatever their booth. The index must be named: given a booth, SQLite would go through all
/// passages that booth ever had.
const OPEN: &str = "FROM passage INDEXED BY passage_open WHERE state = 'in-review'";

const ORDER: &str = by_arrival!("passage");

/// Looked up one by one.
const OPEN_AND_GIVEN: &str = "FROM passage INDEXED BY passage_state WHERE state = 'in-review'";

/// Holds the review found, and passes by those that somebody else is about to take: a reviewer who asks for any must
/// get another one, not a refusal.
pub(super) const HOLD: &str = "/*pg FOR NO KEY UPDATE SKIP LOCKED */";

/// Conditions on open reviews, and the parameters of the statement that has them.
pub(super) struct Selection {
    sql: String,
    parameters: Vec<Value>,
}

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
        self.read(|| {
            let Selection { sql: conditions, mut parameters } = self.selection(now, actor, filter)?;
            let counted = self.run_one(&format!("SELECT count(*) {OPEN} {conditions}"), &parameters)?;
            let total = counted.map_or(Ok(0), |row| row.columns().number())?;
            let rest = after.map_or_else(String::new, |last| {
                parameters.push(last.into());
                behind("passage", parameters.len())
            });
            let sql = format!("SELECT {COLUMNS} {OPEN} {conditions}{rest}{ORDER} LIMIT {limit}");
            let items =
                self.run(&sql, &parameters)?.into_iter().map(|row| item(actor, row)).collect::<Result<Vec<_>, _>>()?;
            let full = items.len() == limit as usize;
            let next = items.last().filter(|_| full).and_then(|last| u64::try_from(last.sequence).ok());
            Ok(Page { items, next, total })
        })
    }

    /// What the caller is offered next: what was given to them before everything else.
    pub(super) fn oldest(&self, selection: &Selection, hold: &str) -> Result<Option<String>, LedgerError> {
        let Selection { sql: conditions, parameters } = selection;
        for (open, which) in [(OPEN_AND_GIVEN, GIVEN), (OPEN, NOT_KEPT_FOR_ANOTHER)] {
            let sql = format!("SELECT id {open} {conditions}{which}{ORDER} LIMIT 1 {hold}");
            if let Some(row) = self.run_one(&sql, parameters)? {
                return Ok(Some(row.columns().text()?));
            }
        }
        Ok(None)
    }

    /// The oldest that match and that can be given to somebody: free, and given to nobody.
    pub(crate) fn to_give(
        &self,
        now: Instant,
        actor: &Actor,
        person: &Colleague,
        filter: &Filter,
        count: u32,
    ) -> Result<Vec<String>, LedgerError> {
        let Selection { sql: conditions, mut parameters } = self.selection(now, actor, filter)?;
        let booths = condition(person.booths.as_deref(), "booth_id", &mut parameters);
        let role = if person.role == Role::Supervisor { String::new() } else { format!(" AND {} IS NULL", matter!()) };
        parameters.push(person.token.as_str().into());
        let at = parameters.len();
        let flagged = concat!(" AND NOT EXISTS (SELECT 1 FROM flag f WHERE ", flag_stands!(), " AND f.actor_id = +?");
        let sql = format!(
            "SELECT id {OPEN} {conditions}{booths}{role}{flagged}{at}) AND NOT {GIVEN_TO_SOMEBODY}
            {ORDER} LIMIT {count} {HOLD}"
        );
        self.run(&sql, &parameters)?.into_iter().map(|row| row.columns().text()).collect()
    }

    pub(crate) fn item(&self, now: Instant, actor: &Actor, passage: &str) -> Result<Item, Failure<Refusal>> {
        let mut parameters = self.desk_parameters(now, actor)?;
        parameters.push(passage.into());
        let sql = format!("SELECT {COLUMNS} FROM passage WHERE id = +?5 AND state = 'in-review'");
        let row = self.run_one(&sql, &parameters)?.ok_or(Failure::Refused(Refusal::NotFound))?;
        Ok(item(actor, row)?)
    }

    /// The filter, and what the caller may decide, as SQL.
    pub(super) fn selection(&self, now: Instant, actor: &Actor, filter: &Filter) -> Result<Selection, LedgerError> {
        let mut parameters = self.desk_parameters(now, actor)?;
        // Names all four in every form: SQLite refuses values for parameters that a statement does not have.
        let mut sql = if filter.unclaimed {
            concat!("AND ", live!(), " IS NOT TRUE").to_owned()
        } else {
            "AND CAST(?1 AS BIGINT) + CAST(?2 AS BIGINT) IS NOT NULL".to_owned()
        };
        sql.push_str(" AND CAST(?4 AS BIGINT) IS NOT NULL AND ");
        sql.push_str(NOT_THEIRS);
        if actor.role != Role::Supervisor.as_str() {
            sql.push_str(concat!(" AND ", matter!(), " IS NULL"));
            sql.push_str(NOT_KEPT_FOR_ANOTHER);
        }
        match filter.queue {
            Some(Queue::Ordinary) => sql.push_str(concat!(" AND ", matter!(), " IS NULL")),
            Some(Queue::Supervisor) => sql.push_str(concat!(" AND ", matter!(), " IS NOT NULL")),
            None => {}
        }
        sql.push_str(&condition(self.booths_of(actor)?.as_deref(), "booth_id", &mut parameters));
        for (column, wanted) in [("booth_id", &filter.booth), (TOLD_REASON, &filter.reason)] {
            if let Some(wanted) = wanted {
                parameters.push(wanted.as_str().into());
                sql.push_str(&format!(" AND {column} = ?{}", parameters.len()));
            }
        }
        if let Some(candidate) = &filter.candidate {
            parameters.push(candidate.as_str().into());
            let wanted = format!("CAST(?{} AS TEXT)", parameters.len());
            let rules = self.keying_rules()?;
            let (mine, theirs) = (keyed(&rules, ISSUER, &wanted), keyed(&rules, ISSUER, "passage.plate"));
            sql.push_str(&format!(" AND plate IS NOT NULL AND {SHOWS_ITS_TEXT} AND {theirs} = {mine}"));
        }
        Ok(Selection { sql, parameters })
    }
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
        plate_type: columns.opt_parsed()?,
        booth_name: columns.text()?,
        booth_jurisdiction: columns.text()?,
        time_zone: columns.text()?,
        kept_back: false,
        matter: columns.opt_parsed()?,
        flag: flag(actor, &mut columns)?,
        assigned: assigned(actor, &mut columns)?,
    };
    let is_supervisor = actor.role == Role::Supervisor.as_str();
    // What a supervisor decides is told to supervisors; whoever flagged it knows that much.
    item.matter = item.matter.filter(|_| is_supervisor || item.flag.is_some());
    let standing = columns.opt_text()?.map(|text| text.parse::<Standing>()).transpose();
    let standing = standing.map_err(|e| LedgerError::Damaged(e.to_string()))?;
    item.version += columns.number::<u32>()?;
    // Before it is settled, what somebody said of the type is part of an answer that is theirs alone.
    item.plate_type = item.plate_type.filter(|_| !matches!(standing, Some(Standing::Open | Standing::Disputed)));
    if row_is_kept_back(actor, standing) {
        item.kept_back = true;
        ReviewReason::Unprompted.as_str().clone_into(&mut item.reason);
        KEPT_BACK.clone_into(&mut item.detail);
        (item.suggestion, item.jurisdiction) = (columns.opt_text()?, columns.opt_text()?);
        item.plate_type = None;
    } else if standing == Some(Standing::Disputed) {
        ReviewReason::Disputed.as_str().clone_into(&mut item.reason);
    }
    Ok(item)
}

/// The flag, for supervisors and whoever raised it.
fn flag(actor: &Actor, columns: &mut Columns) -> Result<Option<Flagged>, LedgerError> {
    let (note, by, at) = (columns.opt_text()?, columns.opt_text()?, columns.opt_integer()?);
    let (Some(note), Some(by), Some(at)) = (note, by, at) else { return Ok(None) };
    let told = by == actor.id || actor.role == Role::Supervisor.as_str();
    Ok(told.then_some(Flagged { note, by, at }))
}

/// Whom it was given to, for supervisors and that person.
fn assigned(actor: &Actor, columns: &mut Columns) -> Result<Option<(String, Instant)>, LedgerError> {
    let found = columns.opt_text()?.zip(columns.opt_integer()?);
    Ok(found.filter(|(to, _)| *to == actor.id || actor.role == Role::Supervisor.as_str()))
}
