//! Where and when each photo of an evaluation "was taken", so that no photo decides about another.

use std::collections::{BTreeMap, HashSet};

/// Photos at one booth: at two hours each they reach back 25 days, within the 30 that the server takes by default.
const MAX_AT_BOOTH: usize = 300;
/// Hours between two photos at one booth.
const HOURS_APART: u64 = 2;

/// Place and time of one photo.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Jurisdiction of the booth.
    pub jurisdiction: String,
    /// Number of the booth within its jurisdiction, from 1.
    pub number: usize,
    /// Hours before now.
    pub hours_ago: u64,
}

/// Places photos, given the jurisdiction and the digest of each.
///
/// Byte-identical photos get different booths: at one they would be a repeated frame.
#[must_use]
pub fn place<'a>(photos: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Place> {
    let mut booths: BTreeMap<&str, Vec<HashSet<&str>>> = BTreeMap::new();
    photos
        .into_iter()
        .map(|(jurisdiction, digest)| {
            let here = booths.entry(jurisdiction).or_default();
            let free = |booth: &HashSet<&str>| booth.len() < MAX_AT_BOOTH && !booth.contains(digest);
            let number = here.iter().position(free).unwrap_or_else(|| {
                here.push(HashSet::new());
                here.len() - 1
            });
            let mut hours_ago = HOURS_APART;
            if let Some(booth) = here.get_mut(number) {
                booth.insert(digest);
                hours_ago *= booth.len() as u64;
            }
            Place { jurisdiction: jurisdiction.to_owned(), number: number + 1, hours_ago }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_photos_share_booth_and_time_and_none_is_older_than_the_server_takes() {
        let digests: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
        let places = place(digests.iter().map(|digest| ("us-tx", digest.as_str())));
        let unique: HashSet<_> = places.iter().map(|place| (place.number, place.hours_ago)).collect();
        assert_eq!(unique.len(), 1_000);
        assert!(places.iter().all(|place| (1..=600).contains(&place.hours_ago)));
        assert_eq!(places.iter().map(|place| place.number).max(), Some(4));
    }

    #[test]
    fn byte_identical_photos_never_meet_at_a_booth() {
        let places = place([("us-tx", "a"), ("us-tx", "a"), ("us-tx", "b"), ("us-ok", "a")]);
        let booths: Vec<_> = places.iter().map(|place| (place.jurisdiction.as_str(), place.number)).collect();
        assert_eq!(booths, [("us-tx", 1), ("us-tx", 2), ("us-tx", 1), ("us-ok", 1)]);
    }
}
