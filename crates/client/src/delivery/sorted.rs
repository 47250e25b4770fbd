//! Sorts more than memory holds: sorted runs in temporary files, merged while they are read.
//!
//! Why: lines of one passage may be years and millions of lines apart, and must be compared with each other. An index of all
//! of them in memory grows with what was ever published; sorted, they come one after the other. Records are bytes, and
//! their order is that of bytes: what they mean is the affair of whoever writes them.
//!
//! Invariants
//! - At most [`IN_MEMORY`] bytes of records are held, or one buffer for each of at most [`MOST_RUNS`] runs.
//! - Temporary files have no name: they are gone when the program is, however it ends.
//! - A record that cannot be written or read back is an error, never left out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufReader, BufWriter, Cursor, ErrorKind, Read, Seek as _, Write};
use std::ops::Range;

/// Bytes of records that are held before they are written to a file.
const IN_MEMORY: usize = 16 << 20;
/// Runs that are merged at a time; each is an open file with a buffer.
const MOST_RUNS: usize = 128;
/// Bytes of a run that are read, or written, at a time.
const BUFFER: usize = 64 << 10;

/// Takes records in any order.
pub(crate) struct Sorter {
    in_memory: usize,
    most_runs: usize,
    bytes: Vec<u8>,
    /// Where each record lies in `bytes`.
    records: Vec<Range<usize>>,
    runs: Vec<Run>,
}

impl Default for Sorter {
    fn default() -> Self {
        Self::with(IN_MEMORY, MOST_RUNS)
    }
}

impl Sorter {
    fn with(in_memory: usize, most_runs: usize) -> Self {
        Self { in_memory, most_runs, bytes: Vec::new(), records: Vec::new(), runs: Vec::new() }
    }

    /// So small that a handful of records is sorted in files.
    #[cfg(test)]
    pub(crate) fn tiny() -> Self {
        Self::with(500, 3)
    }

    /// Takes a record; the same one may come twice, and is given back twice.
    ///
    /// # Errors
    /// What the temporary folder says.
    pub(crate) fn push(&mut self, record: &[u8]) -> io::Result<()> {
        if !self.records.is_empty() && self.bytes.len() + record.len() > self.in_memory {
            self.spill()?;
        }
        let from = self.bytes.len();
        self.bytes.extend_from_slice(record);
        self.records.push(from..self.bytes.len());
        Ok(())
    }

    /// Gives all of them back, the smallest first.
    ///
    /// # Errors
    /// What the temporary folder says.
    pub(crate) fn sorted(mut self) -> io::Result<Sorted> {
        if self.runs.is_empty() {
            let records = self.records.len() as u64;
            let mut run = Vec::new();
            self.write_sorted(&mut run)?;
            return Sorted::of(vec![Run { left: records, from: Box::new(Cursor::new(run)) }]);
        }
        if !self.records.is_empty() {
            self.spill()?;
        }
        Sorted::of(self.runs)
    }

    fn spill(&mut self) -> io::Result<()> {
        if self.runs.len() >= self.most_runs {
            let mut merged = Writing::begin()?;
            for record in Sorted::of(std::mem::take(&mut self.runs))? {
                merged.record(&record?)?;
            }
            self.runs.push(merged.end()?);
        }
        let mut run = Writing::begin()?;
        run.records = self.records.len() as u64;
        self.write_sorted(&mut run.to)?;
        self.runs.push(run.end()?);
        Ok(())
    }

    /// Writes what is held, and holds nothing afterwards.
    fn write_sorted(&mut self, to: &mut impl Write) -> io::Result<()> {
        let bytes = self.bytes.as_slice();
        self.records.sort_unstable_by(|one, other| slice(bytes, one).cmp(slice(bytes, other)));
        for record in &self.records {
            write_record(to, slice(bytes, record))?;
        }
        self.records.clear();
        self.bytes.clear();
        Ok(())
    }
}

fn slice<'b>(bytes: &'b [u8], at: &Range<usize>) -> &'b [u8] {
    bytes.get(at.clone()).unwrap_or_default()
}

/// A run that is being written.
struct Writing {
    to: BufWriter<std::fs::File>,
    records: u64,
}

impl Writing {
    fn begin() -> io::Result<Self> {
        Ok(Self { to: BufWriter::with_capacity(BUFFER, tempfile::tempfile()?), records: 0 })
    }

    fn record(&mut self, record: &[u8]) -> io::Result<()> {
        self.records += 1;
        write_record(&mut self.to, record)
    }

    fn end(self) -> io::Result<Run> {
        let mut file = self.to.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(Run { left: self.records, from: Box::new(BufReader::with_capacity(BUFFER, file)) })
    }
}

/// A sorted run that is being read.
struct Run {
    /// Records that were not read yet.
    left: u64,
    from: Box<dyn Read>,
}

impl Run {
    fn record(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let mut length = [0; 4];
        self.from.read_exact(&mut length)?;
        let length =
            usize::try_from(u32::from_be_bytes(length)).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))?;
        let mut record = vec![0; length];
        self.from.read_exact(&mut record)?;
        Ok(Some(record))
    }
}

fn write_record(to: &mut impl Write, record: &[u8]) -> io::Result<()> {
    let length = u32::try_from(record.len()).map_err(|e| io::Error::new(ErrorKind::InvalidInput, e))?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(record)
}

/// All records in order.
pub(crate) struct Sorted {
    runs: Vec<Run>,
    /// The first record that is left of each run, with the run's index.
    first: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
}

impl Sorted {
    fn of(runs: Vec<Run>) -> io::Result<Self> {
        let mut sorted = Self { first: BinaryHeap::with_capacity(runs.len()), runs };
        for index in 0..sorted.runs.len() {
            sorted.refill(index)?;
        }
        Ok(sorted)
    }

    fn refill(&mut self, index: usize) -> io::Result<()> {
        if let Some(run) = self.runs.get_mut(index)
            && let Some(record) = run.record()?
        {
            self.first.push(Reverse((record, index)));
        }
        Ok(())
    }
}

impl Iterator for Sorted {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((record, index)) = self.first.pop()?;
        Some(self.refill(index).map(|()| record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_comes_back_in_order_whether_it_fits_into_memory_or_not() {
        let mut dice = fastrand::Rng::with_seed(15);
        for (in_memory, most_runs, records) in [(1 << 20, 3, 0), (1 << 20, 3, 500), (200, 128, 500), (64, 2, 500)] {
            let mut sorter = Sorter::with(in_memory, most_runs);
            // Of few values and many lengths, so that some come twice and some begin others; also one that alone is too large.
            let mut given: Vec<Vec<u8>> =
                (0..records).map(|_| (0..dice.usize(0..30)).map(|_| dice.u8(0..3)).collect()).collect();
            if records > 0 {
                given.push(vec![1; 300]);
            }
            for record in &given {
                sorter.push(record).unwrap();
                assert!(sorter.bytes.len() <= in_memory.max(300) && sorter.runs.len() <= most_runs + 1);
            }
            assert_eq!(sorter.runs.is_empty(), in_memory == 1 << 20);
            given.sort();
            assert_eq!(sorter.sorted().unwrap().collect::<io::Result<Vec<_>>>().unwrap(), given);
        }
    }

    #[test]
    fn a_run_that_ends_too_early_is_an_error() {
        let mut whole = Vec::new();
        write_record(&mut whole, b"one").unwrap();
        write_record(&mut whole, b"two").unwrap();
        whole.truncate(whole.len() - 1);
        let sorted = Sorted::of(vec![Run { left: 2, from: Box::new(Cursor::new(whole)) }]).unwrap();
        assert!(sorted.collect::<io::Result<Vec<_>>>().is_err());
    }
}
