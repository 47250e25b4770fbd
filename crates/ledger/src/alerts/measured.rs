//! The roll-ups that rules of staff are looked at with, read before the write transaction so that nobody waits for it.

use tollbooth_alerts::staff::{
    Definition, Kind, Known, Look, Need, Place, Preview, Rollups, Whose, most_reach, needed, needed_for_preview,
    preview,
};
use tollbooth_pipeline::Instant;
use tollbooth_telemetry::{Standing, Step, Subject};

use super::rules::{DefinedRule, Kept, LATELY_MS, MOST_CAMERAS, UnreadableRule};
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::Db;
use crate::error::LedgerError;

const MINUTE_MS: i64 = 60_000;
/// What was added up longer ago than this says nothing of now.
const STALE_MS: i64 = 5 * MINUTE_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Most roll-ups that one preview reads: with many booths, or cameras, it looks back less far.
const MOST_ROLLUPS: i64 = 40_000;

/// Cameras are counted up to this, those included that no rule of each one judges.
const MOST_COUNTED: u32 = 5_000;

/// Everything that the rules of staff are looked at with.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// Those that are switched on.
    pub rules: Vec<DefinedRule>,
    pub rollups: Rollups,
    /// The end of the last whole minute that was added up; none while that was too long ago.
    pub end: Option<Instant>,
    /// Whom rules of each one judge.
    pub known: Known,
    /// Rules that cannot be looked at, for this program cannot read them.
    pub unreadable: Vec<UnreadableRule>,
}

impl Measured {
    pub fn look(&self) -> Look<'_> {
        Look { end: self.end, rollups: &self.rollups, known: &self.known }
    }
}

impl<D: Db> Ledger<D> {
    pub(super) fn measured(&self, now: Instant, booths: Vec<String>) -> Result<Measured, LedgerError> {
        let Kept { readable: mut rules, unreadable } = self.kept_rules()?;
        rules.retain(|rule| rule.definition.enabled());
        if rules.is_empty() {
            return Ok(Measured { unreadable, ..Measured::default() });
        }
        let known = self.known(now, booths, rules.iter().map(|rule| &rule.definition))?;
        let mut found = Measured { rules, known, unreadable, ..Measured::default() };
        let standing = self.telemetry_standing()?;
        found.end = last_whole_minute(&standing, now).filter(|_| !is_stale(&standing, now));
        if let Some(end) = found.end {
            for need in needed(found.rules.iter().map(|rule| &rule.definition), &found.known, end) {
                self.load(&mut found.rollups, &need)?;
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
            let known = self.known(now, booths, std::iter::once(definition))?;
            let (judged, length) = match definition.place() {
                Place::EachBooth => (known.booths.len(), MINUTE_MS),
                Place::EachCamera => (known.cameras.len(), HOUR_MS),
                Place::EachRecognizer => (known.recognizers.len(), MINUTE_MS),
                Place::Camera(..) => (1, HOUR_MS),
                Place::All | Place::Booth(_) | Place::Recognizer(_) => (1, MINUTE_MS),
            };
            // And those of all.
            let each = MOST_ROLLUPS / i64::try_from(judged + 1).unwrap_or(MOST_ROLLUPS);
            let reach_ms = each.saturating_mul(length).min(most_reach(definition));
            let mut rollups = Rollups::default();
            for need in needed_for_preview(definition, &known, end, reach_ms) {
                self.load(&mut rollups, &need)?;
            }
            let look = Look { end: Some(end), rollups: &rollups, known: &known };
            Ok(preview(definition, &look, end, reach_ms))
        })
    }

    /// Whom rules of each one judge; cameras and recognisers are looked for only where a rule is of them.
    fn known<'a>(
        &self,
        now: Instant,
        booths: Vec<String>,
        rules: impl Iterator<Item = &'a Definition> + Clone,
    ) -> Result<Known, LedgerError> {
        let mut known = Known { booths, ..Known::default() };
        let since = now.saturating_sub(LATELY_MS);
        if rules.clone().any(|rule| *rule.place() == Place::EachCamera) {
            (known.cameras, known.cameras_left_out) = self.cameras_lately(now)?;
        }
        if rules.clone().any(|rule| rule.place().kind() == Kind::Recognizer) {
            for subject in self.subjects_since("recognizer", since, MOST_CAMERAS)? {
                if let Subject::Recognizer(name) = subject {
                    known.recognizers.push(name);
                }
            }
        }
        Ok(known)
    }

    /// The cameras that rules of each one judge, by name, and how many more there are, counted up to some thousands.
    pub(super) fn cameras_lately(&self, now: Instant) -> Result<(Vec<(String, String)>, u32), LedgerError> {
        let mut found = Vec::new();
        for subject in self.subjects_since("camera", now.saturating_sub(LATELY_MS), MOST_COUNTED)? {
            if let Subject::Camera(booth, name) = subject {
                found.push((booth, name));
            }
        }
        let judged = found.len().min(usize::try_from(MOST_CAMERAS).unwrap_or(usize::MAX));
        let left_out = u32::try_from(found.split_off(judged).len()).unwrap_or(u32::MAX);
        Ok((found, left_out))
    }

    fn load(&self, into: &mut Rollups, need: &Need) -> Result<(), LedgerError> {
        let Need { whose, step, from, to } = need;
        match whose {
            Whose::One(subject) => {
                for rollup in self.rollups(subject, *step, *from, *to)? {
                    into.put(subject, *step, rollup.start, rollup.facts);
                }
            }
            Whose::Cameras => {
                // By name, as those are that are judged: what the limit cuts off is of others.
                let hours = u32::try_from((to - from) / step.length_ms()).unwrap_or(u32::MAX);
                let most = hours.saturating_mul(MOST_CAMERAS);
                for found in self.rollups_of_kind("camera", *step, *from, *to, most)? {
                    into.put(&found.subject, *step, found.rollup.start, found.rollup.facts);
                }
            }
        }
        Ok(())
    }
}

fn last_whole_minute(standing: &Standing, now: Instant) -> Option<Instant> {
    (standing.version > 0).then(|| Step::Minute.start(standing.at.min(now)))
}

/// Figures that are not of now: nobody adds up, the past is still being added up, or a clock was set back.
fn is_stale(standing: &Standing, now: Instant) -> bool {
    standing.is_off
        || standing.behind
        || now.saturating_sub(standing.at) > STALE_MS
        || standing.at > now.saturating_add(CLOCK_SLACK_MS)
}
