//! Whether what lies in a folder is what was published: for people who have nothing else of ours.
//!
//! Needs the folder and the public keys, and no server. Everything is checked, and everything that is wrong is said.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use tollbooth_pipeline::export::{PublishedLine, read_lines};
use tollbooth_signature::PublicKey;

use crate::ClientError;
use crate::delivery::chain::{Link, check_file};
use crate::delivery::{PublishedExport, published_in};

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Exports whose manifest was found.
    pub exports: u64,
    /// Bill lines in files that are what their manifest says.
    pub lines: u64,
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
    /// [`ClientError`] for a folder that cannot be read.
    pub fn make(folder: &Path, trusted: &[PublicKey]) -> Result<Self, ClientError> {
        let exports = published_in(folder)?;
        let mut found = Self { exports: exports.len() as u64, signed: !trusted.is_empty(), ..Self::default() };
        found.chain(&exports);
        let mut billed: BTreeMap<String, u64> = BTreeMap::new();
        for export in &exports {
            if found.signed {
                found.signature(export, trusted);
            }
            for line in found.file(export)? {
                let passage = line.passage().to_owned();
                if let Some(before) = billed.insert(passage.clone(), export.manifest.sequence) {
                    found.say(export, &format!("{passage} is on export {before}, too: a line was billed twice"));
                }
            }
        }
        found.strangers(folder, &exports)?;
        if exports.is_empty() {
            found.findings.push("there is no manifest in the folder".to_owned());
        }
        Ok(found)
    }

    fn say(&mut self, export: &PublishedExport, what: &str) {
        let name = export.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.findings.push(format!("export {} ({name}): {what}", export.manifest.sequence));
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

    /// The lines of a file that is the one described.
    fn file(&mut self, export: &PublishedExport) -> Result<Vec<PublishedLine>, ClientError> {
        if !export.path.is_file() {
            self.say(export, "the file is missing");
            return Ok(Vec::new());
        }
        let bytes = fs::read(&export.path).map_err(ClientError::file("read", &export.path))?;
        if let Err(other) = check_file(&export.manifest, &bytes) {
            self.say(export, &other.to_string());
            return Ok(Vec::new());
        }
        match read_lines(&bytes) {
            Ok(lines) if lines.len() as u64 == u64::from(export.manifest.rows) => {
                self.lines += lines.len() as u64;
                Ok(lines)
            }
            Ok(lines) => {
                self.say(export, &format!("{} lines instead of {}", lines.len(), export.manifest.rows));
                Ok(Vec::new())
            }
            Err(error) => {
                self.say(export, &error.to_string());
                Ok(Vec::new())
            }
        }
    }

    /// CSV files that no manifest describes: played again under another name, or somebody else's.
    fn strangers(&mut self, folder: &Path, exports: &[PublishedExport]) -> Result<(), ClientError> {
        let known: BTreeSet<_> = exports.iter().filter_map(|export| export.path.file_name()).collect();
        let fail = || ClientError::file("read", folder);
        let mut unknown = Vec::new();
        for entry in fs::read_dir(folder).map_err(fail())? {
            let name = entry.map_err(fail())?.file_name();
            let is_csv = Path::new(&name).extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
            if is_csv && !known.contains(name.as_os_str()) {
                unknown.push(format!("{}: no manifest describes this file", name.to_string_lossy()));
            }
        }
        unknown.sort();
        self.findings.extend(unknown);
        Ok(())
    }
}
