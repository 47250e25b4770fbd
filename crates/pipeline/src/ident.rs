//! Identifiers: what is allowed in them, and how ours are derived.
//!
//! A passage's id is a digest of booth and key, so a resend finds the same id without asking anybody, and a photo's
//! key holds its digest, so a photo is never overwritten by another.

use sha2::{Digest, Sha256};

/// Longest passage key, in bytes. Stripe allows idempotency keys of up to 255 characters; ours are part of a path.
pub const MAX_KEY_BYTES: usize = 200;
/// Longest booth id: a DNS label, so it fits host names, metric labels and file names.
pub const MAX_BOOTH_BYTES: usize = 63;
/// Longest lane or camera name.
pub const MAX_NAME_BYTES: usize = 64;
/// Longest plate. US and Canadian plates have up to 8 characters, some vanity and foreign ones up to 10.
pub const MAX_PLATE_CHARS: usize = 10;

/// What is wrong with an identifier. `what` names the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {problem}")]
pub struct InvalidName {
    /// The field, `booth`.
    pub what: &'static str,
    /// What was wrong and what is allowed.
    pub problem: String,
}

fn refuse(what: &'static str, problem: impl Into<String>) -> InvalidName {
    InvalidName { what, problem: problem.into() }
}

/// Checks a booth id: `[a-z0-9][a-z0-9-]*`, at most [`MAX_BOOTH_BYTES`].
pub fn check_booth(text: &str) -> Result<(), InvalidName> {
    let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if text.is_empty() || text.len() > MAX_BOOTH_BYTES || !text.bytes().all(ok) || text.starts_with('-') {
        return Err(refuse(
            "booth",
            format!("must be 1 to {MAX_BOOTH_BYTES} lower-case letters, digits or hyphens, not starting with a hyphen"),
        ));
    }
    Ok(())
}

/// Checks a passage key: letters, digits, `.`, `_`, `~`, `-`, `:`; at most [`MAX_KEY_BYTES`]; not `.` or `..`.
pub fn check_key(text: &str) -> Result<(), InvalidName> {
    if text.is_empty() {
        return Err(refuse("key", "is empty"));
    }
    if text.len() > MAX_KEY_BYTES {
        return Err(refuse("key", format!("is {} bytes long; at most {MAX_KEY_BYTES} are allowed", text.len())));
    }
    let ok = |b: u8| b.is_ascii_alphanumeric() || b"._~-:".contains(&b);
    if !text.bytes().all(ok) {
        return Err(refuse("key", "may hold only letters, digits and . _ ~ - :"));
    }
    if text == "." || text.contains("..") {
        return Err(refuse("key", "may not be a relative path"));
    }
    Ok(())
}

/// Checks the form of a passage's id, as [`passage_id`] makes them. Whether there is such a passage only the ledger knows.
pub fn check_passage(text: &str) -> Result<(), InvalidName> {
    let digits = text.strip_prefix("psg_").map(str::as_bytes);
    if digits.is_some_and(|digits| digits.len() == 26 && digits.iter().all(|digit| ALPHABET.contains(digit))) {
        return Ok(());
    }
    Err(refuse("passage", "must be the id of a passage: psg_ and 26 lower-case letters and digits"))
}

/// Checks a lane or camera name: printable ASCII without quotes or commas, at most [`MAX_NAME_BYTES`].
pub fn check_name(what: &'static str, text: &str) -> Result<(), InvalidName> {
    let ok = |b: u8| b.is_ascii_alphanumeric() || b" ._-:/#".contains(&b);
    if text.is_empty() || text.len() > MAX_NAME_BYTES || !text.bytes().all(ok) || text.trim() != text {
        return Err(refuse(
            what,
            format!("must be 1 to {MAX_NAME_BYTES} letters, digits, spaces or . _ - : / #, without spaces at the ends"),
        ));
    }
    Ok(())
}

/// Subdivisions of the United States by ISO 3166-2:US: states, the district, outlying areas.
const US_SUBDIVISIONS: &[&str] = &[
    "ak", "al", "ar", "as", "az", "ca", "co", "ct", "dc", "de", "fl", "ga", "gu", "hi", "ia", "id", "il", "in", "ks",
    "ky", "la", "ma", "md", "me", "mi", "mn", "mo", "mp", "ms", "mt", "nc", "nd", "ne", "nh", "nj", "nm", "nv", "ny",
    "oh", "ok", "or", "pa", "pr", "ri", "sc", "sd", "tn", "tx", "um", "ut", "va", "vi", "vt", "wa", "wi", "wv", "wy",
];

/// Checks a jurisdiction: two lower-case letters for the country, a hyphen, one to three letters or digits for the
/// subdivision (ISO 3166-2, `us-tx`, `ca-ab`). For the United States the subdivision must be one that exists: nobody
/// can be billed in `us-tz`.
pub fn check_jurisdiction(text: &str) -> Result<(), InvalidName> {
    let valid = text.split_once('-').is_some_and(|(country, part)| {
        country.len() == 2
            && country.bytes().all(|b| b.is_ascii_lowercase())
            && (1..=3).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            && (country != "us" || US_SUBDIVISIONS.contains(&part))
    });
    if valid {
        Ok(())
    } else {
        Err(refuse("jurisdiction", "must be a country and one of its subdivisions in lower case, like us-tx or ca-ab"))
    }
}

/// Checks an issuer of plates: a jurisdiction ([`check_jurisdiction`]), or one that is none and keeps a register of its own
/// (`us-gov`, `us-cherokee-nation`, `us-tx-temporary`).
pub fn check_issuer(text: &str) -> Result<(), InvalidName> {
    if tollbooth_plate::issuer::kind_of(text).is_some() {
        return Ok(());
    }
    check_jurisdiction(text).map_err(|_| {
        refuse(
            "jurisdiction",
            "must be a country and one of its subdivisions in lower case, like us-tx or ca-ab, or another issuer of plates, \
             like us-gov, us-cherokee-nation or us-tx-temporary",
        )
    })
}

/// Checks a plate: 1 to [`MAX_PLATE_CHARS`] capital letters and digits, as billing looks it up.
pub fn check_plate(text: &str) -> Result<(), InvalidName> {
    let ok = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    if text.is_empty() || text.len() > MAX_PLATE_CHARS || !text.bytes().all(ok) {
        return Err(refuse(
            "plate",
            format!("must be 1 to {MAX_PLATE_CHARS} capital letters and digits, without spaces or hyphens"),
        ));
    }
    Ok(())
}

/// Lower-case hex of a digest.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [usize::from(b >> 4), usize::from(b & 15)])
        .filter_map(|nibble| DIGITS.get(nibble).map(|d| char::from(*d)))
        .collect()
}

/// SHA-256 as lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of something that comes in pieces.
#[derive(Debug, Clone, Default)]
pub struct Digester(Sha256);

impl Digester {
    /// Takes the next piece.
    pub fn take(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest as lower-case hex.
    #[must_use]
    pub fn hex(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Crockford's base 32 in lower case: no i, l, o, u, so an id can be read over the phone.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Bytes in [`ALPHABET`], the last digit filled with zeros.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            if let Some(digit) = ALPHABET.get(((buffer >> bits) & 31) as usize) {
                text.push(char::from(*digit));
            }
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0
        && let Some(digit) = ALPHABET.get(((buffer << (5 - bits)) & 31) as usize)
    {
        text.push(char::from(*digit));
    }
    text
}

/// Id made of a prefix and 128 bits of a digest over the parts: the same parts give the same id.
#[must_use]
pub fn derived_id(prefix: &str, parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    digest.update(prefix);
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let digest: [u8; 32] = digest.finalize().into();
    format!("{prefix}_{}", base32(digest.first_chunk::<16>().map_or(&[], |c| c.as_slice())))
}

/// Id made of a prefix and random bytes from the caller.
#[must_use]
pub fn random_id(prefix: &str, random: &[u8; 16]) -> String {
    format!("{prefix}_{}", base32(random))
}

/// The id of the passage recorded under booth and key: `psg_` and 26 characters.
#[must_use]
pub fn passage_id(booth: &str, key: &str) -> String {
    derived_id("psg", &[booth, key])
}

/// The key a photo is stored under, derived from booth, passage key and the photo's SHA-256.
#[must_use]
pub fn photo_key(booth: &str, key: &str, photo_sha256: &str) -> String {
    format!("photos/{booth}/{}/{photo_sha256}", passage_id(booth, key))
}

/// The passage a photo's key names; none for a key of another form. Whether there is such a passage, and whether it
/// names this photo, only the ledger knows.
#[must_use]
pub fn passage_of_photo_key(photo_key: &str) -> Option<&str> {
    let mut parts = photo_key.split('/');
    let passage = match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("photos"), Some(_), Some(passage), Some(_), None) => passage,
        _ => return None,
    };
    passage.starts_with("psg_").then_some(passage)
}

/// The SHA-256 that a photo's key names; none for a key of another form.
#[must_use]
pub fn sha256_of_photo_key(photo_key: &str) -> Option<&str> {
    passage_of_photo_key(photo_key).and_then(|_| photo_key.rsplit('/').next())
}

/// The name billing knows a photo by.
#[must_use]
pub fn photo_name(passage: &str, format: &str) -> String {
    let extension = if format == "jpeg" { "jpg" } else { format };
    format!("{passage}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_key_names_its_passage_and_the_photos_hash() {
        let key = photo_key("north", "k1", &sha256_hex(b"photo"));
        assert_eq!(passage_of_photo_key(&key), Some(passage_id("north", "k1").as_str()));
        assert_eq!(sha256_of_photo_key(&key), Some(sha256_hex(b"photo").as_str()));
        for foreign in
            ["", "photos", "photos/north/psg_1", "exports/north/psg_1/aa", "photos/north/x/aa", "photos/a/psg_1/b/c"]
        {
            assert_eq!(passage_of_photo_key(foreign), None, "{foreign}");
            assert_eq!(sha256_of_photo_key(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_passage_id_depends_on_booth_and_key_and_on_nothing_else() {
        let id = passage_id("north-1", "42");
        assert_eq!(id, passage_id("north-1", "42"));
        assert_ne!(id, passage_id("north-14", "2"));
        assert_eq!(id.len(), 4 + 26);
        assert_eq!(check_passage(&id), Ok(()));
        for bad in ["", "psg_1", &id[1..], &format!("{id}0"), &id.to_uppercase(), &format!("psg_{}", "u".repeat(26))] {
            assert!(check_passage(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_that_look_like_paths_are_refused() {
        for bad in ["", "..", "../x", "a/b", "a\\b", "%2e", "a b", "é", "x".repeat(10_240).as_str()] {
            assert!(check_key(bad).is_err(), "{bad:.20}");
        }
        for good in ["a", "2026-11-20T10:00:00.123Z", "lane1_0001~x"] {
            assert_eq!(check_key(good), Ok(()));
        }
    }

    #[test]
    fn booths_are_dns_labels() {
        for bad in ["", "North", "-n", "a_b", "a/b", &"x".repeat(64)] {
            assert!(check_booth(bad).is_err(), "{bad}");
        }
        assert_eq!(check_booth("north-1"), Ok(()));
    }

    #[test]
    fn plates_are_capital_letters_and_digits() {
        for bad in ["", "abc", "A-1", "ABCDEFGHIJK", "Ä1"] {
            assert!(check_plate(bad).is_err(), "{bad}");
        }
        assert_eq!(check_plate("FGRV4CE0"), Ok(()));
    }

    #[test]
    fn jurisdictions_name_country_and_subdivision() {
        for bad in ["", "tx", "US-TX", "us-", "us-texas", "usa-tx", "us-tz", "us-zz", "us-gov"] {
            assert!(check_jurisdiction(bad).is_err(), "{bad}");
        }
        for good in ["us-tx", "us-pr", "ca-ab", "mx-cmx"] {
            assert_eq!(check_jurisdiction(good), Ok(()));
        }
    }

    #[test]
    fn issuers_are_jurisdictions_and_those_with_a_register_of_their_own() {
        for good in ["us-tx", "ca-ab", "us-gov", "us-cherokee-nation", "us-tx-temporary", "us-ok-dealer", "mx-tam"] {
            assert_eq!(check_issuer(good), Ok(()));
        }
        for bad in ["", "us-tz", "us-nobody-nation", "ca-ab-", "us-gov-temporary"] {
            assert!(check_issuer(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn base32_of_known_bytes() {
        assert_eq!(base32(&[0xff; 5]), "zzzzzzzz");
        assert_eq!(base32(&[0x00, 0x44]), "0120");
    }
}
