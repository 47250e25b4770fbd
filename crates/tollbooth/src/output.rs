//! What commands print for the reader: their results, on the standard output.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a line was lost, so that the command must not end as if its reader had it.
static IS_INCOMPLETE: AtomicBool = AtomicBool::new(false);

/// Prints a line. A reader that has gone away (`tollbooth status | head -1`) wants no more of it, and what the command was
/// asked to do is done all the same; any other failure is told on the standard error, and by [`exit_code`].
pub(crate) fn say(line: impl Display) {
    match written(&mut io::stdout().lock(), line) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => {
            IS_INCOMPLETE.store(true, Ordering::Relaxed);
            eprintln!("error: the result could not be written to the standard output: {error}");
        }
    }
}

/// The exit code of a command that was done with this one: 1 instead of 0 when not all of its result could be printed.
pub(crate) fn exit_code(done: u8) -> u8 {
    if done == 0 && IS_INCOMPLETE.load(Ordering::Relaxed) { 1 } else { done }
}

fn written(out: &mut impl Write, line: impl Display) -> io::Result<()> {
    writeln!(out, "{line}")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_whole_and_a_reader_that_left_is_told_apart() {
        let mut out = Vec::new();
        written(&mut out, "3 photos").unwrap();
        assert_eq!(out, b"3 photos\n");
        let (reader, mut writer) = io::pipe().unwrap();
        drop(reader);
        assert_eq!(written(&mut writer, "3 photos").unwrap_err().kind(), ErrorKind::BrokenPipe);
    }
}
