//! Running guests: the engine, the compiled components, and the state one instance sees.
//!
//! Every request and every cron firing gets an instance of its own; nothing of it survives. A guest that fails
//! can harm nobody else: it is logged once, with its component id, by whoever started it.

pub(crate) mod bindings;
mod caller;
mod compile_cache;
mod component;
mod computed;
mod control;
mod engine;
mod files;
mod grants;
mod guest_state;
mod handle;
mod hashed_file;
mod lanes;
mod memory;
mod output;
mod replaced;
mod services;
mod shared_functions;
mod warm_code;
mod workers;

pub(crate) use caller::{Caller, network};
pub use compile_cache::{CompileCache, CompileProgress};
pub(crate) use component::{Components, Faces, LoadedComponent};
pub(crate) use control::GuestControl;
pub(crate) use engine::{EpochTicker, Runtime};
pub(crate) use files::mount;
pub(crate) use grants::Grants;
pub(crate) use guest_state::GuestState;
pub(crate) use handle::{Handle, HandleTable, as_named_by};
pub(crate) use lanes::{Urgency, Urgent};
pub(crate) use memory::{MemoryBudget, MemoryClaim};
pub(crate) use services::{Chain, ChainedAnswer, Services};
pub use warm_code::WarmCode;
pub(crate) use workers::Workers;
