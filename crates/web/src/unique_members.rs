//! JSON objects that name nothing twice; serde itself silently takes the last.

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
            self.0.insert(name, value);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_twice_is_refused_by_name() {
        let sound = serde_json::from_str::<UniqueMembers>(r#"{"a": 1, "b": {"a": 2}}"#).unwrap();
        assert_eq!(sound.0.len(), 2);
        let error = serde_json::from_str::<UniqueMembers>(r#"{"a": 1, "b": 2, "a": 1}"#).unwrap_err();
        assert!(error.to_string().contains("`a` is named twice"), "{error}");
    }
}
