//! Who is asked, and what follows from the answer: accept, review, the same again, the next, or wait.
//!
//! A passage has a turn, `first` or `second`; which recogniser that means is decided by the settings in force when it
//! is leased, so a policy changed at run time holds for passages that wait already. Pure functions: the stages call
//! them after each attempt, the ledger when it hands out or takes back work.

use crate::Instant;
use crate::ident::sha256_hex;
use crate::judge::{self, Decision};
use crate::learned::{Booth, Learned};
use crate::opinions;
use crate::reading::Reading;
use crate::reason::{ReviewReason, named};
use crate::recognizer::Recognizer;
use crate::retry::{self, Failure, Next};
use crate::settings::Settings;

pub use crate::choice::{Policy, WhenSpent};

named! {
    /// Whose turn it is to read a passage.
    Turn, "turn" {
        /// `reading.recognizer`
        First = "first",
        /// `reading.second_recognizer`
        Second = "second",
    }
}

/// Which waiting passages a recogniser may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taking {
    /// None: the settings do not name it.
    Nothing,
    /// Those of one turn.
    Only(Turn),
    /// Whatever waits.
    Everything,
}

/// Which passages `recognizer` may take. `first_out` is true when the first one's circuit is open or its budget spent.
#[must_use]
pub fn takes(recognizer: Recognizer, first_out: bool, settings: &Settings) -> Taking {
    let has_turns = matches!(settings.reading_policy, Policy::Fallback | Policy::SecondOpinion);
    if recognizer == settings.reading_recognizer {
        if has_turns { Taking::Only(Turn::First) } else { Taking::Everything }
    } else if recognizer == settings.reading_second_recognizer && has_turns {
        let everything = settings.reading_policy == Policy::Fallback && first_out;
        if everything { Taking::Everything } else { Taking::Only(Turn::Second) }
    } else {
        Taking::Nothing
    }
}

/// The recogniser that a passage of this turn waits for.
#[must_use]
pub fn awaited(turn: Turn, settings: &Settings) -> Recognizer {
    match (settings.reading_policy, turn) {
        (Policy::Fallback | Policy::SecondOpinion, Turn::Second) => settings.reading_second_recognizer,
        _ => settings.reading_recognizer,
    }
}

/// One attempt, as the policy sees it.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// Who read.
    pub recognizer: Recognizer,
    /// Whose turn it was.
    pub turn: Turn,
    /// Number of this attempt since the turn began, from 1.
    pub attempt: u32,
    /// The unsure reading that a second opinion is wanted on.
    pub earlier: Option<&'a Reading>,
    /// Of the booth.
    pub jurisdiction: &'a str,
    /// What was learned of the booth and its camera; none where nothing was.
    pub learned: Option<&'a Learned>,
}

impl<'a> Situation<'a> {
    fn booth(&self) -> Booth<'a> {
        Booth { jurisdiction: self.jurisdiction, learned: self.learned }
    }
}

/// What follows from a reading.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Safe to bill, or for a person.
    Decide(Decision),
    /// The second recogniser is asked about this doubt.
    AskSecond(ReviewReason),
}

/// What follows from a failed attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum AfterFailure {
    /// The same again, at this time.
    RetryAt(Instant),
    /// Wait until the service may be called again; the attempt does not count.
    Wait,
    /// The second recogniser takes over.
    AskSecond,
    /// The judge's word on what there is, or a person.
    Decide(Decision),
}

/// Decides what follows from a reading.
#[must_use]
pub fn after_reading(situation: &Situation<'_>, reading: &Reading, settings: &Settings) -> Step {
    if let (Policy::SecondOpinion, Turn::Second, Some(first)) =
        (settings.reading_policy, situation.turn, situation.earlier)
    {
        return Step::Decide(opinions::combine(first, reading, situation.booth(), settings));
    }
    let decision = judge::decide(reading, situation.booth(), settings);
    match &decision {
        // Without a text that could be a plate there is nothing to agree on.
        Decision::Review { reason, suggestion: Some(_), .. }
            if settings.reading_policy == Policy::SecondOpinion
                && situation.turn == Turn::First
                && opinions::can_settle(*reason) =>
        {
            Step::AskSecond(*reason)
        }
        _ => Step::Decide(decision),
    }
}

/// Decides what follows from an attempt that failed at `now`. `seed` spreads retries.
#[must_use]
pub fn after_failure(
    situation: &Situation<'_>,
    failure: &Failure,
    now: Instant,
    seed: u64,
    settings: &Settings,
) -> AfterFailure {
    if situation.recognizer.is_service() && waits_for_the_service(failure, situation, settings) {
        return AfterFailure::Wait;
    }
    let reason = match retry::after_failure(failure, situation.attempt, now, seed, settings) {
        Next::RetryAt(at) => return AfterFailure::RetryAt(at),
        Next::Review(reason) => reason,
    };
    // Nobody can read a photo that is not there, or shows nothing.
    let concerns_the_photo = matches!(
        failure,
        Failure::PhotoMissing | Failure::PhotoChanged | Failure::PhotoStoreUnavailable(_) | Failure::EmptyFrame(_)
    );
    let why = format!(
        "Attempt {} of {} brought no reading ({}). {}",
        situation.attempt,
        situation.recognizer,
        failure.class(),
        failure.detail()
    );
    match given_up(situation, reason, why.trim_end(), settings) {
        AfterFailure::AskSecond if concerns_the_photo => {
            AfterFailure::Decide(referral(reason, why.trim_end().to_owned()))
        }
        next => next,
    }
}

/// What follows when a recogniser will not be asked again: the second one, the first one's reading, or a person.
#[must_use]
pub fn given_up(situation: &Situation<'_>, reason: ReviewReason, why: &str, settings: &Settings) -> AfterFailure {
    match (settings.reading_policy, situation.turn, situation.earlier) {
        (Policy::Fallback, Turn::First, _) => AfterFailure::AskSecond,
        (Policy::SecondOpinion, Turn::Second, Some(first)) => {
            AfterFailure::Decide(opinions::without_second(first, why, situation.booth(), settings))
        }
        _ => AfterFailure::Decide(referral(reason, why.to_owned())),
    }
}

fn referral(reason: ReviewReason, detail: String) -> Decision {
    Decision::Review { reason, detail, suggestion: None }
}

/// True when the failure is about the service, not about this photo: its circuit is open now, and whoever waits for it
/// keeps its attempts.
fn waits_for_the_service(failure: &Failure, situation: &Situation<'_>, settings: &Settings) -> bool {
    match failure {
        Failure::Throttled(_) | Failure::Unauthorized => true,
        // A spent account is a spent budget, whoever keeps the books; under `fallback` the second takes over meanwhile.
        Failure::QuotaExhausted => {
            settings.reading_when_budget_spent == WhenSpent::Wait
                || (settings.reading_policy == Policy::Fallback && situation.turn == Turn::First)
        }
        _ => false,
    }
}

/// Whether a spent budget sends the passages of this turn to people. Under `fallback` the first one's go to the second.
#[must_use]
pub fn spent_goes_to_people(turn: Turn, settings: &Settings) -> bool {
    settings.reading_when_budget_spent == WhenSpent::Review
        && !(settings.reading_policy == Policy::Fallback && turn == Turn::First)
}

/// Whether a passage's reading is scored by the shadow. Always the same answer for the same passage.
#[must_use]
pub fn is_shadowed(passage: &str, asked: Recognizer, settings: &Settings) -> bool {
    if settings.reading_policy != Policy::Shadow || asked != settings.reading_recognizer {
        return false;
    }
    let digest = sha256_hex(format!("shadow {passage}").as_bytes());
    let draw = digest.get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(u32::MAX);
    f64::from(draw) / f64::from(u32::MAX) * 100.0 < settings.reading_shadow_percent
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
