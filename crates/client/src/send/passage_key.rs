//! Passage keys that are the same whenever the same photo is sent again.

use tollbooth_pipeline::ident::sha256_hex;

/// Longest part of a file's name in its key, in bytes; with the digest far below the limit of 200.
const MAX_NAME_BYTES: usize = 100;
/// Hex digits of the digest in a key: 64 bits tell any two photos of one name apart.
const DIGEST_DIGITS: usize = 16;

/// A key from a file's name and the photo's content.
///
/// The name makes a key recognisable for people, the digest makes it right: cameras that restart their numbering send
/// another photo under the same name.
#[must_use]
pub fn passage_key(file_name: &str, photo: &[u8]) -> String {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| if stem.is_empty() { file_name } else { stem });
    let mut name = String::new();
    for c in stem.chars() {
        // A run of anything else becomes one hyphen; dots, too, for two of them are refused as a path.
        let c = if c.is_ascii_alphanumeric() || c == '_' || c == '~' { c } else { '-' };
        if name.len() < MAX_NAME_BYTES && !(c == '-' && name.ends_with('-')) {
            name.push(c);
        }
    }
    let digest: String = sha256_hex(photo).chars().take(DIGEST_DIGITS).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { digest } else { format!("{name}-{digest}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollbooth_pipeline::ident::{MAX_KEY_BYTES, check_key};

    #[test]
    fn a_key_depends_on_name_and_content() {
        let key = passage_key("IMG_0042.JPG", b"photo");
        assert_eq!(key, "IMG_0042-55c64d0fcd6f9d5f");
        assert_eq!(key, passage_key("IMG_0042.JPG", b"photo"));
        assert_ne!(key, passage_key("IMG_0043.JPG", b"photo"));
        assert_ne!(key, passage_key("IMG_0042.JPG", b"other"));
    }

    #[test]
    fn every_file_name_gives_a_key_that_the_server_takes() {
        let long = "x".repeat(4_096);
        for name in [
            "a",
            "..",
            ".jpg",
            "../../etc/passwd",
            "Übergang 1.jpg",
            "a..b.jpg",
            "写真.png",
            &long,
            "a/b?c=d&e#f.webp",
            "",
        ] {
            let key = passage_key(name, b"photo");
            assert_eq!(check_key(&key), Ok(()), "{name} gave {key}");
            assert!(key.len() < MAX_KEY_BYTES);
        }
    }
}
