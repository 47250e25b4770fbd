//! TollBooth's HTTP API from the outside, for the operator's commands.
//!
//! Why: a camera, a billing folder and an evaluation need the same things done right — resending safely, waiting as
//! the server asks, never half a file — and none of it belongs into argument parsing.
//!
//! Invariants
//! - A request that may be repeated is repeated with back-off; one that may not is repeated only where the server
//!   said that it did nothing.
//! - What is reported as acknowledged was answered with a 2xx.
//! - No token and no plate appears in an error.
//!
//! What it must not do: know the database, the components or the command line.

pub mod acknowledging;
mod api;
pub mod audit;
mod cameras;
mod capture_time;
pub mod delivery;
mod error;
pub mod evaluation;
mod problem;
pub mod progress;
pub mod reprocessing;
mod retry;
pub mod send;
pub mod standing;
mod token;
pub mod verification;

pub use api::{
    Api, ApiOptions, Attempt, Booth, DestinationReport, Export, ExportProfile, FailedReadings, FailureCause, Finding,
    InspectedExports, InspectedPassages, InspectedPhotos, NewToken, PassageView, Person, PhotoParameters, ReadingView,
    Received, ReportedDestination, Reprocessed, SignInLink,
};
pub use cameras::{CameraPlan, Cameras};
pub use capture_time::{CaptureTime, CaptureTimeError};
pub use error::ClientError;
pub use problem::Problem;
pub use retry::RetryPolicy;
pub use token::Token;
