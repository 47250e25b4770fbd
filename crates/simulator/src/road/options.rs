//! What may be set about a road, and the preset.

use tollbooth_plate::issuer::{ISSUERS, IssuerKind};

use crate::conditions::{PlateLayout, SceneKind, TimeOfDay, UnreadableCause, Weather};
use crate::error::SimulatorError;
use crate::options::{Likelihood, SceneOptions};

use super::RoadCase;

/// The traffic of one plaza.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoadOptions {
    /// Where the booth stands: a state or province of the table of issuers, such as `us-tx`.
    pub home: &'static str,
    /// Share of plates that are issued there, temporary and dealer plates included: `0.0..=1.0`.
    pub home_share: f32,
    /// Decides the plaza's cameras: what each burns into its photos, and where. Photos of one plaza share them.
    pub plaza: u64,
    /// Every photo shows this; none for what passes.
    pub only: Option<RoadCase>,
}

/// Toll plazas inside a state see about one vehicle in seven from elsewhere.
const USUAL_HOME_SHARE: f32 = 0.85;

impl RoadOptions {
    /// The usual traffic of a booth in `home`.
    ///
    /// # Errors
    /// [`SimulatorError::Option`] when `home` is neither a state nor a province that issues plates.
    pub fn of(home: &str) -> Result<Self, SimulatorError> {
        let stands = |kind| matches!(kind, IssuerKind::State | IssuerKind::Province);
        match ISSUERS.iter().find(|issuer| issuer.code == home && stands(issuer.kind)) {
            Some(issuer) => Ok(Self { home: issuer.code, home_share: USUAL_HOME_SHARE, plaza: 0, only: None }),
            None => Err(SimulatorError::Option {
                option: "home",
                problem: format!("is `{home}`, which is no state or province that booths stand in, like us-tx"),
            }),
        }
    }

    /// Refuses what cannot be drawn.
    ///
    /// # Errors
    /// [`SimulatorError::Option`] naming the option.
    pub(crate) fn check(&self) -> Result<(), SimulatorError> {
        Self::of(self.home)?;
        if (0.0..=1.0).contains(&self.home_share) {
            return Ok(());
        }
        let problem = format!("is {}, but has to be within 0 to 1", self.home_share);
        Err(SimulatorError::Option { option: "home_share", problem })
    }
}

impl SceneOptions {
    /// What a working plaza's cameras send: mostly clear photos of readable plates at the size such cameras are set up
    /// for, of all who pass.
    pub fn road(road: RoadOptions) -> Self {
        let mut kinds = vec![
            Likelihood::new(SceneKind::Vehicle, 94.0),
            Likelihood::new(SceneKind::TwoVehicles, 3.0),
            Likelihood::new(SceneKind::MissingPlate, 1.0),
            Likelihood::new(SceneKind::NoVehicle, 0.7),
        ];
        let unreadable = [UnreadableCause::Dirt, UnreadableCause::Covered, UnreadableCause::CutByBorder];
        kinds.extend(unreadable.map(|cause| Likelihood::new(SceneKind::Unreadable(cause), 0.4)));
        match road.only {
            Some(RoadCase::StampAlone) => kinds = vec![Likelihood::new(SceneKind::MissingPlate, 1.0)],
            Some(_) => kinds = vec![Likelihood::new(SceneKind::Vehicle, 1.0)],
            None => {}
        }
        Self {
            kinds,
            times: vec![
                Likelihood::new(TimeOfDay::Day, 7.0),
                Likelihood::new(TimeOfDay::Dusk, 1.5),
                Likelihood::new(TimeOfDay::Night, 1.5),
            ],
            weathers: vec![
                Likelihood::new(Weather::Clear, 6.0),
                Likelihood::new(Weather::Overcast, 3.0),
                Likelihood::new(Weather::Rain, 1.0),
            ],
            // Personalised plates are a kind of plate here; small stacked letters belong to some series.
            layouts: vec![Likelihood::new(PlateLayout::Series, 1.0)],
            plate_width_px: 105.0..=190.0,
            camera_side: 0.3,
            camera_height_m: 1.0..=2.6,
            roll_degrees: 3.0,
            dirt_share: 0.1,
            glare_share: 0.03,
            shadow_share: 0.08,
            motion_blur_share: 0.1,
            frame_share: 0.4,
            stamp_share: 0.0,
            sign_share: 0.15,
            jpeg_quality: 72..=92,
            road: Some(road),
            ..Self::clear_day()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_booth_stands_in_a_state_or_province() {
        assert_eq!(RoadOptions::of("us-ok").unwrap().home, "us-ok");
        for home in ["us-tz", "us-gov", "mx-tam", "texas", ""] {
            let error = RoadOptions::of(home).unwrap_err().to_string();
            assert!(error.contains("home") && error.contains("us-tx"), "{error}");
        }
    }

    #[test]
    fn a_share_beyond_all_is_refused_by_name() {
        let road = RoadOptions { home_share: 1.2, ..RoadOptions::of("us-tx").unwrap() };
        assert!(SceneOptions::road(road).check().unwrap_err().to_string().contains("home_share"));
    }
}
