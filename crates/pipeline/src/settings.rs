//! What an operator can change at run time: one table of names, defaults, ranges and meanings.
//!
//! The ledger stores only what differs from the defaults. A change is checked as a whole, so a pair of values that
//! contradict each other is never in force, whichever was set first.

use serde_json::Value;
use tollbooth_plate::keying::Rules;

use crate::choice::{Policy, WhenSpent};
use crate::export::Copies;
use crate::mail_address;
use crate::recognizer::Recognizer;

/// The type and range of a setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A whole number in this range, both ends allowed.
    Whole(u64, u64),
    /// A number in this range, both ends allowed.
    Number(f64, f64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// True or false.
    Switch,
    /// A text of this form.
    Text(Form),
    /// Copies of exports: [`Copies`].
    Copies,
}

/// What a text must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// E-mail addresses with commas between them; empty for none.
    MailAddresses,
    /// `HH:MM`, UTC; empty for never.
    TimeOfDay,
    /// Rules like `us-fl key=O0 never=O; us-ca`; empty for none of one's own.
    KeyingRules,
}

impl Form {
    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MailAddresses => "mail-addresses",
            Self::TimeOfDay => "time-of-day",
            Self::KeyingRules => "keying-rules",
        }
    }

    fn problem(self, text: &str) -> Option<String> {
        match self {
            Self::MailAddresses => mail_address::problem(text),
            Self::TimeOfDay => (!text.is_empty() && minute_of_day(text).is_none())
                .then(|| "must be a time like 07:30 (UTC), or empty for never".to_owned()),
            Self::KeyingRules => {
                Rules::parse(text).err().map(|problems| format!("is refused: {}", problems.join("; ")))
            }
        }
    }
}

/// The minute of the day that `HH:MM` names; none for anything else.
#[must_use]
pub fn minute_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let part = |part: &str, below: u32| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|number: &u32| digits && *number < below)
    };
    Some(part(hour, 24)? * 60 + part(minute, 60)?)
}

/// One setting, for validation, the API and the documents.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Definition {
    /// `reading.concurrency`
    pub name: &'static str,
    /// Type and range.
    pub kind: Kind,
    /// What it means, with its unit.
    pub meaning: &'static str,
}

trait Field: Sized {
    fn from_json(value: &Value) -> Option<Self>;
    fn to_json(&self) -> Value;
}

impl Field for u64 {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64()
    }
    fn to_json(&self) -> Value {
        (*self).into()
    }
}

impl Field for u32 {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64().and_then(|n| n.try_into().ok())
    }
    fn to_json(&self) -> Value {
        (*self).into()
    }
}

impl Field for f64 {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_f64()
    }
    fn to_json(&self) -> Value {
        (*self).into()
    }
}

impl Field for bool {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_bool()
    }
    fn to_json(&self) -> Value {
        (*self).into()
    }
}

impl Field for String {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_str().map(ToOwned::to_owned)
    }
    fn to_json(&self) -> Value {
        self.as_str().into()
    }
}

impl Field for Copies {
    fn from_json(value: &Value) -> Option<Self> {
        Self::read(value).ok()
    }
    fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// A word on a list is the value of an enum that knows its names.
macro_rules! word_fields {
    ($($type:ty),+) => {$(
        impl Field for $type {
            fn from_json(value: &Value) -> Option<Self> {
                value.as_str().and_then(|word| word.parse().ok())
            }
            fn to_json(&self) -> Value {
                self.as_str().into()
            }
        }
    )+};
}
word_fields!(Policy, WhenSpent, Recognizer);

/// Names of the recognisers, for [`Kind::Word`].
const RECOGNIZERS: &[&str] = &["in-process", "azure-vision", "plate-recognizer", "custom"];

macro_rules! settings {
    ($($field:ident: $type:ty = $default:expr, $name:literal, $kind:expr, $meaning:literal;)+) => {
        /// The settings in force.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Settings { $(#[doc = $meaning] pub $field: $type),+ }

        impl Default for Settings {
            fn default() -> Self { Self { $($field: $default),+ } }
        }

        /// Every setting there is.
        pub const DEFINITIONS: &[Definition] = &[$(Definition { name: $name, kind: $kind, meaning: $meaning }),+];

        impl Settings {
            /// All values in force, by name.
            #[must_use]
            pub fn values(&self) -> Vec<(&'static str, Value)> {
                vec![$(($name, self.$field.to_json())),+]
            }

            fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
                match name {
                    $($name => {
                        check_kind($name, $kind, value)?;
                        self.$field = <$type>::from_json(value).ok_or_else(|| format!("{} is out of range", $name))?;
                    })+
                    _ => return Err(format!("`{name}` is no setting; GET /v1/settings lists them")),
                }
                Ok(())
            }
        }
    };
}

settings! {
    intake_max_photo_bytes: u64 = 10_485_760, "intake.max_photo_bytes", Kind::Whole(1_024, 104_857_600),
        "Largest photo accepted, in bytes.";
    intake_max_pixels: u64 = 40_000_000, "intake.max_pixels", Kind::Whole(10_000, 40_000_000),
        "Largest photo accepted, in pixels (width times height), by the image header; what the recogniser decodes at most.";
    intake_min_side_pixels: u32 = 64, "intake.min_side_pixels", Kind::Whole(1, 4_096),
        "Smallest width and height accepted, in pixels.";
    intake_captured_at_max_age_hours: u64 = 720, "intake.captured_at_max_age_hours", Kind::Whole(1, 87_600),
        "Oldest capture time accepted, in hours before receipt.";
    intake_captured_at_max_ahead_seconds: u64 = 300, "intake.captured_at_max_ahead_seconds", Kind::Whole(0, 86_400),
        "Newest capture time accepted, in seconds after receipt: cameras' clocks drift.";
    intake_wake_quiet_ms: u32 = 500, "intake.wake_quiet_ms", Kind::Whole(50, 60_000),
        "Shortest time between two wake-ups of the reading stage, in milliseconds.";

    reading_concurrency: u32 = 2, "reading.concurrency", Kind::Whole(0, 10_000),
        "Readings in flight in process, over all replicas; 0 pauses all reading, also by services.";
    reading_lease_seconds: u64 = 120, "reading.lease_seconds", Kind::Whole(2, 3_600),
        "How long a reading may hold its passage, in seconds.";
    reading_call_seconds: u64 = 60, "reading.call_seconds", Kind::Whole(1, 1_800),
        "Longest call of a recogniser, in seconds; must end before the lease does.";
    reading_slice_seconds: u64 = 10, "reading.slice_seconds", Kind::Whole(1, 600),
        "How long one tick goes on taking work, in seconds.";
    reading_max_attempts: u32 = 5, "reading.max_attempts", Kind::Whole(1, 100),
        "Attempts before a person takes over.";
    reading_backoff_seconds: u64 = 2, "reading.backoff_seconds", Kind::Whole(1, 3_600),
        "Wait after the first failed attempt, in seconds; doubles with each.";
    reading_backoff_max_seconds: u64 = 300, "reading.backoff_max_seconds", Kind::Whole(1, 86_400),
        "Longest wait between attempts, in seconds.";
    reading_policy: Policy = Policy::One, "reading.policy", Kind::Word(&["one", "fallback", "second-opinion", "shadow"]),
        "Who is asked: `one` recogniser; a second as `fallback` when the first fails, is out of reach or out of budget; a `second-opinion` when the first is unsure; or a second as a `shadow`, scored but not used.";
    reading_recognizer: Recognizer = Recognizer::InProcess, "reading.recognizer", Kind::Word(RECOGNIZERS),
        "The recogniser that is asked first.";
    reading_second_recognizer: Recognizer = Recognizer::PlateRecognizer, "reading.second_recognizer", Kind::Word(RECOGNIZERS),
        "The recogniser that is asked second, where the policy has one; not the first.";
    reading_shadow_percent: f64 = 10.0, "reading.shadow_percent", Kind::Number(0.0, 100.0),
        "Share of readings that the second recogniser scores under the policy `shadow`, in percent.";
    reading_when_budget_spent: WhenSpent = WhenSpent::Wait, "reading.when_budget_spent", Kind::Word(&["wait", "review"]),
        "What happens to passages when today's calls or money of their recogniser are spent: `wait` for tomorrow (UTC), or `review` by people.";

    services_circuit_failures: u32 = 5, "services.circuit_failures", Kind::Whole(1, 1_000),
        "Failures in a row (outage, time-out, invalid answer) after which a service is not called for a while.";
    services_circuit_seconds: u64 = 30, "services.circuit_seconds", Kind::Whole(1, 86_400),
        "How long it is not called then, in seconds, before one call tries; also after a throttling that named no time.";
    services_refused_seconds: u64 = 900, "services.refused_seconds", Kind::Whole(1, 86_400),
        "How long a service is not called after it refused our credentials or said that the account's quota is spent, in seconds.";

    azure_vision_concurrency: u32 = 4, "azure-vision.concurrency", Kind::Whole(0, 1_000),
        "Calls in flight to Azure AI Vision, over all replicas; 0 pauses it.";
    azure_vision_calls_per_second: f64 = 5.0, "azure-vision.calls_per_second", Kind::Number(0.01, 1_000.0),
        "Calls to Azure AI Vision per second, evenly spaced, over all replicas.";
    azure_vision_calls_per_day: u64 = 1_000, "azure-vision.calls_per_day", Kind::Whole(0, 100_000_000),
        "Calls to Azure AI Vision per day (UTC).";
    azure_vision_money_per_day_micros: u64 = 5_000_000, "azure-vision.money_per_day_micros", Kind::Whole(0, 1_000_000_000_000),
        "Money for calls to Azure AI Vision per day (UTC), in millionths of the accounting currency.";

    plate_recognizer_concurrency: u32 = 4, "plate-recognizer.concurrency", Kind::Whole(0, 1_000),
        "Calls in flight to Plate Recognizer, over all replicas; 0 pauses it.";
    plate_recognizer_calls_per_second: f64 = 1.0, "plate-recognizer.calls_per_second", Kind::Number(0.01, 1_000.0),
        "Calls to Plate Recognizer per second, evenly spaced, over all replicas.";
    plate_recognizer_calls_per_day: u64 = 1_000, "plate-recognizer.calls_per_day", Kind::Whole(0, 100_000_000),
        "Calls to Plate Recognizer per day (UTC).";
    plate_recognizer_money_per_day_micros: u64 = 5_000_000, "plate-recognizer.money_per_day_micros", Kind::Whole(0, 1_000_000_000_000),
        "Money for calls to Plate Recognizer per day (UTC), in millionths of the accounting currency.";

    custom_concurrency: u32 = 4, "custom.concurrency", Kind::Whole(0, 1_000),
        "Calls in flight to the custom recogniser, over all replicas; 0 pauses it.";
    custom_calls_per_second: f64 = 5.0, "custom.calls_per_second", Kind::Number(0.01, 1_000.0),
        "Calls to the custom recogniser per second, evenly spaced, over all replicas.";
    custom_calls_per_day: u64 = 1_000, "custom.calls_per_day", Kind::Whole(0, 100_000_000),
        "Calls to the custom recogniser per day (UTC).";
    custom_money_per_day_micros: u64 = 5_000_000, "custom.money_per_day_micros", Kind::Whole(0, 1_000_000_000_000),
        "Money for calls to the custom recogniser per day (UTC), in millionths of the accounting currency.";

    judge_min_confidence: f64 = 0.95, "judge.min_confidence", Kind::Number(0.0, 1.0),
        "A plate with less confidence goes to a person.";
    judge_min_margin: f64 = 0.05, "judge.min_margin", Kind::Number(0.0, 1.0),
        "The best text must lead the second by this much confidence.";
    judge_agreement_min_confidence: f64 = 0.5, "judge.agreement_min_confidence", Kind::Number(0.0, 1.0),
        "Two recognisers that agree on a plate must each have at least this much confidence.";
    judge_max_wrong_person_percent: f64 = 3.0, "judge.max_wrong_person_percent", Kind::Number(0.0, 50.0),
        "A plate goes to a person when its issuer is wrong more often than this among plates alike, in percent.";
    judge_issuer_evidence: String = "plate".to_owned(), "judge.issuer_evidence", Kind::Word(&["plate", "traffic"]),
        "What may say who issued a plate: the `plate` (a name, a slogan, a series that fits its issuer eight times better than the others that pass here), or the booth's `traffic` alone where the plate does not say, within `judge.max_wrong_person_percent`.";
    judge_home_share_percent: f64 = 85.0, "judge.home_share_percent", Kind::Number(1.0, 99.9),
        "Share of vehicles whose plates are from the booth's own jurisdiction, in percent; the others are taken to come from neighbours first, then by population.";
    judge_traffic_learned_from: u64 = 300, "judge.traffic_learned_from", Kind::Whole(0, 2_000),
        "Who passes at a booth is learned from its last passages once so many vehicles of known issuer passed in 90 days, and then stands in place of `judge.home_share_percent` and the neighbours; 0 for never.";
    judge_keying_rules: String = String::new(), "judge.keying_rules", Kind::Text(Form::KeyingRules),
        "Which characters an issuer's register treats as one, and which it never issues, where that differs from what this program knows: `us-fl key=O0 never=O; us-wa key=O0,I1; us-ca`, an issuer alone for as seen; at most 20 pairs an issuer. Kept with each export.";
    judge_billed_issuers: String = "states".to_owned(), "judge.billed_issuers", Kind::Word(&["states", "states-and-provinces", "all"]),
        "Whose plates are billed without a person: those of `states` (with territories), of `states-and-provinces` (Canada's and Mexico's), or of `all` issuers, tribal nations and governments too.";
    judge_jurisdiction_conflict: String = "trust-plate".to_owned(), "judge.jurisdiction_conflict", Kind::Word(&["review", "trust-plate"]),
        "What to do with a plate that is surely from another jurisdiction than the booth's: a person's `review`, or `trust-plate`, a bill to that jurisdiction. One that is only perhaps from elsewhere always goes to a person.";
    judge_recross_seconds: u64 = 60, "judge.recross_seconds", Kind::Whole(0, 86_400),
        "The same plate at the same booth, and nearly the same text in the same lane (up to ten minutes), within this time is one crossing, in seconds between the capture times.";
    judge_towing_seconds: f64 = 3.0, "judge.towing_seconds", Kind::Number(0.0, 60.0),
        "Different plates that two cameras of one lane saw within this time may be a vehicle and what it tows: people decide about the second; in seconds between the capture times, 0 for never.";
    judge_towing_one_camera_seconds: f64 = 0.0, "judge.towing_one_camera_seconds", Kind::Number(0.0, 60.0),
        "The same for two photos of one camera; 0 where it takes one photo a vehicle, for vehicles follow each other by as little as 1.5 seconds.";
    judge_look_alike_sightings: u64 = 5, "judge.look_alike_sightings", Kind::Whole(0, 500),
        "A plate that differs in one easily confused character from one that was billed at this booth so often in 90 days goes to a person, until a person has confirmed it here; 0 for never. What was misread before, and corrected by a person, always goes to one.";
    judge_quality_sample_percent: f64 = 0.0, "judge.quality_sample_percent", Kind::Number(0.0, 100.0),
        "Share of plates found safe that people read independently before they are billed, in percent: what the error of automatic acceptance is measured on. Needs `review.unprompted_percent` above 0.";

    review_claim_seconds: u64 = 300, "review.claim_seconds", Kind::Whole(10, 86_400),
        "How long a claimed review is reserved, in seconds.";
    review_unprompted_percent: f64 = 20.0, "review.unprompted_percent", Kind::Number(0.0, 100.0),
        "While a quality sample is drawn: share of other reviews that are shown without a suggestion as well, so that nobody can tell a sample from them, in percent.";
    review_second_reading_percent: f64 = 0.0, "review.second_reading_percent", Kind::Number(0.0, 100.0),
        "Share of reviews that another person reads as well, without a suggestion, before anything is billed, in percent. Needs two people who review.";
    review_min_agreement_percent: f64 = 0.0, "review.min_agreement_percent", Kind::Number(0.0, 100.0),
        "Whoever was right in fewer of their last 50 checked answers (at least 20) has every review read by another person as well, in percent; 0 for nobody.";
    review_second_reading_hours: u64 = 24, "review.second_reading_hours", Kind::Whole(1, 720),
        "An answer that another person must confirm goes to a supervisor when nobody has read that photo for this long, in hours; until somebody has, it is not billed.";
    review_assignment_hours: u64 = 24, "review.assignment_hours", Kind::Whole(1, 720),
        "How long a review that a supervisor gave to somebody is kept from others, in hours.";

    quality_target_percent: f64 = 0.5, "quality.target_percent", Kind::Number(0.01, 50.0),
        "The error of automatic acceptance that shall not be exceeded, in percent: which threshold keeps its bound under this is advised from the quality sample.";

    session_idle_minutes: u64 = 30, "session.idle_minutes", Kind::Whole(1, 1_440),
        "A session of the console ends when it was not used for this long, in minutes.";
    session_hours: u64 = 12, "session.hours", Kind::Whole(1, 168),
        "A session of the console ends this long after the sign-in, however much it is used, in hours.";
    session_provider_hours: u64 = 4, "session.provider_hours", Kind::Whole(1, 24),
        "A session opened with a provider ends this long after the sign-in, in hours, so that the provider is asked again.";

    log_photo_view_days: u64 = 400, "log.photo_view_days", Kind::Whole(30, 3_650),
        "How long it is on record who looked at which photo and who fetched which file of an export, in days.";

    export_interval_minutes: u64 = 60, "export.interval_minutes", Kind::Whole(1, 10_080),
        "Time between scheduled exports, in minutes.";
    export_profile: String = "lab".to_owned(), "export.profile", Kind::Word(&["lab", "full"]),
        "Columns of the CSV: `lab` (what billing reads today) or `full`.";
    export_max_rows: u32 = 10_000, "export.max_rows", Kind::Whole(1, 1_000_000),
        "Most lines in one file (`1000` for batches, `1000000` for all); what is left over goes into the next, at once.";
    export_step_rows: u32 = 5_000, "export.step_rows", Kind::Whole(1, 10_000),
        "Most lines of an export that one transaction writes, and one piece of its file holds.";
    export_copies: Copies = Copies::default(), "export.copies", Kind::Copies,
        "Copies of each export for readers who are not billing: a list of `name`, `columns` (`lab` or `full`) and `interval_minutes` (0: with billing's; 1440: at midnight, UTC). At most 8.";

    alerts_mail_to: String = String::new(), "alerts.mail_to", Kind::Text(Form::MailAddresses),
        "Who gets alerts by e-mail; empty for nobody.";
    alerts_export_empty_mail_to: String = String::new(), "alerts.export_empty_mail_to", Kind::Text(Form::MailAddresses),
        "Who gets an e-mail when a due export had no row, whatever else is wrong at that time; empty for nobody but those of `alerts.mail_to`.";
    alerts_mail_via: String = "smtp".to_owned(), "alerts.mail_via", Kind::Word(&["smtp", "graph"]),
        "What carries e-mail: the relay `tollbooth mail` to an `smtp` server, or Microsoft `graph`.";
    alerts_chat: bool = false, "alerts.chat", Kind::Switch,
        "Whether alerts also go to the chat tool whose webhook is in the variables `chat_webhook_origin` and `chat_webhook_path`.";
    alerts_reminder_hours: u64 = 24, "alerts.reminder_hours", Kind::Whole(1, 168),
        "Time between two e-mails about an alert that goes on and that nobody acknowledged, in hours.";
    alerts_quiet_from: String = String::new(), "alerts.quiet_from", Kind::Text(Form::TimeOfDay),
        "From this time of the day (UTC) only alerts of severity `page` are told, `HH:MM`; empty for no quiet hours.";
    alerts_quiet_until: String = String::new(), "alerts.quiet_until", Kind::Text(Form::TimeOfDay),
        "Until this time of the day (UTC), `HH:MM`; what still goes on is told then.";
    alerts_all_is_well_at: String = "07:00".to_owned(), "alerts.all_is_well_at", Kind::Text(Form::TimeOfDay),
        "When those of `alerts.mail_to` get the daily e-mail that says how things stand, so that silence means something, `HH:MM` (UTC); empty for never.";
    telemetry_enabled: bool = true, "telemetry.enabled", Kind::Switch,
        "Whether what happens is added up for those who watch; what happens meanwhile is added up when it is true again.";
}

fn check_kind(name: &str, kind: Kind, value: &Value) -> Result<(), String> {
    let fits = match kind {
        Kind::Whole(low, high) => value.as_u64().is_some_and(|n| (low..=high).contains(&n)),
        Kind::Number(low, high) => value.as_f64().is_some_and(|n| (low..=high).contains(&n)),
        Kind::Word(words) => value.as_str().is_some_and(|w| words.contains(&w)),
        Kind::Switch => value.is_boolean(),
        Kind::Text(form) => {
            let text = value.as_str().ok_or_else(|| format!("{name} must be a text"))?;
            return form.problem(text).map_or(Ok(()), |problem| Err(format!("{name} {problem}")));
        }
        Kind::Copies => return Copies::read(value).map(drop).map_err(|problem| format!("{name} {problem}")),
    };
    if fits {
        return Ok(());
    }
    Err(match kind {
        Kind::Whole(low, high) => format!("{name} must be a whole number from {low} to {high}"),
        Kind::Number(low, high) => format!("{name} must be a number from {low} to {high}"),
        Kind::Word(words) => format!("{name} must be one of {}", words.join(", ")),
        Kind::Switch => format!("{name} must be true or false"),
        Kind::Text(_) => format!("{name} must be a text"),
        Kind::Copies => format!("{name} must be a list of copies"),
    })
}

/// Settings that were refused, every violation named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct InvalidSettings(pub Vec<String>);

impl Settings {
    /// The settings in force, given what differs from the defaults: names with JSON values.
    ///
    /// # Errors
    /// Every unknown name, wrong type, value out of range and contradiction.
    pub fn from_changes<'a>(changes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, InvalidSettings> {
        let mut settings = Self::default();
        let mut violations = Vec::new();
        for (name, json) in changes {
            match serde_json::from_str::<Value>(json) {
                Ok(value) => violations.extend(settings.set(name, &value).err()),
                Err(_) => violations.push(format!("{name} is not JSON")),
            }
        }
        violations.extend(settings.contradictions());
        if violations.is_empty() { Ok(settings) } else { Err(InvalidSettings(violations)) }
    }

    fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.reading_call_seconds >= self.reading_lease_seconds {
            found.push(
                "reading.call_seconds must be less than reading.lease_seconds: a call may not outlive its lease"
                    .to_owned(),
            );
        }
        if u64::from(self.intake_min_side_pixels).pow(2) > self.intake_max_pixels {
            found.push(
                "intake.min_side_pixels times itself must not exceed intake.max_pixels: every photo would be refused"
                    .to_owned(),
            );
        }
        if self.reading_backoff_seconds > self.reading_backoff_max_seconds {
            found.push("reading.backoff_seconds must not exceed reading.backoff_max_seconds".to_owned());
        }
        if self.alerts_quiet_from.is_empty() != self.alerts_quiet_until.is_empty() {
            found.push("alerts.quiet_from and alerts.quiet_until go together: give both, or none".to_owned());
        }
        if self.reading_policy != Policy::One && self.reading_recognizer == self.reading_second_recognizer {
            found.push("reading.second_recognizer must not be reading.recognizer where the policy has two".to_owned());
        }
        if self.judge_quality_sample_percent > 0.0 && self.review_unprompted_percent == 0.0 {
            found.push(
                "review.unprompted_percent must be above 0 while judge.quality_sample_percent is: a review without a \
                 suggestion would always be a sample"
                    .to_owned(),
            );
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_every_value_can_be_set_to_itself() {
        let values = Settings::default().values();
        let texts: Vec<_> = values.iter().map(|(n, v)| (*n, v.to_string())).collect();
        let again = Settings::from_changes(texts.iter().map(|(n, v)| (*n, v.as_str())));
        assert_eq!(again, Ok(Settings::default()));
        assert_eq!(values.len(), DEFINITIONS.len());
    }

    #[test]
    fn a_call_may_not_outlive_its_lease() {
        let error = Settings::from_changes([("reading.lease_seconds", "60")]).unwrap_err();
        assert!(error.to_string().contains("reading.call_seconds"), "{error}");
        assert!(Settings::from_changes([("intake.min_side_pixels", "4096"), ("intake.max_pixels", "10000")]).is_err());
        assert!(Settings::from_changes([("reading.lease_seconds", "30"), ("reading.call_seconds", "10")]).is_ok());
    }

    #[test]
    fn every_word_on_a_list_can_be_set() {
        for definition in DEFINITIONS {
            let Kind::Word(words) = definition.kind else { continue };
            for word in words {
                let settings = Settings::from_changes([
                    ("reading.second_recognizer", "\"custom\""),
                    (definition.name, format!("\"{word}\"").as_str()),
                ])
                .unwrap();
                let value = settings.values().into_iter().find(|(name, _)| *name == definition.name).unwrap().1;
                assert_eq!(value, *word, "{}", definition.name);
            }
        }
    }

    #[test]
    fn a_recogniser_is_not_its_own_second() {
        let same = ("reading.second_recognizer", "\"in-process\"");
        assert!(Settings::from_changes([same, ("reading.policy", "\"one\"")]).is_ok());
        for policy in ["\"fallback\"", "\"second-opinion\"", "\"shadow\""] {
            let error = Settings::from_changes([same, ("reading.policy", policy)]).unwrap_err();
            assert!(error.to_string().contains("reading.second_recognizer"), "{error}");
        }
    }

    #[test]
    fn a_sample_never_stands_alone() {
        let sampled = ("judge.quality_sample_percent", "1");
        let error = Settings::from_changes([sampled, ("review.unprompted_percent", "0")]).unwrap_err();
        assert!(error.to_string().contains("review.unprompted_percent"), "{error}");
        assert!(Settings::from_changes([sampled]).is_ok());
        assert!(Settings::from_changes([("review.unprompted_percent", "0")]).is_ok());
    }

    #[test]
    fn every_violation_is_named() {
        let error = Settings::from_changes([
            ("export.interval_minutes", "0"),
            ("judge.min_confidence", "\"high\""),
            ("judge.jurisdiction_conflict", "\"ignore\""),
            ("no.such", "1"),
            ("review.claim_seconds", "{"),
        ])
        .unwrap_err();
        assert_eq!(error.0.len(), 5, "{error}");
    }

    #[test]
    fn a_time_of_day_has_one_spelling() {
        assert_eq!((minute_of_day("07:30"), minute_of_day("23:59")), (Some(450), Some(1439)));
        for bad in ["7:30", "24:00", "07:60", "0730", "07:30:00", "+7:30", ""] {
            assert_eq!(minute_of_day(bad), None, "{bad}");
        }
        assert!(Settings::from_changes([("alerts.all_is_well_at", "\"\"")]).is_ok());
        let error = Settings::from_changes([("alerts.all_is_well_at", "\"noon\"")]).unwrap_err();
        assert!(error.to_string().contains("alerts.all_is_well_at must be a time"), "{error}");
    }

    #[test]
    fn copies_are_checked_as_a_whole_and_named_in_the_refusal() {
        let named = r#"[{"name":"records","columns":"full","interval_minutes":0}]"#;
        let settings = Settings::from_changes([("export.copies", named)]).unwrap();
        assert!(settings.export_copies.get("records").is_some());
        let twice = r#"[{"name":"a","columns":"lab"},{"name":"a","columns":"full"}]"#;
        let error = Settings::from_changes([("export.copies", twice)]).unwrap_err();
        assert_eq!(error.to_string(), "export.copies `a` is named twice");
    }

    #[test]
    fn quiet_hours_have_a_beginning_and_an_end() {
        assert!(Settings::from_changes([("alerts.quiet_from", "\"22:00\"")]).is_err());
        let both = [("alerts.quiet_from", "\"22:00\""), ("alerts.quiet_until", "\"06:00\"")];
        assert!(Settings::from_changes(both).is_ok());
    }

    #[test]
    fn an_address_that_is_none_is_refused_by_name() {
        let error = Settings::from_changes([("alerts.mail_to", "\"ops at example\"")]).unwrap_err();
        assert!(error.to_string().starts_with("alerts.mail_to `ops at example` is no e-mail address"), "{error}");
        assert!(Settings::from_changes([("alerts.mail_to", "7")]).is_err());
    }

    #[test]
    fn a_setting_out_of_range_says_the_range() {
        let error = Settings::from_changes([("export.interval_minutes", "0")]).unwrap_err();
        assert_eq!(error.to_string(), "export.interval_minutes must be a whole number from 1 to 10080");
    }
}
