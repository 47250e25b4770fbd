//! A rule as it is defined: as people send it, and as it is once it was checked.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::mail_address::addresses;
use tollbooth_pipeline::settings::Settings;
use tollbooth_telemetry::Step;

use crate::quiet::{is_quiet, is_within};
use crate::recipients::{Recipient, of_settings};
use crate::rule::Severity;
use crate::staff::metric::{Aggregation, Kind, Metric};
use crate::words::Words;

/// A rule as it is sent and stored. Numbers are as JSON has them: `60.0` is a whole number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// For people; the subject of messages.
    pub name: String,
    /// Whether it is looked at.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Name of a [`Metric`].
    pub metric: String,
    /// `all`, `each-booth`, `booth:ID`, `each-camera`, `camera:BOOTH/NAME`, `each-recognizer` or `recognizer:NAME`.
    pub of: String,
    /// How the values of the window become one; none for the metric's usual way.
    #[serde(default)]
    pub aggregation: Option<String>,
    /// `above`, `at-least`, `below` or `at-most`.
    pub comparison: String,
    /// In the metric's unit.
    pub threshold: f64,
    /// What is looked back on, in minutes.
    pub window_minutes: f64,
    /// For how long it must be so before anybody is told, in minutes.
    #[serde(default)]
    pub for_minutes: f64,
    /// Fewer photos (attempts, …) than this within the window say nothing of a share or a duration.
    #[serde(default = "one")]
    pub least_count: f64,
    /// `keep`, `alert` or `ok`.
    #[serde(default = "keep")]
    pub no_data: String,
    /// `warning` or `page`.
    #[serde(default = "warning")]
    pub severity: String,
    /// Whether those hear of it who hear of the built-in rules: `alerts.mail_to`, and the chat where `alerts.chat` is on.
    #[serde(default = "yes")]
    pub usual: bool,
    /// Who hears of it by e-mail besides: addresses with commas.
    #[serde(default)]
    pub mail_to: String,
    /// Whether the chat hears of it.
    #[serde(default)]
    pub chat: bool,
    /// `usual` for those of the settings, `none`, or hours of the day (UTC) like `22:00-06:00`.
    #[serde(default = "usual")]
    pub quiet: String,
    /// What to do first; in every message.
    #[serde(default)]
    pub advice: String,
}

fn yes() -> bool {
    true
}

fn one() -> f64 {
    1.0
}

fn keep() -> String {
    NoData::Keep.as_str().to_owned()
}

fn warning() -> String {
    Severity::Warning.as_str().to_owned()
}

fn usual() -> String {
    "usual".to_owned()
}

/// Of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// All booths together.
    All,
    /// Each booth by itself.
    EachBooth,
    /// One booth.
    Booth(String),
    /// Each camera by itself.
    EachCamera,
    /// One camera: its booth and its name there.
    Camera(String, String),
    /// Each recogniser by itself.
    EachRecognizer,
    /// One recogniser.
    Recognizer(String),
}

impl Place {
    /// What it is one, or each, of.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::All => Kind::All,
            Self::EachBooth | Self::Booth(_) => Kind::Booth,
            Self::EachCamera | Self::Camera(..) => Kind::Camera,
            Self::EachRecognizer | Self::Recognizer(_) => Kind::Recognizer,
        }
    }
}

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$case:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$case])* $variant),+ }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the API.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or(())
            }
        }
    };
}

codes! {
    /// When a value is wrong.
    Comparison {
        /// More than the threshold.
        Above = "above",
        /// The threshold or more.
        AtLeast = "at-least",
        /// Less than the threshold.
        Below = "below",
        /// The threshold or less.
        AtMost = "at-most",
    }
}

codes! {
    /// What a window counts as in which nothing was measured.
    NoData {
        /// As what was before.
        Keep = "keep",
        /// As wrong.
        Alert = "alert",
        /// As well.
        Ok = "ok",
    }
}

impl Comparison {
    pub(super) fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Above => value > threshold,
            Self::AtLeast => value >= threshold,
            Self::Below => value < threshold,
            Self::AtMost => value <= threshold,
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::AtLeast => "at least",
            Self::Below => "below",
            Self::AtMost => "at most",
        }
    }
}

/// When nobody is told but of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    /// As the settings say.
    Usual,
    /// Never.
    None,
    /// From and until these minutes of the day (UTC).
    Own(u32, u32),
}

/// A rule that was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    pub(super) draft: Draft,
    pub(super) metric: &'static Metric,
    pub(super) place: Place,
    pub(super) aggregation: Aggregation,
    pub(super) comparison: Comparison,
    pub(super) window_ms: i64,
    pub(super) hold_ms: i64,
    pub(super) no_data: NoData,
    pub(super) severity: Severity,
    pub(super) quiet: Quiet,
}

/// A stored rule that this program cannot read.
#[derive(Debug, thiserror::Error)]
#[error("a rule of alerts cannot be read: {0}")]
pub struct UnreadableRule(pub String);

impl Definition {
    /// Reads what [`Definition::to_json`] wrote.
    ///
    /// # Errors
    /// [`UnreadableRule`]
    pub fn from_json(text: &str) -> Result<Self, UnreadableRule> {
        let draft: Draft = serde_json::from_str(text).map_err(|e| UnreadableRule(e.to_string()))?;
        draft.check().map_err(|violations| UnreadableRule(violations.join("; ")))
    }

    /// As JSON, every member given.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.draft).unwrap_or_default()
    }

    /// As it was sent, every member given.
    #[must_use]
    pub const fn draft(&self) -> &Draft {
        &self.draft
    }

    /// For people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.draft.name
    }

    /// Whether it is looked at.
    #[must_use]
    pub const fn enabled(&self) -> bool {
        self.draft.enabled
    }

    /// Of whom.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// What is looked back on, in milliseconds.
    #[must_use]
    pub const fn window_ms(&self) -> i64 {
        self.window_ms
    }

    /// The window that is looked at when the last whole minute ended at `end`. Cameras are measured by the hour, so theirs
    /// ends with the last hour that is over.
    #[must_use]
    pub fn window(&self, end: Instant) -> (Instant, Instant) {
        let to = if self.is_hourly() { Step::Hour.start(end) } else { end };
        (to - self.window_ms, to)
    }

    /// Whether it is of what is measured by the hour only.
    #[must_use]
    pub fn is_hourly(&self) -> bool {
        self.place.kind() == Kind::Camera
    }

    /// How long it must be so before it counts, in milliseconds.
    #[must_use]
    pub const fn hold_ms(&self) -> i64 {
        self.hold_ms
    }

    /// How serious it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// Whether only pages are told now.
    #[must_use]
    pub fn is_quiet(&self, now: Instant, settings: &Settings) -> bool {
        match self.quiet {
            Quiet::Usual => is_quiet(now, settings),
            Quiet::None => false,
            Quiet::Own(from, until) => is_within(now, from, until),
        }
    }

    /// Who is told.
    #[must_use]
    pub fn recipients(&self, settings: &Settings) -> Vec<Recipient> {
        let mut found = of_settings(settings, self.draft.usual);
        found.extend(addresses(&self.draft.mail_to).map(Recipient::mail));
        if self.draft.chat && settings.alerts_chat {
            found.insert(Recipient::chat());
        }
        found.into_iter().collect()
    }

    /// What it says of itself in messages. `id` is that of the rule.
    #[must_use]
    pub fn words<'a>(&'a self, id: &'a str) -> Words<'a> {
        let advice =
            if self.draft.advice.is_empty() { "Look at the page of live figures." } else { &self.draft.advice };
        let over = match self.place {
            Place::All | Place::EachBooth | Place::Booth(_) | Place::Camera(..) | Place::Recognizer(_) => {
                "what the rule watches is as it should be again."
            }
            Place::EachCamera | Place::EachRecognizer => {
                "what the rule watches is as it should be again, or nothing was counted of it for a week."
            }
        };
        Words { rule: id, title: &self.draft.name, advice, over }
    }
}
