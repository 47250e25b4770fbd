//! The log for those who answer for what people do: every change that a person made, and every photo that somebody looked
//! at.
//!
//! Changes are the events that are written anyway. A look is one row for a person, a photo and a day, written before the
//! photo is handed over; the same again writes nothing. Old looks go, a few with each new one.
//!
//! Whoever reads the log may have to answer a blind review: of one that is open or disputed it says no more than the
//! passage's history.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::blind::Standing;

use crate::Ledger;
use crate::blind::{row_is_kept_back, told};
use crate::columns::Columns;
use crate::db::{Db, Value, params};
use crate::error::LedgerError;
use crate::event::Actor;
use crate::passages::Event;
use crate::scope::Scope;
use crate::setting::in_force;

/// Most entries on a page.
const MAX_PAGE: u32 = 200;
/// Old looks that go with a new one.
const SWEPT: u32 = 20;
const DAY_MS: Instant = 86_400_000;

/// Something that a person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Its place in the history.
    pub sequence: u64,
    /// When.
    pub at: Instant,
    /// What, as in the history of a passage.
    pub kind: String,
    /// Role that they had then.
    pub actor_role: String,
    /// `tok_…`
    pub actor_id: String,
    /// Which passage it was done to, if one.
    pub passage: Option<String>,
    /// JSON.
    pub detail: String,
}

/// Somebody looked at a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Its place among all looks.
    pub number: u64,
    /// The first time on that day (UTC).
    pub at: Instant,
    /// `tok_…`
    pub token: String,
    /// The passage.
    pub passage: String,
}

impl<D: Db> Ledger<D> {
    /// Writes down that somebody is about to see the photo of a passage. Once for a day; again, it writes nothing.
    ///
    /// # Errors
    /// [`LedgerError`]; the photo must not be shown then.
    pub fn note_look(&self, now: Instant, token: &str, passage: &str) -> Result<(), LedgerError> {
        let day = now.div_euclid(DAY_MS);
        let known = self.run_one(
            "SELECT 1 FROM photo_view v JOIN passage p ON p.sequence = v.passage_sequence
             WHERE p.id = +?1 AND v.token_id = +?2 AND v.day = +?3",
            params![passage, token, day],
        )?;
        if known.is_some() {
            return Ok(());
        }
        let settings = in_force(&self.changed_settings()?)?;
        let kept = i64::try_from(settings.log_photo_view_days).unwrap_or(i64::MAX);
        self.write(Scope::Rows, || {
            self.run(
                "INSERT INTO photo_view (passage_sequence, token_id, day, at_ms)
                 SELECT sequence, ?2, CAST(?3 AS BIGINT), CAST(?4 AS BIGINT) FROM passage WHERE id = ?1
                 ON CONFLICT (passage_sequence, token_id, day) DO NOTHING",
                params![passage, token, day, now],
            )?;
            // They are numbered in the order of their days, so the oldest are found without looking at the rest.
            self.run(
                "DELETE FROM photo_view WHERE number IN (SELECT number FROM photo_view ORDER BY number LIMIT +?2)
                     AND day < +?1",
                params![day.saturating_sub(kept), SWEPT],
            )
            .map(drop)
        })
    }

    /// What people did, the newest first, of one person or everybody, as far as the viewer may know it. `before` is the last
    /// sequence seen.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn deeds(
        &self,
        viewer: &Actor,
        who: Option<&str>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Deed>, LedgerError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let (mut seen, mut before) = (Vec::new(), before);
        // Pages are cut after what is kept back is left out, so that their length says nothing.
        while seen.len() < limit as usize {
            let page = self.events_of_people(who, before, limit)?;
            let Some(last) = page.last() else { break };
            before = Some(last.event.sequence);
            seen.extend(page.into_iter().filter_map(|done| deed(done, viewer)));
        }
        seen.truncate(limit as usize);
        Ok(seen)
    }

    fn events_of_people(&self, who: Option<&str>, before: Option<u64>, limit: u32) -> Result<Vec<Done>, LedgerError> {
        let mut sql = "SELECT e.sequence, e.at_ms, e.kind, e.actor_role, e.actor_id, e.detail, p.id, b.standing
             FROM event e LEFT JOIN passage p ON p.sequence = e.passage_sequence
                 LEFT JOIN blind_review b ON b.passage_sequence = e.passage_sequence
             WHERE e.actor_role NOT IN ('system', 'camera') AND e.sequence < +?1"
            .to_owned();
        let mut parameters = vec![before.unwrap_or(u64::MAX).into(), limit.into()];
        filter(&mut sql, &mut parameters, &[("e.actor_id", who)]);
        sql.push_str(" ORDER BY e.sequence DESC LIMIT +?2");
        self.run(&sql, &parameters)?.into_iter().map(|row| done(row.columns())).collect()
    }

    /// Who looked at which photos, the newest first. `before` is the last number seen.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn looks(
        &self,
        who: Option<&str>,
        passage: Option<&str>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Look>, LedgerError> {
        let mut sql = "SELECT v.number, v.at_ms, v.token_id, p.id
             FROM photo_view v JOIN passage p ON p.sequence = v.passage_sequence WHERE v.number < +?1"
            .to_owned();
        let mut parameters = vec![before.unwrap_or(u64::MAX).into(), limit.clamp(1, MAX_PAGE).into()];
        filter(&mut sql, &mut parameters, &[("v.token_id", who), ("p.id", passage)]);
        sql.push_str(" ORDER BY v.number DESC LIMIT +?2");
        self.run(&sql, &parameters)?.into_iter().map(|row| look(row.columns())).collect()
    }
}

/// Conditions are added rather than written as `?1 IS NULL OR …`, which no index can serve.
fn filter(sql: &mut String, parameters: &mut Vec<Value>, wanted: &[(&str, Option<&str>)]) {
    for (column, value) in wanted {
        if let Some(value) = value {
            parameters.push((*value).into());
            sql.push_str(&format!(" AND {column} = +?{}", parameters.len()));
        }
    }
}

/// An event of a person before it is decided what of it the viewer may know.
struct Done {
    event: Event,
    passage: Option<String>,
    /// Of the passage's blind review, where there is one.
    standing: Option<Standing>,
}

fn done(mut columns: Columns) -> Result<Done, LedgerError> {
    let event = Event {
        sequence: columns.number()?,
        at: columns.integer()?,
        kind: columns.text()?,
        actor_role: columns.text()?,
        actor_id: columns.text()?,
        from_state: None,
        to_state: None,
        detail: columns.text()?,
    };
    Ok(Done { event, passage: columns.opt_text()?, standing: columns.opt_parsed()? })
}

fn deed(done: Done, viewer: &Actor) -> Option<Deed> {
    let event =
        told(done.event, viewer, row_is_kept_back(viewer, done.standing), done.standing == Some(Standing::Disputed))?;
    Some(Deed {
        sequence: event.sequence,
        at: event.at,
        kind: event.kind,
        actor_role: event.actor_role,
        actor_id: event.actor_id,
        passage: done.passage,
        detail: event.detail,
    })
}

fn look(mut columns: Columns) -> Result<Look, LedgerError> {
    Ok(Look { number: columns.number()?, at: columns.integer()?, token: columns.text()?, passage: columns.text()? })
}
