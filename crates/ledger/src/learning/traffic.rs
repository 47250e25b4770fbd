//! Who passes at a booth, from its last passages.
//!
//! Read anew from present state instead of counted as it happens: a decision that was taken back, opened again or corrected
//! is right at the next look, without anything to undo. A look is bounded by a number of passages, and one booth an hour is
//! looked at once.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::corroborated::{Said, counting};
use tollbooth_pipeline::judge::JUDGE;
use tollbooth_pipeline::learned::{LearnedTraffic, Observed, Traffic};
use tollbooth_pipeline::settings::Settings;
use tollbooth_pipeline::state::State;

use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;
use crate::scope::Scope;

/// Passages looked at, the latest of the booth.
const MOST_PASSAGES: u32 = 2_000;
/// Older ones teach nothing.
const WINDOW_MS: i64 = 90 * 86_400_000;
/// Time between two looks at a booth.
const LOOK_AGAIN_MS: i64 = 3_600_000;
/// A change of no issuer's share by more than this is none.
const LEAST_CHANGE: f64 = 0.005;
/// More vehicles by this factor are a change all the same: what was learned may come into force by it.
const GROWTH: f64 = 1.5;
/// Versions that are kept of a booth: three weeks of changes at every look.
const MOST_VERSIONS: u32 = 500;

/// What was learned of a booth's traffic, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct BoothTraffic {
    /// Of the booth.
    pub jurisdiction: String,
    /// Grows with each change; none before the first look.
    pub version: Option<u32>,
    /// When that was.
    pub learned_at: Option<Instant>,
    /// When it was last looked whether anything changed.
    pub checked_at: Option<Instant>,
    /// What was seen.
    pub observed: Observed,
    /// Whether the judge goes by it.
    pub is_in_force: bool,
}

/// The booth whose look is longest ago, were it due, with what was seen last.
const DUE: &str = "SELECT place.id, place.jurisdiction, t.version, t.observed FROM booth place
    LEFT JOIN booth_traffic t ON t.booth_id = place.id
        AND t.version = (SELECT max(latest.version) FROM booth_traffic latest WHERE latest.booth_id = place.id)
    WHERE t.checked_at_ms IS NULL OR t.checked_at_ms <= +?1 OR t.checked_at_ms > +?2
    ORDER BY coalesce(t.checked_at_ms, 0), place.id LIMIT 1";

const PASSAGES: &str = "SELECT p.state, p.plate, p.jurisdiction, p.decided_by, p.received_at_ms, a.issuer_by_plate
    FROM passage p LEFT JOIN reading_attempt a ON a.passage_sequence = p.sequence AND a.attempt = p.last_attempt
    WHERE p.booth_id = +?1 ORDER BY p.sequence DESC LIMIT +?2";

const LATEST: &str = "SELECT t.version, t.learned_at_ms, t.checked_at_ms, t.observed FROM booth_traffic t
    WHERE t.booth_id = +?1 ORDER BY t.version DESC LIMIT 1";

impl<D: Db> Ledger<D> {
    /// Looks at the last passages of the booth that was looked at longest ago, were that an hour or more. Called by whoever
    /// hands out work, before that: a reading goes by what is known when it is leased.
    pub(crate) fn learn_traffic(&self, now: Instant, settings: &Settings) -> Result<(), LedgerError> {
        if settings.judge_traffic_learned_from == 0 {
            return Ok(());
        }
        let Some(row) = self.run_one(DUE, params![now - LOOK_AGAIN_MS, now.saturating_add(CLOCK_SLACK_MS)])? else {
            return Ok(());
        };
        let mut columns = row.columns();
        let (booth, jurisdiction) = (columns.text()?, columns.text()?);
        let before = match columns.opt_number::<u32>()? {
            Some(version) => Some((version, parsed(&columns.text()?)?)),
            None => None,
        };
        let observed = self.observed(now, &booth)?;
        self.write(Scope::Rows, || match &before {
            Some((version, before)) if !is_another(before, &observed, &jurisdiction, settings) => self
                .run(
                    "UPDATE booth_traffic SET checked_at_ms = ?3 WHERE booth_id = ?1 AND version = ?2",
                    params![booth.as_str(), *version, now],
                )
                .map(drop),
            _ => {
                let version = before.as_ref().map_or(1, |(version, _)| version + 1);
                self.run(
                    "INSERT INTO booth_traffic (booth_id, version, learned_at_ms, checked_at_ms, observed)
                     VALUES (?1, ?2, ?3, ?3, ?4) ON CONFLICT (booth_id, version) DO NOTHING",
                    params![booth.as_str(), version, now, text(&observed)?],
                )?;
                let oldest = version.saturating_sub(MOST_VERSIONS);
                self.run(
                    "DELETE FROM booth_traffic WHERE booth_id = +?1 AND version <= +?2",
                    params![booth.as_str(), oldest],
                )
                .map(drop)
            }
        })
    }

    /// What the last passages of a booth say of who passes.
    fn observed(&self, now: Instant, booth: &str) -> Result<Observed, LedgerError> {
        let mut all = Vec::new();
        for row in self.run(PASSAGES, params![booth, MOST_PASSAGES])? {
            all.extend(seen(row)?.filter(|seen| now.saturating_sub(seen.received_at) <= WINDOW_MS));
        }
        // The newest first, as they are read: of a person's words those count.
        let said: Vec<Said<'_>> = all.iter().filter_map(Seen::said).collect();
        let mut counts = counting(&said).into_iter();
        let mut observed = Observed::default();
        for seen in &all {
            let issuer = seen.said().filter(|_| counts.next() == Some(true)).map(|said| said.issuer);
            observed.add(now.saturating_sub(seen.received_at), issuer, &seen.plate);
        }
        Ok(observed)
    }

    /// What the judge goes by at a booth; none until enough vehicles of known issuer passed.
    pub(crate) fn traffic_in_force(
        &self,
        booth: &str,
        settings: &Settings,
    ) -> Result<Option<LearnedTraffic>, LedgerError> {
        if settings.judge_traffic_learned_from == 0 {
            return Ok(None);
        }
        let Some(row) = self.run_one(LATEST, params![booth])? else { return Ok(None) };
        let (version, _, _, observed) = latest(row)?;
        Ok(is_enough(&observed, settings).then_some(LearnedTraffic { version, observed }))
    }

    /// What was learned of a booth's traffic; none where there is no such booth.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn booth_traffic(&self, booth: &str) -> Result<Option<BoothTraffic>, LedgerError> {
        self.read(|| {
            let row = self.run_one("SELECT jurisdiction FROM booth WHERE id = +?1", params![booth])?;
            let Some(row) = row else { return Ok(None) };
            let jurisdiction = row.columns().text()?;
            let settings = crate::setting::in_force(&self.changed_settings()?)?;
            let mut found = BoothTraffic {
                jurisdiction,
                version: None,
                learned_at: None,
                checked_at: None,
                observed: Observed::default(),
                is_in_force: false,
            };
            if let Some(row) = self.run_one(LATEST, params![booth])? {
                let (version, learned_at, checked_at, observed) = latest(row)?;
                found.is_in_force = settings.judge_traffic_learned_from > 0 && is_enough(&observed, &settings);
                (found.version, found.learned_at, found.checked_at) =
                    (Some(version), Some(learned_at), Some(checked_at));
                found.observed = observed;
            }
            Ok(Some(found))
        })
    }
}

/// A vehicle that passed, with its issuer where that is known whatever passes here.
struct Seen {
    received_at: Instant,
    issuer: Option<String>,
    /// Who named the issuer; none where the plate alone does.
    by: Option<String>,
    plate: String,
}

impl Seen {
    fn said(&self) -> Option<Said<'_>> {
        Some(Said { issuer: self.issuer.as_deref()?, by: self.by.as_deref() })
    }
}

/// None for passages that say nothing of who passes: not read yet, rejected, the same frame again.
fn seen(row: Row) -> Result<Option<Seen>, LedgerError> {
    let mut columns = row.columns();
    let state: State = columns.parsed()?;
    let (plate, jurisdiction, decided_by) = (columns.opt_text()?, columns.opt_text()?, columns.opt_text()?);
    let (received_at, by_plate) = (columns.integer()?, columns.opt_text()?);
    let issuer = match state {
        State::Accepted if decided_by.as_deref() == Some(JUDGE) => {
            jurisdiction.filter(|code| by_plate.as_ref() == Some(code))
        }
        State::Accepted => jurisdiction,
        // Nobody has said whose it is.
        State::InReview => None,
        State::Waiting | State::Reading | State::Rejected | State::Duplicate => return Ok(None),
    };
    let by = decided_by.filter(|_| issuer.is_some() && issuer != by_plate);
    Ok(Some(Seen { received_at, issuer, by, plate: plate.unwrap_or_default() }))
}

fn is_enough(observed: &Observed, settings: &Settings) -> bool {
    // The setting is 2,000 at most.
    let least = u32::try_from(settings.judge_traffic_learned_from).map_or(f64::INFINITY, f64::from);
    observed.known() >= least
}

fn is_another(before: &Observed, now: &Observed, jurisdiction: &str, settings: &Settings) -> bool {
    let usual = Traffic::around(jurisdiction, settings.judge_home_share_percent / 100.0);
    let all = |observed: &Observed| observed.known() + observed.unknown;
    // What comes into force by it, or goes out of it, is a change as well.
    is_enough(before, settings) != is_enough(now, settings)
        || before.difference(now, &usual) > LEAST_CHANGE
        || all(now) > GROWTH * all(before)
}

fn latest(row: Row) -> Result<(u32, Instant, Instant, Observed), LedgerError> {
    let mut columns = row.columns();
    Ok((columns.number()?, columns.integer()?, columns.integer()?, parsed(&columns.text()?)?))
}

fn parsed(json: &str) -> Result<Observed, LedgerError> {
    serde_json::from_str(json).map_err(|e| LedgerError::Damaged(format!("learned traffic cannot be read back: {e}")))
}

fn text(observed: &Observed) -> Result<String, LedgerError> {
    serde_json::to_string(observed).map_err(|e| LedgerError::Damaged(format!("learned traffic cannot be written: {e}")))
}
