//! Registering booths.

use std::collections::BTreeSet;

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::ident::{check_booth, check_jurisdiction, check_name};

use super::{Booth, MAX_LANES, Refusal, title_problem};
use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::intake::lanes_from_json;
use crate::scope::Scope;

impl<D: Db> Ledger<D> {
    /// Registers or changes a booth; true when it is new. Idempotent: the same booth again changes nothing.
    ///
    /// # Errors
    /// [`Refusal::Invalid`]
    pub fn put_booth(&self, now: Instant, actor: &Actor, booth: &Booth) -> Result<bool, Failure<Refusal>> {
        let violations = violations(booth);
        if !violations.is_empty() {
            return Err(Failure::Refused(Refusal::Invalid(violations)));
        }
        let unchanged = |before: &Option<Booth>| {
            before.as_ref().is_some_and(|b| Booth { updated_at: booth.updated_at, ..b.clone() } == *booth)
        };
        // Without a write lock first: scripts register the same booths at each start.
        if unchanged(&self.booth(&booth.id)?) {
            return Ok(false);
        }
        self.write(Scope::Admin, || {
            let before = self.booth(&booth.id)?;
            if unchanged(&before) {
                return Ok(false);
            }
            self.run(
                "INSERT INTO booth (id, name, jurisdiction, lanes, time_zone, updated_at_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, jurisdiction = excluded.jurisdiction,
                     lanes = excluded.lanes, time_zone = excluded.time_zone, updated_at_ms = excluded.updated_at_ms",
                params![
                    booth.id.as_str(),
                    booth.name.as_str(),
                    booth.jurisdiction.as_str(),
                    json!(booth.lanes).to_string(),
                    booth.time_zone.as_str(),
                    now,
                ],
            )?;
            let kind = if before.is_none() { EventKind::BoothRegistered } else { EventKind::BoothChanged };
            let detail = json!({
                "name": booth.name, "jurisdiction": booth.jurisdiction, "lanes": booth.lanes, "time_zone": booth.time_zone,
            });
            self.append_general(&NewEvent { at: now, kind, actor, detail }, Some(&booth.id))?;
            Ok(before.is_none())
        })
    }

    /// Booths by id; `after` is the last id seen.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn list_booths(&self, after: Option<&str>, limit: u32) -> Result<Vec<Booth>, LedgerError> {
        self.run(
            "SELECT id, name, jurisdiction, lanes, time_zone, updated_at_ms FROM booth
             WHERE id > +?1 ORDER BY id LIMIT +?2",
            params![after.unwrap_or_default(), limit],
        )?
        .into_iter()
        .map(booth)
        .collect()
    }

    /// One booth.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn booth(&self, id: &str) -> Result<Option<Booth>, LedgerError> {
        self.run_one(
            "SELECT id, name, jurisdiction, lanes, time_zone, updated_at_ms FROM booth WHERE id = ?1",
            params![id],
        )?
        .map(booth)
        .transpose()
    }
}

fn booth(row: Row) -> Result<Booth, LedgerError> {
    let mut columns = row.columns();
    Ok(Booth {
        id: columns.text()?,
        name: columns.text()?,
        jurisdiction: columns.text()?,
        lanes: lanes_from_json(&columns.text()?)?,
        time_zone: columns.text()?,
        updated_at: columns.integer()?,
    })
}

fn violations(booth: &Booth) -> Vec<String> {
    let mut found: Vec<String> = [check_booth(&booth.id), check_jurisdiction(&booth.jurisdiction)]
        .into_iter()
        .chain(booth.lanes.iter().map(|lane| check_name("lane", lane)))
        .filter_map(|checked| checked.err().map(|e| e.to_string()))
        .collect();
    found.extend(title_problem("name", &booth.name));
    if booth.lanes.len() > MAX_LANES {
        found.push(format!("lanes: at most {MAX_LANES} are allowed"));
    }
    if booth.lanes.iter().collect::<BTreeSet<_>>().len() < booth.lanes.len() {
        found.push("lanes: each may be named only once".to_owned());
    }
    if !looks_like_time_zone(&booth.time_zone) {
        found.push("time_zone: must be an IANA name like America/Chicago".to_owned());
    }
    found
}

/// The shape of an IANA name. Components carry no time zone database: whether it exists is seen where it is used.
pub(super) fn looks_like_time_zone(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b))
    };
    text.len() <= 64 && text.split('/').count() <= 3 && text.split('/').all(part)
}
