//! Which of the stored encodings a browser takes, by RFC 9110, section 12.5.3.

use crate::files::File;

/// The smallest form of the file that the caller accepts, and its content coding.
pub fn choose(file: &'static File, accepted: &str) -> (&'static [u8], Option<&'static str>) {
    let forms = [(file.brotli, "br"), (file.gzip, "gzip")];
    forms
        .into_iter()
        .find_map(|(bytes, coding)| bytes.filter(|_| accepts(accepted, coding)).map(|bytes| (bytes, Some(coding))))
        .unwrap_or((file.plain, None))
}

/// Whether a coding is named with a weight above zero. `*` is not taken: plain is always right.
fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        named && !parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_taken_when_it_is_named_and_not_refused() {
        assert!(accepts("gzip, deflate, br, zstd", "br"));
        assert!(accepts("gzip;q=0.5, BR;q=1.0", "br"));
        assert!(!accepts("gzip, br;q=0", "br"));
        assert!(!accepts("gzip, br;q=0.000", "br"));
        assert!(!accepts("brotli", "br"));
        assert!(!accepts("", "gzip"));
    }
}
