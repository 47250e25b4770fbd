//! Keys and tokens: never printed, and taken out of texts that a service may have echoed them in.

/// A key or token; empty when there is none.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Shorter ones are not looked for in texts: they would be found in innocent words.
const SHORTEST_LOOKED_FOR: usize = 6;

impl Secret {
    /// From a variable; white space at the ends, as pasted, does not count.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For the one header that carries it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it can be the value of a header at all.
    pub(crate) fn fits_a_header(&self) -> bool {
        self.0.bytes().all(|b| b.is_ascii_graphic())
    }

    /// The text without this secret.
    #[must_use]
    pub fn removed_from(&self, text: String) -> String {
        if self.0.len() >= SHORTEST_LOOKED_FOR && text.contains(&self.0) {
            text.replace(&self.0, "[secret]")
        } else {
            text
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_empty() { "Secret(none)" } else { "Secret(…)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed_and_is_taken_out_of_texts() {
        let secret = Secret::new(" 0123456789abcdef\n");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        let text = secret.removed_from("key 0123456789abcdef is unknown".to_owned());
        assert_eq!(text, "key [secret] is unknown");
        assert_eq!(Secret::new("").removed_from("text".to_owned()), "text");
    }
}
