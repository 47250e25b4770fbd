//! Shadows: readings by a second recogniser that are scored and never used.
//!
//! Invariants: nothing here changes a passage or its events; a shadow has one attempt; there are never more than
//! [`MAX_WAITING`] waiting, so a shadow that is slower than the traffic misses some of it and delays none; limits and
//! budget of the recogniser hold for shadows, too.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::circuit::Sign;
use tollbooth_pipeline::gate::{Wait, WaitReason};
use tollbooth_pipeline::ident::derived_id;
use tollbooth_pipeline::policy::{self, Policy};
use tollbooth_pipeline::reading::Reading;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::settings::Settings;

use super::gates::{Description, Gate};
use super::settle::{Attempt, likeliest_plate, storable};
use super::{FailedAttempt, MAX_DETAIL_CHARS, Refusal};
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, params};
use crate::error::{Failure, LedgerError};
use crate::scope::Scope;
use crate::setting::{SettingText, in_force, seconds_ms};
use crate::trace::context;

/// Most shadows that wait; beyond, readings are not shadowed.
const MAX_WAITING: u32 = 1_000;

/// The right to read one photo once, for comparison only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowLease {
    /// Must be shown when it is settled.
    pub token: String,
    /// `psg_…`
    pub passage: String,
    /// Who is to read.
    pub recognizer: Recognizer,
    /// Who that is and what a call costs, for services.
    pub description: Option<Description>,
    /// Key in the photo store.
    pub photo_key: String,
    /// Of the booth.
    pub jurisdiction: String,
    /// When it counts as failed.
    pub expires_at: Instant,
    /// The passage's trace: the header of whatever is called.
    pub traceparent: String,
}

/// What there is to do for shadows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowWork {
    /// None: nothing to do now.
    pub lease: Option<ShadowLease>,
    /// Settings that differ from the defaults.
    pub settings: Vec<SettingText>,
    /// As in [`super::Work`].
    pub undescribed: Option<Recognizer>,
    /// As in [`super::Work`].
    pub next_call_at: Option<Instant>,
}

/// What became of a shadow.
#[derive(Debug, Clone, PartialEq)]
pub enum ShadowResult {
    /// It read.
    Read(Reading),
    /// It did not.
    Failed(FailedAttempt),
}

const DEAD: &str = "state = 'leased' AND recognizer = +?1 AND (expires_at_ms <= +?2 OR leased_at_ms > ?2 + ?3)";

impl<D: Db> Ledger<D> {
    /// Adds a shadow of a reading that was used, when the policy draws it and there is room. In the transaction that
    /// settles the reading: one more row, and no reason to fail that settling itself would not have.
    pub(super) fn add_shadow(
        &self,
        now: Instant,
        attempt: &Attempt,
        plate: Option<&str>,
        settings: &Settings,
    ) -> Result<(), LedgerError> {
        if !policy::is_shadowed(&attempt.held.id, attempt.asked, settings) {
            return Ok(());
        }
        // A shadow reads the photo as it came: beside a reading of a photo that was turned back it would only look worse.
        if self.turn_of(attempt.held.sequence)?.is_some() {
            return Ok(());
        }
        self.lock(Scope::Shadows)?;
        self.run(
            "INSERT INTO shadow_task (passage_sequence, recognizer, state, created_at_ms, used_plate)
             SELECT ?1, ?2, 'due', ?3, ?4
             WHERE (SELECT count(*) FROM (SELECT 1 FROM shadow_task WHERE recognizer = +?2 AND state = 'due'
                    LIMIT +?5) AS few) < ?5
             ON CONFLICT (passage_sequence, recognizer) DO NOTHING",
            params![attempt.held.sequence, settings.reading_second_recognizer.as_str(), now, plate, MAX_WAITING],
        )?;
        Ok(())
    }

    /// Hands out one shadow to a caller that can run the recognisers `able`, as far as limits allow. Whoever has
    /// passages to read reads them first.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn lease_shadow(&self, now: Instant, worker: &str, able: &[Recognizer]) -> Result<ShadowWork, LedgerError> {
        let changes = self.changed_settings()?;
        let settings = in_force(&changes)?;
        let mut work = ShadowWork { lease: None, settings: changes, undescribed: None, next_call_at: None };
        let recognizer = settings.reading_second_recognizer;
        if settings.reading_policy != Policy::Shadow || !able.contains(&recognizer) {
            return Ok(work);
        }
        let due = self.run_one(
            "SELECT 1 FROM shadow_task WHERE recognizer = +?1 AND state = 'due' LIMIT 1",
            params![recognizer.as_str()],
        )?;
        let dead = self.run_one(
            &format!("SELECT 1 FROM shadow_task WHERE {DEAD} LIMIT 1"),
            params![recognizer.as_str(), now, CLOCK_SLACK_MS],
        )?;
        let gate = self.gate(now, recognizer, &settings)?;
        if due.is_some() {
            work.undescribed = gate.wants_description(now).then_some(recognizer);
            work.next_call_at = match gate.room(now) {
                Err(Wait { reason: WaitReason::CallRate, until }) => until,
                Ok(_) | Err(_) => None,
            };
        }
        if dead.is_some() || (due.is_some() && gate.room(now).is_ok()) {
            work.lease =
                self.write(Scope::Recognizer(recognizer), || self.shadow_within(now, worker, recognizer, &settings))?;
        }
        Ok(work)
    }

    fn shadow_within(
        &self,
        now: Instant,
        worker: &str,
        recognizer: Recognizer,
        settings: &Settings,
    ) -> Result<Option<ShadowLease>, LedgerError> {
        self.run(
            &format!(
                "UPDATE shadow_task SET state = 'ended', outcome = 'expired', finished_at_ms = ?2
                 WHERE id IN (SELECT id FROM shadow_task WHERE {DEAD} /*pg FOR UPDATE SKIP LOCKED */)"
            ),
            params![recognizer.as_str(), now, CLOCK_SLACK_MS],
        )?;
        let mut gate: Gate = self.gate(now, recognizer, settings)?;
        if gate.room(now).is_err() {
            return Ok(None);
        }
        let found = self.run_one(
            "SELECT s.id, p.id, p.photo_key, b.jurisdiction, p.traceparent FROM shadow_task s
             CROSS JOIN passage p JOIN booth b ON b.id = p.booth_id
             WHERE p.sequence = s.passage_sequence AND s.recognizer = +?1 AND s.state = 'due' ORDER BY s.id LIMIT 1
             /*pg FOR NO KEY UPDATE OF s SKIP LOCKED */",
            params![recognizer.as_str()],
        )?;
        let Some(mut columns) = found.map(crate::db::Row::columns) else { return Ok(None) };
        let (id, passage) = (columns.integer()?, columns.text()?);
        let token = derived_id("shd", &[&id.to_string(), &now.to_string(), worker]);
        let expires_at = now.saturating_add(seconds_ms(settings.reading_lease_seconds));
        self.run(
            "UPDATE shadow_task SET state = 'leased', token = ?2, leased_at_ms = ?3, expires_at_ms = ?4 WHERE id = ?1",
            params![id, token.as_str(), now, expires_at],
        )?;
        self.reserve(now, &mut gate)?;
        let (photo_key, jurisdiction) = (columns.text()?, columns.text()?);
        let traceparent = context(&passage, columns.opt_text()?.as_deref())?.to_string();
        let description = gate.description;
        Ok(Some(ShadowLease {
            token,
            passage,
            recognizer,
            description,
            photo_key,
            jurisdiction,
            expires_at,
            traceparent,
        }))
    }

    /// Records what became of a shadow, once.
    ///
    /// # Errors
    /// [`Refusal::LostLease`] when it expired or was settled before.
    pub fn settle_shadow(&self, now: Instant, token: &str, result: ShadowResult) -> Result<(), Failure<Refusal>> {
        let settings = in_force(&self.changed_settings()?)?;
        let sign = match &result {
            ShadowResult::Read(_) => Some(Sign::Alive),
            ShadowResult::Failed(failed) => Sign::of_failure(&failed.class, failed.retry_after_ms),
        };
        let ended = Ended::of(result)?;
        self.write(Scope::Rows, || {
            let row = self.run_one(
                "UPDATE shadow_task SET state = 'ended', finished_at_ms = ?2, outcome = ?3, detail = ?4,
                     component = ?5, model = ?6, duration_ms = ?7, cost_micros = ?8, plate = ?9, reading = ?10
                 WHERE token = ?1 AND state = 'leased' RETURNING recognizer, leased_at_ms",
                params![
                    token,
                    now,
                    ended.outcome.as_str(),
                    ended.detail.as_str(),
                    ended.component.as_str(),
                    ended.model.as_str(),
                    ended.duration_ms,
                    ended.cost_micros,
                    ended.plate.as_deref(),
                    ended.reading.as_deref(),
                ],
            )?;
            let mut columns = row.ok_or(Failure::Refused(Refusal::LostLease))?.columns();
            let (recognizer, leased_at) = (columns.parsed()?, columns.integer()?);
            if let Some(sign) = sign {
                self.learn(now, recognizer, sign, leased_at, &settings)?;
            }
            Ok(())
        })
    }
}

/// The columns of a shadow that ended.
struct Ended {
    outcome: String,
    detail: String,
    component: String,
    model: String,
    duration_ms: u32,
    cost_micros: u64,
    plate: Option<String>,
    reading: Option<String>,
}

impl Ended {
    fn of(result: ShadowResult) -> Result<Self, LedgerError> {
        Ok(match result {
            ShadowResult::Read(reading) => {
                let reading = storable(reading);
                let json = serde_json::to_string(&reading)
                    .map_err(|e| LedgerError::Damaged(format!("the reading cannot be written as JSON: {e}")))?;
                Self {
                    outcome: "read".to_owned(),
                    detail: String::new(),
                    plate: likeliest_plate(&reading),
                    component: reading.recognizer,
                    model: reading.model,
                    duration_ms: reading.duration_ms,
                    cost_micros: reading.cost_micros,
                    reading: Some(json),
                }
            }
            ShadowResult::Failed(failed) => Self {
                outcome: failed.class,
                detail: failed.detail.chars().take(MAX_DETAIL_CHARS).collect(),
                component: failed.recognizer,
                model: failed.model,
                duration_ms: failed.duration_ms,
                cost_micros: failed.cost_micros,
                plate: None,
                reading: None,
            },
        })
    }
}
