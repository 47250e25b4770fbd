//! The built-in rules: how serious each is, how long it must hold, and which others explain it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::words::Words;

const MINUTE_MS: i64 = 60_000;

/// How serious an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Waits for the end of the quiet hours.
    Warning,
    /// Somebody must look now, at any hour.
    Page,
}

impl Severity {
    /// Every one of them.
    pub const ALL: [Self; 2] = [Self::Warning, Self::Page];

    /// The name in the database and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Page => "page",
        }
    }
}

/// How a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleState {
    /// Nothing is wrong by it.
    Well,
    /// Something is, and not for long enough yet.
    Pending,
    /// Its alert fires.
    Firing,
}

impl RuleState {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Well, Self::Pending, Self::Firing];

    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|severity| severity.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no severity"))
    }
}

/// Something that can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The ledger's two sides differ.
    BalanceBroken,
    /// Photos are refused, for there is no room for them.
    StorageFull,
    /// A booth sends nothing, at an hour at which it usually does.
    SilentBooth,
    /// Photos wait, and none is read.
    ReadingStalled,
    /// Fewer photos than usual are accepted by themselves.
    AcceptanceDropped,
    /// Photos wait too long.
    OldestWaiting,
    /// A recogniser fails often, or is left alone.
    RecognizerFailing,
    /// A recogniser's calls or money of the day are nearly spent.
    BudgetUsed,
    /// Doubtful plates wait for people too long.
    ReviewBacklog,
    /// A due export does not come.
    ExportLate,
    /// A due export had no row.
    ExportEmpty,
    /// Published files do not arrive where they are delivered to.
    DestinationDown,
    /// The file of a published export is lost, and corrections wait for it.
    ExportFileLost,
    /// A rule that staff defined is not looked at, for it cannot be read.
    RuleUnreadable,
    /// Messages do not leave the house.
    DeliveryDead,
}

impl Rule {
    /// Every rule; those that explain others come first.
    pub const ALL: &'static [Self] = &[
        Self::BalanceBroken,
        Self::StorageFull,
        Self::SilentBooth,
        Self::ReadingStalled,
        Self::RecognizerFailing,
        Self::AcceptanceDropped,
        Self::OldestWaiting,
        Self::BudgetUsed,
        Self::ReviewBacklog,
        Self::ExportLate,
        Self::ExportEmpty,
        Self::DestinationDown,
        Self::ExportFileLost,
        Self::RuleUnreadable,
        Self::DeliveryDead,
    ];

    /// The name in the database and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BalanceBroken => "balance-broken",
            Self::StorageFull => "storage-full",
            Self::SilentBooth => "silent-booth",
            Self::ReadingStalled => "reading-stalled",
            Self::AcceptanceDropped => "acceptance-dropped",
            Self::OldestWaiting => "oldest-waiting",
            Self::RecognizerFailing => "recognizer-failing",
            Self::BudgetUsed => "budget-used",
            Self::ReviewBacklog => "review-backlog",
            Self::ExportLate => "export-late",
            Self::ExportEmpty => "export-empty",
            Self::DestinationDown => "destination-down",
            Self::ExportFileLost => "export-file-lost",
            Self::RuleUnreadable => "rule-unreadable",
            Self::DeliveryDead => "delivery-dead",
        }
    }

    /// A short name for people, the same as long as an alert goes on, so that mail clients keep its messages together.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::BalanceBroken => "The balance does not close",
            Self::StorageFull => "There is no room for photos",
            Self::SilentBooth => "Booths send no photos",
            Self::ReadingStalled => "No photo is read",
            Self::AcceptanceDropped => "Fewer photos are accepted by themselves",
            Self::OldestWaiting => "Photos wait too long",
            Self::RecognizerFailing => "A recogniser fails",
            Self::BudgetUsed => "A recogniser's budget is nearly spent",
            Self::ReviewBacklog => "Reviews wait too long",
            Self::ExportLate => "An export is late",
            Self::ExportEmpty => "No license plates to export",
            Self::DestinationDown => "Published files do not arrive",
            Self::ExportFileLost => "A published file is lost",
            Self::RuleUnreadable => "A rule of alerts cannot be read",
            Self::DeliveryDead => "Messages are not delivered",
        }
    }

    /// What to do first.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::BalanceBroken => {
                "Run `tollbooth audit`, and keep the state directory as it is until somebody has looked."
            }
            Self::StorageFull => {
                "Make room where photos are stored: the disk of the state directory, or the quota of the object store. Cameras that can will send again what was refused; those that cannot lose it."
            }
            Self::SilentBooth => {
                "Check the cameras' power and network; if all are silent, the front door and its proxy."
            }
            Self::ReadingStalled => {
                "Is the reading stage running? `tollbooth tick reading` reads at once and says what fails."
            }
            Self::AcceptanceDropped => {
                "Look at photos of these booths in the review queue: lens, light, angle, a kind of plate that is new; and whether settings of `judge` were changed."
            }
            Self::OldestWaiting => {
                "`tollbooth status` shows who reads; more concurrency, or a second recogniser, reads faster."
            }
            Self::RecognizerFailing => {
                "GET /v1/recognizers says what failed; nothing is lost, photos wait or go to people."
            }
            Self::BudgetUsed => "Raise the limit in the settings, or let photos wait for tomorrow (UTC).",
            Self::ReviewBacklog => "More people on reviews; the oldest come first by themselves.",
            Self::ExportLate => "`tollbooth export` tries at once and says what fails; nothing is billed twice.",
            Self::ExportEmpty => {
                "Follow the reason above: cameras, the reading stage, people on reviews, or the export."
            }
            Self::DestinationDown => {
                "`tollbooth deliver --check` signs in everywhere and says what is wrong; files wait, none is lost or sent twice."
            }
            Self::ExportFileLost => {
                "Put the file back: `tollbooth restore --published DIR` with billing's folder, or the object from a copy of the store. When nobody has it, `tollbooth release`."
            }
            Self::RuleUnreadable => {
                "Open it in the console under Alerts, Rules: save it anew or delete it; or run the version that wrote it."
            }
            Self::DeliveryDead => {
                "`tollbooth status` and GET /v1/messages say what fails; what was given up is sent again by POST /v1/messages/{id}/retry."
            }
        }
    }

    /// How serious it is, unless a finding says otherwise.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::BalanceBroken | Self::StorageFull => Severity::Page,
            Self::SilentBooth
            | Self::ReadingStalled
            | Self::OldestWaiting
            | Self::RecognizerFailing
            | Self::AcceptanceDropped
            | Self::BudgetUsed
            | Self::ReviewBacklog
            | Self::ExportLate
            | Self::ExportEmpty
            | Self::DestinationDown
            | Self::ExportFileLost
            | Self::RuleUnreadable
            | Self::DeliveryDead => Severity::Warning,
        }
    }

    /// How long it must hold before it counts, in milliseconds.
    #[must_use]
    pub const fn hold_ms(self) -> i64 {
        match self {
            Self::BalanceBroken
            | Self::RecognizerFailing
            | Self::AcceptanceDropped
            | Self::BudgetUsed
            | Self::ReviewBacklog
            | Self::ExportLate
            | Self::ExportEmpty
            | Self::DestinationDown
            | Self::ExportFileLost
            | Self::RuleUnreadable
            | Self::DeliveryDead => 0,
            // One refused photo is no full disk: the note must be there at two looks.
            Self::StorageFull => MINUTE_MS,
            Self::SilentBooth | Self::ReadingStalled | Self::OldestWaiting => 5 * MINUTE_MS,
        }
    }

    /// Rules that explain this one: while one of them fires, people are not told of this one as well.
    #[must_use]
    pub const fn inhibited_by(self) -> &'static [Self] {
        match self {
            Self::OldestWaiting => &[Self::ReadingStalled, Self::RecognizerFailing],
            Self::AcceptanceDropped => &[Self::RecognizerFailing],
            // Whose photos are refused has sent none, as far as anybody can see.
            Self::SilentBooth => &[Self::StorageFull],
            Self::ExportEmpty => &[Self::StorageFull, Self::SilentBooth, Self::ReadingStalled, Self::ExportLate],
            Self::BalanceBroken
            | Self::StorageFull
            | Self::ReadingStalled
            | Self::RecognizerFailing
            | Self::BudgetUsed
            | Self::ReviewBacklog
            | Self::ExportLate
            | Self::DestinationDown
            | Self::ExportFileLost
            | Self::RuleUnreadable
            | Self::DeliveryDead => &[],
        }
    }
}

impl Rule {
    /// Whether one of the rules that fire explains this one.
    #[must_use]
    pub fn is_inhibited(self, firing: &BTreeSet<Self>) -> bool {
        self.inhibited_by().iter().any(|other| firing.contains(other))
    }

    /// What the end of an alert means.
    const fn over(self) -> &'static str {
        match self {
            Self::BalanceBroken => "the balance closes again.",
            Self::StorageFull => "photos are stored again, or none was refused for an hour.",
            Self::SilentBooth => {
                "all booths that were silent send photos again, or it is an hour at which none is expected."
            }
            Self::ReadingStalled => "photos are read again.",
            Self::AcceptanceDropped => {
                "as many photos as usual are accepted by themselves again, or there are too few to tell, as while telemetry is off."
            }
            Self::OldestWaiting => "no photo waits too long.",
            Self::RecognizerFailing => "the recogniser works again.",
            Self::BudgetUsed => "a new day began, or the limit was raised.",
            Self::ReviewBacklog => "no review waits for longer than a day.",
            Self::ExportLate => "the export came.",
            Self::ExportEmpty => "plates were exported again.",
            Self::DestinationDown => "every destination gets its files again.",
            Self::ExportFileLost => "the file is back, and its corrections are exported.",
            Self::RuleUnreadable => "every rule that is not switched off can be read, and is looked at.",
            Self::DeliveryDead => "messages are taken again.",
        }
    }

    /// What it says of itself in messages.
    #[must_use]
    pub const fn words(self) -> Words<'static> {
        Words { rule: self.as_str(), title: self.title(), advice: self.advice(), over: self.over() }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().copied().find(|rule| rule.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no rule of alerts"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_and_severity_survives_the_round_trip_through_its_name() {
        for rule in Rule::ALL {
            assert_eq!(rule.as_str().parse(), Ok(*rule));
        }
        for severity in [Severity::Warning, Severity::Page] {
            assert_eq!(severity.as_str().parse(), Ok(severity));
        }
    }

    #[test]
    fn what_explains_others_is_decided_before_them() {
        let place = |rule: Rule| Rule::ALL.iter().position(|r| *r == rule);
        for rule in Rule::ALL {
            assert!(rule.inhibited_by().iter().all(|other| place(*other) < place(*rule)), "{rule}");
        }
    }
}
