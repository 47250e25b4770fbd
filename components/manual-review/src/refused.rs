//! Why the ledger changed nothing, as problems: what was wrong and what to do.

use tollbooth_pipeline::capture::rfc3339;
use tollbooth_ports::ledger::review::ReviewFailure;
use tollbooth_web::{Kind, Problem};

/// The problem that a refusal is.
pub fn refused(failure: ReviewFailure) -> Problem {
    match failure {
        ReviewFailure::NotFound => Problem::new(Kind::NotFound, "There is no such passage."),
        ReviewFailure::WrongState(state) => {
            Problem::new(Kind::Conflict, format!("The passage is `{state}`, which does not allow this."))
                .with("state", state)
        }
        ReviewFailure::ClaimedByOther(until) => {
            let until = rfc3339(until);
            Problem::new(Kind::Conflict, format!("Somebody else holds this review until {until}."))
                .with("claimed_until", until)
        }
        ReviewFailure::ForSupervisor => Problem::new(
            Kind::Forbidden,
            "Only a supervisor decides this: independent answers differ, somebody asked for it, or nobody confirmed an answer in time.",
        ),
        ReviewFailure::OwnMatter => Problem::new(
            Kind::Forbidden,
            "You flagged this, so somebody else decides it. To decide it yourself, take the flag back first (`unflag`).",
        ),
        ReviewFailure::AssignedToOther(until) => {
            let until = rfc3339(until);
            Problem::new(Kind::Conflict, format!("This review was given to somebody else, and is kept for them until {until}."))
                .with("claimed_until", until)
        }
        ReviewFailure::NotFlagged => Problem::new(Kind::Conflict, "Nobody has flagged this review, or not any more."),
        ReviewFailure::NotAssigned => Problem::new(Kind::Conflict, "This review was not given to you, or not any more."),
        ReviewFailure::NotClaimed => Problem::new(
            Kind::Conflict,
            "You hold no claim on this review, or it expired. Claim it with POST /v1/reviews/claim, then look again.",
        ),
        ReviewFailure::TooManyClaims(held) => Problem::new(
            Kind::TooMany,
            format!("You hold {held} reviews already. Decide them, or give some back (`release`)."),
        )
        .with_header("retry-after", "60"),
        ReviewFailure::DecidedByOther => Problem::new(
            Kind::Conflict,
            "You did not decide this passage, so you cannot take the decision back. A supervisor can open it again.",
        ),
        ReviewFailure::VersionConflict(version) => Problem::new(
            Kind::VersionConflict,
            format!("The passage is at version {version} now. Look again, then decide again."),
        )
        .with("version", version),
        ReviewFailure::BoundToExport(sequence) => Problem::new(
            Kind::Conflict,
            format!(
                "The passage is on its way to billing with export {sequence}. Once that is published, a supervisor can open it \
                 again; what is decided then goes to billing as a correction."
            ),
        )
        .with("export_sequence", sequence),
        ReviewFailure::PossibleDouble(others) => Problem::new(
            Kind::PossibleDouble,
            "This plate, or nearly this text, is already accepted at this booth moments apart. Look at the photos: reject with \
             `double-crossing`, or send `another_crossing: true`. When the accepted one is misread, a supervisor opens it again.",
        )
        .with("passage", others.first().cloned().unwrap_or_default())
        .with("passages", others),
        ReviewFailure::Placeholder => Problem::new(
            Kind::PlaceholderPlate,
            "To billing this is somebody's plate. Without a plate reject with `no-plate`, `plate-obstructed`, `blurred` or another \
             code; when the vehicle's plate really says this, send `confirm_placeholder: true`.",
        ),
        ReviewFailure::Invalid(what) => Problem::invalid(vec![what]),
        ReviewFailure::Ledger(failure) => failure.into(),
    }
}
