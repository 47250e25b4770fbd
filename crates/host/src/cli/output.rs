//! What commands print for the reader: their results, on the standard output.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Prints a line. A reader that has gone away (`tollbooth status | head -1`) wants no more of it, and what the command was
/// asked to do is done all the same; any other failure is told on the standard error.
pub(super) fn say(line: impl Display) {
    match written(&mut io::stdout().lock(), line) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => eprintln!("tollbooth: the result could not be printed: {error}"),
    }
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
