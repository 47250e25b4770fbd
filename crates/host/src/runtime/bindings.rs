//! Generated bindings of the interfaces in `wit/host`.

mod platform {
    wasmtime::component::bindgen!({
        path: "../../wit/host",
        world: "tollbooth:host/platform",
        imports: { default: async | trappable },
        require_store_data_send: true,
        with: {
            "fermyon:spin/key-value.store": crate::key_value::OpenStore,
            "spin:sqlite/sqlite.connection": crate::sqlite::GuestConnection,
            "fermyon:spin/sqlite.connection": crate::sqlite::GuestConnection,
            "spin:postgres/postgres.connection": crate::postgres::GuestConnection,
        },
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

pub(crate) use cron::{
    SpinCronPre,
    fermyon::spin_cron::cron_types::{Error as CronError, Metadata as CronMetadata},
};
pub(crate) use platform::{Platform, fermyon, spin};
