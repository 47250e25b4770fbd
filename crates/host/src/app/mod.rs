//! An application from its manifest to its end: load, serve, stop.
//!
//! This is the library's front door. [`App::load`] checks and compiles everything, so that a start that succeeds has
//! nothing left to refuse; [`App::serve`] opens the doors; [`Running::shutdown`] closes them in the order that
//! keeps every promise already made.

mod load;
mod machine;
mod operator_token;
mod options;
mod reading_threads;
mod running;
mod state_dir;

use std::sync::Arc;

pub use load::App;
pub use operator_token::OperatorToken;
pub use options::AppOptions;
pub use running::Running;
pub use state_dir::StateDir;

use reading_threads::ReadingThreads;

use crate::{
    cron_trigger::Schedule,
    http_trigger::Router,
    observe::Exporter,
    runtime::{Components, EpochTicker, LoadedComponent, Services},
};

/// What [`load`] makes and [`running`] uses.
struct Parts {
    services: Arc<Services>,
    components: Arc<Components>,
    router: Router,
    schedules: Vec<(Arc<LoadedComponent>, Schedule)>,
    max_concurrent_guests: usize,
    max_connections: usize,
    run_schedules: bool,
    reading: ReadingThreads,
    ticker: EpochTicker,
    state_dir: StateDir,
    exporter: Option<Exporter>,
}
