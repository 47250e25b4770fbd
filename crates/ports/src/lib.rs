//! Import bindings of every port, generated once, so that all stages share one set of types.
//!
//! Depending on this crate grants nothing: a component imports only the interfaces whose functions it calls,
//! and `tests/imports.rs` compares what each built component imports with the table of what it may.

#![allow(missing_docs, reason = "generated from wit/, where the documentation is")]

pub mod digest;
pub mod photos;

wit_bindgen::generate!({
    inline: "
        package tollbooth:ports;
        world ports {
            import tollbooth:digest/sha256@0.1.0;
            import tollbooth:photos/photos@0.1.0;
            import tollbooth:photos/exports@0.1.0;
            import tollbooth:photos/inventory@0.1.0;
            import tollbooth:recognizer/recognizer@0.1.0;
            import tollbooth:notifier/notifier@0.1.0;
            import tollbooth:ledger/access@0.1.0;
            import tollbooth:ledger/sessions@0.1.0;
            import tollbooth:ledger/providers@0.1.0;
            import tollbooth:ledger/intake@0.1.0;
            import tollbooth:ledger/pushing@0.1.0;
            import tollbooth:ledger/reading@0.1.0;
            import tollbooth:ledger/recognizers@0.1.0;
            import tollbooth:ledger/review@0.1.0;
            import tollbooth:ledger/desk@0.1.0;
            import tollbooth:ledger/learning@0.1.0;
            import tollbooth:ledger/log@0.1.0;
            import tollbooth:ledger/changes@0.1.0;
            import tollbooth:ledger/looking@0.1.0;
            import tollbooth:ledger/passages@0.1.0;
            import tollbooth:ledger/preferences@0.1.0;
            import tollbooth:ledger/quality@0.1.0;
            import tollbooth:ledger/export-protocol@0.1.0;
            import tollbooth:ledger/destinations@0.1.0;
            import tollbooth:ledger/admin@0.1.0;
            import tollbooth:ledger/audit@0.1.0;
            import tollbooth:ledger/failed-readings@0.1.0;
            import tollbooth:ledger/messages@0.1.0;
            import tollbooth:ledger/alerts@0.1.0;
            import tollbooth:ledger/alert-rules@0.1.0;
            import tollbooth:ledger/telemetry@0.1.0;
            import tollbooth:ledger/trace@0.1.0;
            import tollbooth:ledger/spans@0.1.0;
        }
    ",
    path: [
        "../../wit/types",
        "../../wit/digest",
        "../../wit/photos",
        "../../wit/recognizer",
        "../../wit/notifier",
        "../../wit/ledger",
    ],
    world: "tollbooth:ports/ports",
    generate_all,
});

pub use tollbooth::ledger;
pub use tollbooth::notifier::notifier;
pub use tollbooth::photos::{exports, inventory};
pub use tollbooth::recognizer::recognizer;
pub use tollbooth::types::{failures, tracing, types};
