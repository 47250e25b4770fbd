//! The command line of `scripts/siege`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use tollbooth_object_store_server::Kind as Store;
use tollbooth_siege::vehicle::MOST;

/// Besieges three replicas on one PostgreSQL and one object store, and checks every promise afterwards.
#[derive(Debug, Parser)]
#[command(name = "scripts/siege", version)]
pub(crate) struct Options {
    /// Photos to send, of as many vehicles.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(100..=MOST))]
    pub(crate) passages: u64,
    /// Over how many minutes they are spread; a slower machine takes longer.
    #[arg(long, default_value_t = 20.0)]
    pub(crate) minutes: f64,
    /// After so many minutes no more photos are sent, whatever is left: what was sent is looked at, and that not all were is a
    /// violation unless `--part` is given.
    #[arg(long, default_value_t = 120.0)]
    pub(crate) at_most: f64,
    /// How long each trouble lasts, in seconds.
    #[arg(long, default_value_t = 8.0)]
    pub(crate) hold: f64,
    /// How long the next trouble waits, at most, for cameras to have sent what was due meanwhile, in seconds.
    #[arg(long, default_value_t = 15.0)]
    pub(crate) calm: f64,
    /// Readings at once, over all replicas, which must never be more.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=32))]
    pub(crate) at_once: u64,
    /// Takes it as it comes when the photos were sent before every kind of trouble was tried, when one met nobody, or when
    /// `--at-most` was over first: for a short run. Otherwise each is a violation.
    #[arg(long)]
    pub(crate) part: bool,
    /// The order of troubles.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Only troubles whose name contains this text, as they are printed: `FailOver`, `Store`, `Link(Database`.
    #[arg(long, default_value = "")]
    pub(crate) only: String,
    /// How far the second replica's clock is ahead and the third's behind, in seconds. Apart by more than ten they take each
    /// other's leases for those of a clock that was set back.
    #[arg(long, default_value_t = 4, allow_negative_numbers = true)]
    pub(crate) skew: i64,
    /// The object store. One in this process fails in more ways than by dying: after it wrote, with other bytes, cut off.
    #[arg(long, value_enum, default_value = "s3")]
    pub(crate) store: Kept,
    /// Commits do not wait for the standby, as docs/operations.md forbids: photos that were acknowledged are lost when it takes
    /// over, and this run must say so.
    #[arg(long)]
    pub(crate) asynchronous: bool,
    /// Where the logs of replicas and database and a dump of the ledger are put when a promise was broken.
    #[arg(long, value_name = "FOLDER", default_value = "target/siege")]
    pub(crate) evidence: PathBuf,
}

/// Where photos are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kept {
    /// SeaweedFS.
    S3,
    /// Azurite.
    Azure,
    /// One that speaks S3, in this process.
    FailingS3,
    /// One that speaks Azure Blob Storage, in this process.
    FailingAzure,
}

impl Kept {
    pub(crate) const fn kind(self) -> Store {
        match self {
            Self::S3 | Self::FailingS3 => Store::S3,
            Self::Azure | Self::FailingAzure => Store::Azure,
        }
    }

    pub(crate) const fn is_in_process(self) -> bool {
        matches!(self, Self::FailingS3 | Self::FailingAzure)
    }
}
