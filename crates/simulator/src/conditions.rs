//! The words for what is in a photo: the vocabulary of `truth.csv`.
//!
//! Every word that is written to a file comes from one table per enum, so that the writer and the
//! tests cannot disagree.

/// Declares an enum whose variants have one stable word each.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// All values, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable word used in files.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use vocabulary;

vocabulary! {
    /// Light outside.
    TimeOfDay {
        /// Sun or cloud light.
        Day = "day",
        /// Low, coloured light.
        Dusk = "dusk",
        /// Lamps and the camera's flash.
        Night = "night",
    }
}

vocabulary! {
    /// What is between camera and plate.
    Weather {
        /// Sun and hard shadows.
        Clear = "clear",
        /// Flat light.
        Overcast = "overcast",
        /// Streaks, wet road, drops on the glass.
        Rain = "rain",
        /// Contrast falls with distance.
        Fog = "fog",
    }
}

vocabulary! {
    /// The body a plate hangs on.
    VehicleStyle {
        /// Low boot, slanted window.
        Sedan = "sedan",
        /// High tail, steep window.
        Suv = "suv",
        /// Tailgate and bed, cab behind.
        Pickup = "pickup",
        /// Square box body.
        Van = "van",
    }
}

vocabulary! {
    /// How the characters are arranged on the plate.
    PlateLayout {
        /// The state's usual series.
        Series = "series",
        /// Words chosen by the owner, mostly without digits.
        Vanity = "vanity",
        /// Two small characters above each other, then the rest in full height.
        Stacked = "stacked",
    }
}

vocabulary! {
    /// Why nobody can read the plate although it is there.
    UnreadableCause {
        /// Mud over several characters.
        Dirt = "dirt",
        /// Burnt out by a reflection.
        Glare = "glare",
        /// The vehicle moved several characters during exposure.
        MotionBlur = "motion-blur",
        /// Too few pixels.
        TooFar = "too-far",
        /// No light fell on it.
        TooDark = "too-dark",
        /// The image border cuts characters off.
        CutByBorder = "cut-by-border",
        /// A load or hitch hangs in front of it.
        Covered = "covered",
    }
}

/// What the photo is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SceneKind {
    /// One vehicle with a readable plate.
    Vehicle,
    /// Two vehicles; the plate reported is that of the nearer one, which is in the booth's lane.
    TwoVehicles,
    /// An empty road.
    NoVehicle,
    /// A vehicle whose plate holder is empty.
    MissingPlate,
    /// A plate is there, but cannot be read.
    Unreadable(UnreadableCause),
    /// The camera delivered darkness.
    BlackFrame,
    /// The file ends early and does not decode to a whole picture.
    DamagedFile,
}

impl SceneKind {
    /// The stable word used in files; the cause of [`SceneKind::Unreadable`] is not part of it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vehicle => "vehicle",
            Self::TwoVehicles => "two-vehicles",
            Self::NoVehicle => "no-vehicle",
            Self::MissingPlate => "missing-plate",
            Self::Unreadable(_) => "unreadable",
            Self::BlackFrame => "black-frame",
            Self::DamagedFile => "damaged-file",
        }
    }

    /// Why the plate cannot be read, where that is the kind.
    pub const fn cause(self) -> Option<UnreadableCause> {
        match self {
            Self::Unreadable(cause) => Some(cause),
            Self::Vehicle
            | Self::TwoVehicles
            | Self::NoVehicle
            | Self::MissingPlate
            | Self::BlackFrame
            | Self::DamagedFile => None,
        }
    }

    /// Whether the truth names a plate.
    pub const fn is_readable(self) -> bool {
        matches!(self, Self::Vehicle | Self::TwoVehicles)
    }
}

/// What a photo was drawn with. Figures about a vehicle are `0` or `None` where there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    /// Light outside.
    pub time_of_day: TimeOfDay,
    /// What is between camera and plate.
    pub weather: Weather,
    /// Body of the nearer vehicle.
    pub vehicle: Option<VehicleStyle>,
    /// Arrangement of the plate's characters.
    pub layout: Option<PlateLayout>,
    /// Whether a dealer's frame surrounds the plate; it may hide the state's name.
    pub framed: bool,
    /// Whether the camera burned date, time and lane into the picture.
    pub stamped: bool,
    /// Whether the road has signs with writing.
    pub signs: bool,
    /// Dirt on the plate, `0.0..=1.0`.
    pub dirt: f32,
    /// Reflection over the plate, `0.0..=1.0`.
    pub glare: f32,
    /// Whether the edge of a shadow runs over the plate.
    pub shaded: bool,
    /// Movement during exposure in pixels.
    pub motion_blur_px: f32,
    /// Camera to plate in metres.
    pub distance_m: f32,
    /// Horizontal angle between the plate's normal and the line of sight in degrees.
    pub view_degrees: f32,
    /// Rotation of the camera around its axis in degrees.
    pub roll_degrees: f32,
    /// JPEG quality, `1..=100`.
    pub jpeg_quality: u8,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_word_of_a_vocabulary_is_distinct() {
        let words: Vec<&str> = UnreadableCause::ALL.iter().map(|cause| cause.as_str()).collect();
        assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len());
        let words: Vec<&str> = VehicleStyle::ALL.iter().map(|style| style.as_str()).collect();
        assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len());
    }
}
