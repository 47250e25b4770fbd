//! Huffman tables (T.81, annex C and F.2.2.3), and those that a frame without any is coded with.

use super::bits::{Bits, Lack};

/// Codes up to this length are found at once.
const SHORT: u32 = 9;

/// A table for decoding.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// By the next nine bits: length of the code and its symbol; length 0 for codes that are longer.
    short: Vec<(u8, u8)>,
    /// By length: one above the largest code of that length, filled up to 16 bits; and what to add to a code for the place
    /// of its symbol.
    above: [u32; 17],
    offset: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    /// From how many codes each length has, and their symbols; none when the lengths leave no room for them.
    pub(super) fn new(counts: [u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut short = vec![(0, 0); 1 << SHORT];
        let (mut above, mut offset) = ([0_u32; 17], [0_i32; 17]);
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1_u32..).zip(counts) {
            let index = length as usize;
            *offset.get_mut(index)? = i32::try_from(place).ok()? - i32::try_from(code).ok()?;
            for _ in 0..count {
                let symbol = *symbols.get(place)?;
                if length <= SHORT {
                    let first = (code << (SHORT - length)) as usize;
                    short.get_mut(first..first + (1 << (SHORT - length)))?.fill((length as u8, symbol));
                }
                code += 1;
                place += 1;
            }
            if code > 1 << length {
                return None;
            }
            *above.get_mut(index)? = code << (16 - length);
            code <<= 1;
        }
        Some(Self { short, above, offset, symbols: symbols.get(..place)?.to_vec() })
    }

    /// The next symbol.
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Result<u8, Lack> {
        let (next, real) = bits.peek();
        if let Some(&(length, symbol)) = self.short.get(usize::from(next >> (16 - SHORT)))
            && length != 0
        {
            bits.take(u32::from(length))?;
            return Ok(symbol);
        }
        for length in SHORT + 1..=16 {
            let index = length as usize;
            let (Some(&above), Some(&offset)) = (self.above.get(index), self.offset.get(index)) else { break };
            if u32::from(next) < above {
                let code = i32::from(next >> (16 - length));
                bits.take(length)?;
                let place = usize::try_from(code + offset).map_err(|_| Lack::Nonsense)?;
                return self.symbols.get(place).copied().ok_or(Lack::Nonsense);
            }
        }
        Err(if real < 16 { Lack::End } else { Lack::Nonsense })
    }
}

/// The tables in force, by class (DC, AC) and destination.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
}

impl Tables {
    /// Those of T.81, K.3, which Motion-JPEG frames are coded with and leave out.
    pub(super) fn standard() -> Self {
        let mut tables = Self::default();
        tables.define(STANDARD);
        tables
    }

    /// Takes over the tables of a DHT segment, as far as they are well formed.
    pub(super) fn define(&mut self, mut body: &[u8]) {
        while let Some((head, rest)) = body.split_first_chunk::<17>() {
            let [class_and_place, counts @ ..] = *head;
            let length: usize = counts.iter().map(|&count| usize::from(count)).sum();
            let Some((symbols, rest)) = rest.split_at_checked(length) else { return };
            let class = if class_and_place >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            if let Some(place) = class.get_mut(usize::from(class_and_place & 15)) {
                *place = Table::new(counts, symbols);
            }
            body = rest;
        }
    }

    pub(super) fn dc(&self, place: u8) -> Option<&Table> {
        self.dc.get(usize::from(place))?.as_ref()
    }

    pub(super) fn ac(&self, place: u8) -> Option<&Table> {
        self.ac.get(usize::from(place))?.as_ref()
    }
}

/// The body of a DHT segment with the four typical tables of T.81, K.3.3.
pub(super) const STANDARD: &[u8] = &[
    // DC, luminance (table K.3)
    0x00, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    // DC, chrominance (table K.4)
    0x01, 0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    // AC, luminance (table K.5)
    0x10, 0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D, 0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31,
    0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15,
    0x52, 0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28,
    0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54,
    0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77,
    0x78, 0x79, 0x7A, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
    0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA,
    0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1,
    0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,
    // AC, chrominance (table K.6)
    0x11, 0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77, 0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06,
    0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23,
    0x33, 0x52, 0xF0, 0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18, 0x19, 0x1A, 0x26,
    0x27, 0x28, 0x29, 0x2A, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53,
    0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76,
    0x77, 0x78, 0x79, 0x7A, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97,
    0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8,
    0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9,
    0xDA, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,
];
