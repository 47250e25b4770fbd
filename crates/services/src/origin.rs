//! Where a service is: scheme, host and port, from a variable.

/// `https://host[:port]`, without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Reads a variable's value; a slash at the end does not count.
    ///
    /// # Errors
    /// What is wrong with it, to follow the variable's name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim().trim_end_matches('/');
        if text.is_empty() {
            return Err("is not set");
        }
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .ok_or("must start with https:// or http://")?;
        let ok = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
        if rest.is_empty() || !rest.bytes().all(ok) {
            return Err("must be https://host or https://host:port, without a path");
        }
        Ok(Self(text.to_owned()))
    }

    /// As text, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_a_scheme_and_a_host_and_nothing_else() {
        assert_eq!(Origin::parse(" https://a.example.com/ ").unwrap().as_str(), "https://a.example.com");
        assert!(Origin::parse("http://[::1]:8080").is_ok());
        for wrong in [
            "",
            "  ",
            "/",
            "example.com",
            "ftp://x",
            "https://",
            "https://u:p@host",
            "https://host/path",
            "https://a b",
        ] {
            assert!(Origin::parse(wrong).is_err(), "{wrong}");
        }
    }
}
