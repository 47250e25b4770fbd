//! Handing out leases, and taking back those that died.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::ident::derived_id;
use tollbooth_pipeline::settings::Settings;
use tollbooth_pipeline::state::Move;

use super::{Lease, MAX_BACKLOG, Work, exhausted};
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::setting::{SettingText, in_force, seconds_ms};
use crate::step::{Entering, Held, held_columns};

/// Most leases taken back in one transaction; the next call goes on. All of them are dead for certain, so a long page
/// of live ones can never hide them.
const MAX_TAKEN_BACK: u32 = 1_000;

/// A lease is dead when it ended, or was handed out by a clock that has been set back since.
macro_rules! dead {
    () => {
        "state = 'reading' AND (lease_expires_at_ms <= ?1 OR leased_at_ms > ?1 + ?2)"
    };
}

/// A wait is over when its time has come, or was set by a clock that has been set back since.
macro_rules! due {
    () => {
        "state = 'waiting' AND (next_attempt_at_ms <= ?1 OR waiting_since_ms > ?1 + ?2)"
    };
}

/// How much there is to do, answered from indexes.
const SURVEY: &str = concat!(
    "SELECT
    (SELECT count(*) FROM passage WHERE state = 'reading'),
    (SELECT count(*) FROM passage WHERE ",
    dead!(),
    "),
    (SELECT count(*) FROM (SELECT 1 FROM passage WHERE ",
    due!(),
    " LIMIT +?3))"
);

const DEAD: &str = concat!(
    "SELECT ",
    held_columns!(),
    ", p.lease_token FROM passage p WHERE ",
    dead!(),
    " ORDER BY p.sequence LIMIT +?3"
);

const DUE: &str = concat!(
    "SELECT ",
    held_columns!(),
    ", p.photo_key, p.booth_id, b.jurisdiction
     FROM passage p JOIN booth b ON b.id = p.booth_id WHERE ",
    due!(),
    " ORDER BY p.sequence LIMIT +?3"
);

struct Survey {
    reading: u64,
    dead: u64,
    due: u64,
}

impl Survey {
    /// Leases that may be handed out once the dead ones are taken back.
    fn room(&self, settings: &Settings) -> u64 {
        u64::from(settings.reading_concurrency).saturating_sub(self.reading.saturating_sub(self.dead))
    }
}

impl<D: Db> Ledger<D> {
    /// Hands out up to `most` leases, oldest first, as far as the shared limit allows; takes back dead ones first.
    ///
    /// A passage whose lease died with its last attempt goes to review. With nothing to do, nothing is written.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn lease_work(&self, now: Instant, worker: &str, most: u32) -> Result<Work, LedgerError> {
        let changes = self.changed_settings()?;
        let settings = in_force(&changes)?;
        let before = self.survey(now)?;
        let wanted = before.due.min(before.room(&settings)).min(most.into());
        if before.dead == 0 && wanted == 0 {
            return Ok(Work { leases: Vec::new(), settings: changes, backlog: before.due });
        }
        self.write(|| self.lease_within(now, worker, most, changes, &settings))
    }

    fn lease_within(
        &self,
        now: Instant,
        worker: &str,
        most: u32,
        changes: Vec<SettingText>,
        settings: &Settings,
    ) -> Result<Work, LedgerError> {
        let actor = Actor::system(worker);
        self.take_back(now, &actor, settings)?;
        // Asked again under the lock: what was free a moment ago may be taken.
        let found = self.survey(now)?;
        let count = found.due.min(found.room(settings)).min(most.into());
        let mut leases = Vec::new();
        for row in self.run(DUE, params![now, CLOCK_SLACK_MS, count])? {
            leases.push(self.hand_out(now, &actor, row, settings)?);
        }
        let backlog = found.due.saturating_sub(leases.len() as u64);
        Ok(Work { leases, settings: changes, backlog })
    }

    fn survey(&self, now: Instant) -> Result<Survey, LedgerError> {
        let row = self
            .run_one(SURVEY, params![now, CLOCK_SLACK_MS, MAX_BACKLOG])?
            .ok_or_else(|| LedgerError::Damaged("the queue cannot be counted".to_owned()))?;
        let mut columns = row.columns();
        Ok(Survey { reading: columns.number()?, dead: columns.number()?, due: columns.number()? })
    }

    fn take_back(&self, now: Instant, actor: &Actor, settings: &Settings) -> Result<(), LedgerError> {
        for row in self.run(DEAD, params![now, CLOCK_SLACK_MS, MAX_TAKEN_BACK])? {
            let mut columns = row.columns();
            let held = Held::read(&mut columns)?;
            self.run(
                "UPDATE reading_attempt SET outcome = 'expired', finished_at_ms = ?2 WHERE token = ?1",
                params![columns.text()?, now],
            )?;
            let detail = json!({ "attempt": held.last_attempt });
            let event = |kind| NewEvent { at: now, kind, actor, detail: detail.clone() };
            if held.counted_attempts < settings.reading_max_attempts {
                let again = Entering::Waiting { next_attempt_at: 0, counted_attempts: held.counted_attempts };
                self.advance(&held, Move::Return, again, &event(EventKind::LeaseExpired))?;
            } else {
                let given_up = exhausted(held.counted_attempts).into();
                self.advance(&held, Move::Refer, given_up, &event(EventKind::LeaseExpired))?;
            }
        }
        Ok(())
    }

    fn hand_out(&self, now: Instant, actor: &Actor, row: Row, settings: &Settings) -> Result<Lease, LedgerError> {
        let mut columns = row.columns();
        let held = Held::read(&mut columns)?;
        let number = held.last_attempt + 1;
        // Attempts are numbered for ever, so passage and number never come twice; time and worker only make the
        // token harder to mistake for another in a log.
        let token = derived_id("att", &[&held.id, &number.to_string(), &now.to_string(), &actor.id]);
        let expires_at = now.saturating_add(seconds_ms(settings.reading_lease_seconds));
        let event = NewEvent { at: now, kind: EventKind::Leased, actor, detail: json!({ "attempt": number }) };
        let entering = Entering::Reading { token: token.clone(), expires_at };
        self.advance(&held, Move::Lease, entering, &event)?;
        self.run(
            "INSERT INTO reading_attempt (passage_sequence, attempt, token, worker, started_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![held.sequence, number, token.as_str(), actor.id.as_str(), now],
        )?;
        Ok(Lease {
            passage: held.id,
            attempt_token: token,
            attempt: held.counted_attempts + 1,
            photo_key: columns.text()?,
            booth: columns.text()?,
            jurisdiction: columns.text()?,
            expires_at,
        })
    }
}
