//! Whom a roll-up is about.

use std::fmt;
use std::str::FromStr;

/// Whom a roll-up is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// All booths together.
    All,
    /// A booth.
    Booth(String),
    /// A camera: its booth and its name there. In hours and days only.
    Camera(String, String),
    /// A recogniser.
    Recognizer(String),
}

/// A text that names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names nobody that is measured; expected all, booth:ID, camera:BOOTH/NAME or recognizer:NAME")]
pub struct UnknownSubject(pub String);

impl Subject {
    /// The part before the colon of every subject of this kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Booth(_) => "booth",
            Self::Camera(..) => "camera",
            Self::Recognizer(_) => "recognizer",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Booth(id) => write!(f, "booth:{id}"),
            Self::Camera(booth, name) => write!(f, "camera:{booth}/{name}"),
            Self::Recognizer(name) => write!(f, "recognizer:{name}"),
        }
    }
}

impl FromStr for Subject {
    type Err = UnknownSubject;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        let found = match text.split_once(':') {
            None if text == "all" => Some(Self::All),
            Some(("booth", id)) => named(id).map(Self::Booth),
            Some(("recognizer", name)) => named(name).map(Self::Recognizer),
            // A booth's id has no slash; what a camera calls itself may.
            Some(("camera", rest)) => {
                rest.split_once('/').and_then(|(booth, name)| Some(Self::Camera(named(booth)?, named(name)?)))
            }
            _ => None,
        };
        found.ok_or_else(|| UnknownSubject(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_survives_the_round_trip_through_its_name() {
        for subject in [
            Subject::All,
            Subject::Booth("north".into()),
            Subject::Camera("north".into(), "front/left:1".into()),
            Subject::Recognizer("in-process".into()),
        ] {
            assert_eq!(subject.to_string().parse(), Ok(subject));
        }
        for bad in ["", "booth:", "camera:north", "camera:/x", "north", "booth"] {
            assert!(bad.parse::<Subject>().is_err(), "{bad}");
        }
    }
}
