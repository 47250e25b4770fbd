//! What a line of text says: runs the recognition network on a cut-out line and decodes its answer.

use crate::crop;
use crate::ctc::{self, Spelling};
use crate::error::RecognitionError;
use crate::marks::Rows;
use crate::network::Network;
use crate::raster::Raster;

/// Lines are padded to this width, the one the network was trained with.
const PADDED_WIDTH: usize = 320;
/// Where PP-OCRv6 keeps its alphabet, one character a line.
const ALPHABET_KEY: &str = "character";
/// Classes beyond the alphabet: the blank before it and the space behind it.
const EXTRA_CLASSES: usize = 2;

pub(crate) struct Speller {
    network: Network,
    alphabet: Vec<char>,
}

impl Speller {
    pub(crate) fn new(network: Network) -> Result<Self, RecognitionError> {
        let alphabet: Vec<char> =
            network.metadata(ALPHABET_KEY)?.lines().filter_map(|line| line.chars().next()).collect();
        if alphabet.is_empty() {
            return Err(network.failed(format!("its metadata entry `{ALPHABET_KEY}` is empty")));
        }
        Ok(Self { network, alphabet })
    }

    /// Reads one line, cut out by [`crop::cut`].
    pub(crate) fn spell(&self, line: &Raster) -> Result<Spelling, RecognitionError> {
        let rows = self.rows(line)?;
        Ok(ctc::decode(&rows.values, rows.classes, &self.alphabet))
    }

    /// What the network says of one line, row by row, for whoever compares it with a list of words.
    pub(crate) fn rows(&self, line: &Raster) -> Result<Rows<'_>, RecognitionError> {
        let width = line.width.max(PADDED_WIDTH);
        let output = self.network.run(crop::HEIGHT, width, line.planes(width))?;
        let classes = output.shape.last().copied().unwrap_or(0);
        if classes != self.alphabet.len() + EXTRA_CLASSES {
            let known = self.alphabet.len() + EXTRA_CLASSES;
            return Err(self.network.failed(format!("it has {classes} classes, but its alphabet makes {known}")));
        }
        Ok(Rows { values: output.values, classes, alphabet: &self.alphabet })
    }
}
