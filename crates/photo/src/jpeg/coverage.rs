//! The measure of damage: what share of the picture the entropy-coded data really holds.
//!
//! A decoder fills what is missing with grey, or repeats what it has, and calls it success. Here the data is followed to its
//! last block, so that an end marker behind half a picture does not make it whole, and a missing one does not make a whole
//! picture damaged.

use super::bits::Lack;
use super::frame::{self, Frame};
use super::huffman::Tables;
use super::markers::{End, HUFFMAN_TABLES, Part, QUANTIZATION_TABLES, RESTART_INTERVAL, Walk};
use super::scan::{self, Header, Levels, Seen};
use crate::bytes::u16_be;
use crate::print::{self, Blocks, Print};
use crate::{Break, Condition, Damage};

/// Most scans that are followed, as many as the decoder takes: each passes over every block.
const MOST_SCANS: u32 = 100;
/// Not coded yet.
const UNSEEN: u8 = u8::MAX;

/// What is known of the picture after some scans.
struct Measure {
    frame: Frame,
    /// Blocks that the scans should have held, and those that they hold.
    expected: u64,
    found: u64,
    /// Bit position that each coefficient of each component was coded down to.
    precision: Vec<[u8; 64]>,
    seen: Seen,
    levels: Levels,
    lack: Option<&'static str>,
}

/// First entries of the quantisation tables, by destination: what a DC coefficient is multiplied by.
type Steps = [u16; 4];

/// What is missing, and what the picture looks like when nothing is.
pub(super) fn measure(data: &[u8]) -> Condition {
    let mut walk = Walk::new(data);
    let mut tables = Tables::standard();
    let mut measure: Option<Measure> = None;
    let mut steps: Steps = [0; 4];
    let mut interval = 0;
    let mut scans = 0;
    let lack = loop {
        let part = match walk.next() {
            Ok(Some(part)) => part,
            Ok(None) => break None,
            Err(Break::End) => break Some("the file ends before the image does"),
            Err(Break::Malformed { reason, .. }) => break Some(reason),
        };
        match (part, &mut measure) {
            (Part::Segment { marker, body }, known) if frame::is_frame(marker) => {
                match (Frame::parse(marker, body), known) {
                    (_, Some(_)) => break Some("two frame headers"),
                    (Err(error), None) => break Some(error.reason()),
                    (Ok(frame), None) => measure = Some(Measure::new(frame)),
                }
            }
            (Part::Segment { marker: HUFFMAN_TABLES, body }, _) => tables.define(body),
            (Part::Segment { marker: QUANTIZATION_TABLES, body }, _) => note_steps(body, &mut steps),
            (Part::Segment { marker: RESTART_INTERVAL, body }, _) => interval = u16_be(body, 0).unwrap_or(0).into(),
            (Part::Segment { .. }, _) => {}
            (Part::Scan { .. }, None) => break Some("image data starts before any frame header"),
            (Part::Scan { header, data, .. }, Some(measure)) => {
                scans += 1;
                if scans > MOST_SCANS {
                    break Some("more scans than any photo needs");
                }
                measure.scan(header, data, &tables, interval);
                if measure.lack.is_some() {
                    break measure.lack;
                }
            }
        }
    };
    let offset = walk.position();
    let Some(measure) = measure else {
        let reason = lack.unwrap_or("the image has no frame header");
        return Condition { damage: Some(Damage { decoded: 0.0, reason, offset }), print: None };
    };
    match measure.verdict(lack, walk.end(), offset) {
        None => Condition { damage: None, print: measure.print(steps) },
        damage => Condition { damage, print: None },
    }
}

/// Takes the first entry of each table of a segment (T.81, B.2.4.1).
fn note_steps(mut body: &[u8], steps: &mut Steps) {
    while let Some((&kind, rest)) = body.split_first() {
        let is_wide = kind >> 4 != 0;
        let first = if is_wide { u16_be(rest, 0).ok() } else { rest.first().map(|&byte| byte.into()) };
        if let (Some(first), Some(step)) = (first, steps.get_mut(usize::from(kind & 15))) {
            *step = first;
        }
        body = rest.get(if is_wide { 128 } else { 64 }..).unwrap_or_default();
    }
}

impl Measure {
    fn new(frame: Frame) -> Self {
        let count = frame.components.len();
        let seen = if frame.progressive {
            frame.components.iter().map(|component| vec![0; component.padded_blocks]).collect()
        } else {
            Vec::new()
        };
        let levels = vec![0; frame.components.first().map_or(0, |component| component.padded_blocks)];
        Self { frame, expected: 0, found: 0, precision: vec![[UNSEEN; 64]; count], seen, levels, lack: None }
    }

    fn scan(&mut self, header: &[u8], data: &[u8], tables: &Tables, interval: u32) {
        let Some(header) = Header::parse(header, &self.frame) else {
            self.lack = Some("a scan header contradicts the frame header");
            return;
        };
        let (found, lack) =
            scan::follow(&header, &self.frame, tables, interval, &mut self.seen, &mut self.levels, data);
        self.expected = self.expected.saturating_add(header.blocks(&self.frame));
        self.found = self.found.saturating_add(found);
        self.lack = lack.map(|lack| match lack {
            Lack::End => "the image data ends before the image does",
            Lack::Nonsense => "the image data cannot be followed to its end",
            Lack::Hollow => "a part of the image data is blank",
        });
        if self.lack.is_none() {
            self.note_precision(&header);
        }
    }

    /// What the picture looks like, from how bright its blocks are.
    fn print(&self, steps: Steps) -> Option<Print> {
        let first = self.frame.components.first()?;
        let step = i32::from(*steps.get(usize::from(first.quantisation))?);
        // A DC coefficient is eight times the mean of its block, which is coded around 0 instead of 128.
        let level = |coded: &i16| (i32::from(*coded) * step / 8 + 128).clamp(0, 255) as u8;
        let levels: Vec<u8> = self.levels.iter().map(level).collect();
        print::of(&Blocks {
            levels: &levels,
            stride: first.stride,
            samples_across: first.samples_across,
            samples_down: first.samples_down,
        })
    }

    fn note_precision(&mut self, header: &Header) {
        let range = header.first as usize..=header.last as usize;
        for &(index, ..) in &header.components {
            if let Some(coefficients) = self.precision.get_mut(index).and_then(|all| all.get_mut(range.clone())) {
                coefficients.fill(header.low);
            }
        }
    }

    fn verdict(&self, lack: Option<&'static str>, end: End, offset: usize) -> Option<Damage> {
        let coefficients = self.precision.iter().flatten();
        let complete = coefficients.clone().filter(|&&low| low == 0).count();
        let unseen = coefficients.clone().filter(|&&low| low == UNSEEN).count();
        let all = coefficients.count();
        // An encoder may leave the finest detail out, and says so with its end marker; a file that stops in between says
        // nothing.
        let enough = match end {
            End::Marked if self.frame.progressive => self.precision.iter().all(|of| of.first() != Some(&UNSEEN)),
            End::Marked => unseen == 0,
            End::Open | End::Missing => complete == all,
        };
        if lack.is_none() && enough {
            return None;
        }
        let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f32 / whole as f32 };
        // Where a scan broke off, its coefficients are counted by its blocks.
        let decoded = match lack {
            Some(_) if self.frame.progressive => share(self.found, self.expected) * self.begun(all),
            Some(_) => share(self.found, self.all_blocks().max(self.expected)),
            None => share(complete as u64, all as u64),
        };
        let reason = lack.unwrap_or("passes over the picture are missing");
        Some(Damage { decoded: decoded.clamp(0.0, 0.99), reason, offset })
    }

    /// Share of the coefficients that any scan has touched, the broken one included.
    fn begun(&self, all: usize) -> f32 {
        let unseen = self.precision.iter().flatten().filter(|&&low| low == UNSEEN).count();
        if unseen == all { 1.0 } else { (all - unseen) as f32 / all.max(1) as f32 }
    }

    fn all_blocks(&self) -> u64 {
        self.frame.components.iter().map(|c| (c.blocks_across * c.blocks_down) as u64).sum()
    }
}
