//! HTTP Digest with MD5, as cameras speak it: RFC 7616 with `qop=auth`, and without qop as RFC 2069 had it.

use md5::{Digest as _, Md5};
use tollbooth_pipeline::ident::hex;

use crate::key::Key;
use crate::{Asked, Instant, NotProven, same};

/// The realm of our challenges.
pub const REALM: &str = "tollbooth";

/// Longest header that is read, in bytes, and most parameters.
const MAX_BYTES: usize = 4_096;
const MAX_PARAMETERS: usize = 20;

/// What a client sends to prove that it knows a password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DigestClaim {
    pub(crate) user: String,
    realm: String,
    nonce: String,
    uri: String,
    response: String,
    algorithm: String,
    qop: String,
    nc: String,
    cnonce: String,
}

impl DigestClaim {
    /// Reads the parameters after `Digest `; none when they are no list of such, or name one twice.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let mut claim = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in parameters(text)? {
            let name = name.to_ascii_lowercase();
            if seen.len() == MAX_PARAMETERS || seen.contains(&name) {
                return None;
            }
            match name.as_str() {
                "username" => claim.user = value,
                "realm" => claim.realm = value,
                "nonce" => claim.nonce = value,
                "uri" => claim.uri = value,
                "response" => claim.response = value.to_ascii_lowercase(),
                "algorithm" => claim.algorithm = value,
                "qop" => claim.qop = value,
                "nc" => claim.nc = value,
                "cnonce" => claim.cnonce = value,
                _ => {}
            }
            seen.push(name);
        }
        (!claim.user.is_empty()).then_some(claim)
    }

    /// Proves that whoever sent this knows the password, now, for what is asked.
    pub(crate) fn prove(&self, key: &Key, password: &str, asked: Asked<'_>, now: Instant) -> Result<(), NotProven> {
        let understood = (self.algorithm.is_empty() || self.algorithm.eq_ignore_ascii_case("MD5"))
            && (self.qop.is_empty() || self.qop == "auth")
            && self.realm == REALM
            && self.is_about(asked.target);
        // Only a nonce of ours is worth computing for; some clients send an empty one before they were asked.
        if !key.is_fresh(&self.nonce, now) {
            return Err(NotProven::Stale);
        }
        let expected = self.expected(password, asked.method);
        if understood && same(expected.as_bytes(), self.response.as_bytes()) { Ok(()) } else { Err(NotProven::Wrong) }
    }

    /// Whether the sealed target is this one: as it was sent, or as a whole URL of it.
    fn is_about(&self, target: &str) -> bool {
        if self.uri == target {
            return true;
        }
        let rest = self.uri.split_once("://").map(|(_, rest)| rest);
        rest.and_then(|rest| rest.find('/').and_then(|at| rest.get(at..))) == Some(target)
    }

    /// RFC 7616, section 3.4.1.
    fn expected(&self, password: &str, method: &str) -> String {
        let ha1 = md5(&[&self.user, REALM, password]);
        let ha2 = md5(&[method, &self.uri]);
        if self.qop.is_empty() {
            return md5(&[&ha1, &self.nonce, &ha2]);
        }
        md5(&[&ha1, &self.nonce, &self.nc, &self.cnonce, &self.qop, &ha2])
    }
}

fn md5(parts: &[&str]) -> String {
    hex(&Md5::digest(parts.join(":").as_bytes()))
}

/// `name=value` and `name="quoted value"`, separated by commas.
fn parameters(text: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches([' ', ',']);
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted_value(quoted)?,
            None => {
                let end = after.find(',').unwrap_or(after.len());
                let (value, after) = after.split_at_checked(end)?;
                (value.trim().to_owned(), after)
            }
        };
        found.push((name.trim().to_owned(), value));
        rest = after.trim_start_matches([' ', ',', '\t']);
    }
    Some(found)
}

/// A quoted value without its escapes, and what follows the closing quote.
fn quoted_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7616, section 3.9.1, whose realm is another than ours.
    #[test]
    fn the_response_of_the_rfcs_example_is_computed() {
        let (user, realm, password) = ("Mufasa", "http-auth@example.org", "Circle of Life");
        let (nonce, cnonce) =
            ("7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
        let (ha1, ha2) = (md5(&[user, realm, password]), md5(&["GET", "/dir/index.html"]));
        let response = md5(&[&ha1, nonce, "00000001", cnonce, "auth", &ha2]);
        assert_eq!(response, "8ca523f5e9506fed4657c9700eebdbec");
    }

    #[test]
    fn parameters_are_read_as_clients_write_them() {
        let claim = DigestClaim::read(
            r#"username="a\"b", realm="tollbooth",nonce="n", uri="/x?a=1,2", response="AB", algorithm=MD5, qop=auth, nc=00000001, cnonce="c""#,
        )
        .unwrap();
        assert_eq!(claim.user, "a\"b");
        assert_eq!(claim.uri, "/x?a=1,2");
        assert_eq!((claim.qop.as_str(), claim.nc.as_str(), claim.response.as_str()), ("auth", "00000001", "ab"));
        for bad in ["", "username=", r#"username="a"#, r#"username="a", username="b""#, "realm=\"x\"", "=,=,="] {
            assert_eq!(DigestClaim::read(bad), None, "{bad}");
        }
    }
}
