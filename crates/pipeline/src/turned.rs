//! How a camera is turned: it looks through a mirror, or hangs upside down. A person says so, for a time; its photos are turned
//! back before anybody reads them, and what was read is put back to where it stands in the photo.
//!
//! Both ways are their own way back, so one function serves in both directions.

use serde::{Deserialize, Serialize};

use crate::reading::Bounds;
use crate::reason::named;

named! {
    /// How a camera is turned.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    Turned, "way in which a camera is turned" {
        /// Left is right.
        Mirrored = "mirrored",
        /// By half a turn.
        UpsideDown = "upside-down",
    }
}

impl Turned {
    /// The same rectangle in the photo turned back, of this width and height in pixels; and the other way round.
    #[must_use]
    pub fn back(self, bounds: Bounds, (width, height): (f32, f32)) -> Bounds {
        let x = width - bounds.x - bounds.width;
        match self {
            Self::Mirrored => Bounds { x, ..bounds },
            Self::UpsideDown => Bounds { x, y: height - bounds.y - bounds.height, ..bounds },
        }
    }
}

/// What somebody decided about a camera, as a reading is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnInForce {
    /// Number of the decision.
    pub id: u64,
    /// How its photos are turned.
    pub turned: Turned,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_survives_the_round_trip_through_its_word() {
        for turned in Turned::ALL.iter().copied() {
            assert_eq!(turned.as_str().parse(), Ok(turned));
            assert_eq!(serde_json::to_string(&turned).unwrap(), format!("\"{turned}\""));
        }
        assert!("sideways".parse::<Turned>().is_err());
    }

    #[test]
    fn a_rectangle_is_put_back_to_where_it_stands_in_the_photo() {
        let plate = Bounds { x: 100.0, y: 300.0, width: 200.0, height: 50.0 };
        let size = (1280.0, 720.0);
        assert_eq!(Turned::Mirrored.back(plate, size), Bounds { x: 980.0, ..plate });
        assert_eq!(Turned::UpsideDown.back(plate, size), Bounds { x: 980.0, y: 370.0, ..plate });
        for turned in Turned::ALL {
            assert_eq!(turned.back(turned.back(plate, size), size), plate);
        }
    }
}
