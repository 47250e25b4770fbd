//! The ledger as a component: exports `tollbooth:ledger`, imports a SQLite database and nothing else.
//!
//! This is the only part of the application that opens the database. Everything that matters is in
//! `tollbooth-ledger`; here, records are translated between the ports and the domain, one file per interface, and a
//! call without a `now` stays without one: no clock is read.

mod access;
mod admin;
mod audit;
mod database;
mod export;
mod failed_readings;
mod failure;
mod intake;
mod passages;
mod reading;
mod recognizers;
mod review;
mod sessions;
mod wire;

#[allow(missing_docs, reason = "generated from wit/, where the documentation is")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tollbooth:plate-writer;
            world plate-writer {
                export tollbooth:ledger/access@0.1.0;
                export tollbooth:ledger/sessions@0.1.0;
                export tollbooth:ledger/intake@0.1.0;
                export tollbooth:ledger/reading@0.1.0;
                export tollbooth:ledger/recognizers@0.1.0;
                export tollbooth:ledger/review@0.1.0;
                export tollbooth:ledger/passages@0.1.0;
                export tollbooth:ledger/export-protocol@0.1.0;
                export tollbooth:ledger/admin@0.1.0;
                export tollbooth:ledger/audit@0.1.0;
                export tollbooth:ledger/failed-readings@0.1.0;
            }
        ",
        path: ["../../wit/types", "../../wit/ledger"],
        world: "tollbooth:plate-writer/plate-writer",
        generate_all,
    });
}

/// Implements every interface of `tollbooth:ledger`.
struct PlateWriter;

bindings::export!(PlateWriter with_types_in bindings);
