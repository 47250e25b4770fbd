//! Which place of a photo is meant when somebody wants to see the plate.

use crate::reading::{Bounds, Reading, Sighting};

/// What somebody asks for; nothing set asks for the plate that counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// Of this attempt; none: of the last one that read anything.
    pub attempt: Option<u32>,
    /// Number of the plate in that reading, likeliest first, from 0.
    pub sighting: Option<u32>,
}

/// Where in the photo that is. `readings` have the numbers of their attempts, oldest first. Where no sighting is asked for it is the
/// one that this text was read of, or else the likeliest. None when there is no such reading, or no such plate in it.
#[must_use]
pub fn bounds(readings: &[(u32, Reading)], asked: Asked, plate: Option<&str>) -> Option<Bounds> {
    let reading = match asked.attempt {
        Some(number) => readings.iter().find(|(attempt, _)| *attempt == number),
        None => readings.last(),
    };
    let sightings = reading.map_or(&[][..], |(_, reading)| reading.sightings.as_slice());
    let meant = match asked.sighting {
        Some(number) => sightings.get(usize::try_from(number).ok()?),
        None => sightings.iter().find(|sighting| says(sighting, plate)).or_else(|| sightings.first()),
    };
    meant.map(|sighting| sighting.bounds)
}

fn says(sighting: &Sighting, plate: Option<&str>) -> bool {
    plate.is_some_and(|plate| sighting.candidates.iter().any(|candidate| candidate.text == plate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Candidate;

    fn sighting(x: f32, texts: &[&str]) -> Sighting {
        let candidates = texts
            .iter()
            .map(|text| Candidate { text: (*text).to_owned(), confidence: 0.5, characters: Vec::new() })
            .collect();
        Sighting {
            bounds: Bounds { x, y: 2.0, width: 3.0, height: 4.0 },
            candidates,
            jurisdiction: None,
            issuers: Vec::new(),
            touches_border: false,
            plausibility: 1.0,
            doubts: Vec::new(),
        }
    }

    fn reading(sightings: Vec<Sighting>) -> Reading {
        Reading {
            recognizer: "r".to_owned(),
            model: "m".to_owned(),
            sightings,
            vehicle: None,
            duration_ms: 1,
            cost_micros: 0,
            raw: "{}".to_owned(),
        }
    }

    fn readings() -> Vec<(u32, Reading)> {
        vec![
            (1, reading(vec![sighting(10.0, &["OLD1234"])])),
            (3, reading(vec![sighting(20.0, &["ABC1234", "A8C1234"]), sighting(30.0, &["XYZ9876"])])),
        ]
    }

    fn x(attempt: Option<u32>, sighting: Option<u32>, plate: Option<&str>) -> Option<f32> {
        bounds(&readings(), Asked { attempt, sighting }, plate).map(|bounds| bounds.x)
    }

    #[test]
    fn the_plate_that_counts_is_where_it_was_read_last_or_else_the_likeliest() {
        assert_eq!(x(None, None, Some("XYZ9876")), Some(30.0));
        assert_eq!(x(None, None, Some("A8C1234")), Some(20.0));
        assert_eq!(x(None, None, Some("TYPED12")), Some(20.0));
        assert_eq!(x(None, None, None), Some(20.0));
    }

    #[test]
    fn a_sighting_that_is_asked_for_is_that_one_or_none() {
        assert_eq!(x(Some(3), Some(1), Some("ABC1234")), Some(30.0), "whatever was decided");
        assert_eq!(x(None, Some(1), None), Some(30.0));
        assert_eq!(x(Some(1), None, None), Some(10.0));
        assert_eq!(
            (x(Some(2), None, None), x(Some(1), Some(1), None), x(None, Some(u32::MAX), None)),
            (None, None, None)
        );
        assert_eq!(bounds(&[], Asked::default(), Some("ABC1234")), None);
        assert_eq!(bounds(&[(1, reading(Vec::new()))], Asked::default(), None), None);
    }
}
