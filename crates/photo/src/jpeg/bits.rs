//! Bits of entropy-coded data (T.81, F.2.2.5), without ever running past their end.

/// Why entropy-coded data cannot be followed any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// It ends before the picture does.
    End,
    /// A code that no table has, or a coefficient beyond a block.
    Nonsense,
    /// Zeros where data was: what a storage leaves that lost a part of a file.
    Hollow,
}

/// Zero bytes in a row that are no image data, once they decode to anything but flat blocks.
const HOLLOW_BYTES: usize = 64;
/// Bytes that the reader may hold: how far it is ahead of what was consumed.
const AHEAD_BYTES: usize = 8;

/// Reads bits; restart markers stop it until [`Self::restart`].
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    held: u64,
    count: u32,
    /// Where zero bytes without end begin and stop.
    hollow: Option<(usize, usize)>,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, held: 0, count: 0, hollow: hollow(data, 0) }
    }

    fn refill(&mut self) {
        while self.count <= 48 {
            let Some(&byte) = self.data.get(self.at) else { return };
            let mut next = self.at + 1;
            if byte == 0xFF {
                match self.data.get(next) {
                    Some(0x00) => next += 1,
                    Some(0xFF) => {
                        self.at = next;
                        continue;
                    }
                    _ => return,
                }
            }
            self.held = (self.held << 8) | u64::from(byte);
            self.count += 8;
            self.at = next;
        }
    }

    /// The next 16 bits without taking them, filled up with zeros; and how many of them are real.
    pub(super) fn peek(&mut self) -> (u16, u32) {
        if self.count < 16 {
            self.refill();
        }
        let shifted = if self.count >= 16 { self.held >> (self.count - 16) } else { self.held << (16 - self.count) };
        ((shifted & 0xFFFF) as u16, self.count)
    }

    /// Takes so many bits, at most 16.
    pub(super) fn take(&mut self, bits: u32) -> Result<u32, Lack> {
        let (next, real) = self.peek();
        if real < bits {
            return Err(Lack::End);
        }
        self.count -= bits;
        Ok(u32::from(next) >> (16 - bits.min(16)))
    }

    /// Leaves the rest of the byte and passes the restart marker that must follow.
    pub(super) fn restart(&mut self) -> Result<(), Lack> {
        // Whole bytes that were read ahead of the marker mean that more was coded than the interval holds.
        self.refill();
        self.held = 0;
        self.count = 0;
        while self.data.get(self.at..self.at + 2) == Some(&[0xFF, 0xFF]) {
            self.at += 1;
        }
        match self.data.get(self.at..self.at + 2) {
            Some([0xFF, 0xD0..=0xD7]) => {
                self.at += 2;
                Ok(())
            }
            Some(_) => Err(Lack::Nonsense),
            None => Err(Lack::End),
        }
    }

    /// To be asked behind a block that holds anything but a flat colour.
    pub(super) fn check_hollow(&mut self) -> Result<(), Lack> {
        let Some((start, end)) = self.hollow else { return Ok(()) };
        if self.at >= end {
            self.hollow = hollow(self.data, end);
            return Ok(());
        }
        // All that is held and what was just taken lies inside.
        if self.at > start + HOLLOW_BYTES.min(end - start) - AHEAD_BYTES && self.at < end {
            Err(Lack::Hollow)
        } else {
            Ok(())
        }
    }
}

/// The first run of at least [`HOLLOW_BYTES`] zeros at or behind `from`.
fn hollow(data: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    // A run that long covers a multiple of half its length and the byte one half on.
    while let Some(&byte) = data.get(at) {
        if byte != 0 {
            at += HOLLOW_BYTES / 2;
            continue;
        }
        let before = data.get(from..at).unwrap_or_default().iter().rev().take_while(|&&byte| byte == 0).count();
        let behind = data.get(at..).unwrap_or_default().iter().take_while(|&&byte| byte == 0).count();
        if before + behind >= HOLLOW_BYTES {
            return Some((at - before, at + behind));
        }
        at += behind.max(HOLLOW_BYTES / 2);
    }
    None
}
