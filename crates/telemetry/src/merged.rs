//! Roll-ups that become one as they are read. What is not wanted is passed over, and no roll-up is kept by itself: most of the
//! time of a long series went with numbers that nobody draws.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use crate::facts::{Facts, UnreadableFacts, metric_of};
use crate::metric::{Kind, find};

/// The wanted numbers of several roll-ups.
#[derive(Debug)]
pub struct Merged<'w> {
    /// Metrics, or metrics with a label; all when there is none.
    wanted: &'w [String],
    /// With how each adds up, which is looked up once.
    numbers: BTreeMap<String, (Kind, i64)>,
}

impl<'w> Merged<'w> {
    /// Nothing yet, of these metrics, with a label or without; of all when none is named.
    #[must_use]
    pub const fn of(wanted: &'w [String]) -> Self {
        Self { wanted, numbers: BTreeMap::new() }
    }

    /// Takes in what is later, as [`Facts::to_json`] wrote it.
    ///
    /// # Errors
    /// [`UnreadableFacts`]
    pub fn take(&mut self, later: &str) -> Result<(), UnreadableFacts> {
        if self.take_plain(later).is_some() {
            return Ok(());
        }
        let mut text = serde_json::Deserializer::from_str(later);
        Later(self).deserialize(&mut text)?;
        Ok(text.end()?)
    }

    /// What it came to.
    #[must_use]
    pub fn into_facts(self) -> Facts {
        let mut facts = Facts::default();
        for (name, (_, number)) in self.numbers {
            facts.set(name, number);
        }
        facts
    }

    /// Takes what stands there just as it is written, without a space or an escape: several times as fast as JSON of any form,
    /// and most of what a long series takes. None when it is of another form; then nothing was taken.
    fn take_plain(&mut self, later: &str) -> Option<()> {
        let inside = later.strip_prefix('{')?.strip_suffix('}')?;
        if inside.is_empty() || inside.contains('\\') {
            return None;
        }
        let mut found = Vec::new();
        // Names come in their order, so those of a metric come together.
        let mut last = ("", false);
        for member in inside.split(',') {
            let (name, number) = member.strip_prefix('"')?.split_once("\":")?;
            let metric = metric_of(name);
            if metric != last.0 {
                last = (metric, self.wanted.is_empty() || self.wanted.iter().any(|wanted| metric_of(wanted) == metric));
            }
            if last.1 {
                found.push((name, number.parse::<i64>().ok()?));
            }
        }
        found.into_iter().for_each(|(name, number)| self.add(name, number));
        Some(())
    }

    fn add(&mut self, name: &str, number: i64) {
        if let Some((kind, sum)) = self.numbers.get_mut(name) {
            *sum = kind.join(*sum, number);
        } else if self.wants(name) {
            let kind = find(metric_of(name)).map_or(Kind::Count, |metric| metric.kind);
            self.numbers.insert(name.to_owned(), (kind, kind.join(0, number)));
        }
    }

    fn wants(&self, name: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|wanted| name == wanted || metric_of(name) == wanted)
    }
}

/// A roll-up that is being read.
struct Later<'m, 'w>(&'m mut Merged<'w>);

/// A name as it stands in the text: without a copy, unless something in it is escaped.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for Later<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, text: D) -> Result<(), D::Error> {
        text.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Later<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of whole numbers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut numbers: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = numbers.next_key()? {
            let number = numbers.next_value()?;
            self.0.add(&name, number);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: [&str; 3] = [
        r#"{"age_ms.waiting":500,"depth.waiting":9,"received":2,"refused.a":1,"refused_strangers.b":5}"#,
        r#"{"age_ms.waiting":20,"depth.waiting":0,"received":3,"refused.c":2}"#,
        r#"{"review_ms.1000":1,"review_ms.sum":700}"#,
    ];

    fn merged(wanted: &[String]) -> Facts {
        let mut merged = Merged::of(wanted);
        PARTS.iter().for_each(|part| merged.take(part).unwrap());
        merged.into_facts()
    }

    #[test]
    fn reading_and_merging_at_once_is_reading_merging_and_leaving_out() {
        let mut whole = Facts::default();
        PARTS.iter().for_each(|part| whole.merge(&Facts::from_json(part).unwrap()));
        assert_eq!(merged(&[]), whole);
        assert_eq!((whole.get("depth.waiting"), whole.get("age_ms.waiting"), whole.get("received")), (0, 500, 5));
        let wanted = ["depth".to_owned(), "refused".to_owned(), "review_ms.sum".to_owned()];
        whole.retain(&wanted.each_ref().map(String::as_str));
        assert_eq!(merged(&wanted), whole);
        assert_eq!(whole.known("refused_strangers.b"), None);
    }

    #[test]
    fn what_holds_no_facts_is_none() {
        let not = ["[1]", r#"{"received":"2"}"#, r#"{"received":2"#, "{} {}", r#"{"received":2,}"#, r#"{"a":1"b":2}"#];
        for text in not.into_iter().chain([r#"{"received":2.5}"#, r#"{"received":2,"a"}"#, "{received:2}"]) {
            assert!(Merged::of(&[]).take(text).is_err(), "{text}");
        }
        assert!(Merged::of(&[]).take("{\"a\\u0062\":1}").is_ok(), "a name may be escaped");
    }

    #[test]
    fn another_form_of_the_same_says_the_same() {
        let told = |text: &str| {
            let mut merged = Merged::of(&[]);
            merged.take(text).unwrap();
            merged.into_facts()
        };
        let plain = told(r#"{"received":2,"refused.a":1}"#);
        assert_eq!((plain.get("received"), plain.total("refused")), (2, 1));
        for other in [r#" {"received": 2, "refused.a": 1}"#, "{\"received\":2,\"ref\\u0075sed.a\":1}"] {
            assert_eq!(told(other), plain, "{other}");
        }
        assert_eq!(told("{}"), Facts::default());
        assert_eq!(told(r#"{"refused.a,b":1,"refused.c":-2}"#).get("refused.a,b"), 1, "a comma in a name");
    }
}
