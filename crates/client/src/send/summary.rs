//! What became of the photos.

use std::fmt;

/// Photos named with a reason when a summary is printed; more are counted.
const MAX_NAMED: usize = 20;

/// What became of one photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Acknowledged, and new to the server.
    New,
    /// Acknowledged before: by an earlier request of this or another run.
    Resent,
    /// Received before with another capture time, which stays: the photo is the same.
    DatedOtherwise,
    /// The journal has the acknowledgement; nothing was sent.
    Skipped,
    /// Refused: sending it again would be refused again.
    Refused(String),
    /// Given up: sending it again may succeed.
    Failed(String),
}

/// What became of all photos.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Acknowledged, new to the server.
    pub new: u64,
    /// Acknowledged before.
    pub resent: u64,
    /// Not sent because the journal has the acknowledgement.
    pub skipped: u64,
    /// Names and reasons.
    pub refused: Vec<(String, String)>,
    /// Names and reasons.
    pub failed: Vec<(String, String)>,
    /// Why the run ended before its end.
    pub stopped: Option<String>,
    /// Photos that were not tried because the run ended early.
    pub not_tried: u64,
    /// Of the resent: received before with another time, which stays.
    pub dated_otherwise: u64,
    /// Images that were not sent because TollBooth cannot read them: names and reasons.
    pub left_out: Vec<(String, String)>,
}

impl Summary {
    pub(super) fn add(&mut self, name: String, outcome: Outcome) {
        match outcome {
            Outcome::New => self.new += 1,
            Outcome::Resent => self.resent += 1,
            Outcome::DatedOtherwise => {
                self.resent += 1;
                self.dated_otherwise += 1;
            }
            Outcome::Skipped => self.skipped += 1,
            Outcome::Refused(reason) => self.refused.push((name, reason)),
            Outcome::Failed(reason) => self.failed.push((name, reason)),
        }
    }

    /// Photos that the server is known to have.
    #[must_use]
    pub const fn acknowledged(&self) -> u64 {
        self.new + self.resent + self.skipped
    }

    /// 0 when every photo is acknowledged, 3 when some were given up and may succeed later, 1 when some were refused or
    /// images were left out.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match (self.failed.is_empty(), self.refused.is_empty() && self.left_out.is_empty()) {
            (false, _) => 3,
            (true, false) => 1,
            (true, true) => 0,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} new, {} resent", self.new, self.resent)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped by the journal", self.skipped)?;
        }
        write!(f, ", {} refused, {} failed", self.refused.len(), self.failed.len())?;
        if self.not_tried > 0 {
            write!(f, ", {} not tried", self.not_tried)?;
        }
        if !self.left_out.is_empty() {
            write!(f, ", {} left out", self.left_out.len())?;
        }
        if self.dated_otherwise > 0 {
            let were = if self.dated_otherwise == 1 { "1 of the resent was" } else { "of the resent were" };
            let count = if self.dated_otherwise == 1 { String::new() } else { format!("{} ", self.dated_otherwise) };
            write!(f, "\n  {count}{were} received before with another capture time; the first one stays")?;
        }
        for (what, list) in [("refused", &self.refused), ("failed", &self.failed), ("left out", &self.left_out)] {
            for (name, reason) in list.iter().take(MAX_NAMED) {
                write!(f, "\n  {what} {name}: {reason}")?;
            }
            if list.len() > MAX_NAMED {
                write!(f, "\n  {what} … and {} more", list.len() - MAX_NAMED)?;
            }
        }
        match &self.stopped {
            Some(reason) => write!(f, "\nstopped early: {reason}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_that_may_still_succeed_outweighs_a_refused_one() {
        let mut summary = Summary::default();
        summary.add("a".into(), Outcome::New);
        summary.add("b".into(), Outcome::Resent);
        summary.add("c".into(), Outcome::Skipped);
        assert_eq!((summary.exit_code(), summary.acknowledged()), (0, 3));
        summary.add("d".into(), Outcome::Refused("415 not-a-photo".into()));
        assert_eq!(summary.exit_code(), 1);
        summary.add("e".into(), Outcome::Failed("no answer".into()));
        assert_eq!(summary.exit_code(), 3);
        let text = summary.to_string();
        assert!(text.contains("1 new, 1 resent, 1 skipped by the journal, 1 refused, 1 failed"), "{text}");
        assert!(text.contains("refused d: 415 not-a-photo") && text.contains("failed e: no answer"), "{text}");
    }

    #[test]
    fn an_image_that_was_left_out_is_named_and_is_no_success() {
        let mut summary = Summary::default();
        summary.add("a".into(), Outcome::New);
        summary.left_out.push(("d/b.heic".into(), "it is HEIC".into()));
        assert_eq!(summary.exit_code(), 1);
        let text = summary.to_string();
        assert!(text.contains("0 failed, 1 left out") && text.contains("left out d/b.heic: it is HEIC"), "{text}");
    }

    #[test]
    fn a_photo_that_was_received_with_another_time_is_acknowledged_and_said() {
        let mut summary = Summary::default();
        summary.add("a".into(), Outcome::DatedOtherwise);
        summary.add("b".into(), Outcome::DatedOtherwise);
        assert_eq!((summary.exit_code(), summary.acknowledged()), (0, 2));
        assert!(summary.to_string().contains("2 of the resent were received before with another capture time"));
    }

    #[test]
    fn a_long_list_is_counted_rather_than_printed() {
        let mut summary = Summary::default();
        (0..30).for_each(|n| summary.add(format!("p{n}"), Outcome::Refused("r".into())));
        assert!(summary.to_string().ends_with("refused … and 10 more"));
    }
}
