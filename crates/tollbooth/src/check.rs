//! `tollbooth up --check`, and what it looks at by itself at every start: whether the database and the object store that an
//! application was told of can be used, before a camera finds out.

use std::collections::BTreeMap;
use std::path::Path;

use tollbooth_host::Manifest;
use tollbooth_ledger::Ledger;
use tollbooth_ledger::schema::SCHEMA_VERSION;
use tollbooth_object_store::{Address, own_or_shared};
use tollbooth_relocation::Kind;

use crate::output::say;
use crate::relocate::End;
use crate::{migrate, store};

/// The places outside this machine that an application was told of.
pub(crate) struct Places {
    ledger: Option<String>,
    store: Option<Result<(Kind, Address), String>>,
    /// The store's address, where no key was given that may write: then nothing can be tried there.
    untried: Option<String>,
    /// Variables that say where these are, which the manifest asks for and nobody set.
    unset: Vec<&'static str>,
}

impl Places {
    /// Those of a manifest's variables, as they were given, are in the environment, or stand in the manifest.
    pub(crate) fn of(manifest: &Path, given: &BTreeMap<String, String>) -> Self {
        // What is wrong with it is said by whoever runs it.
        let declared = Manifest::read(manifest).ok();
        let value = |name: &str| {
            let environment = || std::env::var(format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase())).ok();
            let written = || {
                let declared = declared.as_ref()?;
                let of_host = declared.host_variables.get(name);
                of_host.or(declared.variables.get(name)?.default.as_ref()).cloned()
            };
            given.get(name).cloned().or_else(environment).or_else(written).filter(|value| !value.is_empty())
        };
        let asked_for = |name: &str| declared.as_ref().is_some_and(|read| read.variables.contains_key(name));
        let mut unset = vec!["ledger_address", "photos_origin"];
        unset.retain(|name| asked_for(name) && value(name).is_none());
        let or_nothing = |name: &str| value(name).unwrap_or_default();
        // Who takes photos may write, and so may try whether the store keeps them.
        let [account, key, own_account, own_key] =
            ["photos_account", "photos_key", "photos_intake_account", "photos_intake_key"].map(or_nothing);
        let readers = ["photos_reading_account", "photos_export_account", "photos_audit_account"];
        let only_reads =
            account.is_empty() && own_account.is_empty() && readers.iter().any(|name| value(name).is_some());
        let origin = value("photos_origin");
        let untried = origin.clone().filter(|_| only_reads);
        let store = origin.filter(|_| !only_reads).map(|origin| {
            let region = value("photos_region").unwrap_or_else(|| "us-east-1".to_owned());
            let bucket = or_nothing("photos_bucket");
            let address = own_or_shared((&own_account, &own_key), (&account, &key))
                .and_then(|(account, key)| Address::new(&origin, &bucket, &region, account, key))
                .map_err(|wrong| wrong.to_string())?;
            // Which of the two speaks to the store is the manifest's to say.
            let text = std::fs::read_to_string(manifest).unwrap_or_default();
            let of_azure = |line: &str| !line.trim_start().starts_with('#') && line.contains("photos_azure_blob.wasm");
            Ok((if text.lines().any(of_azure) { Kind::AzureBlob } else { Kind::S3 }, address))
        });
        Self { ledger: value("ledger_address"), store, untried, unset }
    }

    /// Looks at both and says how they are. The exit code.
    pub(crate) fn check(&self) -> u8 {
        let ledger = match &self.ledger {
            None if self.unset.contains(&"ledger_address") => told("ledger", Err(nobody_set("ledger_address"))),
            None => {
                say("ledger  in a file of the state directory");
                true
            }
            Some(address) => told("ledger", ledger(address)),
        };
        let store = match &self.store {
            None if self.unset.contains(&"photos_origin") => told("photos", Err(nobody_set("photos_origin"))),
            None => {
                match &self.untried {
                    Some(origin) => {
                        say(format_args!("photos  in {origin}, not tried: no key was given that may write there"));
                    }
                    None => say("photos  in a file of the state directory"),
                }
                true
            }
            Some(Err(wrong)) => told("photos", Err(wrong.clone())),
            Some(Ok((kind, address))) => {
                let keeps = store::keeps_what_it_has(*kind, address);
                told("photos", keeps.map(|()| format!("in {}, which keeps what it has", address.origin)))
            }
        };
        if ledger && store { 0 } else { 1 }
    }

    /// Looks at the store beside the application's start, and logs what is wrong with it. One that is out of reach for now
    /// is no reason not to start: cameras are told to come back.
    pub(crate) fn watch_store(self) {
        match self.store {
            None => {}
            Some(Err(wrong)) => tracing::error!("photos: {wrong}"),
            Some(Ok((kind, address))) => {
                std::thread::spawn(move || {
                    if let Err(wrong) = store::keeps_what_it_has(kind, &address) {
                        tracing::error!("photos: {wrong}");
                    }
                });
            }
        }
    }
}

fn ledger(address: &str) -> Result<String, String> {
    let connection = migrate::connect(address).map_err(|end| match end {
        End::CommandLine(text) | End::OutOfReach(text) | End::Refused(text) => text,
    })?;
    Ledger::open(connection, None).map_err(|error| error.to_string())?;
    Ok(format!("in PostgreSQL, with the schema of this release (version {SCHEMA_VERSION})"))
}

fn nobody_set(name: &str) -> String {
    format!("the manifest asks for the variable {name}, and nobody set it")
}

fn told(what: &str, found: Result<String, String>) -> bool {
    match &found {
        Ok(well) => say(format_args!("{what}  {well}")),
        Err(wrong) => eprintln!("error: {what}: {wrong}"),
    }
    found.is_ok()
}
