//! The roll-ups that rules of staff are looked at with, read before the write transaction so that nobody waits for it.

use std::collections::BTreeSet;

use tollbooth_alerts::staff::{Definition, Look, Need, Place, Preview, Rollups, needed, needed_for_preview, preview};
use tollbooth_pipeline::Instant;
use tollbooth_telemetry::{Standing, Step, Subject};

use super::DefinedRule;
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::Db;
use crate::error::LedgerError;

const MINUTE_MS: i64 = 60_000;
/// What was added up longer ago than this says nothing of now.
const STALE_MS: i64 = 5 * MINUTE_MS;
/// Most roll-ups of minutes that one preview reads: with many booths it looks back on less than two days.
const MOST_MINUTES: i64 = 40_000;
const TWO_DAYS_OF_MINUTES: i64 = 2_880;

/// Everything that the rules of staff are looked at with.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// Those that are switched on.
    pub rules: Vec<DefinedRule>,
    pub rollups: Rollups,
    /// The end of the last whole minute that was added up; none while that was too long ago.
    pub end: Option<Instant>,
    /// Booths that ever sent a photo.
    pub booths: Vec<String>,
}

impl Measured {
    pub fn look(&self) -> Look<'_> {
        Look { end: self.end, rollups: &self.rollups, booths: &self.booths }
    }
}

impl<D: Db> Ledger<D> {
    pub(super) fn measured(&self, now: Instant, booths: Vec<String>) -> Result<Measured, LedgerError> {
        let (mut rules, _) = self.readable_rules()?;
        rules.retain(|rule| rule.definition.enabled());
        let mut found = Measured { rules, booths, ..Measured::default() };
        if found.rules.is_empty() {
            return Ok(found);
        }
        let standing = self.telemetry_standing()?;
        found.end = last_whole_minute(&standing, now).filter(|_| !is_stale(&standing, now));
        if let Some(end) = found.end {
            let needs = needed(found.rules.iter().map(|rule| &rule.definition), end);
            let subjects = subjects(found.rules.iter().map(|rule| &rule.definition), &found.booths);
            for need in &needs {
                self.load(&mut found.rollups, &subjects, need)?;
            }
        }
        Ok(found)
    }

    /// What a rule would have done in the last days: a week by the hour, where its window is made of hours, and two days by
    /// the minute. Nothing is stored.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn preview_rule(&self, now: Instant, definition: &Definition) -> Result<Preview, LedgerError> {
        self.read(|| {
            let sent = self.booth_facts(now)?.into_iter().filter(|booth| booth.last_received_at.is_some());
            let booths: Vec<String> = sent.map(|booth| booth.id).collect();
            let standing = self.telemetry_standing()?;
            let end = last_whole_minute(&standing, now).unwrap_or_else(|| Step::Minute.start(now));
            let subjects = subjects(std::iter::once(definition), &booths);
            let each = MOST_MINUTES / i64::try_from(subjects.len()).unwrap_or(1).max(1);
            let minutes_ms = each.min(TWO_DAYS_OF_MINUTES) * MINUTE_MS;
            let mut rollups = Rollups::default();
            for need in needed_for_preview(definition, end, minutes_ms) {
                self.load(&mut rollups, &subjects, &need)?;
            }
            let look = Look { end: Some(end), rollups: &rollups, booths: &booths };
            Ok(preview(definition, &look, end, minutes_ms))
        })
    }

    fn load(&self, into: &mut Rollups, subjects: &BTreeSet<Subject>, need: &Need) -> Result<(), LedgerError> {
        let (step, from, to) = *need;
        for subject in subjects {
            for rollup in self.rollups(subject, step, from, to)? {
                into.put(subject, step, rollup.start, rollup.facts);
            }
        }
        Ok(())
    }
}

/// Whose roll-ups are needed; those of all always, for they say when anything was added up.
fn subjects<'a>(rules: impl Iterator<Item = &'a Definition>, booths: &[String]) -> BTreeSet<Subject> {
    let mut found = BTreeSet::from([Subject::All]);
    for rule in rules {
        match rule.place() {
            Place::All => {}
            Place::EachBooth => found.extend(booths.iter().cloned().map(Subject::Booth)),
            Place::Booth(id) => {
                found.insert(Subject::Booth(id.clone()));
            }
        }
    }
    found
}

fn last_whole_minute(standing: &Standing, now: Instant) -> Option<Instant> {
    (standing.version > 0).then(|| Step::Minute.start(standing.at.min(now)))
}

/// Figures that are not of now: nobody adds up, the past is still being added up, or a clock was set back.
fn is_stale(standing: &Standing, now: Instant) -> bool {
    standing.behind || now.saturating_sub(standing.at) > STALE_MS || standing.at > now.saturating_add(CLOCK_SLACK_MS)
}
