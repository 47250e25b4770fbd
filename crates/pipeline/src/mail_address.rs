//! E-mail addresses as settings hold them: those that every mail server takes, in one spelling.

/// Longest address: the path of RFC 5321, section 4.5.3.1.3, without its angle brackets.
const MAX_BYTES: usize = 254;
/// Most addresses in one setting.
pub const MAX_ADDRESSES: usize = 10;

/// The addresses of a list with commas; none of an empty text.
pub fn addresses(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|address| !address.is_empty())
}

/// What is wrong with a list of addresses with commas, if anything is.
#[must_use]
pub fn problem(list: &str) -> Option<String> {
    if list.trim().is_empty() {
        return (!list.is_empty()).then(|| "must be empty or hold an address".to_owned());
    }
    let found: Vec<&str> = list.split(',').map(str::trim).collect();
    if found.len() > MAX_ADDRESSES {
        return Some(format!("may hold {MAX_ADDRESSES} addresses at most; make a distribution list of more"));
    }
    if let Some(bad) = found.iter().find(|address| !is_address(address)) {
        let shown: String = bad.chars().filter(|c| !c.is_control()).take(80).collect();
        return Some(format!("`{shown}` is no e-mail address; write name@example.org, with commas between several"));
    }
    let repeated = found
        .iter()
        .enumerate()
        .any(|(at, address)| found.iter().take(at).any(|earlier| earlier.eq_ignore_ascii_case(address)));
    repeated.then(|| "names an address twice".to_owned())
}

/// A `dot-atom` (RFC 5322, section 3.4.1) at a host name. Quoted names and address literals are refused: hardly a
/// mailbox has one, and they are how headers are forged.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    let dots = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    let label = |label: &str| {
        let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        !label.is_empty() && label.len() <= 63 && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= MAX_BYTES && name.len() <= 64 && name.bytes().all(atom) && dots(name) && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_people_and_lists_are_taken() {
        for list in ["", "ops@example.org", "o'hara+tolls@mail.example.org", "a@localhost", "a@x.org, b@x.org"] {
            assert_eq!(problem(list), None, "{list}");
        }
        assert_eq!(addresses(" a@x.org ,b@x.org").collect::<Vec<_>>(), ["a@x.org", "b@x.org"]);
        assert_eq!(addresses("").count(), 0);
    }

    #[test]
    fn what_is_no_address_or_could_forge_a_header_is_refused() {
        for list in [
            "ops",
            "@x.org",
            "a@",
            "a@x..org",
            ".a@x.org",
            "a b@x.org",
            "a@x.org\r\nBcc: b@x.org",
            "\"a\"@x.org",
            "a@[127.0.0.1]",
            "Ann <a@x.org>",
            "a@x.org;b@x.org",
            "a@x.org,,b@x.org",
            "a@x.org,A@X.org",
            "a@-x.org",
            "ä@x.org",
            " ",
        ] {
            assert!(problem(list).is_some(), "{list:?}");
        }
        let long = format!("{}@x.org", "a".repeat(65));
        assert!(!is_address(&long));
        let many = (0..11).map(|n| format!("a{n}@x.org")).collect::<Vec<_>>().join(",");
        assert!(problem(&many).is_some_and(|text| text.contains("10")));
    }
}
