//! What somebody may choose for themselves in the console: which key does what, and light or dark.
//!
//! The console decides which actions and keys there are; here is only what may be kept for it, so that nobody stores anything
//! else under their name. Must stay readable by older and newer consoles: an action that one of them does not know is
//! kept and means nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::reason::named;

/// Most actions that have a key of their own.
pub const MAX_KEYS: usize = 64;
/// Longest name of an action or a key, in characters: `BrowserFavorites` is the longest that browsers give.
pub const MAX_NAME_CHARS: usize = 32;

named! {
    /// Which colours somebody wants.
    Theme, "theme" {
        /// As the system says.
        Auto = "auto",
        /// Dark on light.
        Light = "light",
        /// Light on dark.
        Dark = "dark",
    }
}

/// What somebody chose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preferences {
    /// Key by action, only where it is another than usual: `{"skip": "F4"}`. Keys are named as browsers name them
    /// (`KeyboardEvent.key`).
    #[serde(default)]
    pub keys: BTreeMap<String, String>,
    /// One of [`Theme`]; none was chosen.
    #[serde(default)]
    pub theme: Option<String>,
}

impl Preferences {
    /// What cannot be kept of it, one sentence each; empty when all can.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.keys.len() > MAX_KEYS {
            wrong.push(format!("keys: at most {MAX_KEYS} actions can have a key of their own"));
        }
        let mut taken = BTreeMap::new();
        for (action, key) in &self.keys {
            if !is_action(action) {
                wrong.push(format!("keys: an action has 1 to {MAX_NAME_CHARS} letters"));
            } else if !is_key(key) {
                wrong.push(format!(
                    "keys.{action}: a key is named by 1 to {MAX_NAME_CHARS} characters that can be seen"
                ));
            } else if let Some(other) = taken.insert(key, action) {
                wrong.push(format!("keys.{action}: `{key}` is the key of {other}"));
            }
        }
        if let Some(Err(problem)) = self.theme.as_deref().map(str::parse::<Theme>) {
            wrong.push(format!("theme: {problem}"));
        }
        wrong
    }
}

fn is_action(text: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic())
}

fn is_key(text: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&text.chars().count())
        && text.chars().all(|c| !c.is_control() && !c.is_whitespace())
        && crate::text::title("key", text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(json: &str) -> Vec<String> {
        serde_json::from_str::<Preferences>(json).unwrap().violations()
    }

    #[test]
    fn what_the_console_offers_can_be_kept() {
        for good in [
            "{}",
            r#"{"keys":{"accept":"Enter","zoomOut":"-","invert":"\\","lessContrast":"ö","help":"?"},"theme":"dark"}"#,
            r#"{"keys":{},"theme":null}"#,
        ] {
            assert_eq!(violations(good), Vec::<String>::new(), "{good}");
        }
    }

    #[test]
    fn two_actions_on_one_key_and_whatever_is_no_key_are_refused_by_name() {
        for (bad, what) in [
            (r#"{"keys":{"skip":"F9","undo":"F9"}}"#, "keys.undo: `F9` is the key of skip"),
            (r#"{"keys":{"skip":""}}"#, "keys.skip"),
            (r#"{"keys":{"skip":" "}}"#, "keys.skip"),
            (r#"{"keys":{"skip":"\u0007"}}"#, "keys.skip"),
            (r#"{"keys":{"skip":"\u202e"}}"#, "keys.skip"),
            (r#"{"keys":{"__proto__":"F9"}}"#, "keys: an action"),
            (r#"{"theme":"pink"}"#, "theme"),
        ] {
            assert!(violations(bad).iter().any(|said| said.contains(what)), "{bad}: {:?}", violations(bad));
        }
        let many: BTreeMap<String, String> =
            (0..=MAX_KEYS).map(|n| ("a".repeat(n % 32 + 1) + &"b".repeat(n / 32), format!("k{n}"))).collect();
        let many = Preferences { keys: many, theme: None };
        assert!(many.violations().iter().any(|said| said.contains("at most 64")), "{:?}", many.violations());
        assert!(serde_json::from_str::<Preferences>(r#"{"colour":"red"}"#).is_err());
    }
}
