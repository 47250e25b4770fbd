//! What every kind of destination can do, and what an export looks like on the way there.

use std::fs::File;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;

use tollbooth_client::delivery::MANIFESTS;
use tollbooth_pipeline::ident::sha256_hex;

use crate::Trouble;
use crate::digest::{Digest, Digesting};

/// Bytes of a file that are read and sent at a time, to whatever destination. A file is nowhere whole in memory: beside a piece
/// or two there is only what a connection holds back.
pub(crate) const PIECE: usize = 1 << 16;

/// Manifests, signatures and schemas are read whole; none is near this size, in bytes.
const MAX_TEXT: u64 = 1 << 20;

/// Where in a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Area {
    /// Where billing reads: nothing lies there but whole CSV files.
    Files,
    /// The folder `corrections` in it: whoever reads every file of [`Area::Files`] must not take one for a bill.
    Corrections,
    /// The folder `manifests` in it, for manifests, signatures, schemas and what is being written.
    Manifests,
}

impl Area {
    /// Where the file of this name belongs, by the contract's names or the portable ones.
    #[must_use]
    pub fn of_file(name: &str) -> Self {
        if name.ends_with("-corrections.csv") { Self::Corrections } else { Self::Files }
    }

    /// Its folder, below the configured one.
    #[must_use]
    pub const fn folder(self) -> Option<&'static str> {
        match self {
            Self::Files => None,
            Self::Corrections => Some("corrections"),
            Self::Manifests => Some(MANIFESTS),
        }
    }
}

/// What is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    source: Source<'a>,
    bytes: u64,
    sha256: &'a str,
}

/// Where its bytes are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source<'a> {
    /// In a file on this machine, of any size.
    File(&'a Path),
    /// In memory: something small.
    Text(&'a [u8]),
}

impl<'a> Content<'a> {
    /// A file on this machine, with its size in bytes and its SHA-256.
    #[must_use]
    pub const fn file(path: &'a Path, bytes: u64, sha256: &'a str) -> Self {
        Self { source: Source::File(path), bytes, sha256 }
    }

    /// Something small.
    #[must_use]
    pub const fn text(text: &'a [u8], sha256: &'a str) -> Self {
        Self { source: Source::Text(text), bytes: text.len() as u64, sha256 }
    }

    /// Its bytes from the first on.
    ///
    /// # Errors
    /// Of the file.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send + 'a>> {
        Ok(match self.source {
            Source::File(path) => Box::new(File::open(path)?),
            Source::Text(text) => Box::new(Cursor::new(text)),
        })
    }

    /// Size in bytes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) const fn source(&self) -> Source<'a> {
        self.source
    }

    pub(crate) const fn sha256(&self) -> &'a str {
        self.sha256
    }

    pub(crate) fn is(&self, found: &Digest) -> bool {
        found.bytes == self.bytes && found.sha256 == self.sha256
    }
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It lies there, whole.
    Written,
    /// Something lies under its name already; that was left as it is.
    Taken,
}

/// A destination that is connected. Names are plain: letters, digits and `. _ - :`.
pub trait Place: Send {
    /// Names of what lies in an area, whole or not.
    fn list(&mut self, area: Area) -> Result<Vec<String>, Trouble>;

    /// Copies what lies under a name; false when nothing does.
    fn fetch(&mut self, area: Area, name: &str, to: &mut dyn Write) -> Result<bool, Trouble>;

    /// Writes what is not there: whole and read back, or not at all. `partial` is a name in [`Area::Manifests`] that
    /// nobody else uses; what a broken connection leaves lies there.
    fn put(&mut self, area: Area, name: &str, content: &Content<'_>, partial: &str) -> Result<Put, Trouble>;

    /// Removes a file of ours; one that is not there is as good.
    fn remove(&mut self, area: Area, name: &str) -> Result<(), Trouble>;

    /// Size and hash of what lies under a name, read in pieces.
    fn digest(&mut self, area: Area, name: &str) -> Result<Option<Digest>, Trouble> {
        let mut digesting = Digesting::new(io::sink());
        let found = self.fetch(area, name, &mut digesting)?;
        Ok(found.then(|| digesting.finish()))
    }

    /// A manifest, signature or schema.
    fn text(&mut self, area: Area, name: &str) -> Result<Option<Vec<u8>>, Trouble> {
        let mut text = Capped(Vec::new());
        let found = self.fetch(area, name, &mut text)?;
        Ok(found.then_some(text.0))
    }
}

/// Memory that a huge file does not fill.
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if (self.0.len() + piece.len()) as u64 > MAX_TEXT {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than any manifest"));
        }
        self.0.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A text with the digest by which it is verified.
pub(crate) struct Text<'a> {
    bytes: &'a [u8],
    sha256: String,
}

impl<'a> Text<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, sha256: sha256_hex(bytes) }
    }

    pub(crate) fn content(&self) -> Content<'_> {
        Content::text(self.bytes, &self.sha256)
    }
}
