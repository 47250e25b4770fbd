//! Billing's folder as it lies there: files, and the manifests that say what was delivered.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use tollbooth_pipeline::export::{Kind, Manifest, Profile, corrections_schema, table_schema};
use tollbooth_pipeline::ident::sha256_hex;

use super::chain::{check_file, check_file_name};
use super::lines::place;
use super::staged_file::{remove_abandoned, sync_directory, takes_colons, write_new};
use crate::{ClientError, Export};

/// Folder of the manifests and of files that are being written, inside billing's folder: whoever reads every file of
/// that folder must meet nothing but whole CSV files.
pub const MANIFESTS: &str = "manifests";
/// How names of manifests end, after the name of their file.
pub const SUFFIX: &str = ".manifest.json";
/// How names of signatures end, after the name of their file.
pub const SIGNATURE: &str = ".signature.json";
/// Names of what the folder has and the server does not, in one message.
const MAX_NAMED: usize = 3;

/// An export that was delivered before, by its manifest.
pub(super) struct Delivered {
    /// Name of its file in the folder.
    pub(super) name: String,
    /// The manifest, byte for byte.
    pub(super) text: Vec<u8>,
}

/// What lies under a file's name.
pub(super) enum Found {
    Absent,
    Same,
    Different,
}

pub(super) struct Folder {
    path: PathBuf,
    manifests: PathBuf,
    /// By the digest of the manifest.
    delivered: BTreeMap<String, Delivered>,
}

impl Folder {
    /// Opens the folder, creating it when it is missing, and reads its manifests.
    pub(super) fn open(path: &Path) -> Result<Self, ClientError> {
        let manifests = path.join(MANIFESTS);
        fs::create_dir_all(&manifests).map_err(ClientError::file("create", &manifests))?;
        sync_directory(path).map_err(ClientError::file("write", path))?;
        remove_abandoned(&manifests).map_err(ClientError::file("read", &manifests))?;
        let delivered = delivered(&manifests)?;
        Ok(Self { path: path.to_owned(), manifests, delivered })
    }

    /// The export with this manifest, if it was delivered.
    pub(super) fn delivered(&self, manifest_sha256: &str) -> Option<&Delivered> {
        self.delivered.get(manifest_sha256)
    }

    /// Why nothing may be delivered here: manifests that this server does not publish. Its ledger was restored from a
    /// backup that is older than the folder, or the folder is another installation's.
    pub(super) fn refusal(&self, published: &[Export]) -> Option<String> {
        let known: HashSet<&str> = published.iter().map(|export| export.manifest_sha256.as_str()).collect();
        let mut unknown: Vec<(u64, &str)> = self
            .delivered
            .iter()
            .filter(|(sha256, _)| !known.contains(sha256.as_str()))
            .map(|(_, delivered)| (delivered.sequence(), delivered.name.as_str()))
            .collect();
        unknown.sort_unstable();
        let named: Vec<_> =
            unknown.iter().take(MAX_NAMED).map(|(sequence, name)| format!("export {sequence} ({name})")).collect();
        let more = if unknown.len() > MAX_NAMED { " and more" } else { "" };
        (!unknown.is_empty()).then(|| {
            format!(
                "the server's ledger is older than the folder {}: {} exports were delivered there that it does not know, \
                 {}{more}. Nothing was written, so that nothing is billed twice. After a restore, stop the server and run \
                 `tollbooth restore --published {}`; if the folder is another installation's or another profile's, give another one",
                self.path.display(),
                unknown.len(),
                named.join(", "),
                self.path.display(),
            )
        })
    }

    /// Compares what lies under a name with a manifest.
    pub(super) fn file(&self, name: &str, manifest: &Manifest) -> Result<Found, ClientError> {
        let path = self.path.join(place(manifest.kind, name));
        let Some(file) = opened(&path)? else { return Ok(Found::Absent) };
        Ok(match check_file(manifest, file).map_err(ClientError::file("read", &path))? {
            Ok(()) => Found::Same,
            Err(_) => Found::Different,
        })
    }

    /// A file of no name beside the manifests, for what is fetched and not checked yet.
    pub(super) fn scratch(&self) -> Result<File, ClientError> {
        tempfile::tempfile_in(&self.manifests).map_err(ClientError::file("write", &self.manifests))
    }

    pub(super) fn write_file(&self, manifest: &Manifest, name: &str, file: impl Read) -> Result<(), ClientError> {
        if let Some(folder) = manifest.kind.folder().map(|folder| self.path.join(folder)) {
            fs::create_dir_all(&folder).map_err(ClientError::file("create", &folder))?;
            sync_directory(&self.path).map_err(ClientError::file("write", &self.path))?;
        }
        let path = self.path.join(place(manifest.kind, name));
        match write_new(&path, &self.manifests, file) {
            Ok(()) => Ok(()),
            // When another run was faster with the same bytes, that is as good.
            Err(taken)
                if taken.kind() == ErrorKind::AlreadyExists && matches!(self.file(name, manifest)?, Found::Same) =>
            {
                Ok(())
            }
            Err(failed) => Err(self.why(&path, failed)),
        }
    }

    pub(super) fn write_manifest(&self, name: &str, text: &[u8]) -> Result<(), ClientError> {
        self.write(&self.manifests.join(format!("{name}{SUFFIX}")), text)
    }

    /// Puts the description of a file's columns beside the manifests: that of the newest files, which have columns that those of
    /// an earlier version lack.
    pub(super) fn describe(&self, kind: Kind, profile: &str) -> Result<(), ClientError> {
        let (of, schema) = match (kind, profile.parse::<Profile>()) {
            (Kind::Corrections, _) => ("corrections", corrections_schema()),
            (Kind::Lines, Ok(columns)) => (profile, table_schema(columns)),
            // A profile that this version does not know is described by one that does.
            (Kind::Lines, Err(_)) => return Ok(()),
        };
        self.renew(&format!("{of}.schema.json"), schema.as_bytes())
    }

    pub(super) fn write_signature(&self, name: &str, text: &[u8]) -> Result<(), ClientError> {
        self.renew(&format!("{name}{SIGNATURE}"), text)
    }

    /// Writes a text that is ours to replace: a signature of a run that ended before its manifest, the keys having changed
    /// since, or an earlier version's description.
    fn renew(&self, name: &str, text: &[u8]) -> Result<(), ClientError> {
        let path = self.manifests.join(name);
        match read(&path)? {
            Some(old) if old == text => return Ok(()),
            Some(_) => fs::remove_file(&path).map_err(ClientError::file("replace", &path))?,
            None => {}
        }
        self.write(&path, text)
    }

    /// Writes a file that is not there. When another run was faster with the same bytes, that is as good.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), ClientError> {
        match write_new(path, &self.manifests, bytes) {
            Ok(()) => Ok(()),
            Err(taken) if taken.kind() == ErrorKind::AlreadyExists && read(path)?.as_deref() == Some(bytes) => Ok(()),
            Err(failed) => Err(self.why(path, failed)),
        }
    }

    /// A folder that takes no colons says so with errors as odd as "operation not permitted".
    fn why(&self, path: &Path, failed: io::Error) -> ClientError {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.contains(':') && takes_colons(&self.manifests).is_ok_and(|takes| !takes) {
            return ClientError::NameRefused { folder: self.path.clone(), name };
        }
        ClientError::file("write", path)(failed)
    }
}

impl Delivered {
    /// Of its export; 0 for a manifest that cannot be read.
    fn sequence(&self) -> u64 {
        serde_json::from_slice::<Manifest>(&self.text).map_or(0, |manifest| manifest.sequence)
    }
}

/// Reads every manifest of a folder.
pub(super) fn delivered(manifests: &Path) -> Result<BTreeMap<String, Delivered>, ClientError> {
    let fail = || ClientError::file("read", manifests);
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(manifests).map_err(fail())? {
        let entry = entry.map_err(fail())?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let Some(name) = file_name.strip_suffix(SUFFIX).filter(|name| check_file_name(name).is_ok()) else { continue };
        let text = fs::read(entry.path()).map_err(ClientError::file("read", entry.path()))?;
        found.insert(sha256_hex(&text), Delivered { name: name.to_owned(), text });
    }
    Ok(found)
}

/// A file that is there.
fn opened(path: &Path) -> Result<Option<File>, ClientError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        // The name itself is refused: nothing can lie under it.
        Err(e) if e.kind() == ErrorKind::InvalidInput || e.kind() == ErrorKind::InvalidFilename => Ok(None),
        Err(e) => Err(ClientError::file("read", path)(e)),
    }
}

pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, ClientError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        // The name itself is refused: nothing can lie under it.
        Err(e) if e.kind() == ErrorKind::InvalidInput || e.kind() == ErrorKind::InvalidFilename => Ok(None),
        Err(e) => Err(ClientError::file("read", path)(e)),
    }
}
