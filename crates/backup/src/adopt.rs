//! Making the ledger know what was published after it was copied.

use std::collections::BTreeMap;

use tollbooth_ledger::db::Db;
use tollbooth_ledger::export::Artefact;
use tollbooth_ledger::export::adopt::Adopted;
use tollbooth_ledger::{Actor, Failure, Ledger};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::{Content, ExportObject, Manifest};
use tollbooth_pipeline::ident::sha256_hex;

use crate::BackupError;
use crate::source::{Source, Store};

/// What was taken over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adoption {
    /// The exports, in sequence.
    pub exports: Vec<Adopted>,
}

impl Adoption {
    /// Bill lines taken over.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.exports.iter().map(|adopted| u64::from(adopted.lines)).sum()
    }

    /// Of these the ones whose passage the ledger does not have as accepted.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.exports.iter().map(|adopted| u64::from(adopted.open)).sum()
    }
}

struct Known {
    manifest: Manifest,
    text: String,
    place: String,
}

/// Takes over every export that a source has and the ledger does not, in sequence, and puts it into the store.
pub fn adopt<D: Db>(
    ledger: &Ledger<D>,
    store: &Store,
    sources: &[Source],
    now: Instant,
) -> Result<Adoption, BackupError> {
    let known = gather(ledger, sources)?;
    let mut adoption = Adoption::default();
    let Some(last) = known.keys().next_back().copied() else { return Ok(adoption) };
    for sequence in published(ledger)? + 1..=last {
        let missing = |what| BackupError::Missing { what, sequence, last };
        let found = known.get(&sequence).ok_or_else(|| missing("the manifest"))?;
        let mut file = None;
        for source in sources {
            file = source.file(&found.manifest)?;
            if file.is_some() {
                break;
            }
        }
        let file = file.ok_or_else(|| missing("the file"))?;
        let adopted = one(ledger, store, found, &file, now)?;
        if adopted.new {
            adoption.exports.push(adopted);
        }
    }
    Ok(adoption)
}

/// The last export that the ledger published.
fn published<D: Db>(ledger: &Ledger<D>) -> Result<u64, BackupError> {
    let latest = ledger.latest_export()?;
    let bound = ledger.export(latest)?.is_some_and(|export| !export.published);
    Ok(if bound { latest - 1 } else { latest })
}

/// Every manifest by its number; places that disagree with each other or with the ledger end it.
fn gather<D: Db>(ledger: &Ledger<D>, sources: &[Source]) -> Result<BTreeMap<u64, Known>, BackupError> {
    let mut known: BTreeMap<u64, Known> = BTreeMap::new();
    for source in sources {
        let place = source.name();
        for text in source.manifests()? {
            let unreadable = |what: String| BackupError::Manifest { place: place.clone(), what };
            let text = String::from_utf8(text).map_err(|e| unreadable(e.to_string()))?;
            let manifest: Manifest = serde_json::from_str(&text).map_err(|e| unreadable(e.to_string()))?;
            let sequence = manifest.sequence;
            let ours = ledger.export(sequence)?.and_then(|export| export.manifest);
            let other = match (known.get(&sequence), ours) {
                (Some(found), _) if found.text != text => Some(found.place.clone()),
                (_, Some(ours)) if ours != text => Some("the ledger".to_owned()),
                _ => None,
            };
            if let Some(other) = other {
                return Err(BackupError::Disagreement { place, sequence, other });
            }
            known.entry(sequence).or_insert_with(|| Known { manifest, text, place: place.clone() });
        }
    }
    Ok(known)
}

/// File and manifest are stored before the ledger knows them, as in an export.
fn one<D: Db>(
    ledger: &Ledger<D>,
    store: &Store,
    found: &Known,
    file: &[u8],
    now: Instant,
) -> Result<Adopted, BackupError> {
    let (manifest, text) = (&found.manifest, &found.text);
    let sequence = manifest.sequence;
    let lines = Content::read(manifest.kind, file).map_err(|e| BackupError::Unsound {
        path: found.place.clone().into(),
        what: format!("the file of export {sequence}: {e}"),
    })?;
    store.put(&ExportObject::File { sequence, sha256: &manifest.sha256 }.key(), file)?;
    store.put(&ExportObject::Manifest { sequence }.key(), text.as_bytes())?;
    let artefact = Artefact {
        sha256: manifest.sha256.clone(),
        bytes: manifest.bytes,
        manifest: text.clone(),
        manifest_sha256: sha256_hex(text.as_bytes()),
    };
    ledger.adopt_export(now, &Actor::system("restore"), &artefact, &lines).map_err(|failure| match failure {
        Failure::Refused(refusal) => BackupError::Forked(refusal),
        Failure::Ledger(error) => BackupError::Ledger(error),
    })
}
