//! A score for people: figures with their intervals, tables, and every miss.

use std::fmt::{self, Formatter};

use super::breakdown::Figures;
use super::reliability::Reliability;
use super::score::Score;

/// Kinds of mistake that are shown; the JSON has all.
const KINDS_SHOWN: usize = 10;

impl fmt::Display for Score {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.shares(f)?;
        self.persons(f)?;
        let conditions = self.conditions.iter().map(|row| (row.condition.as_str(), &row.figures));
        groups(f, "condition", conditions)?;
        groups(f, "issuer", self.issuers.iter().map(|row| (row.issuer.as_str(), &row.figures)))?;
        groups(f, "issuer's name", self.legible.iter().map(|row| (row.legible.as_str(), &row.figures)))?;
        reliability(f, "confidence", &self.reliability)?;
        reliability(f, "pair", &self.identity.pair_reliability)?;
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
        let identity = &self.identity;
        if let (Some(issuer), Some(pair), Some(wrong), Some(sure)) = (
            identity.issuer_right,
            identity.identity_right,
            identity.wrong_identity_accepted,
            &identity.identity_intervals,
        ) {
            writeln!(f, "issuer right                 {}", with_interval(issuer, sure.issuer_right))?;
            writeln!(f, "issuer and text right        {}", with_interval(pair, sure.identity_right))?;
            writeln!(f, "wrong persons, accepted      {}", with_interval(wrong, sure.wrong_identity_accepted))?;
        }
        match self.seconds_per_photo {
            Some(seconds) => writeln!(f, "recogniser, seconds a photo  {seconds:7.2}"),
            None => writeln!(f, "recogniser                   no reading"),
        }
    }

    /// What was wrong about persons, and each of them.
    fn persons(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.identity.wrong_persons.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{:33} accepted  of all accepted", "wrong persons")?;
        for row in &self.identity.wrong_person_kinds {
            writeln!(f, "{:33} {:8}  {}", row.kind, row.accepted, with_interval(row.share, row.interval))?;
        }
        let width = self.identity.wrong_persons.iter().map(|row| row.file.chars().count()).max().unwrap_or(4).max(4);
        writeln!(
            f,
            "\n{:width$}  {:10}  {:14}  {:10}  {:14}  billed wrongly because",
            "file", "truth", "of", "read", "of"
        )?;
        for row in &self.identity.wrong_persons {
            let (of, read_of) = (row.jurisdiction.as_deref(), row.read_jurisdiction.as_deref());
            let (of, read_of) = (of.unwrap_or("-"), read_of.unwrap_or("-"));
            let (truth, read) = (dash(&row.truth), dash(&row.read));
            writeln!(f, "{:width$}  {truth:10}  {of:14}  {read:10}  {read_of:14}  {}", row.file, row.kind)?;
        }
        Ok(())
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

/// A table of figures by group; nothing for no group.
fn groups<'a>(
    f: &mut Formatter<'_>,
    head: &str,
    rows: impl ExactSizeIterator<Item = (&'a str, &'a Figures)>,
) -> fmt::Result {
    if rows.len() == 0 {
        return Ok(());
    }
    let rows: Vec<_> = rows.collect();
    let told = rows.iter().any(|(_, row)| row.identity.issuer_right.is_some());
    write!(f, "\n{head:26} photos  exact    folded   accepted                   wrong among them")?;
    writeln!(f, "{}", if told { "           issuer   pair     wrong persons" } else { "" })?;
    for (name, row) in rows {
        let accepted = with_interval(row.accepted, row.accepted_interval);
        let nothing = row.accepted == 0.0;
        let wrong = with_interval(row.wrong_accepted, row.wrong_interval);
        let wrong = if nothing { "      -" } else { &wrong };
        let (exact, folded) = (percent(row.exact), percent(row.folded));
        let line = format!("{name:26} {:6}  {exact}  {folded}  {accepted:25}  {wrong:25}", row.photos);
        let persons = if told { persons_of(row) } else { String::new() };
        writeln!(f, "{}", format!("{line}  {persons}").trim_end())?;
    }
    Ok(())
}

/// Share of issuers and pairs right, and the wrong persons of a group.
fn persons_of(row: &Figures) -> String {
    let share = |share: Option<f64>| share.map_or_else(|| "      -".to_owned(), percent);
    let wrong = match (row.identity.wrong_identities, row.identity.wrong_identity_interval) {
        (Some(wrong), Some([low, high])) => format!("{wrong:4}   {:.1} to {:.1} %", low * 100.0, high * 100.0),
        _ => "   -".to_owned(),
    };
    format!("{}  {}  {wrong}", share(row.identity.issuer_right), share(row.identity.identity_right))
}

fn reliability(f: &mut Formatter<'_>, what: &str, reliability: &Reliability) -> fmt::Result {
    if reliability.bins.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{what:10}   photos   mean   right")?;
    for bin in &reliability.bins {
        let right = with_interval(bin.right, bin.right_interval);
        writeln!(f, "{:.2}-{:.2}    {:6}  {:.3}  {right}", bin.from, bin.to, bin.photos, bin.mean_confidence)?;
    }
    let (error, brier) = (reliability.calibration_error, reliability.brier);
    writeln!(f, "mean distance of {what} from share right {error:.3}, Brier score {brier:.3}")
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
    use super::super::outcome::tests::{issued, outcome};
    use super::*;

    #[test]
    fn every_miss_is_printed() {
        let text = Score::of(&[outcome("A1", "B2", "in-review"), outcome("C3", "", "in-review")]).to_string();
        assert!(text.contains("A1.jpg") && text.contains("C3.jpg") && text.contains("low-confidence"), "{text}");
        assert!(text.contains("read exactly                   0.0 %   0.0 to 84.2 %"), "{text}");
    }

    #[test]
    fn wrong_persons_are_printed_with_what_was_wrong() {
        let mut other = issued("A1", "us-ok", "A1", "us-tx", "accepted");
        other.about.legible = Some("name-clear".to_owned());
        let text = Score::of(&[other]).to_string();
        for expected in [
            "issuer and text right          0.0 %   0.0 to 97.5 %",
            "wrong persons, accepted      100.0 %",
            "text right, another issuer",
            "us-ok",
            "name-clear",
        ] {
            assert!(text.contains(expected), "`{expected}` is not in\n{text}");
        }
    }

    #[test]
    fn tables_are_printed_where_there_is_something_to_show() {
        let mut night = outcome("A0", "AO", "accepted");
        night.about.conditions = vec!["night".to_owned()];
        let text = Score::of(&[night]).to_string();
        for expected in
            ["night                           1    0.0 %  100.0 %  100.0 %", "0.90-0.95", "O/0", "95 % interval"]
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
