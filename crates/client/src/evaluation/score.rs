//! Scoring, without any I/O.
//!
//! Plates are compared as capital letters and digits. A row without a plate is right when nothing was accepted: the
//! only harm a photo without a plate can do is a bill.

use std::fmt;

use serde::Serialize;

use super::truth::normal;

/// What the application made of one photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Name of the file.
    pub file: String,
    /// The plate on it; empty when none can be read.
    pub truth: String,
    /// The accepted plate, else the best candidate of the latest reading; empty without one.
    pub read: String,
    /// State of the passage, or `refused` when the photo was not taken.
    pub state: String,
    /// Why a person must look, or why it was refused.
    pub reason: Option<String>,
    /// The recogniser's processing time in milliseconds; none when there is no reading.
    pub reading_ms: Option<u32>,
    /// Whether the accepted jurisdiction is the one of the table; none where either is missing.
    pub jurisdiction_right: Option<bool>,
}

/// How what was read compares with the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The same text; or no plate, and nothing accepted.
    Exact,
    /// The same text once O counts as 0 and I as 1.
    Folded,
    /// Neither.
    Wrong,
}

impl Outcome {
    /// Accepted for billing by the judge.
    #[must_use]
    pub fn accepted(&self) -> bool {
        self.state == "accepted"
    }

    /// Compares what was read with the truth.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let (truth, read) = (normal(&self.truth), normal(&self.read));
        let exact = if truth.is_empty() { !self.accepted() } else { truth == read };
        match (exact, !truth.is_empty() && fold(&truth) == fold(&read)) {
            (true, _) => Verdict::Exact,
            (false, true) => Verdict::Folded,
            (false, false) => Verdict::Wrong,
        }
    }
}

/// A photo that was not read exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Miss {
    /// Name of the file.
    pub file: String,
    /// The plate on it.
    pub truth: String,
    /// What was read.
    pub read: String,
    /// State of the passage.
    pub state: String,
    /// Why a person must look.
    pub reason: Option<String>,
}

/// The score of an evaluation. Shares are fractions of 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Photos in the table.
    pub photos: usize,
    /// Share read exactly.
    pub exact: f64,
    /// Share read exactly once O counts as 0 and I as 1 on both sides.
    pub folded: f64,
    /// Share accepted without a person.
    pub accepted: f64,
    /// Share of the accepted whose plate is not exactly the truth; 0 when none was accepted.
    pub wrong_accepted: f64,
    /// Mean processing time of the recogniser, in seconds; none when nothing was read.
    pub seconds_per_photo: Option<f64>,
    /// Every photo that was not read exactly, in the order of the table.
    pub misses: Vec<Miss>,
    /// Share of the accepted with a known jurisdiction that have another one; not part of the JSON.
    #[serde(skip)]
    pub wrong_jurisdiction: Option<f64>,
}

impl Score {
    /// Scores outcomes, in the order of the table.
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Self {
        let accepted: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.accepted()).collect();
        let count = |wanted: &[Verdict]| outcomes.iter().filter(|outcome| wanted.contains(&outcome.verdict())).count();
        let wrong = accepted.iter().filter(|outcome| outcome.verdict() != Verdict::Exact).count();
        let times: Vec<u32> = outcomes.iter().filter_map(|outcome| outcome.reading_ms).collect();
        let told: Vec<bool> = accepted.iter().filter_map(|outcome| outcome.jurisdiction_right).collect();
        Self {
            photos: outcomes.len(),
            exact: share(count(&[Verdict::Exact]), outcomes.len()),
            folded: share(count(&[Verdict::Exact, Verdict::Folded]), outcomes.len()),
            accepted: share(accepted.len(), outcomes.len()),
            wrong_accepted: share(wrong, accepted.len()),
            seconds_per_photo: mean_seconds(&times),
            misses: outcomes.iter().filter(|outcome| outcome.verdict() != Verdict::Exact).map(miss).collect(),
            wrong_jurisdiction: (!told.is_empty())
                .then(|| share(told.iter().filter(|right| !**right).count(), told.len())),
        }
    }
}

fn miss(outcome: &Outcome) -> Miss {
    Miss {
        file: outcome.file.clone(),
        truth: outcome.truth.clone(),
        read: outcome.read.clone(),
        state: outcome.state.clone(),
        reason: outcome.reason.clone(),
    }
}

fn fold(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'O' => '0',
            'I' => '1',
            other => other,
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of photos are far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn mean_seconds(times: &[u32]) -> Option<f64> {
    let count = u32::try_from(times.len()).ok().filter(|count| *count > 0)?;
    Some(times.iter().map(|ms| f64::from(*ms)).sum::<f64>() / f64::from(count) / 1000.0)
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        writeln!(f, "photos                       {}", self.photos)?;
        writeln!(f, "read exactly                 {}", percent(self.exact))?;
        writeln!(f, "read after O=0, I=1          {}", percent(self.folded))?;
        writeln!(f, "accepted without a person    {}", percent(self.accepted))?;
        writeln!(f, "wrong among the accepted     {}", percent(self.wrong_accepted))?;
        if let Some(wrong) = self.wrong_jurisdiction {
            writeln!(f, "wrong jurisdiction, accepted {}", percent(wrong))?;
        }
        match self.seconds_per_photo {
            Some(seconds) => writeln!(f, "recogniser, seconds a photo  {seconds:.2}")?,
            None => writeln!(f, "recogniser                   no reading")?,
        }
        if self.misses.is_empty() {
            return write!(f, "no misses");
        }
        let width = self.misses.iter().map(|miss| miss.file.chars().count()).max().unwrap_or(4).max(4);
        write!(f, "\n{:width$}  {:10}  {:10}  {:10}  reason", "file", "truth", "read", "state")?;
        for miss in &self.misses {
            let (read, reason) = (dash(&miss.read), miss.reason.as_deref().unwrap_or_default());
            let line =
                format!("{:width$}  {:10}  {:10}  {:10}  {reason}", miss.file, dash(&miss.truth), read, miss.state);
            write!(f, "\n{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(truth: &str, read: &str, state: &str) -> Outcome {
        Outcome {
            file: format!("{truth}.jpg"),
            truth: truth.into(),
            read: read.into(),
            state: state.into(),
            reason: (state == "in-review").then(|| "low-confidence".to_owned()),
            reading_ms: Some(500),
            jurisdiction_right: None,
        }
    }

    #[test]
    fn exact_folded_and_wrong_are_told_apart() {
        assert_eq!(outcome("ABC123", "ABC123", "accepted").verdict(), Verdict::Exact);
        assert_eq!(outcome("ABC-123", "abc 123", "in-review").verdict(), Verdict::Exact);
        assert_eq!(outcome("DROPOUT", "DR0P0UT", "in-review").verdict(), Verdict::Folded);
        assert_eq!(outcome("I0I", "1O1", "in-review").verdict(), Verdict::Folded);
        assert_eq!(outcome("ABC123", "ABC12", "in-review").verdict(), Verdict::Wrong);
        assert_eq!(outcome("ABC123", "", "in-review").verdict(), Verdict::Wrong);
    }

    #[test]
    fn a_photo_without_a_plate_is_right_unless_something_was_accepted() {
        assert_eq!(outcome("", "", "in-review").verdict(), Verdict::Exact);
        assert_eq!(outcome("", "SPEED55", "in-review").verdict(), Verdict::Exact);
        assert_eq!(outcome("", "SPEED55", "accepted").verdict(), Verdict::Wrong);
    }

    #[test]
    fn shares_have_the_right_denominators() {
        let score = Score::of(&[
            outcome("A1", "A1", "accepted"),
            outcome("B0", "BO", "accepted"),
            outcome("C1", "C1", "in-review"),
            outcome("D1", "X9", "in-review"),
            outcome("", "", "in-review"),
        ]);
        assert_eq!(score.photos, 5);
        assert_eq!(score.exact, 0.6);
        assert_eq!(score.folded, 0.8);
        assert_eq!(score.accepted, 0.4);
        assert_eq!(score.wrong_accepted, 0.5, "a folded plate bills somebody else");
        assert_eq!(score.seconds_per_photo, Some(0.5));
        let files: Vec<_> = score.misses.iter().map(|miss| miss.file.as_str()).collect();
        assert_eq!(files, ["B0.jpg", "D1.jpg"]);
    }

    #[test]
    fn nothing_accepted_and_nothing_read_divides_by_nothing() {
        let refused = Outcome { reading_ms: None, ..outcome("A1", "", "refused") };
        let score = Score::of(&[refused]);
        assert_eq!((score.accepted, score.wrong_accepted, score.seconds_per_photo), (0.0, 0.0, None));
        assert_eq!(Score::of(&[]).exact, 0.0);
    }

    #[test]
    fn the_json_has_the_documented_keys_and_no_others() {
        let json = serde_json::to_value(Score::of(&[outcome("A1", "B2", "in-review")])).unwrap();
        let mut keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["accepted", "exact", "folded", "misses", "photos", "seconds_per_photo", "wrong_accepted"]);
        assert_eq!(
            json["misses"][0],
            serde_json::json!({"file": "A1.jpg", "truth": "A1", "read": "B2", "state": "in-review", "reason": "low-confidence"})
        );
    }

    #[test]
    fn every_miss_is_printed() {
        let text = Score::of(&[outcome("A1", "B2", "in-review"), outcome("C3", "", "in-review")]).to_string();
        assert!(text.contains("A1.jpg") && text.contains("C3.jpg") && text.contains("low-confidence"), "{text}");
        assert!(text.contains("read exactly                 0.0 %"), "{text}");
    }

    #[test]
    fn a_wrong_jurisdiction_is_counted_among_the_accepted_that_know_theirs() {
        let with = |right| Outcome { jurisdiction_right: right, ..outcome("A1", "A1", "accepted") };
        let score = Score::of(&[with(Some(true)), with(Some(false)), with(None)]);
        assert_eq!(score.wrong_jurisdiction, Some(0.5));
        assert_eq!(Score::of(&[with(None)]).wrong_jurisdiction, None);
    }
}
