//! Generated bindings of the interfaces in `wit/host`.
//!
//! Resources are names only: what is behind a handle, the capabilities say (see [`super::Handle`]).

mod platform {
    wasmtime::component::bindgen!({
        path: "../../wit/host",
        world: "tollbooth:host/platform",
        imports: { default: async | trappable },
        require_store_data_send: true,
    });
}

mod cron {
    wasmtime::component::bindgen!({
        path: "../../wit/host",
        world: "fermyon:spin-cron/spin-cron",
        exports: { default: async },
        require_store_data_send: true,
    });
}

/// What this host computes itself where the manifest says so: pure functions, which need no grant.
mod computed {
    wasmtime::component::bindgen!({
        inline: "
            package tollbooth:computed;
            world computed {
                import tollbooth:digest/sha256@0.1.0;
            }
        ",
        path: "../../wit/digest",
        world: "tollbooth:computed/computed",
    });
}

pub(crate) use computed::{Computed, tollbooth::digest};
pub(crate) use cron::{
    SpinCronPre,
    fermyon::spin_cron::cron_types::{Error as CronError, Metadata as CronMetadata},
};
pub(crate) use platform::{Platform, fermyon, spin};
