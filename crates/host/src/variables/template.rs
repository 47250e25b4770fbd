//! `{{ name }}` templates, as Spin's expressions define them.

/// A text with `{{ name }}` holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

impl Template {
    /// Splits a text into literal parts and names.
    ///
    /// # Errors
    /// Why it is not a template, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let Some((name, after)) = after.split_once("}}") else {
                return Err("has `{{` without `}}`".to_owned());
            };
            parts.push(Part::Name(name.trim().to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// The names it needs values for.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with every name replaced.
    ///
    /// # Errors
    /// The first name that `value` does not know.
    pub fn fill<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Result<String, String> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Name(name) => text.push_str(value(name).ok_or_else(|| name.clone())?),
            }
        }
        Ok(text)
    }
}

/// Checks the name of a variable by Spin's rule.
///
/// # Errors
/// Why the name is not allowed, for people.
pub fn check_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let reason = if name.is_empty() {
        "must not be empty"
    } else if !name.chars().all(allowed) {
        "may hold lower-case letters, digits and underscores only"
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        "must start with a lower-case letter"
    } else if name.ends_with('_') {
        "must end with a letter or digit"
    } else if name.contains("__") {
        "must not hold two underscores in a row"
    } else {
        return Ok(());
    };
    Err(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_fill_every_name_and_keep_the_text_between() {
        let template = Template::parse("https://{{host}}:{{ port }}/x").unwrap();
        let filled = template.fill(|name| match name {
            "host" => Some("example.com"),
            "port" => Some("8443"),
            _ => None,
        });
        assert_eq!(filled.unwrap(), "https://example.com:8443/x");
        assert_eq!(template.names().collect::<Vec<_>>(), ["host", "port"]);
    }

    #[test]
    fn an_open_brace_pair_is_refused() {
        assert!(Template::parse("a {{ b").is_err());
    }

    #[test]
    fn variable_names_follow_the_rule_of_spin() {
        for good in ["a", "a_b", "a1", "ab_2c"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in ["", "A", "1a", "a_", "a__b", "a-b", "_a", "ä"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
