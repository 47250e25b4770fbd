//! The preset `road`.

use crate::conditions::{PlateLayout, SceneKind, TimeOfDay, UnreadableCause, Weather};
use crate::options::{Likelihood, SceneOptions};

use super::{RoadCase, RoadOptions};

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
    fn a_share_beyond_all_is_refused_by_name() {
        let road = RoadOptions { home_share: 1.2, ..RoadOptions::of("us-tx").unwrap() };
        assert!(SceneOptions::road(road).check().unwrap_err().to_string().contains("home_share"));
    }
}
