//! One scan, block by block: how many of its blocks are there. Nothing is computed but lengths of codes, and how bright each
//! block of the first component is, which falls off on the way.
//!
//! Sequential scans: T.81, F.2.2; progressive ones: G.2. Refinement needs to know which coefficients were seen before, one
//! bit for each.

use super::bits::{Bits, Lack};
use super::frame::{Component, Frame};
use super::huffman::{Table, Tables};

/// Last coefficient of a block.
const LAST: u32 = 63;

/// A scan header (B.2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Index of the component in the frame, destinations of its DC and AC tables.
    pub components: Vec<(usize, u8, u8)>,
    /// First and last coefficient, in zigzag order.
    pub first: u32,
    pub last: u32,
    /// Successive approximation: bit position before, and now.
    pub high: u8,
    pub low: u8,
}

impl Header {
    pub(super) fn parse(body: &[u8], frame: &Frame) -> Option<Self> {
        let (&count, rest) = body.split_first()?;
        let (pairs, rest) = rest.split_at_checked(2 * usize::from(count))?;
        let components = pairs
            .chunks_exact(2)
            .map(|pair| match pair {
                [id, places] => {
                    let index = frame.components.iter().position(|component| component.id == *id)?;
                    Some((index, places >> 4, places & 15))
                }
                _ => None,
            })
            .collect::<Option<Vec<_>>>()?;
        let &[first, last, approximation] = rest.first_chunk::<3>()?;
        let range = if frame.progressive { (first.into(), last.into()) } else { (0, LAST) };
        let (high, low) = if frame.progressive { (approximation >> 4, approximation & 15) } else { (0, 0) };
        let sound = !components.is_empty() && range.0 <= range.1 && range.1 <= LAST;
        sound.then_some(Self { components, first: range.0, last: range.1, high, low })
    }

    /// Blocks that the scan should hold.
    pub(super) fn blocks(&self, frame: &Frame) -> u64 {
        let alone = self.components.len() == 1;
        let of = |component: &Component| {
            if alone { component.blocks_across * component.blocks_down } else { component.padded_blocks }
        };
        self.components.iter().filter_map(|&(index, ..)| frame.components.get(index)).map(|c| of(c) as u64).sum()
    }
}

/// Which coefficients of each block are not zero; by component, then block with padding. Empty for sequential frames.
pub(super) type Seen = Vec<Vec<u64>>;

/// How bright each block of the first component is, as coded: its DC coefficient before quantisation is undone. By block,
/// with padding.
pub(super) type Levels = Vec<i16>;

/// Goes through a scan; how many blocks it holds, and why not all.
pub(super) fn follow(
    header: &Header,
    frame: &Frame,
    tables: &Tables,
    interval: u32,
    seen: &mut Seen,
    levels: &mut Levels,
    data: &[u8],
) -> (u64, Option<Lack>) {
    let mut walker = Walker {
        header,
        frame,
        tables,
        seen,
        levels,
        bits: Bits::new(data),
        predictions: vec![0; frame.components.len()],
        run: 0,
        blocks: 0,
    };
    let ended = walker.units(interval);
    (walker.blocks, ended.err())
}

struct Walker<'a> {
    header: &'a Header,
    frame: &'a Frame,
    tables: &'a Tables,
    seen: &'a mut Seen,
    levels: &'a mut Levels,
    bits: Bits<'a>,
    /// DC coefficient of the block before, by component.
    predictions: Vec<i16>,
    /// Blocks left of a run of empty ones.
    run: u32,
    blocks: u64,
}

impl Walker<'_> {
    fn units(&mut self, interval: u32) -> Result<(), Lack> {
        let alone = self.header.components.len() == 1;
        let single = self.header.components.first().and_then(|&(index, ..)| self.frame.components.get(index)).copied();
        let (across, down) = match single {
            Some(component) if alone => (component.blocks_across, component.blocks_down),
            _ => (self.frame.units_across, self.frame.units_down),
        };
        let mut left = interval;
        for line in 0..down {
            for column in 0..across {
                if interval != 0 && left == 0 {
                    self.bits.restart()?;
                    self.run = 0;
                    self.predictions.fill(0);
                    left = interval;
                }
                left = left.wrapping_sub(1);
                if alone { self.single(line, column)? } else { self.interleaved(line, column)? }
            }
        }
        Ok(())
    }

    fn single(&mut self, line: usize, column: usize) -> Result<(), Lack> {
        let &(index, dc, ac) = self.header.components.first().ok_or(Lack::Nonsense)?;
        let stride = self.frame.components.get(index).map_or(0, |component| component.stride);
        self.block(index, line * stride + column, dc, ac)
    }

    fn interleaved(&mut self, line: usize, column: usize) -> Result<(), Lack> {
        let header = self.header;
        for &(index, dc, ac) in &header.components {
            let component = *self.frame.components.get(index).ok_or(Lack::Nonsense)?;
            for y in 0..component.down {
                for x in 0..component.across {
                    let place = (line * component.down + y) * component.stride + column * component.across + x;
                    self.block(index, place, dc, ac)?;
                }
            }
        }
        Ok(())
    }

    fn block(&mut self, index: usize, place: usize, dc: u8, ac: u8) -> Result<(), Lack> {
        let tables = self.tables;
        let dc = || tables.dc(dc).ok_or(Lack::Nonsense);
        let ac = || tables.ac(ac).ok_or(Lack::Nonsense);
        let busy = match (self.frame.progressive, self.header.first, self.header.high) {
            (false, ..) => {
                let is_step = self.direct(index, place, dc()?)?;
                self.sequential(ac()?)? || is_step
            }
            (true, 0, 0) => self.direct(index, place, dc()?)?,
            (true, 0, _) => self.bits.take(1).map(|bit| bit != 0)?,
            (true, _, 0) => self.first_pass(index, place, ac()?)?,
            (true, ..) => self.refinement(index, place, ac()?)?,
        };
        if busy {
            self.bits.check_hollow()?;
        }
        self.blocks += 1;
        Ok(())
    }

    /// A DC difference; true when it is not zero.
    fn direct(&mut self, index: usize, place: usize, table: &Table) -> Result<bool, Lack> {
        let size = u32::from(table.symbol(&mut self.bits)?);
        if size > 15 {
            return Err(Lack::Nonsense);
        }
        let step = step(self.bits.take(size)?, size);
        let low = u32::from(self.header.low);
        let level = self.predictions.get_mut(index).map_or(0, |before| {
            *before = before.wrapping_add(step);
            before.wrapping_shl(low)
        });
        if let (0, Some(block)) = (index, self.levels.get_mut(place)) {
            *block = level;
        }
        Ok(size != 0)
    }

    /// The AC coefficients of a sequential block; true when there are any.
    fn sequential(&mut self, table: &Table) -> Result<bool, Lack> {
        let mut at = 1;
        let mut busy = false;
        while at <= LAST {
            let symbol = table.symbol(&mut self.bits)?;
            let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            match (zeros, size) {
                (15, 0) => at += 16,
                (_, 0) => return Ok(busy),
                _ => {
                    at += zeros + 1;
                    self.bits.take(size)?;
                    busy = true;
                }
            }
        }
        if at > LAST + 1 { Err(Lack::Nonsense) } else { Ok(busy) }
    }

    fn first_pass(&mut self, index: usize, place: usize, table: &Table) -> Result<bool, Lack> {
        if self.run > 0 {
            self.run -= 1;
            return Ok(false);
        }
        let mut mask = 0_u64;
        let mut at = self.header.first;
        while at <= self.header.last {
            let symbol = table.symbol(&mut self.bits)?;
            let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            match (zeros, size) {
                (15, 0) => at += 16,
                (bits, 0) => {
                    self.run = (1 << bits) + self.bits.take(bits)? - 1;
                    break;
                }
                _ => {
                    at += zeros;
                    if at > self.header.last {
                        return Err(Lack::Nonsense);
                    }
                    self.bits.take(size)?;
                    mask |= 1 << at;
                    at += 1;
                }
            }
        }
        if let Some(seen) = self.seen.get_mut(index).and_then(|seen| seen.get_mut(place)) {
            *seen |= mask;
        }
        Ok(mask != 0)
    }

    fn refinement(&mut self, index: usize, place: usize, table: &Table) -> Result<bool, Lack> {
        let known = self.seen.get(index).and_then(|seen| seen.get(place)).copied().unwrap_or(0);
        let mut mask = known;
        let mut at = self.header.first;
        while self.run == 0 && at <= self.header.last {
            let symbol = table.symbol(&mut self.bits)?;
            let (mut zeros, size) = (u32::from(symbol >> 4), symbol & 15);
            if size != 0 {
                self.bits.take(1)?;
            } else if zeros != 15 {
                self.run = (1 << zeros) + self.bits.take(zeros)?;
                break;
            }
            // One bit for every coefficient that is known, over as many that are still zero.
            while at <= self.header.last {
                if known & (1 << at) != 0 {
                    self.bits.take(1)?;
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                at += 1;
            }
            if size != 0 {
                if at > self.header.last {
                    return Err(Lack::Nonsense);
                }
                mask |= 1 << at;
            }
            at += 1;
        }
        if self.run > 0 {
            while at <= self.header.last {
                if known & (1 << at) != 0 {
                    self.bits.take(1)?;
                }
                at += 1;
            }
            self.run -= 1;
        }
        if let Some(seen) = self.seen.get_mut(index).and_then(|seen| seen.get_mut(place)) {
            *seen = mask;
        }
        Ok(mask != known)
    }
}

/// A DC difference from its bits (T.81, F.2.2.1, EXTEND): where the first bit is 0 it is negative.
fn step(bits: u32, size: u32) -> i16 {
    let (bits, whole) = (i32::try_from(bits).unwrap_or(0), 1_i32 << size);
    let step = if size > 0 && bits < whole / 2 { bits - whole + 1 } else { bits };
    i16::try_from(step).unwrap_or(0)
}
