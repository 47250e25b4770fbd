//! Roll-ups that become one as they are read. What is not wanted is passed over, and no roll-up is kept by itself: most of the
//! time of a long series went with numbers that nobody draws.

use std::borrow::Cow;
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
    /// Every name that came, in the order of names.
    slots: Vec<Slot>,
}

/// A name, and what it came to.
#[derive(Debug)]
struct Slot {
    name: String,
    kind: Kind,
    is_wanted: bool,
    /// None when it was never there.
    number: Option<i64>,
}

impl Slot {
    fn add(&mut self, number: i64) {
        self.number = Some(self.kind.join(self.number.unwrap_or_default(), number));
    }
}

impl<'w> Merged<'w> {
    /// Nothing yet, of these metrics, with a label or without; of all when none is named.
    #[must_use]
    pub const fn of(wanted: &'w [String]) -> Self {
        Self { wanted, slots: Vec::new() }
    }

    /// Takes in what is later, as [`Facts::to_json`] wrote it.
    ///
    /// # Errors
    /// [`UnreadableFacts`]
    pub fn take(&mut self, later: &str) -> Result<(), UnreadableFacts> {
        if self.take_as_written(later).is_some() {
            return Ok(());
        }
        let mut text = serde_json::Deserializer::from_str(later);
        Later(self).deserialize(&mut text)?;
        Ok(text.end()?)
    }

    /// What it came to; then there is nothing again. Those that follow have mostly the same names, which are known by then.
    pub fn take_facts(&mut self) -> Facts {
        let mut facts = Facts::default();
        for slot in &mut self.slots {
            if let Some(number) = slot.number.take().filter(|_| slot.is_wanted) {
                facts.set(slot.name.as_str(), number);
            }
        }
        facts
    }

    /// Takes what stands there as [`Facts::to_json`] writes it, in order and without a space: one roll-up has mostly the names of
    /// the one before, so each is compared with the one that is next and no other. Reading them as JSON of any form was half of what
    /// a long series took. None when it is of another form; then nothing was taken.
    fn take_as_written(&mut self, later: &str) -> Option<()> {
        if later.contains('\\') {
            return None;
        }
        let mut rest = later.strip_prefix('{')?;
        let (mut found, mut next) = (Vec::new(), 0);
        while !rest.is_empty() {
            rest = rest.strip_prefix('"')?;
            let ahead = self.slots.get(next..)?.iter().position(|slot| is_named(rest, &slot.name));
            let at = match ahead {
                Some(ahead) => next + ahead,
                None => self.slot_of(rest.split_once('"')?.0),
            };
            if at < next {
                return None;
            }
            let slot = self.slots.get(at)?;
            rest = rest.get(slot.name.len()..)?.strip_prefix("\":")?;
            let end = rest.bytes().position(|byte| matches!(byte, b',' | b'}'))?;
            if slot.is_wanted {
                found.push((at, rest.get(..end)?.parse().ok()?));
            }
            next = at + 1;
            let (end, after) = rest.get(end..)?.split_at_checked(1)?;
            // Nothing follows the end, and something a comma.
            if (end == "}") != after.is_empty() {
                return None;
            }
            rest = after;
        }
        for (at, number) in found {
            self.slots.get_mut(at)?.add(number);
        }
        Some(())
    }

    /// Where the number of this name is kept.
    fn slot_of(&mut self, name: &str) -> usize {
        self.slots.binary_search_by(|slot| slot.name.as_str().cmp(name)).unwrap_or_else(|at| {
            let kind = find(metric_of(name)).map_or(Kind::Count, |metric| metric.kind);
            let is_wanted = self.wants(name);
            self.slots.insert(at, Slot { name: name.to_owned(), kind, is_wanted, number: None });
            at
        })
    }

    fn add(&mut self, name: &str, number: i64) {
        let at = self.slot_of(name);
        if let Some(slot) = self.slots.get_mut(at) {
            slot.add(number);
        }
    }

    fn wants(&self, name: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|wanted| name == wanted || metric_of(name) == wanted)
    }
}

/// Whether this text begins with a name and the mark behind it.
fn is_named(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|behind| behind.starts_with('"'))
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
        merged.take_facts()
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
        // Names that are not there each time, and in another order of roll-ups.
        let backwards = |wanted: &[String]| {
            let mut merged = Merged::of(wanted);
            PARTS.iter().rev().chain(&PARTS).for_each(|part| merged.take(part).unwrap());
            merged.take_facts()
        };
        assert_eq!((backwards(&[]).get("received"), backwards(&wanted).total("refused")), (10, 6));
        assert_eq!(backwards(&[]).get("depth.waiting"), 0, "the last one counts");
        let mut again = Merged::of(&wanted);
        PARTS.iter().for_each(|part| again.take(part).unwrap());
        assert_eq!(again.take_facts(), whole);
        assert_eq!(again.take_facts(), Facts::default(), "nothing of before");
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
            merged.take_facts()
        };
        let plain = told(r#"{"received":2,"refused.a":1}"#);
        assert_eq!((plain.get("received"), plain.total("refused")), (2, 1));
        for other in [
            r#"{"refused.a":1,"received":2}"#,
            r#" {"received": 2, "refused.a": 1}"#,
            "{\"received\":2,\"ref\\u0075sed.a\":1}",
        ] {
            assert_eq!(told(other), plain, "{other}");
        }
        assert_eq!(told("{}"), Facts::default());
        assert_eq!(told(r#"{"refused.a,b":1,"refused.c":-2}"#).get("refused.a,b"), 1, "a comma in a name");
    }
}
