//! Who passes: a plate, a booth, a lane and a moment for each number, so that what becomes of it is known beforehand.

use std::collections::HashMap;

use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::ident::passage_id;
use tollbooth_tests::{Script, scripted};

/// Letters that Texas issues and nobody takes for digits or each other.
const LETTERS: &[u8] = b"CDFGHJKLMNPRTVWXY";
/// Plates with the same letters.
const NUMBERS: u64 = 10_000;
/// Without a common factor with [`NUMBERS`]: each number comes once, and neighbours differ in several digits.
const STRIDE: u64 = 7_919;
/// Between two vehicles of one lane: beyond every rule on what may be one crossing.
const HEADWAY_MS: i64 = 700_000;
const LANES: u64 = 8;
/// Most booths.
const MOST_BOOTHS: u64 = 50;
/// One of so many is read without certainty, so that a person decides; another one fails first.
const DOUBTED: u64 = 50;

/// Most vehicles: each has a plate of its own, and all passed within the thirty days that a capture time may be old.
pub const MOST: u64 = 1_000_000;

/// All vehicles of a run.
#[derive(Debug)]
pub struct Vehicles {
    /// How many.
    pub count: u64,
    /// Booths they pass at.
    pub booths: u64,
    /// When the last of them passed, in milliseconds since 1970: requests are the same however often they are sent.
    now: i64,
    numbers: HashMap<String, u64>,
}

impl Vehicles {
    /// So many, which all passed before this moment.
    #[must_use]
    pub fn new(count: u64, now: i64) -> Self {
        let booths = (count / 100).clamp(1, MOST_BOOTHS);
        let mut vehicles = Self { count, booths, now, numbers: HashMap::new() };
        vehicles.numbers = (0..count).map(|number| (vehicles.passage(number), number)).collect();
        vehicles
    }

    /// Which booth this one passes at.
    #[must_use]
    pub fn booth(&self, number: u64) -> u64 {
        number % self.booths
    }

    /// The id of that booth.
    #[must_use]
    pub fn name(booth: u64) -> String {
        format!("booth-{booth}")
    }

    /// The id of its passage, which follows from booth and key.
    #[must_use]
    pub fn passage(&self, number: u64) -> String {
        passage_id(&Self::name(self.booth(number)), &format!("k-{number}"))
    }

    /// Whose passage this is.
    #[must_use]
    pub fn of(&self, passage: &str) -> Option<u64> {
        self.numbers.get(passage).copied()
    }

    /// Where its photo is sent.
    #[must_use]
    pub fn path(&self, number: u64) -> String {
        let (booth, lane) = (Self::name(self.booth(number)), number / self.booths % LANES);
        let before = i64::try_from(number / (self.booths * LANES)).unwrap_or(i64::MAX).saturating_mul(HEADWAY_MS);
        let captured = rfc3339(self.now.saturating_sub(before));
        format!("/v1/booths/{booth}/passages/k-{number}?captured_at={captured}&lane={lane}&camera=front")
    }
}

/// The plate of this one, in a series of Texas.
#[must_use]
pub fn plate(number: u64) -> String {
    let letters = LETTERS.len() as u64;
    let letter = |at: u64| {
        let index = usize::try_from(at % letters).unwrap_or_default();
        char::from(LETTERS.get(index).copied().unwrap_or(b'X'))
    };
    let block = number / NUMBERS;
    format!("B{}{}{:04}", letter(block / letters), letter(block), number % NUMBERS * STRIDE % NUMBERS)
}

/// Its photo, with what the scripted recogniser is to answer.
#[must_use]
pub fn photo(number: u64) -> Vec<u8> {
    let plate = plate(number);
    let script = match number % DOUBTED {
        0 => Script::default().then_plate(&plate, 0.5),
        1 => Script::fail("outage").then_plate(&plate, 0.99),
        _ => Script::plate(&plate),
    };
    scripted(number, &script)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_vehicle_has_a_plate_of_its_own_and_is_known_by_its_passage() {
        let plates: HashSet<String> = (0..30_000).map(plate).collect();
        assert_eq!(plates.len(), 30_000);
        let vehicles = Vehicles::new(1_000, 1_795_168_800_000);
        assert_eq!(vehicles.booths, 10);
        assert_eq!(vehicles.of(&vehicles.passage(999)), Some(999));
        assert_eq!(vehicles.of("psg_nobody"), None);
        assert_eq!(vehicles.path(7), vehicles.path(7));
    }
}
