//! The error of automatic acceptance, and what follows for its thresholds.

use serde::Serialize;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::ledger::quality::{self, Outcome as WitOutcome};
use tollbooth_quality::advice::{Advised, Present, advise};
use tollbooth_quality::measure::{self, Measure};
use tollbooth_quality::sample::{Outcome, Sampled, Wrong};
use tollbooth_web::{Answer, Problem, Request, Response, authorize};

use crate::period::Period;

/// Passages that are looked at: more than enough for any bound.
const MOST_PASSAGES: u32 = 20_000;

#[derive(Serialize)]
struct QualityView {
    days: u64,
    since: String,
    until: String,
    /// There are older passages in this time than were looked at.
    more: bool,
    /// In force; 0: nothing is drawn.
    sample_percent: f64,
    target_percent: f64,
    all: Measure,
    by_recognizer: Vec<Group>,
    by_booth: Vec<Group>,
    by_issuer: Vec<Group>,
    #[serde(flatten)]
    advised: Advised,
    /// Of the reviews that were shown without a suggestion, those that are a sample: what a reviewer would be right in who
    /// took each for one; null without any.
    sample_among_unprompted_percent: Option<f64>,
}

#[derive(Serialize)]
struct Group {
    name: String,
    #[serde(flatten)]
    measure: Measure,
}

/// What is known of a time.
pub struct Known {
    pub passages: Vec<Sampled>,
    pub more: bool,
    pub others: u64,
    pub settings: Settings,
}

impl Known {
    /// Asks the ledger.
    pub fn of(period: &Period) -> Result<Self, Problem> {
        let changed = quality::thresholds()?;
        let settings = Settings::from_changes(changed.iter().map(|(name, value)| (name.as_str(), value.as_str())))
            .map_err(|e| Problem::internal(format!("the stored settings are invalid: {e}")))?;
        let drawn = quality::drawn(period.since, period.until, MOST_PASSAGES)?;
        let passages = drawn.passages.into_iter().map(sampled).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { passages, more: drawn.more, others: drawn.others, settings })
    }

    pub fn advice(&self) -> Advised {
        let present = Present {
            min_confidence: self.settings.judge_min_confidence,
            max_wrong_person_percent: self.settings.judge_max_wrong_person_percent,
            target_percent: self.settings.quality_target_percent,
        };
        advise(&self.passages.iter().collect::<Vec<_>>(), present)
    }
}

/// `GET /v1/quality`
pub fn show(request: &Request) -> Answer {
    authorize(request, Action::ReadQuality)?;
    request.query.only(&["days"])?;
    let period = Period::of(&request.query)?;
    let known = Known::of(&period)?;
    let all: Vec<&Sampled> = known.passages.iter().collect();
    let grouped = |group: fn(&Sampled) -> &str| {
        measure::by(&all, group).into_iter().map(|(name, measure)| Group { name, measure }).collect::<Vec<_>>()
    };
    #[expect(clippy::cast_precision_loss, reason = "reviews are fewer than 2^52")]
    let share = |of: usize, others: u64| 100.0 * of as f64 / (of as f64 + others as f64);
    let view = QualityView {
        days: period.days,
        since: period.since_text(),
        until: period.until_text(),
        more: known.more,
        sample_percent: known.settings.judge_quality_sample_percent,
        target_percent: known.settings.quality_target_percent,
        all: measure::measure(&all),
        by_recognizer: grouped(|passage| &passage.recognizer),
        by_booth: grouped(|passage| &passage.booth),
        by_issuer: grouped(|passage| &passage.issuer),
        advised: known.advice(),
        sample_among_unprompted_percent: (!all.is_empty()).then(|| share(all.len(), known.others)),
    };
    Response::json(200, &view)
}

fn sampled(found: quality::Sampled) -> Result<Sampled, Problem> {
    let recognizer = match found.model {
        Some(model) if !model.is_empty() => format!("{} {model}", found.recognizer),
        _ => found.recognizer,
    };
    Ok(Sampled {
        booth: found.booth,
        recognizer,
        issuer: found.issuer,
        confidence: found.confidence,
        wrong_person_percent: found.wrong_person_percent,
        lot: found.lot,
        share_percent: found.share_percent,
        outcome: match found.outcome {
            WitOutcome::Right => Outcome::Known(None),
            WitOutcome::Wrong(kind) => Outcome::Known(Some(wrong(&kind)?)),
            WitOutcome::Disputed => Outcome::Disputed,
            WitOutcome::Unread => Outcome::Unread,
        },
    })
}

fn wrong(kind: &str) -> Result<Wrong, Problem> {
    match kind {
        "plate" => Ok(Wrong::Plate),
        "issuer" => Ok(Wrong::Issuer),
        "unbillable" => Ok(Wrong::Unbillable),
        other => Err(Problem::internal(format!("the ledger names an error that is not known: {other}"))),
    }
}
