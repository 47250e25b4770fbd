//! What the ledger knows at one moment, each fact from a few rows.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::destination::{DestinationState, Trouble};

/// Photos of a booth's hour are counted up to this: fewer say how long its pauses usually are, more say "all the time".
pub const USUAL_MOST: u32 = 12;

/// Everything the rules look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// When this was looked at.
    pub now: Instant,
    /// Every booth.
    pub booths: Vec<BoothFacts>,
    /// Hours and booths whose balance does not close, `2026-11-20T10 north`.
    pub unbalanced: Vec<String>,
    /// When a photo was last refused for want of room.
    pub storage_full_at: Option<Instant>,
    /// Since when the oldest photo waits to be read.
    pub oldest_waiting: Option<Instant>,
    /// When a reading last came to an end; none where none did in the last half hour.
    pub last_read_at: Option<Instant>,
    /// Readings whose worker fell silent.
    pub overdue_leases: u64,
    /// Whether reading is paused by the settings.
    pub reading_is_paused: bool,
    /// The recognisers that are asked.
    pub recognizers: Vec<RecognizerFacts>,
    /// What the judge accepted by itself in the last whole hour, where that can be compared with what is usual.
    pub acceptance: Vec<AcceptanceFacts>,
    /// Doubtful plates that wait for people, counted up to some thousands.
    pub open_reviews: u64,
    /// Since when the oldest of them waits.
    pub oldest_review: Option<Instant>,
    /// Exports.
    pub export: ExportFacts,
    /// Copies of exports that are due.
    pub copies: Vec<CopyFacts>,
    /// Destinations of published files.
    pub destinations: Vec<DestinationFacts>,
    /// Channels of messages.
    pub channels: Vec<ChannelFacts>,
    /// Messages that were given up and that nobody dealt with.
    pub dead_messages: u64,
    /// Rules of staff that are not looked at, for this program cannot read them.
    pub unreadable_rules: Vec<UnreadableRuleFacts>,
}

/// One booth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoothFacts {
    /// Its id.
    pub id: String,
    /// When it last sent a photo; none: never.
    pub last_received_at: Option<Instant>,
    /// Photos in this hour of the day a week ago, or yesterday where there was none a week ago; at most [`USUAL_MOST`].
    pub usual_in_this_hour: u32,
}

/// What the judge accepted by itself at one booth in an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptanceFacts {
    /// The booth's id.
    pub booth: String,
    /// When the hour began.
    pub hour: Instant,
    /// Photos that were judged in it.
    pub judged: i64,
    /// Share of them that was accepted, in percent.
    pub percent: i64,
    /// The same at this hour of the day in the week before, the median.
    pub usual_percent: i64,
}

/// One recogniser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecognizerFacts {
    /// Its name in the settings.
    pub name: String,
    /// Calls that ended in the last ten minutes.
    pub calls: u64,
    /// Those that failed.
    pub failures: u64,
    /// The class that failed most often.
    pub commonest_failure: Option<String>,
    /// While it is left alone: why and since when.
    pub open: Option<(String, Instant)>,
    /// Share of today's calls and money that is spent, the larger of both, in percent; none without a limit.
    pub spent_percent: Option<u64>,
}

/// Exports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportFacts {
    /// When the next one is due; at or before now: at once. None before the first installation's first interval.
    pub due_at: Option<Instant>,
    /// Time between two, in milliseconds.
    pub interval_ms: i64,
    /// Bound and not published since.
    pub unfinished_since: Option<Instant>,
    /// Scheduled exports had no row since then: the first one after the last file.
    pub empty_since: Option<Instant>,
    /// When the last run before the gap began: what came since then is what the empty export looked for.
    pub before_gap: Option<Instant>,
    /// When a photo last came, from any booth.
    pub last_received_at: Option<Instant>,
    /// Photos that wait or are read, counted up to some thousands.
    pub waiting: u64,
    /// The store has exports that this ledger does not know.
    pub ledger_is_older: bool,
    /// Published exports whose file is lost while corrections of its lines wait.
    pub lost_files: Vec<u64>,
}

/// A copy that exports are made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyFacts {
    /// Its name.
    pub name: String,
    /// When the next of its files is due, or since when it waits: since it was due, the one before came, or it was named.
    pub due_at: Instant,
    /// Published exports that are not copied.
    pub waiting: u64,
}

/// A destination of published files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationFacts {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: DestinationState,
    /// What is wrong, when it was last reported.
    pub trouble: Option<Trouble>,
    /// Since when it fails, or nobody reports of it.
    pub since: Instant,
    /// Published exports that it does not have, as far as is known.
    pub pending: u64,
}

/// A rule that staff defined and this program cannot read: it is damaged, or of a later version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableRuleFacts {
    /// `rul_…`
    pub id: String,
    /// What it is called, as far as that can be told.
    pub name: Option<String>,
    /// What is wrong with it.
    pub cause: String,
}

/// One channel of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelFacts {
    /// `mail`
    pub name: String,
    /// Since when nothing was taken.
    pub failing_since: Option<Instant>,
    /// Class of the last failure.
    pub reason: String,
    /// What was said.
    pub detail: String,
}
