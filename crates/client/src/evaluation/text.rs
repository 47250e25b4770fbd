//! A score for people: figures with their intervals, tables, and every miss.

use std::fmt::{self, Formatter};

use super::score::Score;

/// Kinds of mistake that are shown; the JSON has all.
const KINDS_SHOWN: usize = 10;

impl fmt::Display for Score {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.shares(f)?;
        self.conditions(f)?;
        self.reliability(f)?;
        self.kinds(f)?;
        self.misses(f)
    }
}

impl Score {
    fn shares(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let sure = &self.intervals;
        writeln!(f, "{:29}{:>7}   95 % interval", "photos", self.photos)?;
        if self.unread > 0 {
            writeln!(f, "{:29}{:>7}", "left out, without a reading", self.unread)?;
        }
        writeln!(f, "read exactly                 {}", with_interval(self.exact, sure.exact))?;
        writeln!(f, "read after O=0, I=1          {}", with_interval(self.folded, sure.folded))?;
        writeln!(f, "accepted without a person    {}", with_interval(self.accepted, sure.accepted))?;
        writeln!(f, "wrong among the accepted     {}", with_interval(self.wrong_accepted, sure.wrong_accepted))?;
        if let Some(wrong) = self.wrong_jurisdiction {
            writeln!(f, "wrong jurisdiction, accepted {}", percent(wrong))?;
        }
        match self.seconds_per_photo {
            Some(seconds) => writeln!(f, "recogniser, seconds a photo  {seconds:7.2}"),
            None => writeln!(f, "recogniser                   no reading"),
        }
    }

    fn conditions(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.conditions.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{:20} photos  exact    folded   accepted                   wrong among them", "condition")?;
        for row in &self.conditions {
            let accepted = with_interval(row.accepted, row.accepted_interval);
            let wrong = with_interval(row.wrong_accepted, row.wrong_interval);
            let (exact, folded) = (percent(row.exact), percent(row.folded));
            writeln!(f, "{:20} {:6}  {exact}  {folded}  {accepted:25}  {wrong}", row.condition, row.photos)?;
        }
        Ok(())
    }

    fn reliability(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.reliability.bins.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nconfidence   photos   mean   right")?;
        for bin in &self.reliability.bins {
            let right = with_interval(bin.right, bin.right_interval);
            writeln!(f, "{:.2}-{:.2}    {:6}  {:.3}  {right}", bin.from, bin.to, bin.photos, bin.mean_confidence)?;
        }
        let (error, brier) = (self.reliability.calibration_error, self.reliability.brier);
        writeln!(f, "mean distance of confidence from share right {error:.3}, Brier score {brier:.3}")
    }

    fn kinds(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.error_kinds.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{:40} photos  accepted", "kind of mistake")?;
        for row in self.error_kinds.iter().take(KINDS_SHOWN) {
            writeln!(f, "{:40} {:6}  {:8}", row.kind, row.photos, row.accepted)?;
        }
        match self.error_kinds.len().saturating_sub(KINDS_SHOWN) {
            0 => Ok(()),
            more => writeln!(f, "and {more} more kinds"),
        }
    }

    fn misses(&self, f: &mut Formatter<'_>) -> fmt::Result {
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

/// ` 85.6 %`
pub(super) fn percent(share: f64) -> String {
    format!("{:5.1} %", share * 100.0)
}

fn with_interval(share: f64, [low, high]: [f64; 2]) -> String {
    format!("{}   {:.1} to {:.1} %", percent(share), low * 100.0, high * 100.0)
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::outcome;
    use super::*;

    #[test]
    fn every_miss_is_printed() {
        let text = Score::of(&[outcome("A1", "B2", "in-review"), outcome("C3", "", "in-review")]).to_string();
        assert!(text.contains("A1.jpg") && text.contains("C3.jpg") && text.contains("low-confidence"), "{text}");
        assert!(text.contains("read exactly                   0.0 %   0.0 to 84.2 %"), "{text}");
    }

    #[test]
    fn tables_are_printed_where_there_is_something_to_show() {
        let mut night = outcome("A0", "AO", "accepted");
        night.about.conditions = vec!["night".to_owned()];
        let text = Score::of(&[night]).to_string();
        for expected in ["night                     1    0.0 %  100.0 %  100.0 %", "0.90-0.95", "O/0", "95 % interval"]
        {
            assert!(text.contains(expected), "`{expected}` is not in\n{text}");
        }
        let nothing = Score::of(&[outcome("", "", "in-review")]).to_string();
        assert!(
            nothing.ends_with("no misses") && !nothing.contains("condition") && !nothing.contains("kind"),
            "{nothing}"
        );
    }
}
