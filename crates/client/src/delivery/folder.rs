//! Billing's folder: what lies there, and what is still to be written.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tollbooth_pipeline::export::Manifest;

use super::chain::{Link, check_file};
use super::staged_file::{sync_directory, write_new};
use crate::progress::Progress;
use crate::{Api, ClientError, Export};

/// Folder of the manifests and of files that are being written, inside billing's folder: whoever reads every file of
/// that folder must meet nothing but whole CSV files.
const MANIFESTS: &str = "manifests";
const SUFFIX: &str = ".manifest.json";

/// How files are delivered.
pub struct DeliveryOptions<'a> {
    /// Write files again that were delivered and are no longer there.
    pub restore: bool,
    /// Told of every export.
    pub progress: &'a Progress,
}

/// What was done.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Names of the files written now.
    pub written: Vec<String>,
    /// Files that lay there and match their manifest.
    pub present: u64,
    /// Files that were delivered before and were taken away since.
    pub taken: u64,
    /// What is wrong. After a broken chain nothing further is written.
    pub faults: Vec<String>,
}

impl Delivery {
    /// 0 when every published file is or was delivered, 1 when something is wrong.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.faults.is_empty())
    }
}

/// Writes every published export that was not delivered yet.
///
/// # Errors
/// [`ClientError`] when the server or the folder fails. What is wrong with an export is a fault in the [`Delivery`].
pub fn deliver(api: &Api, folder: &Path, options: &DeliveryOptions<'_>) -> Result<Delivery, ClientError> {
    let folder = Folder::open(folder)?;
    let mut delivery = Delivery::default();
    let mut link = Link::genesis();
    let published = api.exports_after(0)?;
    for export in &published {
        match deliver_one(api, &folder, export, &link, options.restore, &mut delivery)? {
            Some(next) => link = next,
            None => break,
        }
        options.progress.step();
    }
    options.progress.finish();
    delivery.faults.extend(folder.unknown_to(&published)?);
    Ok(delivery)
}

/// Delivers one export. None when the chain is broken and nothing after it can be trusted.
fn deliver_one(
    api: &Api,
    folder: &Folder,
    export: &Export,
    link: &Link,
    restore: bool,
    delivery: &mut Delivery,
) -> Result<Option<Link>, ClientError> {
    let sequence = export.sequence;
    let mut fault = |what: String| {
        delivery.faults.push(format!("export {sequence} ({}): {what}", printable(&export.file_name)));
    };
    let stored = folder.manifest(&export.file_name)?;
    let text = match &stored {
        Some(text) if export.manifest_sha256.as_deref().is_none_or(|sha256| sha256 == digest(text)) => text.clone(),
        Some(_) => {
            fault("the server's manifest is not the one that was delivered".to_owned());
            return Ok(None);
        }
        None => api.export_manifest(sequence)?,
    };
    let (manifest, next) = match link.next(sequence, &text) {
        Ok(found) => found,
        Err(broken) => {
            fault(broken.to_string());
            return Ok(None);
        }
    };
    match folder.file(&manifest)? {
        Found::Same => delivery.present += 1,
        Found::Different => {
            fault("another file of this name lies in the folder; it was left as it is".to_owned());
            // Not delivered: without a manifest the next run looks again.
            return Ok(Some(next));
        }
        Found::Absent if stored.is_some() && !restore => delivery.taken += 1,
        Found::Absent => {
            let bytes = api.export_file(sequence)?;
            if let Err(other) = check_file(&manifest, &bytes) {
                fault(other.to_string());
                return Ok(None);
            }
            folder.write_file(&manifest, &bytes)?;
            delivery.written.push(manifest.file_name.clone());
        }
    }
    if stored.is_none() {
        folder.write_manifest(&manifest, &text)?;
    }
    Ok(Some(next))
}

enum Found {
    Absent,
    Same,
    Different,
}

struct Folder {
    path: PathBuf,
    manifests: PathBuf,
}

impl Folder {
    fn open(path: &Path) -> Result<Self, ClientError> {
        let manifests = path.join(MANIFESTS);
        fs::create_dir_all(&manifests).map_err(ClientError::file("create", &manifests))?;
        sync_directory(path).map_err(ClientError::file("write", path))?;
        Ok(Self { path: path.to_owned(), manifests })
    }

    fn manifest_path(&self, file_name: &str) -> PathBuf {
        self.manifests.join(format!("{file_name}{SUFFIX}"))
    }

    /// The manifest that was delivered under this name. The name comes from the server: one that is no plain name has
    /// no manifest here, and is refused when the server's manifest is checked.
    fn manifest(&self, file_name: &str) -> Result<Option<Vec<u8>>, ClientError> {
        if file_name.contains(['/', '\\', '\0']) {
            return Ok(None);
        }
        read(&self.manifest_path(file_name))
    }

    /// Manifests that were delivered and that the server no longer publishes: another installation, or a lost ledger.
    fn unknown_to(&self, published: &[Export]) -> Result<Vec<String>, ClientError> {
        let fail = || ClientError::file("read", &self.manifests);
        let published: HashSet<&str> = published.iter().map(|export| export.file_name.as_str()).collect();
        let mut unknown = Vec::new();
        for entry in fs::read_dir(&self.manifests).map_err(fail())? {
            let name = entry.map_err(fail())?.file_name().to_string_lossy().into_owned();
            let Some(file_name) = name.strip_suffix(SUFFIX) else { continue };
            if !published.contains(file_name) {
                unknown.push(format!("{file_name} was delivered before and is not published by this server"));
            }
        }
        unknown.sort();
        Ok(unknown)
    }

    fn file(&self, manifest: &Manifest) -> Result<Found, ClientError> {
        Ok(match read(&self.path.join(&manifest.file_name))? {
            None => Found::Absent,
            Some(bytes) if check_file(manifest, &bytes).is_ok() => Found::Same,
            Some(_) => Found::Different,
        })
    }

    fn write_file(&self, manifest: &Manifest, bytes: &[u8]) -> Result<(), ClientError> {
        self.write(&self.path.join(&manifest.file_name), bytes)
    }

    fn write_manifest(&self, manifest: &Manifest, text: &[u8]) -> Result<(), ClientError> {
        self.write(&self.manifest_path(&manifest.file_name), text)
    }

    /// Writes a file that is not there. When another run was faster with the same bytes, that is as good.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), ClientError> {
        match write_new(path, &self.manifests, bytes) {
            Err(taken) if taken.kind() == ErrorKind::AlreadyExists && read(path)?.as_deref() == Some(bytes) => Ok(()),
            done => done.map_err(ClientError::file("write", path)),
        }
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, ClientError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(ClientError::file("read", path)(e)),
    }
}

fn digest(text: &[u8]) -> String {
    tollbooth_pipeline::ident::sha256_hex(text)
}

fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect()
}
