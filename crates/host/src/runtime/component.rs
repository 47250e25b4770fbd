//! A component ready to run.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::Semaphore;
use wasmtime::component::InstancePre;
use wasmtime_wasi_http::p2::bindings::ProxyPre;

use super::{bindings::SpinCronPre, grants::Grants, guest_state::GuestState};

/// A compiled component with its grants.
pub(crate) struct LoadedComponent {
    pub(crate) grants: Arc<Grants>,
    pub(crate) faces: Faces,
    /// Limits firings that overlap.
    pub(crate) cron_slots: Arc<Semaphore>,
}

/// The components of an application, by id.
pub(crate) type Components = BTreeMap<String, Arc<LoadedComponent>>;

/// The exports a component was found to have.
#[derive(Clone)]
pub(crate) struct Faces {
    /// Present when an HTTP trigger names the component; only then can it be reached by chaining.
    pub(crate) http: Option<ProxyPre<GuestState>>,
    /// Present when a cron trigger names it.
    pub(crate) cron: Option<SpinCronPre<GuestState>>,
}

impl Faces {
    /// Looks for the exports that the triggers of a component need.
    ///
    /// # Errors
    /// Which export is missing or has another type.
    pub(crate) fn find(pre: &InstancePre<GuestState>, http: bool, cron: bool) -> Result<Self, String> {
        let http = http.then(|| ProxyPre::new(pre.clone())).transpose().map_err(|error| {
            format!(
                "it has an http trigger, but {error:#}; only WASI 0.2 (`wasi:http/incoming-handler@0.2`) is supported"
            )
        })?;
        let cron = cron
            .then(|| SpinCronPre::new(pre.clone()))
            .transpose()
            .map_err(|error| format!("it has a cron trigger, but {error:#}"))?;
        Ok(Self { http, cron })
    }
}
