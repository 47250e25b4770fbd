//! Delivers to one destination what is missing there, in sequence.

use std::collections::BTreeSet;
use std::io::Write as _;

use tempfile::NamedTempFile;
use tollbooth_client::delivery::{ChainError, Link, SIGNATURE, SUFFIX};
use tollbooth_client::{ClientError, Export};
use tollbooth_pipeline::export::{Kind, Manifest, Profile, corrections_schema, table_schema};
use tollbooth_pipeline::ident::sha256_hex;

use crate::config::Destination;
use crate::digest::Digesting;
use crate::guard;
use crate::place::{Area, Content, Place, Put, Text};
use crate::progress::{Progress, StateDir};
use crate::published::{Published, Publisher};
use crate::{Stop, Trouble};

/// Most exports of one pass, so that a destination with a thousand to catch up on is heard of meanwhile.
const MOST_OF_A_PASS: usize = 20;

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pass {
    /// Names of the files that were written.
    pub written: Vec<String>,
    /// Exports that lay there and were not known to have been delivered.
    pub found: u64,
}

impl Pass {
    /// Adds what another did after it.
    pub fn add(&mut self, other: Self) {
        self.written.extend(other.written);
        self.found += other.found;
    }
}

/// One destination with all that it remembers.
pub struct Courier<'a> {
    destination: &'a Destination,
    publisher: &'a dyn Publisher,
    state: &'a StateDir,
    progress: Progress,
    published: Published,
    /// Whether the destination was looked at since we started.
    looked: bool,
}

impl<'a> Courier<'a> {
    /// A destination as it was left.
    ///
    /// # Errors
    /// [`Trouble::Progress`]
    pub fn new(
        destination: &'a Destination,
        publisher: &'a dyn Publisher,
        state: &'a StateDir,
    ) -> Result<Self, Trouble> {
        let progress = state.progress(&destination.name)?;
        Ok(Self { destination, publisher, state, progress, published: Published::default(), looked: false })
    }

    /// The last export that was delivered; 0 for none.
    #[must_use]
    pub fn delivered_through(&self) -> u64 {
        self.progress.link().sequence
    }

    /// Exports that are published and not delivered, as far as is known.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.published.after(self.delivered_through()).count() as u64
    }

    /// Delivers what is missing, so many at most that one may go on at once while there is something [`Self::pending`]. What
    /// was done before a [`Trouble`] stays done, and is in `pass`.
    ///
    /// # Errors
    /// [`Trouble`]
    pub fn pass(&mut self, pass: &mut Pass, stop: &Stop) -> Result<(), Trouble> {
        let Some(mut place) = self.prepare(pass)? else { return Ok(()) };
        let pending: Vec<Export> =
            self.published.after(self.delivered_through()).take(MOST_OF_A_PASS).cloned().collect();
        for export in pending {
            if stop.is_set() {
                break;
            }
            let name = self.deliver(place.as_mut(), &export)?;
            pass.written.extend(name);
        }
        Ok(())
    }

    /// Looks at everything and delivers nothing: server, sign-in, folder (in which it makes `manifests`), and whether the
    /// ledger is as new as the files.
    ///
    /// # Errors
    /// [`Trouble`]
    pub fn check(&mut self) -> Result<(), Trouble> {
        self.published.refresh(self.publisher)?;
        guard::own_progress(&self.progress.link(), &self.published)?;
        let mut place = crate::connect::open(self.destination)?;
        guard::look(place.as_mut(), &self.progress.link(), &self.published).map(drop)
    }

    /// Writes files again that were delivered and are no longer there.
    ///
    /// # Errors
    /// [`Trouble`]
    pub fn restore(&mut self, pass: &mut Pass, stop: &Stop) -> Result<(), Trouble> {
        self.looked = false;
        let Some(mut place) = self.prepare(pass)? else { return Ok(()) };
        let mut files: BTreeSet<String> = place.list(Area::Files)?.into_iter().collect();
        files.extend(place.list(Area::Corrections)?);
        for manifest in place.list(Area::Manifests)? {
            if stop.is_set() {
                break;
            }
            let Some(name) = manifest.strip_suffix(SUFFIX) else { continue };
            let sequence = self.published.sequence_of(name).filter(|sequence| *sequence <= self.delivered_through());
            let Some(sequence) = sequence.filter(|_| !files.contains(name)) else { continue };
            let Some(text) = place.text(Area::Manifests, &manifest)? else { continue };
            let read = serde_json::from_slice(&text).map_err(|e| ChainError::Unreadable(e.to_string()));
            let manifest = read.map_err(|what| Trouble::Chain { sequence, what })?;
            pass.written.extend(self.file(place.as_mut(), name, &manifest)?);
        }
        Ok(())
    }

    /// Connects where there is something to do, and takes over what lies there. None when there is nothing to do.
    fn prepare(&mut self, pass: &mut Pass) -> Result<Option<Box<dyn Place>>, Trouble> {
        self.published.refresh(self.publisher)?;
        guard::own_progress(&self.progress.link(), &self.published)?;
        if self.looked && self.pending() == 0 {
            return Ok(None);
        }
        let mut place = crate::connect::open(self.destination)?;
        if let Some(partial) = self.progress.partial().map(ToOwned::to_owned) {
            place.remove(Area::Manifests, &partial)?;
            self.progress.no_partial()?;
        }
        let before = self.progress.link();
        let there = guard::look(place.as_mut(), &before, &self.published)?;
        if there.sequence > before.sequence {
            pass.found = there.sequence - before.sequence;
            self.progress.delivered(&there)?;
        }
        self.looked = true;
        Ok(Some(place))
    }

    /// Delivers the next export. The name of its file when it was written now.
    fn deliver(&mut self, place: &mut dyn Place, export: &Export) -> Result<Option<String>, Trouble> {
        let sequence = export.sequence;
        let chain = |what| Trouble::Chain { sequence, what };
        let text = self.publisher.manifest(sequence)?;
        if sha256_hex(&text) != export.manifest_sha256 {
            return Err(chain(ChainError::OtherFile("the manifest is not the one that the server lists".to_owned())));
        }
        let (manifest, next): (Manifest, Link) = self.progress.link().next(sequence, &text).map_err(chain)?;
        let name = self.destination.names.of(&manifest);
        let written = self.file(place, &name, &manifest)?;
        self.describe(place, &manifest)?;
        if let Some(signature) = self.publisher.signature(sequence)? {
            self.sign(place, &format!("{name}{SIGNATURE}"), &signature)?;
        }
        // The manifest last: it says that all is there.
        let manifest_name = format!("{name}{SUFFIX}");
        if self.put_text(place, &manifest_name, &text)? == Put::Taken
            && place.text(Area::Manifests, &manifest_name)?.as_deref() != Some(text.as_slice())
        {
            return Err(Trouble::OtherFile { sequence, name: manifest_name });
        }
        self.progress.delivered(&next)?;
        Ok(written)
    }

    /// The file of an export, unless it lies there.
    fn file(&mut self, place: &mut dyn Place, name: &str, manifest: &Manifest) -> Result<Option<String>, Trouble> {
        let sequence = manifest.sequence;
        let area = Area::of_file(name);
        let other = || Trouble::OtherFile { sequence, name: name.to_owned() };
        let path = std::path::Path::new("");
        let expected = Content::file(path, manifest.bytes, &manifest.sha256);
        // Of a run that ended between a file and its manifest.
        match place.digest(area, name)? {
            Some(found) if expected.is(&found) => return Ok(None),
            Some(_) => return Err(other()),
            None => {}
        }
        let copy = match self.copy(manifest) {
            // What comes after it does not wait for it; its manifest is delivered, as that of a file that billing took.
            Err(Trouble::Server(error)) if error.is_given_up_file() => {
                tracing::warn!(
                    destination = self.destination.name,
                    file = name,
                    "is lost and was given up: only its manifest is delivered"
                );
                return Ok(None);
            }
            copy => copy?,
        };
        let partial = self.progress.new_partial()?;
        let content = Content::file(copy.path(), manifest.bytes, &manifest.sha256);
        match place.put(area, name, &content, &partial)? {
            Put::Written => Ok(Some(name.to_owned())),
            // Another run was faster.
            Put::Taken if place.digest(area, name)?.is_some_and(|found| content.is(&found)) => Ok(None),
            Put::Taken => Err(other()),
        }
    }

    /// The file of an export on our own disk, checked.
    fn copy(&self, manifest: &Manifest) -> Result<NamedTempFile, Trouble> {
        let failed = Trouble::progress("write a copy into", self.state.path());
        let mut copy = tempfile::Builder::new().prefix(".export-").tempfile_in(self.state.path()).map_err(&failed)?;
        let mut digesting = Digesting::new(copy.as_file_mut());
        self.publisher.file(manifest.sequence, &mut digesting).map_err(|error| match error {
            // Our own folder took no more of it: the server answered.
            ClientError::File { source, .. } => failed(source),
            other => Trouble::Server(other),
        })?;
        digesting.flush().map_err(&failed)?;
        let found = digesting.finish();
        if found.bytes != manifest.bytes || found.sha256 != manifest.sha256 {
            let what = format!("{} bytes and SHA-256 {} from the server", found.bytes, found.sha256);
            return Err(Trouble::Chain { sequence: manifest.sequence, what: ChainError::OtherFile(what) });
        }
        Ok(copy)
    }

    /// The description of a file's columns beside the manifests: that of the newest files, which have columns that those of an
    /// earlier version lack.
    fn describe(&mut self, place: &mut dyn Place, manifest: &Manifest) -> Result<(), Trouble> {
        let (of, schema) = match (manifest.kind, manifest.profile.parse::<Profile>()) {
            (Kind::Corrections, _) => ("corrections", corrections_schema()),
            (Kind::Lines, Ok(profile)) => (manifest.profile.as_str(), table_schema(profile)),
            // A profile that this version does not know is described by one that does.
            (Kind::Lines, Err(_)) => return Ok(()),
        };
        let name = format!("{of}.schema.json");
        if let Some(found) = place.text(Area::Manifests, &name)? {
            if found == schema.as_bytes() {
                return Ok(());
            }
            // Where nothing may be removed it stays: no bill waits for a description.
            if let Err(trouble) = place.remove(Area::Manifests, &name) {
                tracing::warn!(
                    destination = self.destination.name,
                    file = name,
                    "an earlier version's description stays: {trouble}"
                );
                return Ok(());
            }
        }
        self.put_text(place, &name, schema.as_bytes()).map(drop)
    }

    fn sign(&mut self, place: &mut dyn Place, name: &str, text: &[u8]) -> Result<(), Trouble> {
        match place.text(Area::Manifests, name)? {
            Some(found) if found == text => return Ok(()),
            // Of a run that ended before its manifest; the keys were changed since.
            Some(_) => place.remove(Area::Manifests, name)?,
            None => {}
        }
        self.put_text(place, name, text).map(drop)
    }

    fn put_text(&mut self, place: &mut dyn Place, name: &str, text: &[u8]) -> Result<Put, Trouble> {
        let partial = self.progress.new_partial()?;
        place.put(Area::Manifests, name, &Text::new(text).content(), &partial)
    }
}
