//! Runs a Spin manifest (version 2) without the Spin CLI.
//!
//! The host offers what an application of WASI 0.2 components needs on one machine: the HTTP and cron triggers,
//! service chaining, component dependencies, key-value, SQLite, PostgreSQL, variables and files. It accepts only what it
//! implements and names every manifest key that it does not. For tests it can fail, delay or kill a guest at any
//! call, and own its clock and randomness ([`Bench`]).
//!
//! ```no_run
//! # async fn example() -> Result<(), tollbooth_host::HostError> {
//! use std::path::Path;
//! use tollbooth_host::{App, AppOptions, Manifest};
//!
//! let manifest = Manifest::read(Path::new("spin.toml"))?;
//! let app = App::load(manifest, AppOptions::default())?;
//! let running = app.serve(tollbooth_host::listen(([127, 0, 0, 1], 0).into())?)?;
//! println!("http://{}", running.addr());
//! running.shutdown(std::time::Duration::from_secs(30), std::future::pending()).await;
//! # Ok(())
//! # }
//! ```

mod app;
mod checkpoint;
mod compose;
mod cron_trigger;
mod error;
mod host_calls;
mod http_trigger;
mod key_value;
pub mod manifest;
mod observe;
mod outbound;
mod postgres;
mod runtime;
mod sqlite;
mod variables;

pub use app::{App, AppOptions, OperatorToken, Running, StateDir};
pub use cron_trigger::CronFailure;
pub use error::HostError;
pub use host_calls::{Bench, CallKind, Clock, HostCall, HostCalls, RandomSource, Verdict};
pub use http_trigger::listen;
pub use manifest::Manifest;
pub use observe::OtlpOptions;
pub use postgres::{PostgresPooling, postgres_tls};
pub use runtime::{CompileProgress, WarmCode};
