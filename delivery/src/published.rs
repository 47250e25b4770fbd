//! What the server has published, as far as it was asked.

use std::collections::BTreeMap;
use std::io::Write;

use tollbooth_client::delivery::Names;
use tollbooth_client::{Api, ClientError, Export};
use tollbooth_pipeline::export::portable_file_name;

/// Where exports come from: TollBooth's API.
pub trait Publisher: Send + Sync {
    /// Every published export after a sequence, in sequence.
    ///
    /// # Errors
    /// [`ClientError`]
    fn exports_after(&self, after: u64) -> Result<Vec<Export>, ClientError>;
    /// A manifest, byte for byte.
    ///
    /// # Errors
    /// [`ClientError`]
    fn manifest(&self, sequence: u64) -> Result<Vec<u8>, ClientError>;
    /// Writes the file of an export.
    ///
    /// # Errors
    /// [`ClientError`]
    fn file(&self, sequence: u64, to: &mut dyn Write) -> Result<(), ClientError>;
    /// The signatures of a manifest; none where the server has no key.
    ///
    /// # Errors
    /// [`ClientError`]
    fn signature(&self, sequence: u64) -> Result<Option<Vec<u8>>, ClientError>;
    /// The same publisher for the exports of a profile: `billing`, or the name of a copy.
    fn of_profile<'a>(&'a self, profile: &str) -> Box<dyn Publisher + 'a>;
}

impl<P: Publisher + ?Sized> Publisher for &P {
    fn exports_after(&self, after: u64) -> Result<Vec<Export>, ClientError> {
        (**self).exports_after(after)
    }

    fn manifest(&self, sequence: u64) -> Result<Vec<u8>, ClientError> {
        (**self).manifest(sequence)
    }

    fn file(&self, sequence: u64, to: &mut dyn Write) -> Result<(), ClientError> {
        (**self).file(sequence, to)
    }

    fn signature(&self, sequence: u64) -> Result<Option<Vec<u8>>, ClientError> {
        (**self).signature(sequence)
    }

    fn of_profile<'a>(&'a self, profile: &str) -> Box<dyn Publisher + 'a> {
        (**self).of_profile(profile)
    }
}

impl Publisher for Api {
    fn exports_after(&self, after: u64) -> Result<Vec<Export>, ClientError> {
        Self::exports_after(self, after)
    }

    fn manifest(&self, sequence: u64) -> Result<Vec<u8>, ClientError> {
        self.export_manifest(sequence)
    }

    fn file(&self, sequence: u64, to: &mut dyn Write) -> Result<(), ClientError> {
        self.export_ranges(sequence, to)
    }

    fn signature(&self, sequence: u64) -> Result<Option<Vec<u8>>, ClientError> {
        if self.signs_exports()? { self.export_signature(sequence).map(Some) } else { Ok(None) }
    }

    fn of_profile<'a>(&'a self, profile: &str) -> Box<dyn Publisher + 'a> {
        Box::new(Self::of_profile(self, profile))
    }
}

/// The server's list, kept so that only what is new is asked for.
#[derive(Default)]
pub struct Published {
    exports: BTreeMap<u64, Export>,
    /// Sequence by name, of either kind.
    names: BTreeMap<String, u64>,
}

impl Published {
    /// Asks for what is new. When the server does not have what it had before, everything is asked for anew: its ledger
    /// was exchanged.
    ///
    /// # Errors
    /// [`ClientError`]
    pub fn refresh(&mut self, publisher: &dyn Publisher) -> Result<(), ClientError> {
        let last = self.exports.keys().next_back().copied().unwrap_or(0);
        let found = publisher.exports_after(last.saturating_sub(1))?;
        let before = self.exports.get(&last).map(|export| &export.manifest_sha256);
        if last > 0 && found.first().map(|export| &export.manifest_sha256) != before {
            *self = Self::default();
            return self.refresh(publisher);
        }
        for export in found {
            for names in [Names::Contract, Names::Portable] {
                let name = match names {
                    Names::Contract => export.file_name.clone(),
                    Names::Portable => portable_file_name(&export.file_name, export.sequence),
                };
                self.names.insert(name, export.sequence);
            }
            self.exports.insert(export.sequence, export);
        }
        Ok(())
    }

    /// An export by its number.
    #[must_use]
    pub fn get(&self, sequence: u64) -> Option<&Export> {
        self.exports.get(&sequence)
    }

    /// The sequence of a file of this name.
    #[must_use]
    pub fn sequence_of(&self, name: &str) -> Option<u64> {
        self.names.get(name).copied()
    }

    /// The sequence of the export with this manifest.
    #[must_use]
    pub fn by_manifest(&self, sha256: &str) -> Option<u64> {
        self.exports.values().find(|export| export.manifest_sha256 == sha256).map(|export| export.sequence)
    }

    /// What comes after a sequence.
    pub fn after(&self, sequence: u64) -> impl Iterator<Item = &Export> {
        self.exports.range(sequence + 1..).map(|(_, export)| export)
    }

    /// Everything.
    pub fn all(&self) -> impl Iterator<Item = &Export> {
        self.exports.values()
    }
}
