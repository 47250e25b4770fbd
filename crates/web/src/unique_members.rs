//! JSON objects that name nothing twice, where serde itself silently takes the last, and hold no character that a
//! database refuses.

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A JSON object that names nothing twice: of two values for one setting, nobody can say which was meant.
#[derive(Debug)]
pub(crate) struct UniqueMembers(pub Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueMembers(Map::new()))
    }
}

impl<'de> Visitor<'de> for UniqueMembers {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Self, A::Error> {
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            if self.0.contains_key(&name) {
                return Err(A::Error::custom(format!("`{name}` is named twice")));
            }
            if holds_nul(&value) {
                return Err(A::Error::custom(format!("`{name}` holds the character U+0000")));
            }
            self.0.insert(name, value);
        }
        Ok(self)
    }
}

/// No text of ours has it, and PostgreSQL stores none that does: it would look like an outage there.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_no_database_can_store_is_refused_wherever_it_is() {
        for text in [r#"{"a": "x\u0000"}"#, r#"{"a": ["\u0000"]}"#, r#"{"a": {"b\u0000": 1}}"#] {
            let error = serde_json::from_str::<UniqueMembers>(text).unwrap_err();
            assert!(error.to_string().contains("U+0000"), "{error}");
        }
    }

    #[test]
    fn a_name_that_comes_twice_is_refused_by_name() {
        let sound = serde_json::from_str::<UniqueMembers>(r#"{"a": 1, "b": {"a": 2}}"#).unwrap();
        assert_eq!(sound.0.len(), 2);
        let error = serde_json::from_str::<UniqueMembers>(r#"{"a": 1, "b": 2, "a": 1}"#).unwrap_err();
        assert!(error.to_string().contains("`a` is named twice"), "{error}");
    }
}
