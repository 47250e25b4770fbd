//! What was handed over lately, so that a repetition is told from a first delivery.

use std::collections::{BTreeMap, VecDeque};

/// Messages remembered: at thirty a minute, more than five hours.
const MOST: usize = 10_000;

/// Ids of messages with what the mail server called them.
#[derive(Debug, Default)]
pub(crate) struct HandedOver {
    known: BTreeMap<String, Option<String>>,
    order: VecDeque<String>,
}

impl HandedOver {
    /// What the mail server called this message; none when it was not handed over, or long ago.
    pub(crate) fn reference(&self, id: &str) -> Option<Option<String>> {
        self.known.get(id).cloned()
    }

    pub(crate) fn note(&mut self, id: &str, reference: Option<String>) {
        if self.known.insert(id.to_owned(), reference).is_none() {
            self.order.push_back(id.to_owned());
        }
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered_and_no_more() {
        let mut handed = HandedOver::default();
        for n in 0..=MOST {
            handed.note(&format!("msg_{n}"), None);
            handed.note(&format!("msg_{n}"), Some("again".to_owned()));
        }
        assert_eq!((handed.known.len(), handed.order.len()), (MOST, MOST));
        assert_eq!((handed.reference("msg_0"), handed.reference("msg_1")), (None, Some(Some("again".to_owned()))));
    }
}
