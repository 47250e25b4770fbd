//! Writes into billing's folder what is still missing there.

use std::io::Seek as _;
use std::path::Path;

use tollbooth_pipeline::export::{Manifest, portable_file_name};
use tollbooth_pipeline::ident::sha256_hex;

use super::chain::Link;
use super::folder::{Folder, Found};
use super::lines::place;
use crate::progress::Progress;
use crate::{Api, ClientError, Export};

/// What files are called in the folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Names {
    /// As in the manifest: `2026-11-21T19:40:24.csv`. Windows, SMB, FAT and exFAT take no colon.
    #[default]
    Contract,
    /// As every file system takes them: `2026-11-21T194024Z-000012.csv`.
    Portable,
}

impl Names {
    /// The name of an export's file.
    #[must_use]
    pub fn of(self, manifest: &Manifest) -> String {
        match self {
            Self::Contract => manifest.file_name.clone(),
            Self::Portable => portable_file_name(&manifest.file_name, manifest.sequence),
        }
    }
}

/// How files are delivered.
pub struct DeliveryOptions<'a> {
    /// Have what is accepted published first, unless the folder is newer than the server.
    pub now: bool,
    /// Write files again that were delivered and are no longer there.
    pub restore: bool,
    /// What files are called that were not delivered before.
    pub names: Names,
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
    /// Exports whose file is lost and was given up: nothing but their manifests was written.
    pub given_up: Vec<u64>,
    /// What is wrong. After a broken chain nothing further is written, and nothing at all when the folder is newer than
    /// the server's ledger.
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
    let mut published = api.exports_after(0)?;
    // Before anything is published or written: what this folder has and the server does not would come twice.
    if let Some(refusal) = folder.refusal(&published) {
        return Ok(Delivery { faults: vec![refusal], ..Delivery::default() });
    }
    if options.now {
        api.request_export()?;
        published = api.exports_after(0)?;
    }
    let signed = api.signs_exports()?;
    let mut delivery = Delivery::default();
    let mut link = Link::genesis();
    for export in &published {
        match deliver_one(api, &folder, export, &link, signed, options, &mut delivery)? {
            Some(next) => link = next,
            None => break,
        }
        options.progress.step();
    }
    options.progress.finish();
    Ok(delivery)
}

/// Delivers one export. None when the chain is broken and nothing after it can be trusted.
fn deliver_one(
    api: &Api,
    folder: &Folder,
    export: &Export,
    link: &Link,
    signed: bool,
    options: &DeliveryOptions<'_>,
    delivery: &mut Delivery,
) -> Result<Option<Link>, ClientError> {
    let sequence = export.sequence;
    let mut fault = |what: String| {
        delivery.faults.push(format!("export {sequence} ({}): {what}", printable(&export.file_name)));
    };
    let before = folder.delivered(&export.manifest_sha256);
    let text = match before {
        Some(delivered) => delivered.text.clone(),
        None => api.export_manifest(sequence)?,
    };
    if sha256_hex(&text) != export.manifest_sha256 {
        fault("the manifest is not the one that the server lists".to_owned());
        return Ok(None);
    }
    let (manifest, next) = match link.next(sequence, &text) {
        Ok(found) => found,
        Err(broken) => {
            fault(broken.to_string());
            return Ok(None);
        }
    };
    let name = before.map_or_else(|| options.names.of(&manifest), |delivered| delivered.name.clone());
    match folder.file(&name, &manifest)? {
        Found::Same => delivery.present += 1,
        Found::Different => {
            fault("another file of this name lies in the folder; it was left as it is".to_owned());
            // Not delivered: without a manifest the next run looks again.
            return Ok(Some(next));
        }
        Found::Absent if before.is_some() && !options.restore => delivery.taken += 1,
        Found::Absent => {
            // However large it is: nobody sees it before it is whole and checked.
            let mut fetched = folder.scratch()?;
            match api.export_file_to(sequence, &manifest, &mut fetched) {
                Ok(Ok(())) => {
                    fetched.rewind().map_err(ClientError::file("read", "a copy"))?;
                    folder.write_file(&manifest, &name, fetched)?;
                    delivery.written.push(place(manifest.kind, &name).display().to_string());
                }
                Ok(Err(other)) => {
                    fault(other.to_string());
                    return Ok(None);
                }
                // What comes after it does not wait for it.
                Err(error) if error.is_given_up_file() => delivery.given_up.push(sequence),
                Err(error) => return Err(error),
            }
        }
    }
    if before.is_none() {
        folder.describe(manifest.kind, &manifest.profile)?;
        // The manifest last: it says that all is there.
        if signed {
            folder.write_signature(&name, &api.export_signature(sequence)?)?;
        }
        folder.write_manifest(&name, &text)?;
    }
    Ok(Some(next))
}

fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect()
}
