//! The ledger as a component, whichever database it is on: `plate-writer` and `plate-writer-postgres` are this crate
//! and a connection each.
//!
//! Everything that matters is in `tollbooth-ledger`; here, records are translated between the ports and the domain, one
//! file per interface, and a call without a `now` stays without one: no clock is read.

mod access;
mod admin;
mod alert_rules;
mod alerts;
mod audit;
mod changes;
mod connection;
mod desk;
mod destinations;
mod export;
mod export_lines;
mod failed_readings;
mod failure;
mod intake;
mod learning;
mod log;
mod looking;
mod messages;
mod passages;
mod preferences;
mod providers;
mod pushing;
mod quality;
mod reading;
mod recognizers;
mod review;
mod sessions;
mod telemetry;
mod trace;
mod wire;

pub use crate::connection::Connection;

#[allow(missing_docs, reason = "generated from wit/, where the documentation is")]
#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tollbooth:plate-writer;
            world plate-writer {
                export tollbooth:ledger/access@0.1.0;
                export tollbooth:ledger/sessions@0.1.0;
                export tollbooth:ledger/providers@0.1.0;
                export tollbooth:ledger/intake@0.1.0;
                export tollbooth:ledger/pushing@0.1.0;
                export tollbooth:ledger/reading@0.1.0;
                export tollbooth:ledger/recognizers@0.1.0;
                export tollbooth:ledger/review@0.1.0;
                export tollbooth:ledger/desk@0.1.0;
                export tollbooth:ledger/learning@0.1.0;
                export tollbooth:ledger/log@0.1.0;
                export tollbooth:ledger/changes@0.1.0;
                export tollbooth:ledger/looking@0.1.0;
                export tollbooth:ledger/passages@0.1.0;
                export tollbooth:ledger/preferences@0.1.0;
                export tollbooth:ledger/quality@0.1.0;
                export tollbooth:ledger/export-protocol@0.1.0;
                export tollbooth:ledger/destinations@0.1.0;
                export tollbooth:ledger/admin@0.1.0;
                export tollbooth:ledger/audit@0.1.0;
                export tollbooth:ledger/failed-readings@0.1.0;
                export tollbooth:ledger/messages@0.1.0;
                export tollbooth:ledger/alerts@0.1.0;
                export tollbooth:ledger/alert-rules@0.1.0;
                export tollbooth:ledger/telemetry@0.1.0;
                export tollbooth:ledger/trace@0.1.0;
                export tollbooth:ledger/spans@0.1.0;
            }
        ",
        path: ["../../wit/types", "../../wit/ledger"],
        world: "tollbooth:plate-writer/plate-writer",
        generate_all,
        pub_export_macro: true,
    });
}

/// Implements every interface of `tollbooth:ledger` on one kind of connection. A component exports it with
/// [`bindings::export`].
pub struct PlateWriter<C>(std::marker::PhantomData<C>);
