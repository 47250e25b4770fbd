//! The store of export files: what is larger than one object is written and read in pieces, one of them at a time.

use tollbooth_pipeline::export::{ExportObject, Index, Piece};
use tollbooth_pipeline::ident::{Digester, sha256_hex};
use tollbooth_ports::exports;
use tollbooth_ports::failures::StoreFailure;
use tollbooth_ports::ledger::access;

/// A file that is being written. Nothing of it is found before [`Writer::finish`].
pub struct Writer {
    sequence: u64,
    /// Whether anything is stored, or the digest is all that is wanted.
    stores: bool,
    /// Lines of a piece.
    piece_rows: u32,
    waiting: Vec<u8>,
    waiting_rows: u32,
    pieces: Vec<Piece>,
    digest: Digester,
    bytes: u64,
}

impl Writer {
    pub fn new(sequence: u64, piece_rows: u32) -> Self {
        Self {
            sequence,
            stores: true,
            piece_rows,
            waiting: Vec::new(),
            waiting_rows: 0,
            pieces: Vec::new(),
            digest: Digester::default(),
            bytes: 0,
        }
    }

    /// Stores nothing: for whoever must know first whether it is the right file.
    pub fn rehearsal(sequence: u64, piece_rows: u32) -> Self {
        Self { stores: false, ..Self::new(sequence, piece_rows) }
    }

    /// Takes whole lines, so many; the header is none.
    pub fn take(&mut self, text: &[u8], rows: usize) -> Result<(), StoreFailure> {
        // A file that fits into one piece is one object.
        if self.waiting_rows >= self.piece_rows {
            self.store_piece()?;
        }
        self.digest.take(text);
        self.bytes += text.len() as u64;
        self.waiting.extend_from_slice(text);
        self.waiting_rows = self.waiting_rows.saturating_add(u32::try_from(rows).unwrap_or(u32::MAX));
        Ok(())
    }

    fn store_piece(&mut self) -> Result<(), StoreFailure> {
        if !self.stores {
            self.waiting.clear();
            self.waiting_rows = 0;
            return Ok(());
        }
        let sha256 = sha256_hex(&self.waiting);
        exports::put(&ExportObject::Piece { sequence: self.sequence, sha256: &sha256 }.key(), &self.waiting)?;
        self.pieces.push(Piece { sha256, bytes: self.waiting.len() as u64 });
        self.waiting.clear();
        self.waiting_rows = 0;
        Ok(())
    }

    /// Stores what is left, and says digest and size of the file.
    pub fn finish(mut self) -> Result<(String, u64), StoreFailure> {
        let sequence = self.sequence;
        if !self.stores {
            return Ok((self.digest.hex(), self.bytes));
        }
        if self.pieces.is_empty() {
            let sha256 = self.digest.hex();
            exports::put(&ExportObject::File { sequence, sha256: &sha256 }.key(), &self.waiting)?;
            return Ok((sha256, self.bytes));
        }
        self.store_piece()?;
        let sha256 = self.digest.hex();
        let ours = Index { pieces: self.pieces };
        let index = serde_json::to_vec(&ours)
            .map_err(|e| StoreFailure::Unavailable(format!("the index cannot be written: {e}")))?;
        match exports::put(&ExportObject::Index { sequence, sha256: &sha256 }.key(), &index) {
            // Stored before in other pieces: the setting was changed, or it was put back. Whole is whole, and what is not
            // is made whole.
            Err(StoreFailure::DifferentContent)
                if is_whole(sequence, &sha256)? || store_again(sequence, &sha256, &ours)? =>
            {
                Ok((sha256, self.bytes))
            }
            other => other.map(|()| (sha256, self.bytes)),
        }
    }
}

/// Stores the pieces that a stored index of a file names, from those of the same file that were stored just now. False when
/// the index is not one of this file.
fn store_again(sequence: u64, sha256: &str, ours: &Index) -> Result<bool, StoreFailure> {
    let Some(stored) = exports::get(&ExportObject::Index { sequence, sha256 }.key())? else { return Ok(false) };
    let Ok(theirs) = serde_json::from_slice::<Index>(&stored) else { return Ok(false) };
    let mut left = ours.pieces.iter();
    let mut waiting = Vec::new();
    for piece in &theirs.pieces {
        while (waiting.len() as u64) < piece.bytes {
            let Some(next) = left.next() else { return Ok(false) };
            match fetch(sequence, next) {
                Ok(bytes) => waiting.extend_from_slice(&bytes),
                Err(Damaged::Store(failure)) => return Err(failure),
                Err(Damaged::Missing | Damaged::Changed) => return Ok(false),
            }
        }
        let rest = waiting.split_off(usize::try_from(piece.bytes).unwrap_or(waiting.len()));
        if sha256_hex(&waiting) != piece.sha256 {
            return Ok(false);
        }
        exports::put(&ExportObject::Piece { sequence, sha256: &piece.sha256 }.key(), &waiting)?;
        waiting = rest;
    }
    Ok(waiting.is_empty() && left.next().is_none() && is_whole(sequence, sha256)?)
}

/// Whether the file of this digest is there, all of it. A store that does not answer says neither.
pub fn is_whole(sequence: u64, sha256: &str) -> Result<bool, StoreFailure> {
    match open(sequence, sha256).and_then(|stored| stored.verify(sha256)) {
        Ok(()) => Ok(true),
        Err(Damaged::Store(failure)) => Err(failure),
        Err(Damaged::Missing | Damaged::Changed) => Ok(false),
    }
}

/// A stored file.
pub struct Stored {
    sequence: u64,
    index: Index,
    /// A file of one object is in memory as it was found.
    whole: Option<Vec<u8>>,
}

/// Why a stored file is not the one that was published.
#[derive(Debug, thiserror::Error)]
pub enum Damaged {
    #[error("is not stored")]
    Missing,
    #[error("is not the one published")]
    Changed,
    #[error("cannot be fetched: {0:?}")]
    Store(StoreFailure),
}

impl From<StoreFailure> for Damaged {
    fn from(failure: StoreFailure) -> Self {
        Self::Store(failure)
    }
}

/// Finds a file by its digest.
pub fn open(sequence: u64, sha256: &str) -> Result<Stored, Damaged> {
    // What is read of it is taken as slowly as its reader likes, and others need a connection meanwhile.
    access::release();
    if let Some(file) = exports::get(&ExportObject::File { sequence, sha256 }.key())? {
        if sha256_hex(&file) != sha256 {
            return Err(Damaged::Changed);
        }
        let piece = Piece { sha256: sha256.to_owned(), bytes: file.len() as u64 };
        return Ok(Stored { sequence, index: Index { pieces: vec![piece] }, whole: Some(file) });
    }
    let index = exports::get(&ExportObject::Index { sequence, sha256 }.key())?.ok_or(Damaged::Missing)?;
    let index = serde_json::from_slice(&index).map_err(|_| Damaged::Changed)?;
    Ok(Stored { sequence, index, whole: None })
}

impl Stored {
    pub fn bytes(&self) -> u64 {
        self.index.bytes()
    }

    /// The pieces in order, each checked against its digest.
    pub fn pieces(&self) -> impl Iterator<Item = Result<Vec<u8>, Damaged>> + '_ {
        self.index.pieces.iter().map(|piece| match &self.whole {
            Some(whole) => Ok(whole.clone()),
            None => fetch(self.sequence, piece),
        })
    }

    /// The rows of the file, byte for byte and without their line ends; the header is not one.
    pub fn rows(&self) -> impl Iterator<Item = Result<Vec<u8>, Damaged>> + '_ {
        self.pieces()
            .flat_map(|piece| -> Box<dyn Iterator<Item = Result<Vec<u8>, Damaged>>> {
                match piece {
                    // A piece ends with a row.
                    Ok(piece) => Box::new(rows_of(&piece).into_iter().map(Ok)),
                    Err(damaged) => Box::new(std::iter::once(Err(damaged))),
                }
            })
            .skip(1)
    }

    /// Whether all pieces are there and make up the file of this digest.
    pub fn verify(&self, sha256: &str) -> Result<(), Damaged> {
        if self.whole.is_some() {
            return Ok(());
        }
        let mut digest = Digester::default();
        for piece in self.pieces() {
            digest.take(&piece?);
        }
        if digest.hex() == sha256 { Ok(()) } else { Err(Damaged::Changed) }
    }

    /// The bytes from the first to the last, both included, in pieces that are fetched one after the other.
    pub fn part(self, first: u64, last: u64) -> impl Iterator<Item = Result<Vec<u8>, String>> + 'static {
        let Self { sequence, index, mut whole } = self;
        let mut start = 0;
        index.pieces.into_iter().filter_map(move |piece| {
            let from = start;
            start += piece.bytes;
            if piece.bytes == 0 || start <= first || from > last {
                return None;
            }
            let cut = |bytes: Vec<u8>| {
                let low = usize::try_from(first.saturating_sub(from)).unwrap_or(usize::MAX);
                let high = usize::try_from((last + 1).min(start) - from).unwrap_or(usize::MAX);
                bytes.get(low..high.min(bytes.len())).map(<[u8]>::to_vec).unwrap_or_default()
            };
            let found = match whole.take() {
                Some(whole) => Ok(whole),
                None => fetch(sequence, &piece),
            };
            Some(found.map(cut).map_err(|damaged| format!("a piece of export {sequence} {damaged}")))
        })
    }
}

fn rows_of(piece: &[u8]) -> Vec<Vec<u8>> {
    piece
        .split(|byte| *byte == b'\n')
        .map(|row| row.strip_suffix(b"\r").unwrap_or(row))
        .filter(|row| !row.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

fn fetch(sequence: u64, piece: &Piece) -> Result<Vec<u8>, Damaged> {
    let key = ExportObject::Piece { sequence, sha256: &piece.sha256 }.key();
    let bytes = exports::get(&key)?.ok_or(Damaged::Missing)?;
    if bytes.len() as u64 == piece.bytes && sha256_hex(&bytes) == piece.sha256 {
        Ok(bytes)
    } else {
        Err(Damaged::Changed)
    }
}
