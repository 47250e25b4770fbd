//! Vehicles of a simulation: which booth and lane each passes, when, and its photo, drawn when its turn comes.
//!
//! Everything but live capture times follows from the seed, so a run can be repeated.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tollbooth_client::send::{Job, Outgoing};
use tollbooth_client::{Api, CameraPlan, PhotoParameters};
use tollbooth_simulator::{Likelihood, Scene, SceneOptions};

/// Booths that are registered for a simulation; further ones are numbered.
const PLACES: [(&str, &str, &str, &str); 3] = [
    ("north", "North Gate", "us-ok", "America/Chicago"),
    ("west", "West Bridge", "us-nm", "America/Denver"),
    ("south", "South Plaza", "us-tx", "America/Chicago"),
];
/// Share of vehicles from the booth's own jurisdiction.
const HOME_SHARE: f32 = 0.8;

/// Where photos are taken.
#[derive(Debug, Clone)]
pub(crate) struct Booth {
    pub(crate) id: String,
    name: String,
    lanes: Vec<String>,
    /// Known for booths that are made here.
    jurisdiction: Option<&'static str>,
    time_zone: &'static str,
}

/// Booths to be registered.
pub(crate) fn booths(count: usize, lanes: &[String]) -> Vec<Booth> {
    let places = PLACES.iter().cycle().take(count).enumerate();
    places
        .map(|(index, (id, name, jurisdiction, time_zone))| {
            let round = index / PLACES.len() + 1;
            let (id, name) = match round {
                1 => ((*id).to_owned(), (*name).to_owned()),
                _ => (format!("{id}-{round}"), format!("{name} {round}")),
            };
            Booth { id, name, lanes: lanes.to_vec(), jurisdiction: Some(jurisdiction), time_zone }
        })
        .collect()
}

impl Booth {
    /// A booth that somebody else registered.
    pub(crate) fn registered(id: &str, lanes: &[String]) -> Self {
        Self { id: id.to_owned(), name: id.to_owned(), lanes: lanes.to_vec(), jurisdiction: None, time_zone: "UTC" }
    }

    /// The booth with a camera, for registration.
    pub(crate) fn camera_plan(&self) -> CameraPlan {
        CameraPlan {
            booth: tollbooth_client::Booth {
                id: self.id.clone(),
                name: self.name.clone(),
                jurisdiction: self.jurisdiction.unwrap_or("us-ok").to_owned(),
                lanes: self.lanes.clone(),
                time_zone: self.time_zone.to_owned(),
            },
            token_name: format!("simulated camera at {}", self.name),
        }
    }

    /// Mostly the neighbours' plates.
    fn scenes(&self, preset: &SceneOptions) -> SceneOptions {
        let mut options = preset.clone();
        let Some(home) = self.jurisdiction else { return options };
        if let Some(road) = &mut options.road {
            road.home = home;
        }
        let others: f32 = options.jurisdictions.iter().filter(|l| l.value != home).map(|l| l.weight).sum();
        options.jurisdictions.retain(|likelihood| likelihood.value != home);
        options.jurisdictions.push(Likelihood::new(home, others * HOME_SHARE / (1.0 - HOME_SHARE)));
        options
    }
}

/// When photos are taken and sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// As fast as the server takes them, captured evenly from `start` on.
    Spread { start: Timestamp, span: SignedDuration, count: u32 },
    /// So many a second, captured now.
    Live { since: Instant, rate: f64 },
}

impl Pace {
    pub(crate) fn live(rate: f64) -> Self {
        Self::Live { since: Instant::now(), rate }
    }

    /// Waits until it is a photo's turn. Its capture time, unless that is the moment it is drawn.
    fn turn(self, index: u32) -> Option<Timestamp> {
        match self {
            Self::Spread { start, span, count } => {
                let share = f64::from(index) / f64::from(count.max(2) - 1);
                let after = SignedDuration::try_from_secs_f64(span.as_secs_f64() * share).unwrap_or_default();
                start.checked_add(after).ok()
            }
            Self::Live { since, rate } => {
                let due = Duration::from_secs_f64(f64::from(index) / rate);
                std::thread::sleep(due.saturating_sub(since.elapsed()));
                None
            }
        }
    }
}

/// The vehicles, one after the other.
pub(crate) struct Traffic<'a> {
    booths: &'a [(Booth, Api)],
    scenes: Vec<Arc<SceneOptions>>,
    seed: u64,
    pace: Pace,
    indices: std::ops::Range<u32>,
}

impl<'a> Traffic<'a> {
    pub(crate) fn new(booths: &'a [(Booth, Api)], preset: &SceneOptions, seed: u64, pace: Pace, count: u32) -> Self {
        let scenes = booths.iter().map(|(booth, _)| Arc::new(booth.scenes(preset))).collect();
        Self { booths, scenes, seed, pace, indices: 0..count }
    }

    fn job(&self, index: u32) -> Option<Job> {
        let photo_seed = photo_seed(self.seed, index);
        // Other bits than the drawing uses: what is drawn must not depend on the number of booths.
        let place = usize::try_from(photo_seed >> 33).unwrap_or(0);
        let booth_index = place.checked_rem(self.booths.len())?;
        let ((booth, api), scene) = self.booths.get(booth_index).zip(self.scenes.get(booth_index))?;
        let lane = booth.lanes.get((place / self.booths.len()).checked_rem(booth.lanes.len())?)?.clone();
        let captured = self.pace.turn(index);
        let about = PhotoParameters {
            booth: booth.id.clone(),
            key: format!("sim-{}-{index:06}", self.seed),
            captured_at: String::new(),
            camera: format!("{}-{lane}", booth.id),
            lane,
        };
        let (name, scene) = (format!("photo {index}"), Arc::clone(scene));
        let prepare = move || {
            let drawn = Scene::draw(photo_seed, &scene).map_err(|e| e.to_string())?;
            let captured_at = format!("{:.3}", captured.unwrap_or_else(Timestamp::now));
            Ok(Outgoing { about: PhotoParameters { captured_at, ..about }, photo: drawn.jpeg, time_may_change: false })
        };
        Some(Job { name, api: api.clone(), prepare: Box::new(prepare) })
    }
}

impl Iterator for Traffic<'_> {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        let index = self.indices.next()?;
        self.job(index)
    }
}

/// Seed of one photo, so that runs of neighbouring seeds share none.
fn photo_seed(seed: u64, index: u32) -> u64 {
    let digest = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(index.to_be_bytes()).finalize();
    u64::from_be_bytes(digest.first_chunk().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use tollbooth_client::ApiOptions;

    fn traffic(booths: &[(Booth, Api)], seed: u64) -> Vec<PhotoParameters> {
        let pace = Pace::Spread { start: Timestamp::UNIX_EPOCH, span: SignedDuration::from_hours(1), count: 40 };
        Traffic::new(booths, &SceneOptions::clear_day(), seed, pace, 40)
            .map(|job| (job.prepare)().unwrap().about)
            .collect()
    }

    fn three() -> Vec<(Booth, Api)> {
        let api = Api::new("http://127.0.0.1:1", None, ApiOptions::default()).unwrap();
        booths(3, &["1".into(), "2".into()]).into_iter().map(|booth| (booth, api.clone())).collect()
    }

    #[test]
    fn a_run_can_be_repeated_and_uses_every_booth_and_lane() {
        let booths = three();
        let first = traffic(&booths, 7);
        assert_eq!(first, traffic(&booths, 7));
        let places: HashSet<_> = first.iter().map(|about| (&about.booth, &about.lane)).collect();
        assert_eq!(places.len(), 6);
        assert_eq!(first[0].captured_at, "1970-01-01T00:00:00.000Z");
        assert_eq!(first[39].captured_at, "1970-01-01T01:00:00.000Z");
    }

    #[test]
    fn neighbouring_seeds_share_no_photo() {
        let seeds: HashSet<u64> = (0..20).flat_map(|seed| (0..200).map(move |i| photo_seed(seed, i))).collect();
        assert_eq!(seeds.len(), 4_000);
    }

    #[test]
    fn booths_beyond_the_known_places_are_numbered() {
        let ids: Vec<_> = booths(5, &[]).into_iter().map(|booth| booth.id).collect();
        assert_eq!(ids, ["north", "west", "south", "north-2", "west-2"]);
    }

    #[test]
    fn most_vehicles_come_from_the_booths_own_jurisdiction() {
        let (booth, _) = three().remove(0);
        let options = booth.scenes(&SceneOptions::mixed());
        let all: f32 = options.jurisdictions.iter().map(|l| l.weight).sum();
        let home: f32 = options.jurisdictions.iter().filter(|l| l.value == "us-ok").map(|l| l.weight).sum();
        assert!((home / all - HOME_SHARE).abs() < 1e-4, "{}", home / all);
    }
}
