//! SHA-256 in WebAssembly, for hosts that do not compute it themselves (docs/adr/0044).

wit_bindgen::generate!({
    inline: "
        package tollbooth:digest-sha256;
        world digest-sha256 {
            export tollbooth:digest/sha256@0.1.0;
        }
    ",
    path: "../../wit/digest",
    world: "tollbooth:digest-sha256/digest-sha256",
    generate_all,
});

use exports::tollbooth::digest::sha256::Guest;
use sha2::{Digest, Sha256};
use tollbooth_words::Joined;

struct DigestSha256;

impl Guest for DigestSha256 {
    fn digest(words: Vec<u64>, rest: Vec<u8>) -> Vec<u8> {
        Sha256::digest(Joined::of(words, &rest).as_slice()).to_vec()
    }
}

export!(DigestSha256);

#[cfg(test)]
mod tests {
    use super::*;

    /// Of FIPS 180-4: one with bytes behind the last whole word, and one of whole words alone.
    #[test]
    fn examples_of_the_standard() {
        let (words, rest) = tollbooth_words::split(b"abc");
        let digest = DigestSha256::digest(words.into_owned(), rest.to_vec());
        assert_eq!(digest[..4], [0xba, 0x78, 0x16, 0xbf]);
        let (words, rest) = tollbooth_words::split(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
        assert!(rest.is_empty());
        assert_eq!(DigestSha256::digest(words.into_owned(), rest.to_vec())[..4], [0x24, 0x8d, 0x6a, 0x61]);
    }
}
