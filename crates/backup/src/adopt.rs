//! Making the ledger know what was published after it was copied.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tollbooth_ledger::db::Db;
use tollbooth_ledger::export::Artefact;
use tollbooth_ledger::export::adopt::Adopted;
use tollbooth_ledger::{Actor, Failure, Ledger, LedgerError};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::{ContentReader, ExportObject, Manifest};
use tollbooth_pipeline::ident::sha256_hex;

use crate::BackupError;
use crate::source::{Source, Store};

/// What was taken over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adoption {
    /// The exports, in sequence.
    pub exports: Vec<Adopted>,
    /// Exports that the ledger knew and whose file was not in the store as it was published: put back.
    pub put_back: Vec<u64>,
    /// Copies of exports that were put into the store, for the exporter to publish as they are.
    pub copies: u64,
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

/// Takes over what was published after a ledger's copy, from billing's folders alone: for a ledger that is no file of ours,
/// and whose store of export files outlived it. Nothing may export meanwhile.
///
/// # Errors
/// [`BackupError`]; the command can be repeated.
pub fn adopt_published<D: Db>(ledger: &Ledger<D>, folders: &[PathBuf], now: Instant) -> Result<Adoption, BackupError> {
    let sources = folders.iter().map(|folder| Source::folder(folder)).collect::<Result<Vec<_>, _>>()?;
    adopt(ledger, None, &sources, now)
}

/// Takes over every export that a source has and the ledger does not, in sequence, and puts it into the store.
pub fn adopt<D: Db>(
    ledger: &Ledger<D>,
    store: Option<&Store>,
    sources: &[Source],
    now: Instant,
) -> Result<Adoption, BackupError> {
    let known = gather(ledger, sources)?;
    let mut adoption = Adoption::default();
    if let Some(store) = store {
        adoption.put_back = put_back(ledger, store, sources, &known)?;
    }
    // Taken over before the rows of their lines were written down, without which they cannot be copied.
    for (sequence, found) in known.range(..=published(ledger)?) {
        if ledger.lacks_file_rows(*sequence)?
            && let Some(source) = whole(sources, &found.manifest)?
        {
            one(ledger, store, found, source, now)?;
        }
    }
    let Some(last) = known.keys().next_back().copied() else { return Ok(adoption) };
    for sequence in published(ledger)? + 1..=last {
        let missing = |what| BackupError::Missing { what, sequence, last };
        let found = known.get(&sequence).ok_or_else(|| missing("the manifest"))?;
        let source = whole(sources, &found.manifest)?.ok_or_else(|| missing("the file"))?;
        let adopted = one(ledger, store, found, source, now)?;
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

/// The first source that has the file of an export as it was published.
fn whole<'a>(sources: &'a [Source], manifest: &Manifest) -> Result<Option<&'a Source>, BackupError> {
    for source in sources {
        if source.has(manifest)? {
            return Ok(Some(source));
        }
    }
    Ok(None)
}

/// Files of exports that the ledger knows, and that are lost from the store: corrections of their lines wait for them.
fn put_back<D: Db>(
    ledger: &Ledger<D>,
    store: &Store,
    sources: &[Source],
    known: &BTreeMap<u64, Known>,
) -> Result<Vec<u64>, BackupError> {
    let (mut found, mut lost) = (Vec::new(), ledger.lost_files()?);
    // Given up, and found after all.
    lost.extend(ledger.released_files()?);
    for (sequence, export) in known.range(..=published(ledger)?) {
        let (manifest, text) = (&export.manifest, &export.text);
        // All of a file is read only where there is a reason to doubt it.
        if store.names(manifest)? && (!lost.contains(sequence) || store.has(manifest)?) {
            continue;
        }
        if let Some(source) = whole(sources, manifest)? {
            put(store, source, manifest, text)?;
            found.push(*sequence);
        }
    }
    Ok(found)
}

/// File and manifest, into the store.
fn put(store: &Store, source: &Source, manifest: &Manifest, text: &str) -> Result<(), BackupError> {
    let sequence = manifest.sequence;
    if let Some(file) = source.open(manifest)? {
        store.put_file(sequence, &manifest.sha256, file)?;
    }
    store.put(&ExportObject::Manifest { sequence }.key(), text.as_bytes())
}

/// File and manifest are stored before the ledger knows them, as in an export.
fn one<D: Db>(
    ledger: &Ledger<D>,
    store: Option<&Store>,
    found: &Known,
    source: &Source,
    now: Instant,
) -> Result<Adopted, BackupError> {
    let (manifest, text) = (&found.manifest, &found.text);
    let sequence = manifest.sequence;
    if let Some(store) = store {
        put(store, source, manifest, text)?;
    }
    let artefact = Artefact {
        sha256: manifest.sha256.clone(),
        bytes: manifest.bytes,
        manifest: text.clone(),
        manifest_sha256: sha256_hex(text.as_bytes()),
    };
    let missing = BackupError::Missing { what: "the file", sequence, last: sequence };
    let file = source.open(manifest)?.ok_or(missing)?;
    let mut pieces = ContentReader::new(manifest.kind, file).map(|piece| {
        piece
            .map(|piece| piece.content)
            .map_err(|e| LedgerError::Damaged(format!("the file of export {sequence}: {e}")))
    });
    ledger.adopt_pieces(now, &Actor::system("restore"), &artefact, &mut pieces).map_err(|failure| match failure {
        Failure::Refused(refusal) => BackupError::Forked(refusal),
        Failure::Ledger(error) => BackupError::Ledger(error),
    })
}
