//! Least privilege between stages rests on what each component imports: every built file is read and compared with
//! this table. A new line here is a decision, not a formality.

use std::collections::BTreeSet;
use std::fs;

use tollbooth_tests::repository;
use wasmparser::{ComponentTypeRef, Parser, Payload};

/// Packages the Rust standard library brings along: clocks, random numbers, standard streams, and the file system
/// (no component has a file mounted). No sockets.
const BASE: &[&str] =
    &["wasi:cli", "wasi:io", "wasi:clocks", "wasi:random", "wasi:filesystem", "tollbooth:types", "fermyon:spin-cron"];

/// Component, and what it may import besides [`BASE`].
const TABLE: &[(&str, &[&str])] = &[
    (
        "image_intake",
        &[
            "tollbooth:digest/sha256",
            "tollbooth:photos/photos",
            "tollbooth:ledger/access",
            "tollbooth:ledger/intake",
            "fermyon:spin/variables",
            "wasi:http/types",
            "wasi:http/outgoing-handler",
        ],
    ),
    (
        "camera_gateway",
        &[
            "tollbooth:digest/sha256",
            "tollbooth:photos/photos",
            "tollbooth:ledger/access",
            "tollbooth:ledger/intake",
            "tollbooth:ledger/pushing",
            "fermyon:spin/variables",
            "wasi:http/types",
            "wasi:http/outgoing-handler",
        ],
    ),
    (
        "ocr_call",
        &[
            "tollbooth:photos/photos",
            "tollbooth:ledger/access",
            "tollbooth:ledger/reading",
            "tollbooth:recognizer/recognizer",
            "wasi:http/types",
        ],
    ),
    (
        "service_call",
        &[
            "tollbooth:photos/photos",
            "tollbooth:ledger/access",
            "tollbooth:ledger/reading",
            "fermyon:spin/variables",
            "wasi:http/types",
            "wasi:http/outgoing-handler",
        ],
    ),
    (
        "manual_review",
        &[
            "tollbooth:photos/photos",
            "tollbooth:ledger/access",
            "tollbooth:ledger/desk",
            "tollbooth:ledger/looking",
            "tollbooth:ledger/passages",
            "tollbooth:ledger/review",
            "tollbooth:ledger/trace",
            "wasi:http/types",
        ],
    ),
    (
        "plate_crops",
        &[
            "tollbooth:photos/photos",
            "tollbooth:ledger/access",
            "tollbooth:ledger/looking",
            "tollbooth:ledger/passages",
            "wasi:http/types",
        ],
    ),
    (
        "exporter",
        &[
            "tollbooth:photos/exports",
            "tollbooth:ledger/access",
            "tollbooth:ledger/destinations",
            "tollbooth:ledger/export-protocol",
            "fermyon:spin/variables",
            "wasi:http/types",
        ],
    ),
    (
        "messenger",
        &[
            "tollbooth:ledger/access",
            "tollbooth:ledger/messages",
            "tollbooth:ledger/alerts",
            "tollbooth:ledger/alert-rules",
            "tollbooth:notifier/notifier",
            "fermyon:spin/variables",
            "wasi:http/types",
            "wasi:http/outgoing-handler",
        ],
    ),
    (
        "operator_api",
        &[
            "tollbooth:ledger/access",
            "tollbooth:ledger/admin",
            "tollbooth:ledger/audit",
            "tollbooth:ledger/failed-readings",
            "tollbooth:ledger/learning",
            "tollbooth:ledger/log",
            "tollbooth:ledger/changes",
            "tollbooth:ledger/preferences",
            "tollbooth:ledger/recognizers",
            "fermyon:spin/variables",
            "wasi:http/types",
        ],
    ),
    (
        "auditor",
        &[
            "tollbooth:photos/photos",
            "tollbooth:photos/inventory",
            "tollbooth:ledger/access",
            "tollbooth:ledger/audit",
            "wasi:http/types",
        ],
    ),
    ("quality", &["tollbooth:ledger/access", "tollbooth:ledger/quality", "wasi:http/types"]),
    (
        "telemetry",
        &[
            "tollbooth:ledger/access",
            "tollbooth:ledger/telemetry",
            "tollbooth:ledger/spans",
            "fermyon:spin/variables",
            "wasi:http/types",
            "wasi:http/outgoing-handler",
        ],
    ),
    (
        "sign_in",
        &[
            "tollbooth:ledger/access",
            "tollbooth:ledger/providers",
            "tollbooth:ledger/sessions",
            "fermyon:spin/variables",
            "wasi:http/types",
            "wasi:http/outgoing-handler",
        ],
    ),
    ("console", &["wasi:http/types"]),
    ("digest_sha256", &[]),
    ("plate_writer", &["spin:sqlite/sqlite"]),
    ("plate_writer_postgres", &["spin:postgres/postgres", "fermyon:spin/variables"]),
    ("photos_key_value", &["fermyon:spin/key-value"]),
    ("photos_s3", &["fermyon:spin/variables", "wasi:http/types", "wasi:http/outgoing-handler"]),
    ("photos_azure_blob", &["fermyon:spin/variables", "wasi:http/types", "wasi:http/outgoing-handler"]),
    ("recognizer_onnx", &[]),
    ("recognizer_scripted", &[]),
    ("recognizer_azure_vision", &["fermyon:spin/variables", "wasi:http/types", "wasi:http/outgoing-handler"]),
    ("recognizer_plate_recognizer", &["fermyon:spin/variables", "wasi:http/types", "wasi:http/outgoing-handler"]),
    ("notifier_log", &[]),
    ("notifier_mail", &["fermyon:spin/variables", "wasi:http/types", "wasi:http/outgoing-handler"]),
    ("notifier_graph", &["fermyon:spin/variables", "wasi:http/types", "wasi:http/outgoing-handler"]),
    ("notifier_webhook", &["fermyon:spin/variables", "wasi:http/types", "wasi:http/outgoing-handler"]),
];

fn imports(file: &str) -> BTreeSet<String> {
    let path = repository().join("target/wasm32-wasip2/release").join(format!("{file}.wasm"));
    let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; build with scripts/build", path.display()));
    let mut names = BTreeSet::new();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(&bytes) {
        match payload.unwrap() {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                let imports = section.into_iter().map(Result::unwrap);
                // Types by themselves carry no capability; interfaces do.
                let interfaces = imports.filter(|import| matches!(import.ty, ComponentTypeRef::Instance(_)));
                names.extend(interfaces.map(|import| import.name.name.to_owned()));
            }
            _ => {}
        }
    }
    names
}

#[test]
fn no_component_imports_more_than_the_table_grants() {
    for (file, granted) in TABLE {
        for name in imports(file) {
            let interface = name.split('@').next().unwrap_or_default();
            let package = interface.split('/').next().unwrap_or_default();
            assert!(
                granted.contains(&interface) || BASE.contains(&package),
                "{file} imports {name}, which the table does not grant"
            );
        }
    }
}

#[test]
fn every_grant_in_the_table_is_used() {
    for (file, granted) in TABLE {
        let imported = imports(file);
        for grant in *granted {
            assert!(
                imported.iter().any(|name| name.split('@').next() == Some(grant)),
                "{file} no longer imports {grant}: take it out of the table"
            );
        }
    }
}

#[test]
fn every_component_is_in_the_table() {
    let components: BTreeSet<_> = fs::read_dir(repository().join("components"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().replace('-', "_"))
        .collect();
    let listed: BTreeSet<_> = TABLE.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(components, listed);
}
