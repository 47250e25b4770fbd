//! The words: what happened, since when, how many it concerns, what to do. Plain text, no plate, and a subject that stays
//! the same so that mail clients keep an alert's messages together.

use tollbooth_messages::{MAX_BODY_CHARS, MAX_SUBJECT_CHARS};
use tollbooth_pipeline::Instant;

use crate::finding::Finding;
use crate::rule::{Rule, Severity};
use crate::step::Tell;
use crate::time::{minute, span};
use crate::words::Words;

/// Alerts of a digest that have a part of it to themselves; of the others there is the heading.
const WHOLE_PARTS: usize = 12;
/// Characters of a digest that say what it has no room for.
const REMARK: usize = 120;

/// Subjects named in a summary, and lines in a message.
const NAMED: usize = 5;
const LINES: usize = 50;

/// A message's subject and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

impl Text {
    fn new(subject: &str, body: String) -> Self {
        Self {
            subject: subject.chars().take(MAX_SUBJECT_CHARS).collect(),
            body: body.chars().take(MAX_BODY_CHARS).collect(),
        }
    }
}

/// An alert of a rule that staff defined, in a sentence: `5 of 12 booths: a, b, c, …`. `among`: of whom, `12 booths`.
#[must_use]
pub fn summary_of_many(title: &str, findings: &[Finding], among: &str) -> String {
    match findings {
        [] => title.to_owned(),
        [only] => only.text.clone(),
        many => format!("{title}: {} of {among}: {}.", many.len(), names(many)),
    }
}

/// An alert of a built-in rule in a sentence: `5 of 12 booths send no photos: a, b, c, …`.
#[must_use]
pub fn summary(rule: Rule, findings: &[Finding], booths: usize) -> String {
    match (rule, findings) {
        (_, []) => rule.title().to_owned(),
        (_, [only]) => only.text.clone(),
        (Rule::SilentBooth, many) if many.len() >= booths => {
            format!("None of the {booths} booths sends photos.")
        }
        (Rule::SilentBooth, many) => {
            format!("{} of {booths} booths send no photos: {}.", many.len(), names(many))
        }
        (_, many) => format!("{}: {}.", rule.title(), names(many)),
    }
}

fn names(findings: &[Finding]) -> String {
    let mut named: Vec<_> = findings.iter().take(NAMED).map(|finding| finding.subject.as_str()).collect();
    if findings.len() > NAMED {
        named.push("…");
    }
    named.join(", ")
}

/// An alert that people are told of.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// Its rule.
    pub words: Words<'a>,
    /// How serious it is.
    pub severity: Severity,
    /// `alr_…`
    pub id: &'a str,
    /// It in a sentence.
    pub summary: &'a str,
    /// A line for each booth (recogniser, …).
    pub lines: &'a [String],
    /// When it began to fire.
    pub fired_at: Instant,
}

/// What people are told.
#[must_use]
pub fn telling(tell: Tell, alert: &Told<'_>, now: Instant) -> Text {
    let Told { words: Words { rule, title, advice, over }, severity, id, summary, lines, fired_at } = *alert;
    let urgent = if severity == Severity::Page && tell != Tell::Resolved { "URGENT: " } else { "" };
    if tell == Tell::Resolved {
        let body = format!(
            "It is over since {}: {}\n\nIt began at {} and lasted {}.\n\nAlert {id} ({rule}).",
            minute(now),
            over,
            minute(fired_at),
            span(now - fired_at)
        );
        return Text::new(&format!("[TollBooth] Recovered: {title}"), body);
    }
    let mut body = summary.to_owned();
    if lines.len() > 1 {
        body.push('\n');
        for line in lines.iter().take(LINES) {
            body.push_str("\n- ");
            body.push_str(line);
        }
        if lines.len() > LINES {
            body.push_str(&format!("\n- and {} more", lines.len() - LINES));
        }
    }
    body.push_str(&format!("\n\nAlert since {} ({}).", minute(fired_at), span(now - fired_at)));
    if tell == Tell::Reminder {
        body.push_str(" This is a reminder: it goes on, and nobody has acknowledged it.");
    }
    if tell == Tell::Grew {
        body.push_str(" It is worse than the last message said.");
    }
    body.push_str(&format!(
        "\nWhat to do: {}\n\nYou are told when it is over. To stop reminders, acknowledge it in the console, or by \
         POST /v1/alerts/{id}/acknowledge.\nAlert {id} ({rule}).",
        advice
    ));
    let repeated = if tell == Tell::Reminder { "Still: " } else { "" };
    Text::new(&format!("[TollBooth] {urgent}{repeated}{title}"), body)
}

/// One of several things that somebody is told of at once.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Why they are told.
    pub tell: Tell,
    /// How serious it is.
    pub severity: Severity,
    /// What its rule is called.
    pub title: &'a str,
    /// What they would be told of it alone.
    pub body: &'a str,
}

impl Part<'_> {
    fn is_urgent(&self) -> bool {
        self.severity == Severity::Page && self.tell != Tell::Resolved
    }

    const fn rank(&self) -> u8 {
        match (self.tell, self.severity) {
            (Tell::Fired | Tell::Grew | Tell::Reminder, Severity::Page) => 0,
            (Tell::Fired | Tell::Grew, Severity::Warning) => 1,
            (Tell::Reminder, Severity::Warning) => 2,
            (Tell::Resolved, _) => 3,
        }
    }

    fn heading(&self) -> String {
        let before = match self.tell {
            Tell::Fired | Tell::Grew if self.is_urgent() => "URGENT: ",
            Tell::Reminder if self.is_urgent() => "URGENT: Still: ",
            Tell::Fired | Tell::Grew => "",
            Tell::Reminder => "Still: ",
            Tell::Resolved => "Recovered: ",
        };
        format!("{before}{}", self.title)
    }
}

/// Several alerts, told to one person at once: the most serious first, what is over last. What there is no room for is said
/// to be missing.
#[must_use]
pub fn digest(parts: &[Part<'_>]) -> Text {
    let mut parts: Vec<&Part<'_>> = parts.iter().collect();
    parts.sort_by_key(|part| part.rank());
    let headings: Vec<String> = parts.iter().map(|part| part.heading()).collect();
    let first = headings.first().map_or("", String::as_str);
    let more = headings.len().saturating_sub(1);
    let mut body = format!("{} things are to be told at once:\n", headings.len());
    for heading in &headings {
        body.push_str(&format!("\n- {heading}"));
    }
    let whole = parts.len().min(WHOLE_PARTS);
    let each = MAX_BODY_CHARS.saturating_sub(body.chars().count() + REMARK) / whole.max(1);
    for (part, heading) in parts.iter().zip(&headings).take(whole) {
        let frame = format!("\n\n\n*** {heading} ***\n\n");
        let missing = "\n… The console has the rest, under Alerts.";
        let room = each.saturating_sub(frame.chars().count() + missing.chars().count());
        body.push_str(&frame);
        body.extend(part.body.chars().take(room));
        if part.body.chars().count() > room {
            body.push_str(missing);
        }
    }
    if parts.len() > whole {
        body.push_str(&format!("\n\n\nOf {} more only the headings are above; see the console.", parts.len() - whole));
    }
    Text::new(&format!("[TollBooth] {first}, and {more} more"), body)
}

/// A message that only shows that it arrives.
#[must_use]
pub fn test(words: &Words<'_>, who: &str, now: Instant) -> Text {
    let body = format!(
        "This is a test that {who} asked for at {}. Nothing is wrong.\n\nAn alert \"{}\" would reach you as this did. It \
         would tell you what to do: {}",
        minute(now),
        words.title,
        words.advice
    );
    Text::new(&format!("[TollBooth] Test: {}", words.title), body)
}

/// The daily message, so that silence means something. `firing` holds the summaries of what is wrong.
#[must_use]
pub fn all_is_well(now: Instant, received: u64, booths: usize, open_reviews: u64, firing: &[String]) -> Text {
    let standing = format!(
        "{received} photos came in the last full day (UTC) from {booths} booths; {open_reviews} reviews are open.",
    );
    let end = "This message comes once a day. If it does not come, nobody watches: look.";
    if firing.is_empty() {
        let body = format!("All is well at {}.\n\n{standing}\n\n{end}", minute(now));
        return Text::new("[TollBooth] All is well", body);
    }
    let lines: Vec<_> = firing.iter().map(|line| format!("- {line}")).collect();
    let body = format!("At {} this is wrong:\n\n{}\n\n{standing}\n\n{end}", minute(now), lines.join("\n"));
    Text::new("[TollBooth] Not all is well", body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent(count: usize) -> Vec<Finding> {
        (0..count)
            .map(|n| Finding {
                subject: format!("booth-{n}"),
                text: format!("booth-{n} is silent."),
                severity: Severity::Warning,
            })
            .collect()
    }

    #[test]
    fn several_booths_are_one_sentence() {
        assert_eq!(summary(Rule::SilentBooth, &silent(1), 12), "booth-0 is silent.");
        assert_eq!(
            summary(Rule::SilentBooth, &silent(3), 12),
            "3 of 12 booths send no photos: booth-0, booth-1, booth-2."
        );
        assert!(summary(Rule::SilentBooth, &silent(7), 12).contains("booth-4, …"));
        assert_eq!(summary(Rule::SilentBooth, &silent(12), 12), "None of the 12 booths sends photos.");
    }

    #[test]
    fn a_message_says_what_since_when_and_what_to_do_and_its_subject_stays() {
        let now = 1_795_168_800_000;
        let told = |tell| {
            let alert = Told {
                words: Rule::ExportEmpty.words(),
                severity: Severity::Warning,
                id: "alr_1",
                summary: "No photos came.",
                lines: &[],
                fired_at: now - 3_600_000,
            };
            telling(tell, &alert, now)
        };
        let fired = told(Tell::Fired);
        assert_eq!(fired.subject, "[TollBooth] No license plates to export");
        for part in ["No photos came.", "2026-11-20 09:00 UTC (1 h)", "What to do:", "alr_1"] {
            assert!(fired.body.contains(part), "{part}: {}", fired.body);
        }
        assert_eq!(told(Tell::Resolved).subject, "[TollBooth] Recovered: No license plates to export");
        assert!(told(Tell::Resolved).body.contains("lasted 1 h"));
        assert!(told(Tell::Reminder).body.contains("reminder"));
    }

    #[test]
    fn several_alerts_at_once_are_one_message_with_the_most_serious_first_and_nothing_cut_off_in_silence() {
        let long = "x".repeat(MAX_BODY_CHARS);
        let part = |tell, severity, title, body| Part { tell, severity, title, body };
        let text = digest(&[
            part(Tell::Resolved, Severity::Page, "Photos wait too long", "It is over."),
            part(Tell::Fired, Severity::Warning, "A recogniser fails", long.as_str()),
            part(Tell::Grew, Severity::Page, "The balance does not close", "Run an audit."),
        ]);
        assert_eq!(text.subject, "[TollBooth] URGENT: The balance does not close, and 2 more");
        let heads: Vec<_> = text.body.lines().filter(|line| line.starts_with("***")).collect();
        assert_eq!(
            heads,
            [
                "*** URGENT: The balance does not close ***",
                "*** A recogniser fails ***",
                "*** Recovered: Photos wait too long ***"
            ]
        );
        assert!(text.body.contains("Run an audit.") && text.body.ends_with("It is over."), "{}", text.body);
        assert_eq!(text.body.matches("The console has the rest").count(), 1);
        assert!(text.body.chars().count() <= MAX_BODY_CHARS);
        let title = "t".repeat(80);
        let many = digest(&[part(Tell::Fired, Severity::Warning, title.as_str(), long.as_str()); 62]);
        assert!(many.body.ends_with("Of 50 more only the headings are above; see the console."), "{}", many.body);
        assert_eq!(many.body.matches(&format!("- {title}")).count(), 62);
    }

    #[test]
    fn the_daily_message_does_not_say_well_while_something_is_wrong() {
        assert!(all_is_well(0, 10, 2, 0, &[]).subject.contains("All is well"));
        let wrong = all_is_well(0, 10, 2, 0, &["Photos wait.".to_owned()]);
        assert!(wrong.subject.contains("Not all") && wrong.body.contains("- Photos wait."), "{wrong:?}");
    }
}
