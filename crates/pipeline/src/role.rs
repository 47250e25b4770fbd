//! Who may do what. Deny by default: an action is allowed only where this table says so.

use std::fmt;
use std::str::FromStr;

/// The role of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A camera: sends photos for its one booth, nothing else.
    Camera,
    /// Customer service: decides reviews.
    Reviewer,
    /// Customer service, senior: also reopens decided passages.
    Supervisor,
    /// IT staff: booths, tokens, settings, ticks, exports, balance. Sees no photos.
    Operator,
    /// The billing system: fetches exports and the photos on its bills.
    Billing,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Camera, Self::Reviewer, Self::Supervisor, Self::Operator, Self::Billing];

    /// The name used in the database and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Reviewer => "reviewer",
            Self::Supervisor => "supervisor",
            Self::Operator => "operator",
            Self::Billing => "billing",
        }
    }

    /// Whether this role may do that. A camera's booth is checked besides.
    #[must_use]
    pub fn may(self, action: Action) -> bool {
        use Action as A;
        match self {
            Self::Camera => matches!(action, A::SendPhotos),
            Self::Reviewer => matches!(action, A::Review | A::ReadPassages | A::ReadPhotos),
            Self::Supervisor => {
                matches!(
                    action,
                    A::Review
                        | A::ReadPassages
                        | A::ReadPhotos
                        | A::Reopen
                        | A::ReadBalance
                        | A::Reprocess
                        | A::Seed
                        | A::Assign
                        | A::ReadQuality
                        | A::ReadPeople
                        | A::ReadAlerts
                        | A::HandleAlerts
                        | A::ReadLog
                )
            }
            Self::Operator => {
                matches!(
                    action,
                    A::Administer
                        | A::Tick
                        | A::Export
                        | A::ReadExports
                        | A::ReportDelivery
                        | A::ReadBalance
                        | A::ReadPassages
                        | A::Reprocess
                        | A::ReadQuality
                        | A::Audit
                        | A::ReadAlerts
                        | A::HandleAlerts
                        | A::DefineAlerts
                )
            }
            Self::Billing => {
                matches!(action, A::ReadExports | A::Acknowledge | A::ReportDelivery | A::ReadPassages | A::ReadPhotos)
            }
        }
    }
}

impl Action {
    /// Whether this concerns single passages, so that somebody whose role is limited to booths may do it there. Everything
    /// else shows or changes the whole installation, and is not theirs.
    #[must_use]
    pub const fn is_of_a_booth(self) -> bool {
        matches!(self, Self::Review | Self::ReadPassages | Self::ReadPhotos | Self::Reopen | Self::Seed | Self::Assign)
    }
}

impl Role {
    /// Whether this role can be limited to booths.
    #[must_use]
    pub const fn can_be_limited(self) -> bool {
        matches!(self, Self::Reviewer | Self::Supervisor)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no role; expected one of camera, reviewer, supervisor, operator, billing")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// Something a route lets one do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// `PUT` of photos.
    SendPhotos,
    /// List, claim, release, decide, reprocess reviews.
    Review,
    /// Open a decided passage again.
    Reopen,
    /// Give an answer that others are compared with.
    Seed,
    /// Give reviews to a person.
    Assign,
    /// Read passages and their history.
    ReadPassages,
    /// See photos.
    ReadPhotos,
    /// Change booths, tokens and settings.
    Administer,
    /// Drive the pipeline from outside.
    Tick,
    /// Ask for an export.
    Export,
    /// List and download exports.
    ReadExports,
    /// Answer to the lines of an export.
    Acknowledge,
    /// Say how the destinations of published files stand.
    ReportDelivery,
    /// Read the balance, the status and the failed readings.
    ReadBalance,
    /// Send failed readings to the recogniser again, many at once.
    Reprocess,
    /// Compare everything that is stored with everything that is written down.
    Audit,
    /// See what is wrong.
    ReadAlerts,
    /// Acknowledge alerts, silence rules for a while, send test messages.
    HandleAlerts,
    /// Define, change, try and delete rules of alerts: they decide whom the house writes to.
    DefineAlerts,
    /// Read how often automatic acceptance errs, and what follows for its thresholds.
    ReadQuality,
    /// Read what each person's answers were worth.
    ReadPeople,
    /// Read what people did and looked at.
    ReadLog,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_survives_the_round_trip_through_its_name() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
    }

    #[test]
    fn a_camera_can_do_nothing_but_send() {
        for action in [
            Action::Review,
            Action::Reopen,
            Action::ReadPassages,
            Action::ReadPhotos,
            Action::Administer,
            Action::Tick,
            Action::Export,
            Action::ReadExports,
            Action::Acknowledge,
            Action::ReportDelivery,
            Action::ReadBalance,
            Action::Reprocess,
            Action::Audit,
            Action::ReadAlerts,
            Action::HandleAlerts,
            Action::DefineAlerts,
            Action::Seed,
            Action::Assign,
            Action::ReadQuality,
            Action::ReadPeople,
            Action::ReadLog,
        ] {
            assert!(!Role::Camera.may(action), "{action:?}");
        }
        assert!(Role::Camera.may(Action::SendPhotos));
    }

    #[test]
    fn only_operators_administer_and_they_see_no_photos() {
        let admins: Vec<_> = Role::ALL.into_iter().filter(|r| r.may(Action::Administer)).collect();
        assert_eq!(admins, [Role::Operator]);
        assert!(!Role::Operator.may(Action::ReadPhotos));
    }
}
