//! What the end-to-end tests share: a running application on a port of its own, photos with a script for the
//! scripted recogniser, a recogniser behind HTTP that answers as told, and calls of the API.
//!
//! The tests see only HTTP, so the same tests run under `tollbooth up` and, with `TOLLBOOTH_TEST_SPIN=/path/to/spin`,
//! under Spin, and with `TOLLBOOTH_TEST_LEDGER=postgres` on the manifest and the ledger of a cluster. A host that dies or does not come up fails the test with its log.

mod adapter;
mod api;
mod browser;
mod built;
mod collector;
pub mod contract;
pub mod graph;
mod host;
pub mod identities;
mod kept;
pub mod link;
mod many;
pub mod objects;
mod photo;
pub mod postgres;
mod process;
mod raw;
mod recognizer_component;
pub mod runbook;
mod service;
pub mod services;
mod small_disk;
mod usage;
pub mod wait;

pub use adapter::Adapter;
pub use api::{Api, Reply};
pub use browser::{RealProvider, browse, browser_or_skip};
pub use built::repository;
pub use collector::Collector;
pub use host::{CAMERA_KEY, Host, Ledger, Options, Recognizer, cluster_manifest};
pub use kept::Kept;
pub use many::accept_many;
pub use photo::{Script, frame, photo, scripted};
pub use process::{Place, Process};
pub use raw::Raw;
pub use recognizer_component::{RecognizerComponent, native_recognizer, processor_time};
pub use service::{Behaviour, Call, Service};
pub use small_disk::SmallDisk;
