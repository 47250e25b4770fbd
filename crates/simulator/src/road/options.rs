//! What may be set about a road.

use tollbooth_plate::issuer::{ISSUERS, IssuerKind};

use crate::error::SimulatorError;

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
}
