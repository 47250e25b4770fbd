//! Why a due export had no row. Customer service is told this and nothing less: "no data" alone starts a search that the
//! ledger has already made.

use tollbooth_pipeline::Instant;

use crate::facts::{BoothFacts, ExportFacts, Facts};
use crate::time::{minute, span};

/// Why nothing was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The export did not come to an end.
    Failed,
    /// No photo came since the export before.
    NoPhotos,
    /// What came waits to be read.
    AllWaiting,
    /// What came waits for people.
    AllInReview,
    /// What came waits to be read, or for people.
    WaitingAndInReview,
    /// What came was rejected, or was known already.
    NothingBillable,
}

impl Why {
    /// The name, for programs.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::NoPhotos => "no-photos",
            Self::AllWaiting => "all-waiting",
            Self::AllInReview => "all-in-review",
            Self::WaitingAndInReview => "waiting-and-in-review",
            Self::NothingBillable => "nothing-billable",
        }
    }
}

/// Since when exports bring nothing, and why; none when all is well.
pub(crate) fn gap(facts: &Facts) -> Option<(Instant, Why, String)> {
    let export = &facts.export;
    if export.ledger_is_older {
        let text = "The export failed: the ledger is older than what was published, for a backup was restored. Nothing \
                    is exported until what was published is taken over: `tollbooth restore --help`.";
        return Some((export.empty_since.unwrap_or(facts.now), Why::Failed, text.to_owned()));
    }
    if let Some((since, what)) = late(export, facts.now) {
        return Some((since, Why::Failed, format!("The export failed: {what}")));
    }
    let since = export.empty_since?;
    let (why, text) = empty(facts, since);
    Some((since, why, text))
}

/// An export that is late: since when, and what keeps it.
pub(crate) fn late(export: &ExportFacts, now: Instant) -> Option<(Instant, String)> {
    // Ten minutes or half an interval: a run that comes once a minute has had its chances by then.
    let slack = (export.interval_ms / 2).clamp(60_000, 600_000);
    if let Some(since) = export.unfinished_since.filter(|since| now.saturating_sub(*since) >= slack) {
        let text = format!(
            "the one bound at {} is not published after {}. What fails is in the log of the exporter.",
            minute(since),
            span(now - since)
        );
        return Some((since, text));
    }
    let due = export.due_at.filter(|due| now.saturating_sub(*due) >= slack)?;
    let text = format!("it was due at {} and nothing has run since. Is the exporter ticked?", minute(due));
    Some((due, text))
}

fn empty(facts: &Facts, since: Instant) -> (Why, String) {
    let export = &facts.export;
    let start = format!("The export due at {} had no row.", minute(since));
    let came = export.last_received_at.filter(|at| export.before_gap.is_none_or(|before| *at > before));
    let people = facts.open_reviews;
    match (export.waiting, people) {
        (0, 0) if came.is_none() => {
            let last = export
                .last_received_at
                .map_or_else(|| "no photo ever came".to_owned(), |at| format!("the last photo came at {}", minute(at)));
            (Why::NoPhotos, format!("{start} No photos came: {last}.{}", silent(&facts.booths)))
        }
        (0, 0) => (
            Why::NothingBillable,
            format!("{start} What came was rejected by people, or shows crossings known already."),
        ),
        (waiting, 0) => {
            (Why::AllWaiting, format!("{start} All wait to be read: {} photos{}.", count(waiting), oldest(facts)))
        }
        (0, people) => (
            Why::AllInReview,
            format!("{start} All are in review: {} wait for people{}.", count(people), oldest_review(facts)),
        ),
        (waiting, people) => (
            Why::WaitingAndInReview,
            format!(
                "{start} {} photos wait to be read{}, and {} wait for people.",
                count(waiting),
                oldest(facts),
                count(people)
            ),
        ),
    }
}

fn silent(booths: &[BoothFacts]) -> String {
    match booths.len() {
        0 => " No booth is registered.".to_owned(),
        1 => " There is one booth.".to_owned(),
        many => format!(" There are {many} booths."),
    }
}

fn oldest(facts: &Facts) -> String {
    facts.oldest_waiting.map_or_else(String::new, |at| format!(", the oldest since {}", minute(at)))
}

fn oldest_review(facts: &Facts) -> String {
    facts.oldest_review.map_or_else(String::new, |at| format!(", the oldest since {}", minute(at)))
}

/// Counts end at a thousand: what is behind that is the same to people.
fn count(number: u64) -> String {
    if number >= 1_000 { "more than 1000".to_owned() } else { number.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn facts() -> Facts {
        let export = ExportFacts {
            interval_ms: HOUR,
            due_at: Some(3 * HOUR),
            empty_since: Some(2 * HOUR),
            before_gap: Some(HOUR),
            last_received_at: Some(HOUR - 1),
            ..ExportFacts::default()
        };
        Facts { now: 2 * HOUR + 1, export, ..Facts::default() }
    }

    fn why(facts: &Facts) -> (Why, String) {
        let (_, why, text) = gap(facts).unwrap();
        (why, text)
    }

    #[test]
    fn each_reason_is_told_in_its_own_words() {
        let none = facts();
        assert!(matches!(why(&none), (Why::NoPhotos, text) if text.contains("No photos came")));
        let came = ExportFacts { last_received_at: Some(HOUR + 5), ..none.export.clone() };
        let rejected = Facts { export: came.clone(), ..none.clone() };
        assert_eq!(why(&rejected).0, Why::NothingBillable);
        let waiting = Facts { export: ExportFacts { waiting: 7, ..came.clone() }, ..none.clone() };
        assert!(matches!(why(&waiting), (Why::AllWaiting, text) if text.contains("7 photos")));
        let review = Facts { export: came, open_reviews: 3, ..none.clone() };
        assert!(matches!(why(&review), (Why::AllInReview, text) if text.contains("3 wait for people")));
        let both = Facts { open_reviews: 2_000, ..waiting };
        assert!(matches!(why(&both), (Why::WaitingAndInReview, text) if text.contains("more than 1000 wait")));
        let failed = Facts {
            now: 4 * HOUR,
            export: ExportFacts { unfinished_since: Some(3 * HOUR), ..none.export.clone() },
            ..none.clone()
        };
        assert!(matches!(why(&failed), (Why::Failed, text) if text.contains("not published")));
        let older = Facts { export: ExportFacts { ledger_is_older: true, ..none.export.clone() }, ..none };
        assert_eq!(why(&older).0, Why::Failed);
    }

    #[test]
    fn an_export_is_late_after_ten_minutes_and_not_before() {
        let export = ExportFacts { due_at: Some(HOUR), interval_ms: HOUR, ..ExportFacts::default() };
        assert_eq!(late(&export, HOUR + 599_999), None);
        assert!(late(&export, HOUR + 600_000).is_some());
        let often = ExportFacts { interval_ms: 60_000, ..export };
        assert!(late(&often, HOUR + 60_000).is_some(), "half of a short interval, and a minute at least");
        assert_eq!(late(&often, HOUR + 59_999), None);
    }
}
