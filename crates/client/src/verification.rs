//! Whether what lies in a folder is what was published: for people who have nothing else of ours.
//!
//! Needs the folder and the public keys, and no server. Everything is checked, and everything that is wrong is said.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

use tollbooth_pipeline::export::Kind;
use tollbooth_signature::PublicKey;

use crate::ClientError;
use crate::delivery::chain::{Link, check_file};
use crate::delivery::lines::Lines;
use crate::delivery::{PublishedExport, published_in};

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Exports whose manifest was found.
    pub exports: u64,
    /// Bill lines in files that are what their manifest says.
    pub lines: u64,
    /// Corrections in such files.
    pub corrections: u64,
    /// Name of the copy whose files these are; none: they are what is billed from.
    pub copy: Option<String>,
    /// Whether signatures were checked.
    pub signed: bool,
    /// What is wrong.
    pub findings: Vec<String>,
}

impl Verification {
    /// Verifies a folder. Without keys the chain and the files are checked, and whoever wrote all of them may have made
    /// them up.
    ///
    /// # Errors
    /// [`ClientError`] for a folder that cannot be read, or a temporary folder that takes nothing.
    pub fn make(folder: &Path, trusted: &[PublicKey]) -> Result<Self, ClientError> {
        let exports = published_in(folder)?;
        let mut found = Self { exports: exports.len() as u64, signed: !trusted.is_empty(), ..Self::default() };
        found.chain(&exports);
        found.profile(&exports);
        let mut lines = Lines::default();
        for export in &exports {
            if found.signed {
                found.signature(export, trusted);
            }
            found.file(export, &mut lines)?;
        }
        found.findings.extend(lines.findings()?);
        found.strangers(folder, &exports)?;
        if exports.is_empty() {
            found.findings.push("there is no manifest in the folder".to_owned());
        }
        Ok(found)
    }

    fn say(&mut self, export: &PublishedExport, what: &str) {
        self.findings.push(format!("{}: {what}", label(export)));
    }

    /// Every number once, each manifest after the one before.
    fn chain(&mut self, exports: &[PublishedExport]) {
        let mut link = Some(Link::genesis());
        let mut last = 0;
        for export in exports {
            let sequence = export.manifest.sequence;
            if sequence == last {
                self.say(export, "another manifest has the same number: the chain forks");
                link = None;
                continue;
            }
            for missing in last + 1..sequence {
                self.findings.push(format!("export {missing}: its manifest is missing"));
                link = None;
            }
            last = sequence;
            // After a break only what follows can be compared: it begins a new piece of the chain.
            let before = link.take().unwrap_or_else(|| Link::before(&export.manifest));
            match before.next(sequence, &export.text) {
                Ok((_, next)) => link = Some(next),
                Err(broken) => self.say(export, &broken.to_string()),
            }
        }
    }

    /// One profile a folder: whoever reads two of them there takes every line twice.
    fn profile(&mut self, exports: &[PublishedExport]) {
        let of = |export: &PublishedExport| export.manifest.copy.as_ref().map(|copy| copy.profile.clone());
        let Some(first) = exports.first() else { return };
        self.copy = of(first);
        for export in exports.iter().filter(|export| of(export) != of(first)) {
            self.say(export, "it is of another profile than the first export of the folder");
        }
    }

    fn signature(&mut self, export: &PublishedExport, trusted: &[PublicKey]) {
        match &export.signatures {
            None => self.say(export, "its signature is missing"),
            Some(signatures) => {
                if let Err(untrusted) = signatures.verify(&export.text, trusted) {
                    self.say(export, &untrusted.to_string());
                }
            }
        }
    }

    /// A file and the lines in it, when it is the one described.
    fn file(&mut self, export: &PublishedExport, lines: &mut Lines) -> Result<(), ClientError> {
        if !export.path.is_file() {
            lines.miss(export.manifest.sequence);
            self.say(export, "the file is missing");
            return Ok(());
        }
        let open = || File::open(&export.path).map_err(ClientError::file("read", &export.path));
        if let Err(other) = check_file(&export.manifest, open()?).map_err(ClientError::file("read", &export.path))? {
            lines.miss(export.manifest.sequence);
            self.say(export, &other.to_string());
            return Ok(());
        }
        let taken = lines.take(&label(export), &export.manifest, open()?)?;
        match export.manifest.kind {
            Kind::Lines => self.lines += taken.lines,
            Kind::Corrections => self.corrections += taken.lines,
        }
        for what in taken.findings {
            self.say(export, &what);
        }
        Ok(())
    }

    /// CSV files that no manifest describes: played again under another name, or somebody else's.
    fn strangers(&mut self, folder: &Path, exports: &[PublishedExport]) -> Result<(), ClientError> {
        let known: BTreeSet<_> = exports.iter().map(|export| export.path.as_path()).collect();
        let mut unknown = Vec::new();
        for folder in Kind::ALL.map(|kind| kind.folder().map_or_else(|| folder.to_owned(), |name| folder.join(name))) {
            if !folder.is_dir() {
                continue;
            }
            let fail = || ClientError::file("read", &folder);
            for entry in fs::read_dir(&folder).map_err(fail())? {
                let path = entry.map_err(fail())?.path();
                let is_csv = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
                if is_csv && !known.contains(path.as_path()) {
                    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    unknown.push(format!("{name}: no manifest describes this file"));
                }
            }
        }
        unknown.sort();
        self.findings.extend(unknown);
        Ok(())
    }
}

/// How findings name an export.
fn label(export: &PublishedExport) -> String {
    let name = export.path.file_name().unwrap_or_default().to_string_lossy();
    format!("export {} ({name})", export.manifest.sequence)
}
